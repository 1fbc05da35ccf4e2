/**
 * Event to finding at 5,000 events a second: records come on a fixed schedule, each finding is
 * timed from the scheduled arrival of its record until it is said. Wall time, durable log and signal log included.
 */
import type { Finding } from '../../collector/src/contract/finding.ts';
import { appendRecords, benchCollector } from './bench-collector.ts';
import { benchRecords, domainName } from './bench-records.ts';
import { quantile, rounded, type Figure } from './figure.ts';
import { restingDomain, stolenDomain } from './rdap-records.ts';

const domains = 10_000;
const startMs = Date.UTC(2026, 0, 1);
const perSecond = 5_000;
const seconds = 10;
/** Of these one is a login and, in every tenth, one a theft; the others are what zone and certificate feeds tell. */
const share = 50;
const warmSeconds = 3;

/** p50 and p99 in milliseconds from the arrival of a theft to its finding. */
export async function* findingLatencyFigures(): AsyncGenerator<Figure> {
  const made = await benchCollector(domains, true);
  const { host, live } = made.collector;
  for (let i = 0; i < domains; i += 500) {
    const part = Array.from({ length: 500 }, (_, k) => restingDomain(i + k, startMs + i + k));
    await appendRecords(made, part);
    await host.catchUp();
  }
  const count = perSecond * (warmSeconds + seconds);
  const fromMs = startMs + 3_600_000;
  const feed = benchRecords('zonestream', count, fromMs, domains).map((record, i) => ({
    ...record,
    receivedAtMs: fromMs + Math.floor((1000 * i) / perSecond),
  }));
  const logins = benchRecords('okta', count / share, fromMs, domains);
  const stolen = new Map<string, number>();
  for (let i = 0; i < count; i += share) {
    const atMs = fromMs + Math.floor((1000 * i) / perSecond);
    feed[i] = { ...(logins[i / share] as (typeof feed)[number]), receivedAtMs: atMs };
    if ((i / share) % 10 !== 0) continue;
    const number = (i / share) % domains;
    feed[i + 1] = stolenDomain(number, atMs);
    stolen.set(domainName(number), i + 1);
  }
  const found: number[] = [];
  const stop = new AbortController();
  const origin = performance.now();
  const dueAt = (index: number): number => origin + (1000 * index) / perSecond;
  const publish = live.publish.bind(live);
  live.publish = (message) => {
    publish(message);
    if (message.event !== 'finding') return;
    for (const domain of (message.data as Finding).domains) {
      const index = stolen.get(domain);
      if (index === undefined || !stolen.delete(domain)) continue;
      if (index >= perSecond * warmSeconds) found.push(performance.now() - dueAt(index));
    }
  };
  const running = host.run(stop.signal);
  let sent = 0;
  while (sent < count) {
    const from = sent;
    while (sent < count && dueAt(sent) <= performance.now()) sent++;
    if (sent > from) void appendRecords(made, feed.slice(from, sent));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const giveUpAt = performance.now() + 30_000;
  while (stolen.size > 0 && performance.now() < giveUpAt)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const behindMs = performance.now() - dueAt(count);
  stop.abort();
  await running;
  await made.close();
  if (stolen.size > 0) throw new Error(`${stolen.size} thefts were not found`);
  const note = `${found.length} findings among ${perSecond} records/s, ${domains} domains; done ${Math.round(behindMs)} ms after the last record`;
  const figure = { unit: 'ms', floor: null, ratio: null, note };
  yield { name: 'latency.finding.5000.p50', value: rounded(quantile(found, 0.5)), ...figure };
  const p99 = rounded(quantile(found, 0.99));
  yield {
    name: 'latency.finding.5000.p99',
    value: p99,
    ...figure,
    goal: 1000,
    goalOf: 'value',
    held: p99 < 1000,
  };
}
