/**
 * How long the loop is busy without a break: CPU time of its own thread per small batch, and of the longest part of a
 * checkpoint. Unlike wall time it does not count what neighbours on a shared machine take.
 */
import { appendRecords, benchCollector } from './bench-collector.ts';
import { benchRecords } from './bench-records.ts';
import { quantile, rounded, type Figure } from './figure.ts';

const domains = 10_000;
const startMs = Date.UTC(2026, 0, 1);
const batchRecords = 8;
const warmBatches = 1_000;
const batches = 3_000;

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Batches of eight Okta records, then a checkpoint after all of them and one after a single batch more. Needs --expose-gc. */
export async function* stallFigures(): AsyncGenerator<Figure> {
  const made = await benchCollector(domains, true);
  const { host } = made.collector;
  const times: number[] = [];
  let next = 0;
  const runBatch = async (): Promise<number> => {
    await appendRecords(made, benchRecords('okta', batchRecords, startMs, domains, next));
    next += batchRecords;
    const started = threadCpuMs();
    await host.catchUp();
    return threadCpuMs() - started;
  };
  // As the host does it: a part between two batches.
  const saveTimes = (): { longest: number; parts: number; all: number } => {
    // What the batches left behind is not the checkpoint's garbage.
    (globalThis as { gc?: () => void }).gc?.();
    const taken: number[] = [];
    const measured = (work: () => boolean): boolean => {
      const started = threadCpuMs();
      const done = work();
      taken.push(threadCpuMs() - started);
      return done;
    };
    measured(() => {
      host.beginCheckpoint();
      return false;
    });
    while (!measured(() => host.checkpointPart()));
    // What SQLite carries into its file afterwards.
    measured(() => host.checkpointPart());
    return { longest: Math.max(...taken), parts: taken.length, all: taken.reduce((a, b) => a + b, 0) };
  };
  for (let i = 0; i < warmBatches; i++) await runBatch();
  saveTimes();
  for (let i = 0; i < batches; i++) times.push(await runBatch());
  const large = saveTimes();
  await runBatch();
  const small = saveTimes();
  await made.close();
  const figure = (name: string, value: number, note: string, goal?: number): Figure => ({
    name,
    value: rounded(value),
    unit: 'ms thread cpu',
    floor: null,
    ratio: null,
    ...(goal === undefined ? {} : { goal, goalOf: 'value' as const, held: value <= goal }),
    note,
  });
  const note = `${batchRecords} Okta records a batch, ${domains} domains, ${batches} batches`;
  yield figure('stall.batch.p50', quantile(times, 0.5), note);
  yield figure('stall.batch.p99', quantile(times, 0.99), note, 2);
  yield figure('stall.batch.p99.9', quantile(times, 0.999), `${note}; a checkpoint may fall among them`, 10);
  const partsOf = ({ parts, all }: typeof large): string =>
    `the longest of ${parts} parts, together ${rounded(all)} ms`;
  yield figure(
    'stall.checkpoint.busy',
    large.longest,
    `after ${batches * batchRecords} records of 500 people; ${partsOf(large)}`,
    10,
  );
  yield figure(
    'stall.checkpoint.quiet',
    small.longest,
    `after ${batchRecords} records; ${partsOf(small)}`,
    10,
  );
}
