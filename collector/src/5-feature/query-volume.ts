/**
 * Query volume against its own season (3.1 dense track, Q01). Every sensor has a series of its own: two resolvers that see
 * different shares of the queries are no spikes of each other.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator, StateView } from '../contract/step.ts';
import { rounded } from '../leaf/deterministic-math.ts';
import { hostileSpans, isHostile, type HostileSpan } from './confirmed-cases.ts';
import { featureConstants } from './constants.ts';

const volumeConstants = featureConstants.volume;
const dayMs = 86_400_000;
const bucketsPerDay = dayMs / volumeConstants.bucketMs;
const daysKept = 29;

/** Counts of one day; -1 where nothing was reported, which is a gap and not a zero. */
interface VolumeDay {
  day: number;
  counts: number[];
}

interface Run {
  above: number;
  below: number;
  bucket: number;
  since: number;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

/** Anscombe's transform: counts of any size get about unit variance. */
export function anscombe(count: number): number {
  return 2 * Math.sqrt(count + 3 / 8);
}

/** `z` of a count against earlier counts: median and MAD after Anscombe, MAD not below the Poisson noise. */
export function denseScore(count: number, earlier: readonly number[]): { z: number; median: number } {
  const transformed = earlier.map(anscombe);
  const middle = median(transformed);
  const mad = median(transformed.map((value) => Math.abs(value - middle)));
  const spread = Math.max(volumeConstants.madScale * mad, volumeConstants.madFloor);
  return { z: (anscombe(count) - middle) / spread, median: median(earlier) };
}

/** Sensors of a domain: the first one's series has no name of its own, as in checkpoints of versions that knew one only. */
interface Sensors {
  of: string[];
  /** Windows of sensors beyond those that are kept. */
  leftOut: number;
}

/** Counts of the bucket that is not over, from windows shorter than it. */
interface Running {
  bucket: number;
  sum: number;
  seconds: number;
}

const sensorsName = 'volume.sensors';

/** Prefix of the names of a sensor's series; undefined when there are too many sensors. */
function seriesOf(state: StateView, sensor: string): string | undefined {
  const known = state.get<Sensors>(sensorsName)?.of ?? [];
  let at = known.indexOf(sensor);
  if (at < 0) {
    const sensors = state.edit<Sensors>(sensorsName, () => ({ of: [], leftOut: 0 }));
    if (sensors.of.length >= volumeConstants.sensorsMax) {
      sensors.leftOut += 1;
      return undefined;
    }
    at = sensors.of.push(sensor) - 1;
  }
  return at === 0 ? 'volume/' : `volume.${String(at)}/`;
}

function sensorOf({
  source_kind: kind,
  source_id: id,
  source_instance: instance,
  query,
}: CanonicalEvent): string {
  return [kind, id ?? '', instance ?? '', query?.resolver ?? ''].join('|');
}

function countAt(state: StateView, series: string, bucket: number): number {
  const day = Math.floor(bucket / bucketsPerDay);
  const stored = state.get<VolumeDay>(`${series}${String(day % daysKept)}`);
  return stored?.day === day ? (stored.counts[bucket % bucketsPerDay] ?? -1) : -1;
}

/**
 * Query counts of a domain as remembered, over all its sensors, oldest first: bucket start in epoch milliseconds and count.
 * Gaps are left out.
 */
export function volumeSeries(state: StateView): [atMs: number, count: number][] {
  const sums = new Map<number, number>();
  for (const name of state.names('volume').filter((each) => /\/\d+$/u.test(each))) {
    const stored = state.get<VolumeDay>(name);
    for (const [at, count] of stored?.counts.entries() ?? []) {
      if (count < 0) continue;
      const atMs = (stored?.day ?? 0) * dayMs + at * volumeConstants.bucketMs;
      sums.set(atMs, (sums.get(atMs) ?? 0) + count);
    }
  }
  return [...sums].sort(([a], [b]) => a - b);
}

function store(state: StateView, series: string, bucket: number, count: number): void {
  const day = Math.floor(bucket / bucketsPerDay);
  const name = `${series}${String(day % daysKept)}`;
  const fresh = (): VolumeDay => ({ day, counts: Array.from({ length: bucketsPerDay }, () => -1) });
  if (state.get<VolumeDay>(name)?.day !== day) state.put(name, fresh());
  state.edit<VolumeDay>(name, fresh).counts[bucket % bucketsPerDay] = count;
}

/** Count of an earlier bucket to compare with; -1 where nothing was reported, or where a confirmed case ran. */
function taughtAt(state: StateView, series: string, bucket: number, hostile: readonly HostileSpan[]): number {
  const atMs = bucket * volumeConstants.bucketMs;
  if (hostile.length > 0 && isHostile(hostile, atMs, atMs + volumeConstants.bucketMs)) return -1;
  return countAt(state, series, bucket);
}

function seasonal(state: StateView, series: string, bucket: number): { counts: number[]; weeks: number } {
  const hostile = hostileSpans(state);
  const counts: number[] = [];
  let weeks = 0;
  for (let week = 1; week <= volumeConstants.weeks; week += 1) {
    const centre = bucket - week * 7 * bucketsPerDay;
    let found = 0;
    for (let shift = -volumeConstants.neighbours; shift <= volumeConstants.neighbours; shift += 1) {
      const count = taughtAt(state, series, centre + shift, hostile);
      if (count < 0) continue;
      counts.push(count);
      found += 1;
    }
    if (found > 0) weeks += 1;
  }
  return { counts, weeks };
}

function lastDay(state: StateView, series: string, bucket: number): number[] {
  const hostile = hostileSpans(state);
  const counts: number[] = [];
  for (let back = 1; back <= bucketsPerDay; back += 1) {
    const count = taughtAt(state, series, bucket - back, hostile);
    if (count >= 0) counts.push(count);
  }
  return counts;
}

/** What is known of the bucket with this window: windows shorter than a bucket add up, longer ones are spread. */
function bucketOf(
  state: StateView,
  series: string,
  event: CanonicalEvent,
  atMs: number,
): { bucket: number; count: number; isFull: boolean } {
  const bucketS = volumeConstants.bucketMs / 1000;
  const windowS = Math.max(1, event.query?.window_s ?? bucketS);
  const count = event.query?.count ?? 0;
  // A window carries its end as its time, and belongs to the bucket it lies in.
  const bucket = Math.floor((atMs - 1) / volumeConstants.bucketMs);
  if (windowS >= bucketS) return { bucket, count: Math.round((count * bucketS) / windowS), isFull: true };
  const running = state.edit<Running>(`${series}now`, () => ({ bucket, sum: 0, seconds: 0 }));
  if (running.bucket !== bucket) Object.assign(running, { bucket, sum: 0, seconds: 0 });
  running.sum += count;
  running.seconds += windowS;
  return { bucket, count: Math.round(running.sum), isFull: running.seconds >= bucketS };
}

/** Annotator that adds `feature.volume` to aggregated query counts of a domain. */
export const queryVolume: Annotator = {
  name: 'volume',
  scope: 'domain',
  wants: ['dnsquery.volume.observed'],
  step(state, message) {
    if (message.kind !== 'event' || message.event.query?.count === undefined) return {};
    const { event, timeMs } = message;
    const series = seriesOf(state, sensorOf(event));
    if (series === undefined)
      return { features: { volume: { alert: false, known: false, n: 0, as_of: event.timestamp } } };
    const { bucket, count, isFull } = bucketOf(state, series, event, timeMs);
    const season = seasonal(state, series, bucket);
    const young = season.weeks < 2;
    const earlier = young ? lastDay(state, series, bucket) : season.counts;
    const { z, median: middle } = denseScore(count, earlier);
    const enough = earlier.length >= 2 * volumeConstants.neighbours && middle >= volumeConstants.expectedMin;
    const strong = z >= volumeConstants.zOnce;
    // Part of a bucket can be too much already, but not too little.
    const run = isFull ? noteRun(state, series, bucket, enough ? z : 0) : undefined;
    if (isFull) store(state, series, bucket, count);
    const lasting =
      (run?.above ?? 0) >= volumeConstants.alertBuckets && count >= volumeConstants.ratioMin * middle;
    const feature: FeatureOf<'volume'> = {
      z: rounded(z, 4),
      alert: enough && (strong || lasting),
      gone: enough && (run?.below ?? 0) >= volumeConstants.goneBuckets,
      count,
      median: middle,
      cap_medium: young,
      known: enough,
      n: earlier.length,
      as_of: event.timestamp,
    };
    return { features: { volume: feature } };
  },
};

function noteRun(state: StateView, series: string, bucket: number, z: number): Run {
  const name = series === 'volume/' ? 'volume.run' : `${series}run`;
  const run = state.edit<Run>(name, () => ({ above: 0, below: 0, bucket: bucket - 1, since: bucket }));
  const next = bucket === run.bucket + 1;
  run.above = z >= volumeConstants.zAlert ? (next ? run.above : 0) + 1 : 0;
  run.below = z <= -volumeConstants.zAlert ? (next ? run.below : 0) + 1 : 0;
  run.bucket = bucket;
  return run;
}
