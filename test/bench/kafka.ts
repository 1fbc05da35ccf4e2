/**
 * Figures of Kafka on one broker of this machine: records in and out, the engine over stage topics beside the embedded one
 * on the same messages, latency through all stages, how long a million keys take to restore, and whole collectors.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createKafkaSource } from '../../collector/src/1-source/kafka/kafka-source.ts';
import { createKafkaSink } from '../../collector/src/8-sink/kafka/kafka-sink.ts';
import type { Signal } from '../../collector/src/contract/component.ts';
import { limits } from '../../collector/src/contract/limits.ts';
import type { KafkaClient } from '../../collector/src/contract/kafka.ts';
import { Engine } from '../../collector/src/engine/engine.ts';
import { fileCheckpoints } from '../../collector/src/host/kafka/checkpoint-objects.ts';
import { EngineWorker } from '../../collector/src/host/kafka/engine-worker.ts';
import { StageTask } from '../../collector/src/host/kafka/stage-task.ts';
import { stageTopic, type StageLayout } from '../../collector/src/host/kafka/stage-topics.ts';
import { writeStage } from '../../collector/src/host/kafka/stage-writer.ts';
import { createKafkaClient } from '../../collector/src/log/kafka-client.ts';
import { fixedLease } from '../../collector/src/log/kafka-lease.ts';
import { brokerUnavailable, startCluster } from '../kafka/broker.ts';
import { parityInput, parityParts } from '../kafka/parity-input.ts';
import { makeTopic, MemoryIntake, quickSurroundings } from '../kafka/test-parts.ts';
import { collectorFigures } from './kafka-collectors.ts';
import { median, quantile, rounded, type Figure } from './figure.ts';

const records = 100_000;
const engineEvents = 5_000;
const restoreKeys = 1_000_000;
const never = new AbortController().signal;

function figure(
  name: string,
  value: number,
  unit: string,
  floor: number | null = null,
  note?: string,
): Figure {
  const ratio = floor === null ? null : rounded(value / floor);
  return {
    name: `kafka.${name}`,
    value: rounded(value),
    unit,
    floor,
    ratio,
    ...(note === undefined ? {} : { note }),
  };
}

function rate(count: number, sinceMs: number): number {
  return Math.round((count * 1000) / (performance.now() - sinceMs));
}

/** Every figure, one after the other; nothing when no broker can be started. */
export async function* kafkaFigures(): AsyncGenerator<Figure> {
  const missing = brokerUnavailable();
  if (missing !== undefined) {
    process.stderr.write(`kafka figures left out: ${missing}\n`);
    return;
  }
  const cluster = await startCluster();
  const connect = (): KafkaClient => createKafkaClient({ bootstrap: cluster.bootstrap, clientId: 'bench' });
  const client = connect();
  try {
    yield* inAndOut(client, connect);
    yield* engine(client, connect);
    yield await restore();
    yield* collectorFigures(client, cluster.bootstrap[0] ?? '');
  } finally {
    await client.close();
    await cluster.stop();
  }
}

async function* inAndOut(client: KafkaClient, connect: () => KafkaClient): AsyncGenerator<Figure> {
  await makeTopic(client, 'b.canonical', 4);
  const sink = createKafkaSink({ id: 'b', prefix: 'b', accepts: ['event'], batchMax: 500 }, connect());
  const filler = 'x'.repeat(1_000);
  const signalOf = (n: number): Signal => ({
    kind: 'event',
    key: `e${n}`,
    timeMs: 1_800_000_000_000 + n,
    body: { event_id: `e${n}`, tenant: 'acme', domain: `d${n % 5_000}.example`, filler },
  });
  const outMs = performance.now();
  for (let from = 0; from < records; from += 500)
    await sink.write(
      Array.from({ length: 500 }, (_, i) => signalOf(from + i)),
      never,
    );
  yield figure(
    'sink',
    rate(records, outMs),
    'records/s',
    null,
    '1 kB, batches of 500, acks=all, 4 partitions',
  );
  await sink.close();

  const intake = new MemoryIntake();
  const source = createKafkaSource(
    {
      identity: { tenant: 'acme', id: 'b', feed: 'webhook', kind: 'manual', intervalMs: 60_000 },
      feed: 'webhook',
      topics: ['b.canonical'],
      from: 'first',
      verified: true,
      refreshMs: 60_000,
    },
    connect,
    quickSurroundings(),
  );
  const stop = new AbortController();
  const inMs = performance.now();
  const run = source.run(intake, stop.signal);
  while (intake.records.length < records) await delay(1);
  yield figure('source', rate(records, inMs), 'records/s', null, 'connecting included, into memory');

  const waits: number[] = [];
  for (let i = 0; i < 300; i++) {
    const count = intake.records.length;
    const atMs = performance.now();
    await client.produce([{ topic: 'b.canonical', partition: i % 4, value: '{}' }]);
    while (intake.records.length === count) await new Promise((resolve) => setImmediate(resolve));
    waits.push(performance.now() - atMs);
  }
  stop.abort();
  await run;
  yield figure('source.latency.p50', quantile(waits, 0.5), 'ms', null, 'one record, written to taken');
  yield figure('source.latency.p99', quantile(waits, 0.99), 'ms');
}

