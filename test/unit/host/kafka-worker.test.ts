/** A worker, its control topic and its right to act, over topics in memory that fail when told to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Surroundings } from '../../../collector/src/contract/component.ts';
import type { CheckpointObjects } from '../../../collector/src/host/kafka/checkpoint-objects.ts';
import { EngineWorker } from '../../../collector/src/host/kafka/engine-worker.ts';
import { KafkaHost } from '../../../collector/src/host/kafka/kafka-host.ts';
import { PublishedReader } from '../../../collector/src/host/kafka/published-reader.ts';
import { partitionOf, type StageLayout } from '../../../collector/src/host/kafka/stage-topics.ts';
import { writeStage } from '../../../collector/src/host/kafka/stage-writer.ts';
import { fixedLease } from '../../../collector/src/log/kafka-lease.ts';
import { toyEvent, toyOperators, toyTables } from '../engine/toy-operators.ts';
import { MemoryKafka } from '../../kafka/memory-kafka.ts';
import { quietSurroundings, until } from '../../kafka/quiet-surroundings.ts';

const startMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

const quiet = (): Surroundings => quietSurroundings(startMs);

function memoryCheckpoints(): CheckpointObjects & {
  readonly saved: Map<string, { offset: number; text: string }>;
} {
  const saved = new Map<string, { offset: number; text: string }>();
  return {
    saved,
    save(name, offset, text) {
      saved.set(name, { offset, text });
      return Promise.resolve();
    },
    newestOffset: (name) => Promise.resolve(saved.get(name)?.offset),
    newest: (name) => Promise.resolve({ text: saved.get(name)?.text, damaged: [] }),
  };
}

test('a worker stopped between taking records and writing what came of them loses nothing', async () => {
  const tables = toyTables();
  const layout: StageLayout = { prefix: 'w', partitions: 1, operators: toyOperators(), writers: ['a'] };
  const kafka = new MemoryKafka();
  const checkpoints = memoryCheckpoints();
  const messages = Array.from({ length: 20 }, (_, i) => {
    const timeMs = startMs + i * 1_000;
    const event = toyEvent('t0', `d${i % 3}.example`, timeMs, 'registrar.domain.lock_disabled', `s${i}`);
    return { kind: 'event' as const, timeMs, id: event.event_id, tenant: 't0', ingestMs: timeMs, event };
  });
  await writeStage(kafka, layout, 'a', messages, startMs + 3_600_000);
  const workerOf = (): EngineWorker =>
    new EngineWorker({
      layout,
      tables,
      client: kafka,
      lease: fixedLease([0]),
      checkpoints,
      codeDigest: '',
      around: quiet(),
    });
  // The second stage never hears of it: the broker takes nothing, and the worker is told to stop meanwhile.
  const stop = new AbortController();
  kafka.refuse = () => {
    stop.abort();
    return true;
  };
  await workerOf().run(stop.signal);
  assert.deepEqual([...checkpoints.saved.keys()], [], 'what is nowhere is in no checkpoint');

  kafka.refuse = () => false;
  const worker = workerOf();
  const done = new AbortController();
  const run = worker.run(done.signal);
  while ((worker.stats().sealedMs ?? -Infinity) < startMs + 3_600_000)
    await new Promise((resolve) => setImmediate(resolve));
  done.abort();
  await run;
  const first = `w.stage-${layout.operators[1]?.name}`;
  const ids = new Set(
    kafka.valuesOf(first).flatMap((value) => /"message":\{.*?"event_id":"([^"]+)"/.exec(value)?.[1] ?? []),
  );
  assert.equal(ids.size, messages.length);
});

test('a worker stopped in the middle of a round checkpoints every task that is written', async () => {
  const operators = toyOperators();
  const layout: StageLayout = { prefix: 'w', partitions: 4, operators, writers: ['a'] };
  const kafka = new MemoryKafka();
  const checkpoints = memoryCheckpoints();
  const stop = new AbortController();
  const owned = [0, 1, 2, 3];
  const worker = new EngineWorker({
    layout,
    tables: toyTables(),
    client: kafka,
    lease: fixedLease(owned),
    // Whoever waits for an edit that never comes is told to stop instead.
    control: {
      upTo: () => Promise.resolve(stop.abort()),
      holding: () => Promise.resolve(),
      forget: () => undefined,
    },
    checkpoints,
    codeDigest: '',
    around: quiet(),
  });
  const run = worker.run(stop.signal);
  await writeStage(kafka, layout, 'a', [], startMs);
  while ((worker.stats().sealedMs ?? -Infinity) < startMs)
    await new Promise((resolve) => setImmediate(resolve));
  await writeStage(kafka, layout, 'a', [], startMs + 1_000, 1);
  await run;
  const missing = owned.flatMap((partition) =>
    operators.map(({ name }) => `${name}-${partition}`).filter((name) => !checkpoints.saved.has(name)),
  );
  assert.equal(missing.length, 1, `only the one that waited: ${missing.join(', ')}`);
  assert.equal(worker.stats().owned.length, 4);
});

test('a standby has read the checkpoints ahead, the newest of each, and takes over from there', async () => {
  const operators = toyOperators();
  const layout: StageLayout = { prefix: 'w', partitions: 2, operators, writers: ['a'] };
  const kafka = new MemoryKafka();
  const saved = memoryCheckpoints();
  const read: string[] = [];
  const checkpoints: CheckpointObjects = {
    ...saved,
    newest: (name) => {
      read.push(name);
      return saved.newest(name);
    },
  };
  const workerOf = (owned: () => ReadonlySet<number>): EngineWorker =>
    new EngineWorker({
      layout,
      tables: toyTables(),
      client: kafka,
      lease: { partitions: owned, isHeld: () => true },
      checkpoints,
      warmEveryMs: 0.001,
      codeDigest: '',
      around: { ...quiet(), nowMs: () => performance.now() },
    });
  const lived = async (endMs: number): Promise<number> => {
    const stop = new AbortController();
    const worker = workerOf(() => new Set([0, 1]));
    const run = worker.run(stop.signal);
    await writeStage(kafka, layout, 'a', [], endMs);
    await until(() => worker.stats().sealedMs === endMs);
    stop.abort();
    await run;
    return worker.stats().records;
  };
  const records = await lived(startMs);
  assert.equal(saved.saved.size, 2 * operators.length);

  let owned: ReadonlySet<number> = new Set();
  const stop = new AbortController();
  const standby = workerOf(() => owned);
  read.length = 0;
  const run = standby.run(stop.signal);
  await until(() => read.length === 2 * operators.length);
  // The owner checkpoints once more: the standby follows.
  await lived(startMs + 1_000);
  await until(() => read.length >= 6 * operators.length);
  read.length = 0;
  owned = new Set([0, 1]);
  await writeStage(kafka, layout, 'a', [], startMs + 2_000);
  await until(() => standby.stats().sealedMs === startMs + 2_000);
  assert.deepEqual(read, [], 'nothing is left to read when it takes over');
  assert.equal(standby.stats().records, records, 'only what came after the checkpoints');
  stop.abort();
  await run;
});

/** A worker that owns the only partition and has sealed up to `startMs`; `rebalance` takes the partition and gives it back. */
async function soleWorker() {
  const layout: StageLayout = { prefix: 'w', partitions: 1, operators: toyOperators(), writers: ['a'] };
  const kafka = new MemoryKafka();
  const checkpoints = memoryCheckpoints();
  let owned: ReadonlySet<number> = new Set([0]);
  const worker = new EngineWorker({
    layout,
    tables: toyTables(),
    client: kafka,
    lease: { partitions: () => owned, isHeld: () => true },
    checkpoints,
    codeDigest: '',
    around: quiet(),
  });
  const stop = new AbortController();
  const run = worker.run(stop.signal);
  await writeStage(kafka, layout, 'a', [], startMs);
  await until(() => worker.stats().sealedMs === startMs);
  const rebalance = async (): Promise<void> => {
    owned = new Set();
    await until(() => worker.stats().owned.length === 0);
    owned = new Set([0]);
    await until(() => worker.stats().owned.length === 1);
  };
  return { worker, layout, kafka, checkpoints, rebalance, stop: () => (stop.abort(), run) };
}

