/** What a soak is judged by: growth over the run, delays, what is left at the end. Pure: samples in, verdicts out. */

/** One look at a running collector. Bytes after a collection of garbage; delays since the look before. */
export interface SoakSample {
  /** Since the start, ms. */
  readonly atMs: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
  /** Timers, sockets, files and requests that keep the process awake. */
  readonly handles: number;
  /** Open file descriptors. */
  readonly descriptors: number;
  readonly loopDelayP99Ms: number;
  /** The same of an idle process beside it: what the machine itself adds. */
  readonly idleDelayP99Ms: number;
  /** Records accepted and not yet decided. */
  readonly engineBacklog: number;
  /** Signals not yet delivered, over all sinks. */
  readonly sinkBacklog: number;
}

/** What was put in and what must come out, by name. */
export interface SoakCount {
  readonly name: string;
  readonly expected: number;
  readonly found: number;
}

/** One criterion. `held` is false when the value is above the limit. */
export interface SoakVerdict {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
  readonly held: boolean;
}

/**
 * Limits. Memory may grow by what a record leaves for good (its id is known for a week, its finding is kept), beside a little
 * per hour; handles are counted over the whole run.
 */
export const soakLimits = {
  heapBytesPerRecord: 256,
  heapMiBPerHour: 8,
  residentMiBPerHourAboveHeap: 24,
  handles: 8,
  descriptors: 8,
  loopDelayMs: 100,
  engineBacklog: 200,
  sinkBacklog: 200,
} as const;

/** Beginning of a run that is not judged: events wait ten minutes for stragglers, caches fill, code is compiled. */
export const warmUpMs = 12 * 60_000;

const mebibyte = 1_048_576;
const hourMs = 3_600_000;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/**
 * Growth per ms as the median of the slopes between all pairs (Theil and Sen): one collection of garbage at a bad moment
 * changes nothing.
 */
export function growthPerMs(points: readonly (readonly [atMs: number, value: number])[]): number {
  const slopes: number[] = [];
  for (const [i, [fromMs, from]] of points.entries())
    for (const [toMs, to] of points.slice(i + 1))
      if (toMs > fromMs) slopes.push((to - from) / (toMs - fromMs));
  return slopes.length === 0 ? 0 : median(slopes);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function atMost(name: string, value: number, limit: number, unit: string): SoakVerdict {
  return { name, value: rounded(value), limit: rounded(limit), unit, held: value <= limit };
}

/** Every criterion, for `records` accepted in all, judged from `begunMs` on. Throws when there are too few looks to say anything. */
export function judgeSoak(
  samples: readonly SoakSample[],
  records: number,
  counts: readonly SoakCount[],
  begunMs = warmUpMs,
): SoakVerdict[] {
  const endMs = samples.at(-1)?.atMs ?? 0;
  const judged = samples.filter(({ atMs }) => atMs >= begunMs);
  if (judged.length < 6) throw new Error(`${judged.length} looks after the warm-up are too few; run longer`);
  const spanMs = endMs - (judged[0]?.atMs ?? 0);
  const growth = (of: (sample: SoakSample) => number): number =>
    growthPerMs(judged.map((sample) => [sample.atMs, of(sample)]));
  const ownDelayMs = median(judged.map((one) => Math.max(0, one.loopDelayP99Ms - one.idleDelayP99Ms)));
  const end = judged.at(-1) as SoakSample;
  const limits = soakLimits;
  const recordsPerHour = (records * hourMs) / endMs;
  const heapLimit = limits.heapMiBPerHour + (limits.heapBytesPerRecord * recordsPerHour) / mebibyte;
  return [
    atMost('heap growth', (growth((one) => one.heapBytes) * hourMs) / mebibyte, heapLimit, 'MiB/h'),
    atMost(
      'resident growth',
      (growth((one) => one.residentBytes) * hourMs) / mebibyte,
      heapLimit + limits.residentMiBPerHourAboveHeap,
      'MiB/h',
    ),
    atMost('handle growth', growth((one) => one.handles) * spanMs, limits.handles, 'handles'),
    atMost('descriptor growth', growth((one) => one.descriptors) * spanMs, limits.descriptors, 'descriptors'),
    atMost('event-loop delay p99 above an idle process', ownDelayMs, limits.loopDelayMs, 'ms'),
    atMost(
      'engine backlog, median',
      median(judged.map((one) => one.engineBacklog)),
      limits.engineBacklog,
      'records',
    ),
    atMost(
      'sink backlog, median',
      median(judged.map((one) => one.sinkBacklog)),
      limits.sinkBacklog,
      'signals',
    ),
    atMost('engine backlog at the end', end.engineBacklog, 0, 'records'),
    atMost('sink backlog at the end', end.sinkBacklog, 0, 'signals'),
    ...counts.map(({ name, expected, found }) => ({
      ...atMost(`${name}: ${found} of ${expected}, difference`, Math.abs(found - expected), 0, 'records'),
    })),
  ];
}
