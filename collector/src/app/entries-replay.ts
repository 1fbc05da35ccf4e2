/**
 * What the `entries` topic of an engine on Kafka held from an offset or a time on, as the input of a replay: forensics without
 * touching the engine, its positions or its consumer group.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { Intent, Inventory } from '../contract/inventory.ts';
import type { KafkaClient, KafkaRecord } from '../contract/kafka.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { Detector, InventoryView } from '../contract/step.ts';
import { createInventoryIndex } from '../3-enrich/inventory-index.ts';
import { Versions } from '../engine/surroundings.ts';
import type { EntryStages } from '../host/entry-processor.ts';
import { entriesTopic } from '../host/kafka/entry-task.ts';
import { sourceNoticeEvent, type SourceNotice } from '../host/pipeline-event.ts';
import type { SourceIdentity } from '../contract/component.ts';
import { decodeLogEntry, type LogEntry } from '../log/entry-codec.ts';
import { sha256Hex } from './digest.ts';
import { entryStages } from './entry-stages.ts';

/** Which part of the topic. */
export interface EntriesRange {
  /** Epoch ms of the broker's clock; absent: from the first entry kept. */
  readonly fromMs?: number;
  /** Entries appended at this moment or later are left out; absent: up to what is there now. */
  readonly toMs?: number;
  /** Offsets by partition; they win over `fromMs`. When any is named, partitions without one are left out. */
  readonly offsets: ReadonlyMap<number, number>;
}

/** An entry that gave nothing: where it lies, and why. */
export interface RejectedEntry {
  readonly partition: number;
  readonly offset: number;
  readonly message: string;
}

/** What was found. */
export interface ReplayedEntries {
  readonly events: readonly CanonicalEvent[];
  readonly intents: readonly Intent[];
  readonly rejected: readonly RejectedEntry[];
  readonly entries: number;
  /** People's words (suppressions, words on cases): a replay has none of them. */
  readonly directives: number;
  /** Entries that retention has deleted below an offset that was asked for, by partition. */
  readonly missing: ReadonlyMap<number, number>;
}

const amounts = { bytesMax: 32 * 1024 * 1024, partitionBytesMax: 16 * 1024 * 1024, waitMs: 500 };
/** Reads without an answer after which the topic counts as unreachable. */
const attemptsMax = 20;

/** Reads entries and makes of them what a replay takes; fails when the topic cannot be read. */
export async function readEntries(
  client: KafkaClient,
  prefix: string,
  range: EntriesRange,
  parts: { readonly inventory: Inventory; readonly detector: Detector },
): Promise<Outcome<ReplayedEntries>> {
  const topic = entriesTopic(prefix);
  const first = await client.offsets(topic, 'first');
  if (!first.ok) return first;
  const end = await client.offsets(topic, 'end');
  if (!end.ok) return end;
  const from = range.fromMs === undefined ? first : await client.offsets(topic, { fromMs: range.fromMs });
  if (!from.ok) return from;
  const unknown = [...range.offsets.keys()].find((partition) => partition >= end.value.length);
  if (unknown !== undefined)
    return failed('bad_configuration', `${topic} has ${end.value.length} partitions, none is ${unknown}`);
  const reading = new Reading(
    createInventoryIndex(parts.inventory),
    entryStages(new Versions(parts.detector)),
  );
  for (const [partition, last] of end.value.entries()) {
    if (range.offsets.size > 0 && !range.offsets.has(partition)) continue;
    const kept = first.value[partition] ?? 0;
    const start = range.offsets.get(partition) ?? from.value[partition] ?? kept;
    if (start < kept) reading.missing.set(partition, kept - start);
    reading.begin(partition);
    const read = await readPartition(
      client,
      { topic, partition, offset: Math.max(start, kept) },
      last,
      (record) => range.toMs === undefined || record.timestampMs < range.toMs,
      (record) => reading.take(record),
    );
    if (!read.ok) return read;
  }
  return succeeded(reading);
}

async function readPartition(
  client: KafkaClient,
  from: { readonly topic: string; readonly partition: number; readonly offset: number },
  end: number,
  isWanted: (record: KafkaRecord) => boolean,
  take: (record: KafkaRecord) => void,
): Promise<Outcome<undefined>> {
  let { offset } = from;
  for (let attempts = 0; offset < end;) {
    const fetched = await client.read([{ ...from, offset }], amounts);
    const part = fetched.ok ? fetched.value[0] : undefined;
    if (part === undefined || part.problem !== undefined || part.next === offset) {
      if (++attempts < attemptsMax && part?.problem !== 'out_of_range') continue;
      if (!fetched.ok) return fetched;
      return failed(
        'endpoint_unreachable',
        `${from.topic} partition ${from.partition} cannot be read at ${offset}`,
      );
    }
    attempts = 0;
    for (const record of part.records) {
      if (record.offset >= end || !isWanted(record)) return succeeded(undefined);
      take(record);
    }
    offset = part.next;
  }
  return succeeded(undefined);
}

/** Entries of all partitions, one partition after the other; the clock of each is made of its entries, as in the engine. */
class Reading implements ReplayedEntries {
  readonly events: CanonicalEvent[] = [];
  readonly intents: Intent[] = [];
  readonly rejected: RejectedEntry[] = [];
  readonly missing = new Map<number, number>();
  entries = 0;
  directives = 0;
  readonly #inventory: InventoryView;
  readonly #stages: EntryStages;
  #partition = 0;
  #clockMs = -Infinity;

  constructor(inventory: InventoryView, stages: EntryStages) {
    this.#inventory = inventory;
    this.#stages = stages;
  }

  begin(partition: number): void {
    this.#partition = partition;
    this.#clockMs = -Infinity;
  }

  take({ offset, value }: KafkaRecord): void {
    if (value === null) return;
    this.entries++;
    const decoded = decodeLogEntry(value);
    if (decoded.ok) this.#entry(decoded.value, offset);
    else this.#reject(offset, decoded.failure.message);
  }

  #reject(offset: number, message: string): void {
    this.rejected.push({ partition: this.#partition, offset, message });
  }

  #entry(entry: LogEntry, offset: number): void {
    this.#clockMs = Math.max(this.#clockMs, entry.kind === 'raw' ? entry.record.receivedAtMs : entry.atMs);
    if (entry.kind === 'raw') {
      const result = this.#stages.normalise(entry.record, this.#clockMs, this.#inventory);
      if (result.ok) this.events.push(...result.value.events);
      else this.#reject(offset, `${entry.record.source}: ${result.failure.message}`);
    } else if (entry.kind === 'gap') {
      this.#notice('pipeline.source.silent', entry.source, entry.fromMs, entry.reason);
      this.#notice('pipeline.source.recovered', entry.source, entry.toMs, entry.reason);
    } else if (entry.kind === 'control') this.#control(entry.type, entry.body);
  }

  #control(type: string, body: unknown): void {
    if (type === 'intent') this.intents.push(body as Intent);
    else if (type === 'directive') this.directives++;
    else if (type === 'silent') {
      const { source, sinceMs } = body as { source: SourceIdentity; sinceMs: number };
      this.#notice('pipeline.source.silent', source, sinceMs, 'no heartbeat in three intervals');
    }
  }

  #notice(type: SourceNotice['type'], source: SourceIdentity, atMs: number, reason: string): void {
    this.events.push(sourceNoticeEvent({ type, source, atMs, ingestMs: this.#clockMs, reason }, sha256Hex));
  }
}
