/** `zonewarden topics` against a real broker: it creates, says so, and does nothing the second time. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { topics } from '../../collector/src/cli/topics.ts';
import { createKafkaSink } from '../../collector/src/8-sink/kafka/kafka-sink.ts';
import { createKafkaClient } from '../../collector/src/log/kafka-client.ts';
import { brokerUnavailable, startCluster, type TestCluster } from '../kafka/broker.ts';
import { eventually, valueOf } from '../kafka/test-parts.ts';
import { collectingIo } from '../unit/cli/collecting-io.ts';

describe('zonewarden topics', { skip: brokerUnavailable() ?? false }, () => {
  let cluster: TestCluster;
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-topics-'));
  const config = join(directory, 'config.yaml');

  before(async () => {
    cluster = await startCluster();
    writeFileSync(
      config,
      `version: 1\nsinks:\n  - id: backbone\n    kind: kafka\n    brokers: ["${cluster.bootstrap[0]}"]\n    prefix: zw\n`,
    );
  });
  after(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true });
  });

  async function run(...argv: string[]) {
    const io = collectingIo();
    const status = await topics(['--config', config, '--replicas', '1', '--partitions', '2', ...argv], io);
    return { status, lines: io.output().trim().split('\n') };
  }

  it('creates once, repairs what differs, refuses to move shards', async () => {
    const planned = await run('--dry-run');
    assert.equal(planned.lines.length, 8);
    assert.equal(planned.lines.at(-1), 'nothing was changed');
    const made = await run('--engine');
    assert.equal(made.status, 0);
    assert.equal(made.lines.length, 16);
    assert.match(made.lines[0] ?? '', /^zw\.canonical: created with 2 partitions and 1 replicas/);
    const again = await eventually(
      () => run('--engine'),
      ({ lines }) => lines.length === 1,
      'nothing is left to do',
    );
    assert.deepEqual(again.lines, ['16 topics are as they should be']);
    const client = createKafkaClient({ bootstrap: cluster.bootstrap, clientId: 'test' });
    valueOf(await client.setTopicConfigs('zw.findings', { 'retention.ms': '1000' }));
    const repaired = await eventually(
      () => run('--dry-run'),
      ({ lines }) => lines.length === 2,
      'the difference is seen',
    );
    assert.equal(repaired.lines[0], 'zw.findings: retention.ms: 1000 becomes 34560000000');
    await client.close();
    const moved = await run('--partitions', '4');
    assert.equal(moved.status, 1);
    assert.match(moved.lines.join('\n'), /has 2 partitions, not 4: this is never changed/);
  });

  it('a sink publishes CloudEvents into these topics, one partition per domain', async () => {
    const connection = { bootstrap: cluster.bootstrap, clientId: 'sink' };
    const sink = createKafkaSink(
      { id: 's', prefix: 'zw', accepts: ['finding'], batchMax: 10 },
      createKafkaClient(connection),
    );
    assert.ok((await sink.probe(new AbortController().signal)).ok);
    const signalOf = (n: number) => ({
      kind: 'finding' as const,
      key: `f${n}.0`,
      timeMs: 1_700_000_000_000,
      body: { finding_id: `f${n}`, tenant: 'acme', domain: `d${n % 3}.example` },
    });
    const batch = Array.from({ length: 30 }, (_, n) => signalOf(n));
    assert.deepEqual(await sink.write(batch, new AbortController().signal), { status: 'delivered' });
    await sink.close();
    const reader = createKafkaClient(connection);
    const places = [0, 1].map((partition) => ({ topic: 'zw.findings', partition, offset: 0 }));
    const amounts = { bytesMax: 1_000_000, partitionBytesMax: 1_000_000, waitMs: 100 };
    const parts = await eventually(
      async () => valueOf(await reader.read(places, amounts)),
      (found) => found.reduce((sum, { records }) => sum + records.length, 0) === 30,
      'thirty records',
    );
    const partitionsOf = new Map<string, Set<number>>();
    for (const { partition, records } of parts)
      for (const record of records) {
        const headers = new Map(record.headers.map(([name, value]) => [name, value.toString()]));
        assert.equal(headers.get('ce_specversion'), '1.0');
        assert.match(headers.get('ce_id') ?? '', /^f\d+\.0$/);
        const key = record.key?.toString() ?? '';
        partitionsOf.set(key, (partitionsOf.get(key) ?? new Set()).add(partition));
      }
    assert.deepEqual([...partitionsOf.keys()].sort(), [
      'acme|d0.example',
      'acme|d1.example',
      'acme|d2.example',
    ]);
    assert.ok([...partitionsOf.values()].every(({ size }) => size === 1));
    await reader.close();
  });
});
