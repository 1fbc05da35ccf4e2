/** The client on a broker that knows no topic ids: an Apache broker that claims the versions Azure Event Hubs has. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KafkaClient } from '../../collector/src/contract/kafka.ts';
import { createKafkaClient } from '../../collector/src/log/kafka-client.ts';
import { brokerUnavailable, startCluster, type TestCluster } from '../kafka/broker.ts';
import { makeTopic, numbered, valueOf } from '../kafka/test-parts.ts';
import { requestKeys, startVersionProxy, type VersionProxy } from '../kafka/version-proxy.ts';

const amounts = { bytesMax: 4_000_000, partitionBytesMax: 1_000_000, waitMs: 200 };
const highest = new Map<number, number>([
  [requestKeys.fetch, 6],
  [requestKeys.metadata, 7],
]);

describe('a broker without topic ids', { skip: brokerUnavailable() ?? false }, () => {
  let proxy: VersionProxy;
  let cluster: TestCluster;
  let client: KafkaClient;

  before(async () => {
    proxy = await startVersionProxy(highest);
    cluster = await startCluster({
      properties: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` },
    });
    proxy.target = cluster.bootstrap[0];
    client = createKafkaClient({ bootstrap: [`127.0.0.1:${proxy.port}`], clientId: 'no-ids' });
    for (const topic of ['one', 'two']) await makeTopic(client, topic, 2);
  });
  after(async () => {
    await client?.close();
    await cluster?.stop();
    await proxy?.close();
  });

  it('reads several topics and partitions by their names, from any offset', async () => {
    valueOf(await client.produce([...numbered('one', 0, 5), ...numbered('two', 10, 13, 1)]));
    const values: Record<string, unknown[]> = { one: [], two: [] };
    let positions = [
      { topic: 'one', partition: 0, offset: 2 },
      { topic: 'one', partition: 1, offset: 0 },
      { topic: 'two', partition: 1, offset: 0 },
    ];
    for (
      let round = 0;
      round < 100 && (values['one']?.length !== 3 || values['two']?.length !== 3);
      round++
    ) {
      const parts = valueOf(await client.read(positions, amounts));
      for (const { topic, records } of parts)
        for (const { value } of records) values[topic]?.push(JSON.parse(String(value)) as unknown);
      positions = parts.map(({ topic, partition, next }) => ({ topic, partition, offset: next }));
    }
    assert.deepEqual(values, {
      one: [{ n: 2 }, { n: 3 }, { n: 4 }],
      two: [{ n: 10 }, { n: 11 }, { n: 12 }],
    });
    assert.ok((proxy.used.get(requestKeys.fetch) ?? 99) <= 6, 'it asked as the broker claims to understand');
    assert.ok((proxy.used.get(requestKeys.metadata) ?? 99) <= 7);
  });

  it('names an offset that is not there, and reads the neighbour', async () => {
    valueOf(await client.produce(numbered('two', 0, 1, 0)));
    const parts = valueOf(
      await client.read(
        [
          { topic: 'one', partition: 0, offset: 1_000 },
          { topic: 'two', partition: 0, offset: 0 },
        ],
        amounts,
      ),
    );
    const byTopic = new Map(parts.map((part) => [part.topic, part]));
    assert.equal(byTopic.get('one')?.problem, 'out_of_range');
    assert.equal(byTopic.get('two')?.records.length, 1);
  });
});
