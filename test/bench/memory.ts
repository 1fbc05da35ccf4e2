/** Memory of a collector: at rest, per domain that rests or was changed, per name merely observed. Needs --expose-gc. */
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { appendRecords, benchCollector } from './bench-collector.ts';
import { benchRecords } from './bench-records.ts';
import { rounded, type Figure } from './figure.ts';
import { restingDomain } from './rdap-records.ts';
import { residentMemory, restartedMemory, type ResidentMemory } from './resident.ts';

const recordsOfCommit = 500;
const startMs = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;
const mebibyte = 1024 * 1024;
/** Until a collector of 200,000 domains is ready again, ms. */
const readyMsMax = 30_000;

function collect(): NodeJS.MemoryUsage {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('memory is measured under --expose-gc');
  gc();
  gc();
  return process.memoryUsage();
}

/** Objects and flat tables. */
function heldBytes({ heapUsed, arrayBuffers }: NodeJS.MemoryUsage): number {
  return heapUsed + arrayBuffers;
}

type Records = (from: number, count: number) => RawRecord[];

const changes =
  (domains: number): Records =>
  (from, count) =>
    benchRecords('dnsimple', count, startMs, domains, from);

const looks: Records = (from, count) =>
  Array.from({ length: count }, (_, k) => restingDomain(from + k, startMs + (from + k) * 200));

/** What a collector holds after a record about each of `domains` domains, an hour after the last. */
async function memoryAfter(domains: number, records: Records): Promise<NodeJS.MemoryUsage> {
  const made = await benchCollector(domains, true);
  const { host } = made.collector;
  for (let i = 0; i < domains; i += recordsOfCommit) {
    await appendRecords(made, records(i, recordsOfCommit));
    await host.catchUp();
  }
  // An hour later nothing waits any more: what stays is state. The lookalike index is there, too.
  const laterMs = startMs + domains * 200 + 3_600_000;
  await appendRecords(made, benchRecords('zonestream', 200, laterMs, domains));
  await host.catchUp();
  for (let i = 0; i < 6_000; i += recordsOfCommit) {
    await appendRecords(made, benchRecords('okta', recordsOfCommit, laterMs, domains, i));
    await host.catchUp();
  }
  host.checkpoint();
  const usage = collect();
  await made.close();
  return usage;
}

function kilobytes(name: string, few: NodeJS.MemoryUsage, many: NodeJS.MemoryUsage, note: string): Figure {
  const value = rounded((heldBytes(many) - heldBytes(few)) / 9_000 / 1024);
  return {
    name,
    value,
    unit: 'KB/domain',
    floor: null,
    ratio: null,
    goal: 4,
    goalOf: 'value',
    held: value <= 4,
    note: `${note}; heap ${rounded(many.heapUsed / mebibyte)} MB with 10,000`,
  };
}

/** At rest: resident memory. Per domain: slope of heap and flat tables between 1,000 and 10,000 domains. */
export async function* memoryFigures(): AsyncGenerator<Figure> {
  yield residentFigure(
    'memory.rest.10000',
    200,
    await residentMemory(10_000, [benchRecords('zonestream', 200, Date.now() - hourMs, 10_000)]),
    'the program with 10,000 domains (YAML) at rest, first records processed, lookalike index built',
  );
  yield kilobytes(
    'memory.quiet.10000',
    await memoryAfter(1_000, looks),
    await memoryAfter(10_000, looks),
    'a domain that RDAP looked at: inventory, lookalike index, ledger, score',
  );
  yield kilobytes(
    'memory.domain.10000',
    await memoryAfter(1_000, changes(1_000)),
    await memoryAfter(10_000, changes(10_000)),
    'a domain with one change: ledger, features, score, journal and memory of the case keeper too',
  );
}

