/**
 * The Kafka client, and beside it kafkajs when somebody has installed it (`npm install --no-save kafkajs@2.2.4`): what the
 * decision for one of them rests on, docs/decisions/kafka-client.md.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createKafkaClient } from '../../collector/src/log/kafka-client.ts';
import { brokerUnavailable, startCluster } from '../kafka/broker.ts';
import { makeTopic, valueOf } from '../kafka/test-parts.ts';
import { cpuMs, rounded, type Figure } from './figure.ts';

const records = 50_000;
const batch = 500;
const idleMs = 10_000;
const topic = 'clients';
const value = 'x'.repeat(1_000);
const headers = { ce_id: 'x', ce_type: 'y' };

/** A client connected to the cluster. */
interface Connected {
  append(messages: readonly { readonly value: string; readonly headers: typeof headers }[]): Promise<unknown>;
  close(): Promise<unknown>;
}

/** The little of kafkajs that is used here; it is no dependency. */
interface Kafkajs {
  readonly Kafka: new (options: { clientId: string; brokers: string[]; logLevel: number }) => {
    producer(): {
      connect(): Promise<void>;
      send(batch: { topic: string; acks: number; messages: readonly unknown[] }): Promise<unknown>;
      disconnect(): Promise<void>;
    };
  };
}

async function* measured(name: string, client: Connected): AsyncGenerator<Figure> {
  const messages = Array.from({ length: batch }, () => ({ value, headers }));
  await client.append(messages);
  const [startedMs, startedCpuMs] = [performance.now(), cpuMs()];
  for (let i = 0; i < records; i += batch) await client.append(messages);
  const none = { floor: null, ratio: null };
  const rate = (records * 1000) / (performance.now() - startedMs);
  const cpu = ((cpuMs() - startedCpuMs) * 1000) / records;
  const note = '1 kB with two headers, batches of 500, acks=all, 4 partitions';
  yield { name: `kafka.client.${name}.append`, value: rounded(rate), unit: 'records/s', ...none, note };
  yield { name: `kafka.client.${name}.append.cpu`, value: rounded(cpu), unit: 'us/record', ...none };
  const idleFromMs = cpuMs();
  await delay(idleMs);
  const share = (100 * (cpuMs() - idleFromMs)) / idleMs;
  yield { name: `kafka.client.${name}.idle`, value: rounded(share), unit: '% of a core', ...none };
  await client.close();
}

/** Figures of ours, then of kafkajs when it is there. */
export async function* kafkaClientFigures(): AsyncGenerator<Figure> {
  const missing = brokerUnavailable();
  if (missing !== undefined) {
    process.stderr.write(`kafka figures left out: ${missing}\n`);
    return;
  }
  const cluster = await startCluster();
  try {
    const client = createKafkaClient({ bootstrap: cluster.bootstrap, clientId: 'bench' });
    await makeTopic(client, topic, 4);
    yield* measured('ours', {
      append: async (messages) => valueOf(await client.produce(messages.map((one) => ({ topic, ...one })))),
      close: () => client.close(),
    });
    const name = 'kafkajs';
    const kafkajs = (await import(name).catch(() => undefined)) as { default: Kafkajs } | undefined;
    if (kafkajs === undefined) {
      process.stderr.write('kafkajs is not installed: npm install --no-save kafkajs@2.2.4\n');
      return;
    }
    const { Kafka } = kafkajs.default;
    const producer = new Kafka({
      clientId: 'bench',
      brokers: [...cluster.bootstrap],
      logLevel: 0,
    }).producer();
    await producer.connect();
    yield* measured(name, {
      append: (messages) => producer.send({ topic, acks: -1, messages }),
      close: () => producer.disconnect(),
    });
  } finally {
    await cluster.stop();
  }
}