test('a partition that a rebalance takes and gives back goes on where it was', async () => {
  const { worker, layout, kafka, checkpoints, rebalance, stop } = await soleWorker();
  const { records } = worker.stats();
  await rebalance();
  assert.equal(worker.stats().sealedMs, startMs, 'it knows what it knew, though no checkpoint holds it');
  await writeStage(kafka, layout, 'a', [], startMs + 1_000);
  await until(() => worker.stats().sealedMs === startMs + 1_000);
  assert.equal(worker.stats().records, 2 * records, 'nothing is read twice');
  await stop();
  assert.equal(checkpoints.saved.size, layout.operators.length);
});

test('what a rebalance gave back is checkpointed though nothing arrives any more', async () => {
  const { layout, checkpoints, rebalance, stop } = await soleWorker();
  await rebalance();
  await stop();
  assert.equal(checkpoints.saved.size, layout.operators.length);
});

test('who takes over what lies far back has the inventory of that time first', async () => {
  const layout: StageLayout = { prefix: 'w', partitions: 2, operators: toyOperators(), writers: ['a'] };
  const kafka = new MemoryKafka();
  const saved = memoryCheckpoints();
  let isStuck = false;
  const checkpoints: CheckpointObjects = {
    ...saved,
    save: (name, offset, text) =>
      isStuck && name.endsWith('-1') ? Promise.resolve() : saved.save(name, offset, text),
  };
  const asked: [fromMs: number, owned: readonly number[]][] = [];
  const forgotten: number[] = [];
  const startWorker = (lease: Set<number>): { worker: EngineWorker; stop: () => Promise<void> } => {
    const worker: EngineWorker = new EngineWorker({
      layout,
      tables: toyTables(),
      client: kafka,
      lease: { partitions: () => lease, isHeld: () => true },
      control: {
        upTo: () => Promise.resolve(),
        holding: (fromMs) => Promise.resolve(void asked.push([fromMs, worker.stats().owned])),
        forget: (beforeMs) => void forgotten.push(beforeMs),
      },
      checkpoints,
      checkpointEveryMs: 0,
      codeDigest: '',
      around: quiet(),
    });
    const signal = new AbortController();
    const run = worker.run(signal.signal);
    return { worker, stop: () => (signal.abort(), run) };
  };
  const owned = new Set([0]);
  const one = startWorker(owned);
  const other = startWorker(new Set([1]));
  await writeStage(kafka, layout, 'a', [], startMs);
  await until(() => [one, other].every(({ worker }) => worker.stats().sealedMs === startMs));
  await until(() => saved.saved.size === 2 * layout.operators.length);
  isStuck = true;
  const laterMs = startMs + 30 * dayMs;
  await writeStage(kafka, layout, 'a', [], laterMs);
  await until(() => [one, other].every(({ worker }) => worker.stats().sealedMs === laterMs));
  await until(() => forgotten.at(-1) === laterMs - 7 * dayMs);
  await other.stop();
  asked.length = 0;
  owned.add(1);
  await until(() => one.worker.stats().owned.length === 2);
  assert.deepEqual(asked, [[startMs, [0]]], 'before it owns the second partition');
  await one.stop();
});

test('only the collector that surely holds the partition of a tenant may act', () => {
  const partitions = 4;
  const own = partitionOf('acme', partitions);
  const other = (own + 1) % partitions;
  const kafka = new MemoryKafka();
  const mayAct = (held: boolean, owned: readonly number[]): boolean => {
    const layout: StageLayout = { prefix: 'w', partitions, operators: toyOperators(), writers: ['a'] };
    const lease = { partitions: () => new Set(owned), isHeld: () => held };
    const worker = new EngineWorker({
      layout,
      tables: toyTables(),
      client: kafka,
      lease,
      checkpoints: memoryCheckpoints(),
      codeDigest: '',
      around: quiet(),
    });
    const reader = new PublishedReader(kafka, 'w', quiet());
    return new KafkaHost({
      worker,
      lease,
      partitions,
      reader,
      told: () => undefined,
      around: quiet(),
    }).mayAct('acme');
  };
  assert.equal(mayAct(true, [own]), true);
  assert.equal(mayAct(true, [other]), false, 'another collector decides about the tenant');
  assert.equal(mayAct(false, [own]), false, 'the coordinator has not been heard for half a session');
  assert.equal(mayAct(true, []), false, 'a standby');
});
