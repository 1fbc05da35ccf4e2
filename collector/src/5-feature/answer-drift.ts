/** Drift of answer networks (3.7, Q02): shares per network of an hour against the mean of that hour in the last four weeks. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator, StateView } from '../contract/step.ts';
import { rounded } from '../leaf/deterministic-math.ts';
import { ownNumber } from '../leaf/own-number.ts';
import { hostileSpans, isHostile, isHostileDay, type HostileSpan } from './confirmed-cases.ts';
import { featureConstants } from './constants.ts';
import { jensenShannon } from './probability.ts';

const dayMs = 86_400_000;

/** Answers per network of the hours of one day; an hour without any is absent. */
interface DriftDay {
  day: number;
  hours: Record<string, Record<string, number>>;
}

/** Older checkpoints only: mean share per network for one hour of the day, with the days behind it. */
interface HourShares {
  days: number;
  share: Record<string, number>;
}

/** Answers per network in the running hour of epoch time. */
interface RunningHour {
  hour: number;
  counts: Record<string, number>;
  /** Something was wrong in it: it is not learned. */
  alerted: boolean;
}

const hourOfMs = 3_600_000;
const runningName = 'drift.now';

/** Annotator that adds `feature.drift`: answer networks of an hour so far against the 4-week mean of that hour. */
export const drift: Annotator = {
  name: 'drift',
  scope: 'domain',
  wants: ['dnsquery.'],
  step(state, message) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const networks = answerNetworks(event);
    if (networks === undefined) return {};
    // A window carries its end as its time, and belongs to the hour it lies in.
    const hour = Math.floor((timeMs - 1) / hourOfMs);
    const running = runningHour(state, hour);
    if (running === undefined) return {};
    addAnswers(running.counts, networks.counts);
    const counts = new Map(Object.entries(running.counts));
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const hostile = hostileSpans(state);
    const { mean, days } = meanShares(state, hour, hostile);
    const known = days >= featureConstants.drift.daysMin;
    const { jsdMin, answersMin, shareMin, usualMin } = featureConstants.drift;
    const met = noteNetworks(state, counts, timeMs);
    const strange = [...counts].filter(
      ([asn]) =>
        !networks.approved.has(asn) &&
        ((mean.get(asn) ?? 0) < usualMin || isRecent(met, asn, timeMs, hostile)),
    );
    const strangeShare = Math.max(0, ...strange.map(([, count]) => count)) / total;
    const jsd = known ? jensenShannon(counts, mean) : 0;
    const enough = known && total >= answersMin;
    const alert = enough && jsd >= jsdMin && strangeShare >= shareMin;
    running.alerted ||= alert;
    const feature: FeatureOf<'drift'> = {
      ...(enough ? { jsd: rounded(jsd, 6), unapproved_share: rounded(strangeShare, 6) } : {}),
      alert,
      known: enough,
      n: Math.round(total),
      as_of: event.timestamp,
    };
    return { features: { drift: feature } };
  },
};

/** When networks were first met in answers about a domain. */
interface MetNetworks {
  sinceMs: number;
  first: Record<string, number>;
}

const metName = 'drift.met';

function noteNetworks(state: StateView, counts: ReadonlyMap<string, number>, atMs: number): MetNetworks {
  const known = state.get<MetNetworks>(metName);
  const fresh = [...counts.keys()].filter(
    (asn) => asn !== '__proto__' && (known === undefined || !Object.hasOwn(known.first, asn)),
  );
  if (known !== undefined && fresh.length === 0) return known;
  const met = state.edit<MetNetworks>(metName, () => ({ sinceMs: atMs, first: {} }));
  let room = featureConstants.drift.hourNetworksMax - Object.keys(met.first).length;
  for (const asn of fresh.sort()) if (room-- > 0) met.first[asn] = atMs;
  return met;
}

/**
 * What the first week showed is the baseline; a network met later is usual after 14 days (3, slow poisoning). One that a
 * confirmed case brought is met when the case is over.
 */
