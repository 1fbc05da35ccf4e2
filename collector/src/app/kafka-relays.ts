/** The collector's own lists as topics: raw records, dead letters, the audit trail. One relay per list and Kafka sink. */
import { createHash } from 'node:crypto';
import type { Surroundings } from '../contract/component.ts';
import type { KafkaMessage } from '../contract/kafka.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { cloudEventHeaders } from '../8-sink/kafka/signal-message.ts';
import { runRelay, type RelayList } from '../8-sink/kafka/relay.ts';
import { decodeLogEntry } from '../log/entry-codec.ts';
import { createKafkaClient } from '../log/kafka-client.ts';
import type { StoredLetter } from '../log/quarantine.ts';
import type { AuditLog } from './audit-log.ts';
import type { Config } from './config-schema.ts';
import { kafkaConnectionOf } from './kafka-parts.ts';
import type { Stores } from './stores.ts';

const readBytes = 1024 * 1024;
const pageRows = 200;

/** Lists there are to copy. */
export interface RelayPlaces {
  readonly stores: Pick<Stores, 'log' | 'quarantine' | 'cursors'>;
  readonly audit: AuditLog;
}

function rawMessage(topic: string, record: RawRecord): KafkaMessage {
  const { tenant, source, instance, receivedAtMs, contentType, bytes } = record;
  const about = `${source}|${instance ?? ''}|${receivedAtMs}|`;
  const id = createHash('sha256').update(about).update(bytes).digest('hex').slice(0, 32);
  const headers = cloudEventHeaders({
    id,
    tenant,
    type: 'zonewarden.raw',
    timeMs: receivedAtMs,
    contentType,
    subject: source,
  });
  const meta: Record<string, string> =
    record.meta === undefined ? {} : { zonewarden_meta: JSON.stringify(record.meta) };
  return {
    topic,
    key: `${tenant}|${source}`,
    value: bytes,
    headers: { ...headers, ...meta, zonewarden_verified: String(record.verified) },
  };
}

function rawList(name: string, topic: string, log: Stores['log']): RelayList {
  return {
    name,
    async read(position) {
      const batch = await log.read(Math.min(position, log.nextSequence), readBytes);
      const messages = batch.records.flatMap((bytes) => {
        const entry = decodeLogEntry(bytes);
        return entry.ok && entry.value.kind === 'raw' ? [rawMessage(topic, entry.value.record)] : [];
      });
      return { messages, next: batch.next, lost: position === 0 ? 0 : batch.skipped };
    },
  };
}

function letterMessage(topic: string, letter: StoredLetter): KafkaMessage {
  const { id, tenant, source, receivedAtMs, code, path, message, normaliser, contentType, bytes } = letter;
  const headers = cloudEventHeaders({
    id,
    tenant,
    type: 'zonewarden.dead-letter',
    timeMs: receivedAtMs,
    contentType,
    subject: source,
  });
  return {
    topic,
    key: `${tenant}|${source}`,
    value: bytes,
    headers: {
      ...headers,
      zonewarden_code: code,
      zonewarden_path: path,
      zonewarden_message: message,
      zonewarden_normaliser: normaliser,
    },
  };
}

function letterList(name: string, topic: string, quarantine: Stores['quarantine']): RelayList {
  return {
    name,
    read(position) {
      const letters = quarantine.list({ after: position, limit: pageRows });
      const next = letters.at(-1)?.number ?? position;
      return Promise.resolve({
        messages: letters.map((letter) => letterMessage(topic, letter)),
        next,
        lost: 0,
      });
    },
  };
}

function auditList(name: string, topic: string, audit: AuditLog): RelayList {
  return {
    name,
    async read(position) {
      const next = Math.min(audit.size, position + pageRows);
      if (next <= position) return { messages: [], next: position, lost: 0 };
      const entries = await audit.list({ before: next, limit: next - position, wants: () => true });
      const messages = entries.reverse().map((entry): KafkaMessage => {
        const { tenant, at, object } = entry.fact;
        const contentType = 'application/json';
        const headers = cloudEventHeaders({
          id: entry.hash,
          tenant,
          type: 'zonewarden.audit',
          timeMs: Date.parse(at),
          contentType,
          subject: object,
        });
        // One key: the chain is only worth something in its order.
        return { topic, key: 'audit', value: JSON.stringify(entry), headers };
      });
      return { messages, next, lost: 0 };
    },
  };
}

/** Runs the relays the configuration asks for, until `signal` aborts. */
export async function runKafkaRelays(
  config: Config,
  { stores, audit }: RelayPlaces,
  around: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  const runs = config.sinks.flatMap((sink) => {
    if (sink.kind !== 'kafka' || sink.records.length === 0) return [];
    const { log, quarantine, cursors } = stores;
    const listOf = (what: (typeof sink.records)[number]): RelayList => {
      const [name, topic] = [`${sink.id}.${what}`, `${sink.prefix}.${what}`];
      if (what === 'raw') return rawList(name, topic, log);
      return what === 'audit' ? auditList(name, topic, audit) : letterList(name, topic, quarantine);
    };
    const client = createKafkaClient(kafkaConnectionOf(sink));
    const relays = sink.records.map((what) => runRelay(listOf(what), cursors, client, around, signal));
    return [Promise.all(relays).finally(() => client.close())];
  });
  await Promise.all(runs);
}
