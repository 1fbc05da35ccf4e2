/** Event to decision at 10, 50, 80 and 150 % of the measured capacity: records come on a fixed schedule, whatever the collector does meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { appendRecords, benchCollector, type BenchCollector } from './bench-collector.ts';
import { benchRecords } from './bench-records.ts';
import { quantile, rounded, type Figure } from './figure.ts';

/** Domains of the inventory. */
export const latencyDomains = 10_000;
const domains = latencyDomains;
const startMs = Date.UTC(2026, 0, 1);
const measuredMs = 4_000;
const loads = [0.1, 0.5, 0.8, 1.5];
/** Milliseconds allowed at a load. */
const goals: Readonly<Record<string, number>> = { '50.p99': 2, '50.p99.9': 10, '80.p99': 25 };

/** Records a second the collector takes in when nobody waits; it uses up three times `count` records. */
export async function capacityOf(made: BenchCollector, count: number): Promise<number> {
  let rate = 0;
  for (let round = 0; round < 3; round++) {
    const records = benchRecords('okta', count, startMs, domains, round * count);
    const started = performance.now();
    for (let i = 0; i < count; i += 256) {
      await appendRecords(made, records.slice(i, i + 256));
      await made.collector.host.catchUp();
    }
    rate = (1000 * count) / (performance.now() - started);
  }
  return rate;
}

/** Takes records durably and decides them: the collector, or what it is compared with. */
export interface RecordTaker {
  append(records: readonly RawRecord[]): Promise<unknown>;
  /** Decides what is durable. */
  catchUp(): Promise<void>;
  /** Records decided. */
  readonly position: number;
}

/** A collector as taker. */
export function collectorTaker(made: BenchCollector): RecordTaker {
  const { host } = made.collector;
  return {
    append: (records) => appendRecords(made, records),
    async catchUp() {
      await host.catchUp();
    },
    get position() {
      return host.position;
    },
  };
}

/** Records as they come in this benchmark, from the `first`-th on. */
export function latencyRecords(count: number, first: number): RawRecord[] {
  return benchRecords('okta', count, startMs, domains, first);
}

/** Milliseconds from the scheduled arrival of each record to the end of the batch that decided it. */
export async function latencies(
  taker: RecordTaker,
  records: readonly RawRecord[],
  perSecond: number,
): Promise<number[]> {
  const count = records.length;
  const base = taker.position;
  const found: number[] = [];
  const origin = performance.now();
  const dueAt = (index: number): number => origin + (1000 * index) / perSecond;
  let sent = 0;
  const send = setInterval(() => {
    const from = sent;
    while (sent < count && dueAt(sent) <= performance.now()) sent++;
    if (sent > from) void taker.append(records.slice(from, sent));
  }, 1);
  while (found.length < count) {
    const before = taker.position - base;
    await taker.catchUp();
    const now = performance.now();
    for (let index = before; index < taker.position - base; index++) found.push(now - dueAt(index));
    if (taker.position - base === before) await sleep(1);
  }
  clearInterval(send);
  return found;
}

/** p50, p99 and p99.9 in milliseconds per load. Above 100 % the queue grows: what is shown then is how far it got behind. */
export async function* latencyFigures(): AsyncGenerator<Figure> {
  const made = await benchCollector(domains, true);
  const warm = 4_000;
  const capacity = await capacityOf(made, warm);
  let first = 3 * warm;
  for (const load of loads) {
    const perSecond = load * capacity;
    const records = latencyRecords(Math.floor((perSecond * measuredMs) / 1000), first);
    const found = await latencies(collectorTaker(made), records, perSecond);
    first += found.length;
    const percent = Math.round(100 * load);
    const note = `Okta at ${Math.round(perSecond)} records/s, ${percent} % of the measured capacity; wall time, durable log included`;
    for (const [share, quantileName] of [
      [0.5, 'p50'],
      [0.99, 'p99'],
      [0.999, 'p99.9'],
    ] as const) {
      const value = rounded(quantile(found, share));
      const goal = goals[`${percent}.${quantileName}`];
      const name = `latency.${percent}.${quantileName}`;
      const figure: Figure = { name, value, unit: 'ms', floor: null, ratio: null, note };
      yield goal === undefined ? figure : { ...figure, goal, goalOf: 'value', held: value <= goal };
    }
  }
  await made.close();
}
