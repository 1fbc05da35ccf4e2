/** The Kafka client against a real broker: topics, appending, reading from own offsets, and what goes wrong. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createKafkaClient } from '../../collector/src/log/kafka-client.ts';
import type { KafkaClient, KafkaRecord } from '../../collector/src/contract/kafka.ts';
import { brokerUnavailable, startCluster, testUser, type TestCluster } from '../kafka/broker.ts';

const amounts = { bytesMax: 4 * 1024 * 1024, partitionBytesMax: 1024 * 1024, waitMs: 100 };
const unavailable = brokerUnavailable();

function valueOf<T>(outcome: { ok: true; value: T } | { ok: false; failure: { message: string } }): T {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.failure.message);
  return outcome.value;
}

/** Brokers take a change over one after the other: asks again until `holds`. */
async function eventually<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  for (let round = 0; round < 500; round++) {
    const answer = await ask();
    if (holds(answer)) return answer;
  }
  return assert.fail('the change was never seen');
}

describe('kafka client', { skip: unavailable ?? false }, () => {
  let cluster: TestCluster;
  let client: KafkaClient;

  before(async () => {
    cluster = await startCluster({ secured: true });
    client = createKafkaClient({ bootstrap: cluster.bootstrap, clientId: 'test' });
  });
  after(async () => {
    await client?.close();
    await cluster?.stop();
  });

  async function readAll(topic: string, partition: number, wanted: number): Promise<KafkaRecord[]> {
    const records: KafkaRecord[] = [];
    let offset = 0;
    for (let round = 0; round < 100 && records.length < wanted; round++) {
      const [part] = valueOf(await client.read([{ topic, partition, offset }], amounts));
      assert.ok(part);
      records.push(...part.records);
      offset = part.next;
    }
    return records;
  }

  it('creates a topic once, changes settings and adds partitions', async () => {
    const topic = { name: 'made', partitions: 2, replicas: 1 };
    assert.equal(valueOf(await client.createTopic(topic, { 'retention.ms': '60000' })), 'created');
    assert.equal(valueOf(await client.createTopic(topic, {})), 'exists');
    assert.deepEqual(valueOf(await client.topic('made')), topic);
    valueOf(await client.setTopicConfigs('made', { 'cleanup.policy': 'compact' }));
    const configs = await eventually(
      async () => valueOf(await client.topicConfigs('made')),
      (found) => found.get('cleanup.policy') === 'compact',
    );
    assert.equal(configs.get('retention.ms'), '60000');
    valueOf(await client.addPartitions('made', 5));
    await eventually(
      async () => valueOf(await client.topic('made')),
      (found) => found.partitions === 5,
    );
  });

  it('gives back key, value, headers, time and order, from any offset', async () => {
    valueOf(
      await client.createTopic({ name: 'order', partitions: 3, replicas: 1 }, { 'retention.ms': '-1' }),
    );
    for (let from = 0; from < 300; from += 100)
      valueOf(
        await client.produce(
          Array.from({ length: 100 }, (_, i) => ({
            topic: 'order',
            partition: 1,
            key: `k${from + i}`,
            value: `v${from + i}`,
            headers: { ce_id: String(from + i) },
            timestampMs: 1_700_000_000_000 + from + i,
          })),
        ),
      );
    const records = await readAll('order', 1, 300);
    assert.deepEqual(
      records.map(({ value }) => value?.toString()),
      Array.from({ length: 300 }, (_, i) => `v${i}`),
    );
    assert.equal(records[7]?.key?.toString(), 'k7');
    assert.deepEqual(
      records[7]?.headers.map(([name, value]) => [name, value.toString()]),
      [['ce_id', '7']],
    );
    assert.equal(records[7]?.timestampMs, 1_700_000_000_007);
    valueOf(await client.produce([{ topic: 'order', partition: 2, value: 'alone' }]));
    const all = [0, 1, 2].map((partition) => ({
      topic: 'order',
      partition,
      offset: partition === 1 ? 300 : 0,
    }));
    const parts = valueOf(await client.read(all, amounts));
    assert.deepEqual(
      parts.map(({ problem }) => problem),
      [undefined, undefined, undefined],
      'partitions without news are no problem',
    );
    const [middle] = valueOf(await client.read([{ topic: 'order', partition: 1, offset: 150 }], amounts));
    assert.equal(middle?.records[0]?.offset, 150);
    assert.equal(middle?.endOffset, 300);
    assert.deepEqual(valueOf(await client.offsets('order', 'end')), [0, 300, 1]);
    assert.deepEqual(valueOf(await client.offsets('order', 'first')), [0, 0, 0]);
    assert.deepEqual(valueOf(await client.offsets('order', { fromMs: 1_700_000_000_200 })), [0, 200, 0]);
    assert.deepEqual(valueOf(await client.offsets('order', { fromMs: 1_900_000_000_000 })), [0, 300, 1]);
  });

  it('names one partition that cannot be read without losing its neighbour', async () => {
    valueOf(await client.createTopic({ name: 'edge', partitions: 2, replicas: 1 }, {}));
    valueOf(await client.produce([{ topic: 'edge', partition: 0, value: 'here' }]));
    const parts = valueOf(
      await client.read(
        [
          { topic: 'edge', partition: 0, offset: 0 },
          { topic: 'edge', partition: 1, offset: 99 },
          { topic: 'edge', partition: 7, offset: 0 },
        ],
        amounts,
      ),
    );
    const by = new Map(parts.map((part) => [part.partition, part]));
    assert.equal(by.get(0)?.records[0]?.value?.toString(), 'here');
    assert.equal(by.get(1)?.problem, 'out_of_range');
    assert.equal(by.get(7)?.problem, 'unavailable');
  });

  it('deletes a key with a null value', async () => {
    valueOf(
      await client.createTopic({ name: 'tomb', partitions: 1, replicas: 1 }, { 'cleanup.policy': 'compact' }),
    );
    valueOf(await client.produce([{ topic: 'tomb', key: 'a', value: null }]));
    const [record] = await readAll('tomb', 0, 1);
    assert.equal(record?.key?.toString(), 'a');
    assert.equal(record?.value, null);
  });

  it('says what is wrong: topic missing, record too large', async () => {
    const missing = await client.topic('nowhere');
    assert.equal(missing.ok, false);
    assert.equal(!missing.ok && missing.failure.code, 'bad_configuration');
    assert.match(missing.ok ? '' : missing.failure.message, /nowhere.*does not exist/);
    const written = await client.produce([{ topic: 'nowhere', value: 'x' }]);
    assert.equal(!written.ok && written.failure.code, 'bad_configuration');
    valueOf(
      await client.createTopic(
        { name: 'small', partitions: 1, replicas: 1 },
        { 'max.message.bytes': '1000' },
      ),
    );
    const large = await client.produce([{ topic: 'small', value: 'x'.repeat(5000) }]);
    assert.equal(!large.ok && large.failure.code, 'too_large');
  });

  it('connects with SCRAM, and says unauthorised for a wrong password', async () => {
    const sasl = { mechanism: 'scram-sha-512', ...testUser } as const;
    const at = { bootstrap: [cluster.brokers[0]?.sasl ?? ''], clientId: 'sasl' };
    const good = createKafkaClient({ ...at, sasl });
    assert.equal(valueOf(await good.topic('order')).partitions, 3);
    await good.close();
    const bad = createKafkaClient({ ...at, sasl: { ...sasl, password: 'wrong' } });
    const refused = await bad.topic('order');
    assert.equal(!refused.ok && refused.failure.code, 'unauthorised', JSON.stringify(refused));
    await bad.close();
  });

  it('checks the name in the certificate', async () => {
    const at = { bootstrap: [cluster.brokers[0]?.tls ?? ''], clientId: 'tls' };
    const ca = cluster.caPem ?? '';
    const right = createKafkaClient({ ...at, tls: { ca, serverName: 'broker.test' } });
    assert.equal(valueOf(await right.topic('order')).partitions, 3);
    await right.close();
    for (const tls of [{ ca }, { serverName: 'broker.test' }]) {
      const wrong = createKafkaClient({ ...at, tls });
      const refused = await wrong.topic('order');
      assert.equal(!refused.ok && refused.failure.code, 'endpoint_unreachable');
      assert.match(refused.ok ? '' : refused.failure.message, /certificate/);
      await wrong.close();
    }
  });

  it('fails with a value when nobody listens', async () => {
    const away = createKafkaClient({ bootstrap: ['127.0.0.1:1'], clientId: 'away', connectTimeoutMs: 500 });
    const refused = await away.topic('order');
    assert.equal(!refused.ok && refused.failure.code, 'endpoint_unreachable');
    await away.close();
  });
});