/** The program with 200,000 domains that rest, an hour of event time after RDAP looked at the last. */
export async function* largeMemoryFigures(): AsyncGenerator<Figure> {
  const domains = 200_000;
  const stepMs = 200;
  const firstMs = Date.now() - hourMs - domains * stepMs;
  function* batches(): Generator<RawRecord[]> {
    for (let i = 0; i < domains; i += recordsOfCommit)
      yield Array.from({ length: recordsOfCommit }, (_, k) =>
        restingDomain(i + k, firstMs + (i + k) * stepMs),
      );
    yield benchRecords('zonestream', 200, firstMs + domains * stepMs, domains);
  }
  const { first, again } = await restartedMemory(domains, batches());
  yield residentFigure(
    'memory.domains.200000',
    1024,
    first,
    '200,000 domains that RDAP looked at once, lookalike index built',
  );
  yield residentFigure(
    'memory.restart.200000',
    1024,
    again,
    'the same 200,000 domains, started from the checkpoint',
  );
  yield {
    name: 'restart.ready.200000',
    value: again.readyMs,
    unit: 'ms',
    floor: null,
    ratio: null,
    goal: readyMsMax,
    goalOf: 'value',
    held: again.readyMs <= readyMsMax,
    note: 'start of the process until it is ready, 200,000 domains in the checkpoint, wall time',
  };
}

function residentFigure(name: string, goal: number, memory: ResidentMemory, note: string): Figure {
  const { rest, peak } = memory;
  return {
    name,
    value: rest,
    unit: 'MB rss',
    floor: null,
    ratio: null,
    goal,
    goalOf: 'value',
    held: rest <= goal,
    note: `${note}; peak ${peak} MB, at the start`,
  };
}

/** A collector that hears of names of strangers, and what it holds for them. */
interface Observed {
  /** Bytes held more after `count` further names. */
  more(count: number): Promise<{ readonly bytes: number; readonly heldBytes: number }>;
  close(): Promise<void>;
}

async function observedNames(): Promise<Observed> {
  const made = await benchCollector(10_000, true);
  const strangers = (from: number, count: number): RawRecord[] =>
    // Every fiftieth record of the feed is about a monitored domain; those are measured elsewhere.
    benchRecords('zonestream', count, startMs, 10_000, from).filter((_, k) => (from + k) % 50 !== 0);
  let next = 0;
  const observe = async (count: number): Promise<void> => {
    for (const end = next + count; next < end; next += observedOfCommit) {
      await appendRecords(made, strangers(next, observedOfCommit));
      await made.collector.host.catchUp();
    }
    made.collector.host.checkpoint();
  };
  // The index, the compiler and the log have what they need.
  await observe(100_000);
  return {
    async more(count) {
      const before = heldBytes(collect());
      await observe(count);
      const after = heldBytes(collect());
      return { bytes: after - before, heldBytes: after };
    },
    close: () => made.close(),
  };
}

const observedOfCommit = 10_000;

/** What a name costs that was seen in a shared feed and concerns nobody here. `ZONEWARDEN_BENCH_NAMES`: the largest number. */
export async function* observedFigures(): AsyncGenerator<Figure> {
  const most = Number(process.env['ZONEWARDEN_BENCH_NAMES'] ?? 1_000_000);
  const observed = await observedNames();
  for (let count = 10_000; count <= most; count *= 10) {
    if (count === 100_000) continue;
    const { bytes, heldBytes: held } = await observed.more(count);
    yield {
      name: `memory.observed.${count}`,
      value: rounded(bytes / count),
      unit: 'bytes/name',
      floor: null,
      ratio: null,
      goal: 128,
      goalOf: 'value',
      held: bytes <= 128 * count,
      note: `${count} more names of strangers from a zone feed; held then ${rounded(held / mebibyte)} MB`,
    };
  }
  await observed.close();
}

/** The same beside a map of objects, as one would write it: bytes of a name in both. */
export async function observedBesideMap(
  count: number,
): Promise<{ readonly bytes: number; readonly map: number }> {
  const before = heldBytes(collect());
  const seen = new Map<string, { firstMs: number; lastMs: number; count: number }>();
  // As a parser gives them: texts of their own.
  for (let i = 0; i < count; i++)
    seen.set(JSON.parse(`"seen-${i.toString(36)}.example"`) as string, {
      firstMs: startMs,
      lastMs: startMs + i,
      count: 1,
    });
  const map = (heldBytes(collect()) - before) / seen.size;
  seen.clear();
  const observed = await observedNames();
  const { bytes } = await observed.more(count);
  await observed.close();
  return { bytes: bytes / count, map };
}