function isRecent(
  { sinceMs, first }: MetNetworks,
  asn: string,
  atMs: number,
  hostile: readonly HostileSpan[],
): boolean {
  const { daysMin, usualAfterMs } = featureConstants.drift;
  const firstMs = Object.hasOwn(first, asn) ? (first[asn] ?? atMs) : atMs;
  const spans = hostile.filter((span) => isHostile([span], firstMs, firstMs));
  const metMs = Math.max(firstMs, ...spans.map(({ untilMs }) => untilMs));
  return metMs >= sinceMs + daysMin * dayMs && atMs - metMs < usualAfterMs;
}

const daysKept = featureConstants.drift.weeks * 7 + 1;

function dayName(day: number): string {
  return `drift.day/${String(day % daysKept)}`;
}

/** Mean shares of this hour of the day over the four weeks before, and the days behind them, without those of confirmed cases. */
function meanShares(
  state: StateView,
  hour: number,
  hostile: readonly HostileSpan[],
): { mean: Map<string, number>; days: number } {
  const mean = new Map<string, number>();
  const ofDay = String(hour % 24);
  const today = Math.floor(hour / 24);
  let days = 0;
  const add = (asn: string, share: number): void => void mean.set(asn, (mean.get(asn) ?? 0) + share);
  for (let back = 1; back < daysKept; back++) {
    const stored = state.get<DriftDay>(dayName(today - back));
    const counts = stored?.day === today - back ? stored.hours[ofDay] : undefined;
    if (counts === undefined || isHostileDay(hostile, today - back)) continue;
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    for (const asn in counts) add(asn, (counts[asn] ?? 0) / total);
    days += 1;
  }
  const older = state.get<HourShares>(`drift/${ofDay}`);
  if (older !== undefined) {
    // What an older version learned counts until there are four weeks of days.
    const weight = Math.max(0, Math.min(older.days, daysKept - 1 - days));
    for (const asn in older.share) add(asn, (older.share[asn] ?? 0) * weight);
    days += weight;
  }
  for (const [asn, sum] of mean) mean.set(asn, sum / days);
  return { mean, days };
}

interface AnswerNetworks {
  readonly counts: Readonly<Record<string, number>>;
  readonly approved: ReadonlySet<string>;
}

/** Answers per autonomous system, as the source counted them or as the address tables place them. */
function answerNetworks(event: CanonicalEvent): AnswerNetworks | undefined {
  const placed = event.enrich?.['destinations'] as
    { by_asn?: Record<string, number>; approved_asns?: readonly number[] } | undefined;
  const counts = event.query?.by_asn ?? placed?.by_asn;
  if (counts === undefined || !Object.values(counts).some((count) => count > 0)) return undefined;
  return { counts, approved: new Set((placed?.approved_asns ?? []).map(String)) };
}

/** The counts of this hour; the hour before is learned when it ends. Undefined for an hour that is over. */
function runningHour(state: StateView, hour: number): RunningHour | undefined {
  const before = state.get<RunningHour>(runningName);
  if (before !== undefined && hour < before.hour) return undefined;
  if (before !== undefined && hour > before.hour && !before.alerted)
    learnHour(state, before.hour, before.counts);
  if (before?.hour !== hour) state.put(runningName, { hour, counts: {}, alerted: false });
  return state.edit<RunningHour>(runningName, () => ({ hour, counts: {}, alerted: false }));
}

/** More networks than an hour may hold are not counted: what is wrong shows in the big shares. */
function addAnswers(counts: Record<string, number>, added: Readonly<Record<string, number>>): void {
  let room = featureConstants.drift.hourNetworksMax - Object.keys(counts).length;
  for (const [network, count] of Object.entries(added)) {
    if (!(count > 0) || network === '__proto__') continue;
    if (!Object.hasOwn(counts, network) && room-- <= 0) continue;
    counts[network] = ownNumber(counts, network) + count;
  }
}

/** Keeps the networks with most answers of an hour that is over. */
function learnHour(state: StateView, hour: number, counts: Readonly<Record<string, number>>): void {
  const kept = Object.entries(counts).toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  if (kept.length === 0) return;
  const day = Math.floor(hour / 24);
  const name = dayName(day);
  if (state.get<DriftDay>(name)?.day !== day) state.put(name, { day, hours: {} } satisfies DriftDay);
  const { hours } = state.edit<DriftDay>(name, () => ({ day, hours: {} }));
  hours[String(hour % 24)] = Object.fromEntries(kept.slice(0, featureConstants.drift.networksMax));
}
