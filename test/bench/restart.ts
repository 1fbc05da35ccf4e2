/**
 * Start over a large log: opening, restoring the checkpoint and being at the end again, and the price of a record behind the checkpoint.
 * `ZONEWARDEN_BENCH_LOG_MB` says how large (default 64; 1024 for the figure of docs/performance.md). Wall time.
 */
import { rm } from 'node:fs/promises';
import { readRuleFiles, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import { appendRecords, benchDirectory, openBenchCollector, type BenchCollector } from './bench-collector.ts';
import { benchRecords } from './bench-records.ts';
import { median, rounded, spreadOf, type Figure } from './figure.ts';

const domains = 10_000;
const logMb = Number(process.env['ZONEWARDEN_BENCH_LOG_MB'] ?? 64);
const commitRecords = 1_024;
const tailRecords = 40_960;
const startMs = Date.UTC(2026, 0, 1);
/** Milliseconds until a collector with everything behind it is ready: whatever the log holds. */
const readyMsMax = 5_000;

/** Appends records from the `first`-th on until `done`; returns how many there are then. */
async function fill(made: BenchCollector, first: number, done: (count: number) => boolean): Promise<number> {
  let count = first;
  while (!done(count)) {
    await appendRecords(made, benchRecords('zonestream', commitRecords, startMs, domains, count));
    count += commitRecords;
    if (count % (32 * commitRecords) === 0) await made.collector.host.catchUp();
  }
  return count;
}

/** Time to be ready behind a checkpoint at the end, and CPU-bound replay of what lies behind it. */
export async function* restartFigures(rounds: number): AsyncGenerator<Figure> {
  const directory = await benchDirectory();
  const rules = await readRuleFiles([shippedRulesPath()]);
  const first = await openBenchCollector(directory, domains, rules);
  let count = await fill(first, 0, () => first.stores.log.bytes >= logMb * 1024 * 1024);
  await first.collector.host.catchUp();
  first.collector.host.checkpoint();
  const bytes = first.stores.log.bytes;
  await first.close();
  const ready: number[] = [];
  const replayed: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    const made = await openBenchCollector(directory, domains, rules);
    await made.collector.host.catchUp();
    ready.push(performance.now() - started);
    made.collector.host.checkpoint();
    // What comes in now lies behind the checkpoint when the next one starts.
    for (const end = count + tailRecords; count < end; count += commitRecords)
      await appendRecords(made, benchRecords('zonestream', commitRecords, startMs, domains, count));
    await made.close();
    const opened = await openBenchCollector(directory, domains, rules);
    const behind = opened.stores.log.nextSequence - opened.collector.host.position;
    const from = performance.now();
    await opened.collector.host.catchUp();
    replayed.push((1000 * (performance.now() - from)) / behind);
    opened.collector.host.checkpoint();
    await opened.close();
  }
  await rm(directory, { recursive: true });
  yield {
    name: `restart.ready.${logMb}mb`,
    value: rounded(median(ready)),
    unit: 'ms',
    floor: null,
    ratio: null,
    goal: readyMsMax,
    goalOf: 'value',
    held: median(ready) <= readyMsMax,
    spread: spreadOf(ready),
    note: `${Math.round(bytes / 1048576)} MB of log, ${domains} domains, every shipped rule; checkpoint at the end`,
  };
  yield {
    name: `restart.replay.${logMb}mb`,
    value: rounded(median(replayed)),
    unit: 'us/record',
    floor: null,
    ratio: null,
    spread: spreadOf(replayed),
    note: `at least ${tailRecords} records of 274 bytes behind the checkpoint, wall time`,
  };
}