async function* engine(client: KafkaClient, connect: () => KafkaClient): AsyncGenerator<Figure> {
  const parts = await parityParts();
  const input = parityInput(parts, engineEvents, 3);
  const embedded = new Engine({ operators: parts.operators(), tables: parts.tables, preliminary: false });
  const embeddedMs = performance.now();
  for (const { messages, ingestMs } of input.batches) embedded.accept(messages, ingestMs);
  embedded.finish(input.endMs);
  const floor = rate(engineEvents, embeddedMs);

  const layout: StageLayout = {
    prefix: `b-${randomUUID()}`,
    partitions: 4,
    operators: parts.operators(),
    writers: ['w'],
  };
  for (const [stage] of layout.operators.entries()) await makeTopic(client, stageTopic(layout, stage), 4);
  for (const name of ['canonical', 'findings', 'cases'])
    await makeTopic(client, `${layout.prefix}.${name}`, 4);
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-bench-'));
  const worker = new EngineWorker({
    layout,
    tables: parts.tables,
    client: connect(),
    lease: fixedLease([0, 1, 2, 3]),
    checkpoints: fileCheckpoints(directory),
    codeDigest: parts.codeDigest,
    around: quickSurroundings(),
  });
  const stop = new AbortController();
  const run = worker.run(stop.signal);
  const sealed = async (untilMs: number): Promise<void> => {
    while ((worker.stats().sealedMs ?? -Infinity) < untilMs)
      await new Promise((resolve) => setImmediate(resolve));
  };
  const startMs = performance.now();
  for (let from = 0; from < input.batches.length; from += 200) {
    const part = input.batches.slice(from, from + 200);
    const messages = part.flatMap((batch) => batch.messages);
    await writeStage(client, layout, 'w', messages, (part.at(-1)?.ingestMs ?? 0) - limits.latenessMs);
  }
  await writeStage(client, layout, 'w', [], input.endMs);
  await sealed(input.endMs);
  yield figure(
    'engine',
    rate(engineEvents, startMs),
    'events/s',
    floor,
    'floor: embedded, sealed lane, same messages',
  );

  const waits: number[] = [];
  for (let i = 1; i <= 200; i++) {
    const atMs = performance.now();
    await writeStage(client, layout, 'w', [], input.endMs + i);
    await sealed(input.endMs + i);
    waits.push(performance.now() - atMs);
  }
  yield figure(
    'engine.latency.p50',
    median(waits),
    'ms',
    null,
    'heartbeat through six stages of four partitions',
  );
  yield figure('engine.latency.p99', quantile(waits, 0.99), 'ms');
  stop.abort();
  await run;
  rmSync(directory, { recursive: true });
}

async function restore(): Promise<Figure> {
  const parts = await parityParts();
  const layout = { prefix: 'r', partitions: 1, operators: parts.operators(), writers: ['w'] };
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-bench-'));
  const checkpoints = fileCheckpoints(directory);
  const task = new StageTask(layout, parts.tables, 0, 0);
  for (let i = 0; i < restoreKeys; i++)
    task.sealed.state
      .view(`acme|okta:person${i}@acme.example`)
      .put('logins', { n: i, last: 1_800_000_000_000 + i });
  const text = task.checkpoint('bench');
  const saveMs = performance.now();
  await checkpoints.save(task.name, 1, text);
  const savedMs = Math.round(performance.now() - saveMs);
  const startMs = performance.now();
  const fresh = new StageTask(layout, parts.tables, 0, 0);
  fresh.restore((await checkpoints.newest(task.name)).text ?? '');
  const restoredMs = Math.round(performance.now() - startMs);
  rmSync(directory, { recursive: true });
  const note = `${Math.round(text.length / 1024 / 1024)} MB, written in ${savedMs} ms`;
  return figure('restore', restoredMs, `ms for ${fresh.sealed.state.size} keys`, null, note);
}
