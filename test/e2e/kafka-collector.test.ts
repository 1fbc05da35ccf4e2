/** A whole collector between two topics: vendor records in, CloudEvents, raw copies, dead letters and the audit trail out. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { KafkaClient, KafkaRecord } from '../../collector/src/contract/kafka.ts';
import { createKafkaClient } from '../../collector/src/log/kafka-client.ts';
import { benchRecords } from '../bench/bench-records.ts';
import { brokerUnavailable, startCluster, type TestCluster } from '../kafka/broker.ts';
import { eventually, makeTopic, valueOf } from '../kafka/test-parts.ts';

const main = fileURLToPath(new URL('../../collector/src/cli/main.ts', import.meta.url));
const amounts = { bytesMax: 4_000_000, partitionBytesMax: 4_000_000, waitMs: 50 };

describe('kafka collector', { skip: brokerUnavailable() ?? false }, () => {
  let cluster: TestCluster;
  let client: KafkaClient;
  let child: ChildProcess | undefined;
  let errors = '';
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-kafka-collector-'));

  before(async () => {
    cluster = await startCluster();
    client = createKafkaClient({ bootstrap: cluster.bootstrap, clientId: 'test' });
    await makeTopic(client, 'vendor.okta', 2);
    for (const name of ['canonical', 'findings', 'cases', 'scores', 'raw', 'dead-letter', 'audit'])
      await makeTopic(client, `zw.${name}`, 1);
    const brokers = `brokers: ["${cluster.bootstrap[0]}"]`;
    writeFileSync(
      join(directory, 'config.yaml'),
      `version: 1
listen: 127.0.0.1:0
data: ${join(directory, 'var')}
sources:
  - { id: logins, feed: okta, via: kafka, tenant: acme, topics: [vendor.okta], from: start, ${brokers} }
sinks:
  - { id: backbone, kind: kafka, prefix: zw, records: [raw, dead-letter, audit], ${brokers} }
`,
    );
  });
  after(async () => {
    child?.kill('SIGKILL');
    await client?.close();
    await cluster?.stop();
    rmSync(directory, { recursive: true });
  });

  function start(): void {
    const started = spawn(process.execPath, [main, 'run', '--config', join(directory, 'config.yaml')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    started.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child = started;
  }

  async function all(topic: string): Promise<KafkaRecord[]> {
    const records: KafkaRecord[] = [];
    for (let offset = 0; ;) {
      const [part] = valueOf(await client.read([{ topic, partition: 0, offset }], amounts));
      if (part === undefined || part.records.length === 0) return records;
      records.push(...part.records);
      offset = part.next;
    }
  }

  function idsOf(records: readonly KafkaRecord[]): string[] {
    return records.map(({ headers }) => headers.find(([name]) => name === 'ce_id')?.[1].toString() ?? '');
  }

  it('carries records from topic to topic, over kill -9, with every list it was asked for', async () => {
    const records = benchRecords('okta', 40, Date.now() - 60_000, 10);
    const send = (from: number, to: number) =>
      client.produce(
        records
          .slice(from, to)
          .map(({ bytes }, i) => ({ topic: 'vendor.okta', partition: i % 2, value: bytes })),
      );
    valueOf(await send(0, 20));
    valueOf(await client.produce([{ topic: 'vendor.okta', partition: 0, value: '{"cut":' }]));
    start();
    await eventually(
      async () => new Set(idsOf(await all('zw.canonical'))).size,
      (count) => count >= 20,
      `twenty events come out; ${errors}`,
    );
    child?.kill('SIGKILL');
    await new Promise((resolve) => child?.once('exit', resolve));
    valueOf(await send(20, 40));
    start();
    const events = await eventually(
      () => all('zw.canonical'),
      (found) => new Set(idsOf(found)).size >= 40,
      `forty events come out; ${errors}`,
    );
    assert.equal(new Set(idsOf(events)).size, 40);
    const raw = await eventually(
      () => all('zw.raw'),
      (found) => new Set(idsOf(found)).size >= 41,
      'every raw record is copied',
    );
    assert.ok(raw.some(({ value }) => value?.equals(Buffer.from(records[33]?.bytes ?? []))));
    const [letter] = await eventually(
      () => all('zw.dead-letter'),
      (found) => found.length > 0,
      'the dead letter is copied',
    );
    assert.equal(letter?.value?.toString(), '{"cut":');
    assert.equal(letter?.headers.find(([name]) => name === 'zonewarden_code')?.[1].toString(), 'not_json');
    const audit = await eventually(
      () => all('zw.audit'),
      (found) => found.length > 0,
      'the audit trail is copied',
    );
    assert.match(audit[0]?.value?.toString() ?? '', /"hash":/);
  });
});
