/** The Kafka source on a real broker: own offsets, added partitions, retention, poison, restarts and missing topics. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createKafkaSource, type KafkaSource } from '../../collector/src/1-source/kafka/kafka-source.ts';
import type { KafkaClient } from '../../collector/src/contract/kafka.ts';
import { createKafkaClient } from '../../collector/src/log/kafka-client.ts';
import { brokerUnavailable, startCluster, type TestCluster } from '../kafka/broker.ts';
import {
  eventually,
  makeTopic,
  MemoryIntake,
  numbered,
  quickSurroundings,
  valueOf,
} from '../kafka/test-parts.ts';

const skip = brokerUnavailable() ?? false;

function numbersOf(intake: MemoryIntake): number[] {
  return intake.records.map(({ bytes }) => (JSON.parse(Buffer.from(bytes).toString()) as { n: number }).n);
}

function upTo(end: number): number[] {
  return Array.from({ length: end }, (_, i) => i);
}

describe('kafka source', { skip }, () => {
  let cluster: TestCluster;
  let client: KafkaClient;

  before(async () => {
    cluster = await startCluster();
    client = createKafkaClient({ bootstrap: cluster.bootstrap, clientId: 'test' });
  });
  after(async () => {
    await client?.close();
    await cluster?.stop();
  });

  function sourceOf(
    topics: readonly string[],
    lines: string[] = [],
    refreshMs = 50,
    fetchBytesMax = 8 * 1024 * 1024,
  ): KafkaSource {
    const connect = () =>
      createKafkaClient({
        bootstrap: cluster.bootstrap,
        clientId: 'source',
        connectTimeoutMs: 1000,
        requestTimeoutMs: 3000,
      });
    return createKafkaSource(
      {
        identity: { tenant: 'acme', id: 'k', feed: 'zonestream', kind: 'zone_feed', intervalMs: 100 },
        feed: 'zonestream',
        topics,
        from: 'first',
        verified: false,
        refreshMs,
        waitMs: 50,
        fetchBytesMax,
      },
      connect,
      quickSurroundings(lines),
    );
  }

  async function running(
    source: KafkaSource,
    intake: MemoryIntake,
    work: () => Promise<unknown>,
  ): Promise<void> {
    const stop = new AbortController();
    const run = source.run(intake, stop.signal);
    try {
      await work();
    } finally {
      stop.abort();
      await run;
    }
  }

  const received = (intake: MemoryIntake, count: number) => () =>
    eventually(
      () => intake.records.length,
      (length) => length >= count,
      `${count} records`,
    );

  it('goes on where it stopped and says what it knew about each record', async () => {
    const topic = `t-${randomUUID()}`;
    await makeTopic(client, topic, 1);
    const intake = new MemoryIntake();
    valueOf(await client.produce(numbered(topic, 0, 500)));
    await running(sourceOf([topic]), intake, received(intake, 500));
    valueOf(await client.produce(numbered(topic, 500, 700)));
    await running(sourceOf([topic]), intake, received(intake, 700));
    assert.deepEqual(numbersOf(intake), upTo(700));
    assert.deepEqual(intake.records[9]?.meta, { topic, partition: '0', offset: '9' });
    assert.equal(intake.records[9]?.verified, false);
    assert.ok(intake.heartbeats > 0);
    assert.deepEqual(intake.gaps, []);
  });

  it('reads added partitions from their first record', async () => {
    const topic = `t-${randomUUID()}`;
    await makeTopic(client, topic, 1);
    const intake = new MemoryIntake();
    valueOf(await client.produce(numbered(topic, 0, 10)));
    await running(sourceOf([topic]), intake, async () => {
      await received(intake, 10)();
      valueOf(await client.addPartitions(topic, 4));
      await eventually(
        () => client.topic(topic),
        (found) => found.ok && found.value.partitions === 4,
        'four partitions',
      );
      valueOf(await client.produce(numbered(topic, 10, 20, 3)));
      await received(intake, 20)();
    });
    assert.deepEqual(
      numbersOf(intake).sort((a, b) => a - b),
      upTo(20),
    );
  });

  it('names what retention deleted before it was read', async () => {
    const topic = `t-${randomUUID()}`;
    await makeTopic(client, topic, 1, { 'segment.bytes': '1048576' });
    const intake = new MemoryIntake();
    valueOf(await client.produce(numbered(topic, 0, 100)));
    await running(sourceOf([topic]), intake, received(intake, 100));
    valueOf(await client.produce(numbered(topic, 100, 250)));
    valueOf(await client.setTopicConfigs(topic, { 'retention.ms': '1' }));
    await eventually(
      () => client.offsets(topic, 'first'),
      (found) => found.ok && found.value[0] === 250,
      'retention deleted everything',
    );
    valueOf(await client.setTopicConfigs(topic, { 'retention.ms': '600000' }));
    valueOf(await client.produce(numbered(topic, 250, 260)));
    const lines: string[] = [];
    await running(sourceOf([topic], lines), intake, received(intake, 110));
    assert.equal(intake.gaps.length, 1);
    assert.match(intake.gaps[0]?.reason ?? '', /retention deleted 150 records of .* partition 0/);
    assert.ok((intake.gaps[0]?.fromMs ?? 0) <= (intake.gaps[0]?.toMs ?? 0));
    assert.ok(lines.some((line) => line.startsWith('error retention deleted 150')));
    assert.deepEqual(numbersOf(intake).slice(100), upTo(260).slice(250));
  });

  it('hands poison and large records over whole, and their neighbours too', async () => {
    const topic = `t-${randomUUID()}`;
    await makeTopic(client, topic, 1, { 'max.message.bytes': '6000000' });
    const intake = new MemoryIntake();
    const poison = [
      Buffer.from([0, 0xff, 0xfe]),
      Buffer.from('{"a":'),
      Buffer.alloc(3_000_000, 0x20),
      Buffer.from('{}'),
    ];
    for (const value of poison) valueOf(await client.produce([{ topic, partition: 0, value }]));
    valueOf(await client.produce([{ topic, partition: 0, key: 'gone', value: null }]));
    valueOf(await client.produce([{ topic, partition: 0, value: 'last' }]));
    await running(sourceOf([topic]), intake, received(intake, 5));
    assert.deepEqual(
      intake.records.map(({ bytes }) => bytes.length),
      [3, 5, 3_000_000, 2, 4],
    );
    assert.equal(intake.records[0]?.contentType, 'application/octet-stream');
  });

  it('waits while the disk is full and loses nothing', async () => {
    const topic = `t-${randomUUID()}`;
    await makeTopic(client, topic, 1);
    const intake = new MemoryIntake();
    intake.refusals = 2;
    valueOf(await client.produce(numbered(topic, 0, 50)));
    await running(sourceOf([topic]), intake, received(intake, 50));
    assert.deepEqual(numbersOf(intake), upTo(50));
  });

  it('reads no faster than records are stored, shows the lag meanwhile, and loses nothing', async () => {
    const topic = `t-${randomUUID()}`;
    await makeTopic(client, topic, 1);
    const filler = 'x'.repeat(2_000);
    const count = 1_000;
    for (let from = 0; from < count; from += 20)
      valueOf(
        await client.produce(
          Array.from({ length: 20 }, (_, i) => ({
            topic,
            partition: 0,
            value: JSON.stringify({ n: from + i, filler }),
          })),
        ),
      );
    let [storing, largestBytes, highestLag] = [0, 0, 0];
    class SlowIntake extends MemoryIntake {
      override async accept(...given: Parameters<MemoryIntake['accept']>): Promise<void> {
        storing++;
        assert.equal(storing, 1, 'nothing is fetched while records wait to be stored');
        largestBytes = Math.max(
          largestBytes,
          given[0].reduce((sum, { bytes }) => sum + bytes.length, 0),
        );
        await delay(20);
        storing--;
        await super.accept(...given);
        highestLag = Math.max(highestLag, source.progress()[0]?.lag ?? 0);
      }
    }
    const intake = new SlowIntake();
    const fetchBytesMax = 200_000;
    const source = sourceOf([topic], [], 60_000, fetchBytesMax);
    await running(source, intake, async () => {
      await received(intake, count)();
      await eventually(
        () => source.progress()[0]?.lag,
        (lag) => lag === 0,
        'the lag is gone',
      );
    });
    assert.deepEqual(numbersOf(intake), upTo(count));
    assert.ok(largestBytes <= fetchBytesMax, `${largestBytes} bytes at once`);
    assert.ok(highestLag > count / 2, `a lag of ${highestLag} was shown`);
  });

  it('says that a topic is missing, and begins when it appears', async () => {
    const topic = `t-${randomUUID()}`;
    const intake = new MemoryIntake();
    const lines: string[] = [];
    const probed = await sourceOf([topic]).probe(new AbortController().signal);
    assert.equal(!probed.ok && probed.failure.code, 'bad_configuration');
    await running(sourceOf([topic], lines), intake, async () => {
      await eventually(
        () => lines.length,
        (count) => count > 0,
        'a line about the topic',
      );
      await makeTopic(client, topic, 2);
      valueOf(await client.produce(numbered(topic, 0, 5, 1)));
      await received(intake, 5)();
    });
    assert.match(lines[0] ?? '', /warn k cannot read \(topic .* does not exist/);
    assert.deepEqual(numbersOf(intake), upTo(5));
  });

  it('survives kill -9 of the broker without loss, repetition only of what was not stored', async () => {
    const topic = `t-${randomUUID()}`;
    await makeTopic(client, topic, 2);
    const intake = new MemoryIntake();
    const [broker] = cluster.brokers;
    assert.ok(broker);
    valueOf(await client.produce(numbered(topic, 0, 300)));
    await running(sourceOf([topic]), intake, async () => {
      await received(intake, 300)();
      broker.signal('SIGKILL');
      await broker.gone();
      await broker.start();
      await eventually(
        () => client.produce(numbered(topic, 300, 400)),
        ({ ok }) => ok,
        'the broker takes records again',
      );
      await received(intake, 400)();
    });
    // The write was repeated until acknowledged, so Kafka itself may hold it twice.
    assert.deepEqual([...new Set(numbersOf(intake))], upTo(400));
    assert.deepEqual(intake.gaps, []);
  });
});
