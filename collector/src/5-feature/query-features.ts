/** Drift of answer networks (3.7, Q02) and routes of name servers (Q05). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator, StateView, StepContext } from '../contract/step.ts';
import { rounded } from '../leaf/deterministic-math.ts';
import { ipInCidr } from '../leaf/ip-address.ts';
import { ownNumber } from '../leaf/own-number.ts';
import { isCriticalHost } from './change-weight.ts';
import { featureConstants } from './constants.ts';
import { jensenShannon } from './probability.ts';

const dayMs = 86_400_000;

/** Mean share per network for one hour of the day, with the days behind it. */
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
    const usual = state.get<HourShares>(hourName(hour));
    const mean = new Map(Object.entries(usual?.share ?? {}));
    const known = (usual?.days ?? 0) >= featureConstants.drift.daysMin;
    const { jsdMin, answersMin, shareMin, usualMin } = featureConstants.drift;
    const met = noteNetworks(state, counts, timeMs);
    const strange = [...counts].filter(
      ([asn]) =>
        !networks.approved.has(asn) && ((mean.get(asn) ?? 0) < usualMin || isRecent(met, asn, timeMs)),
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

/** What the first week showed is the baseline; a network met later is usual after 14 days (3, slow poisoning). */
function isRecent({ sinceMs, first }: MetNetworks, asn: string, atMs: number): boolean {
  const { daysMin, usualAfterMs } = featureConstants.drift;
  const metMs = Object.hasOwn(first, asn) ? (first[asn] ?? atMs) : atMs;
  return metMs >= sinceMs + daysMin * dayMs && atMs - metMs < usualAfterMs;
}

function hourName(hour: number): string {
  return `drift/${String(hour % 24)}`;
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
    learnShares(state, hourName(before.hour), before.counts);
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

function learnShares(state: StateView, name: string, counts: Readonly<Record<string, number>>): void {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total <= 0) return;
  const { weeks, networksMax } = featureConstants.drift;
  const hour = state.edit<HourShares>(name, () => ({ days: 0, share: {} }));
  const part = 1 / Math.min(hour.days + 1, weeks * 7);
  for (const asn of new Set([...Object.keys(hour.share), ...Object.keys(counts)]))
    hour.share[asn] = ownNumber(hour.share, asn) * (1 - part) + (ownNumber(counts, asn) / total) * part;
  hour.days += 1;
  const kept = Object.entries(hour.share).toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  hour.share = Object.fromEntries(kept.slice(0, networksMax));
}

interface Addresses {
  /** Name server address to the domains it serves. */
  of: Record<string, string[]>;
  /** Origins seen per prefix. */
  origins: Record<string, string[]>;
  evicted: number;
}

const addressesMax = 2048;
const originsMax = 512;

/** Annotator that adds `feature.route` to changes of the origin of a prefix, and learns name server addresses. */
export const routes: Annotator = {
  name: 'routes',
  scope: 'organisation',
  wants: [
    'dnsquery.route.origin_changed',
    'registrar.domain.state_observed',
    'registrar.domain.glue_changed',
  ],
  step(state, message, context) {
    if (message.kind !== 'event') return {};
    const { event } = message;
    if (event.event_type !== 'dnsquery.route.origin_changed') {
      learnAddresses(state, event);
      return {};
    }
    return { features: { route: routeOf(state, event, context) } };
  },
};

function learnAddresses(state: StateView, event: CanonicalEvent): void {
  if (event.attribute !== 'nameserver_addresses' && event.event_type !== 'registrar.domain.glue_changed')
    return;
  if (event.domain === undefined || !Array.isArray(event.new_value)) return;
  const book = state.edit<Addresses>('routes', () => ({ of: {}, origins: {}, evicted: 0 }));
  for (const item of event.new_value) {
    const address = item.split(' ').at(-1) ?? '';
    const domains = Object.hasOwn(book.of, address) ? (book.of[address] ?? []) : [];
    if (domains.includes(event.domain) || domains.length >= 64 || address === '__proto__') continue;
    book.of[address] = [...domains, event.domain].sort();
  }
  for (const address of Object.keys(book.of).slice(
    0,
    Math.max(0, Object.keys(book.of).length - addressesMax),
  )) {
    delete book.of[address];
    book.evicted += 1;
  }
}

const servedTierMax = 1;

/** Important domains whose apex or critical hosts the inventory expects at an address inside the prefix. */
function servedInside(prefix: string, event: CanonicalEvent, context: StepContext): string[] {
  if (prefix === '') return [];
  return context.inventory
    .domains(event.tenant)
    .filter(
      ({ domain, tier, critical_hosts: hosts = [], approved }) =>
        (tier ?? 0) <= servedTierMax &&
        approved?.records?.some(
          ({ name, type, values }) =>
            (type === 'A' || type === 'AAAA') &&
            isCriticalHost(name, domain, hosts) &&
            values.some((address) => ipInCidr(address, prefix)),
        ) === true,
    )
    .map(({ domain }) => domain);
}

function routeOf(state: StateView, event: CanonicalEvent, context: StepContext): FeatureOf<'route'> {
  const book = state.get<Addresses>('routes');
  const prefix = typeof event.source?.['prefix'] === 'string' ? event.source['prefix'] : '';
  const covering = event.source?.['covering_prefix'];
  const domains = new Set<string>();
  for (const [address, names] of Object.entries(book?.of ?? {}))
    if (prefix !== '' && ipInCidr(address, prefix)) for (const name of names) domains.add(name);
  const served = servedInside(prefix, event, context);
  const key = typeof covering === 'string' ? covering : prefix;
  const origin = String(event.new_value ?? '');
  const seen = book !== undefined && Object.hasOwn(book.origins, key) ? (book.origins[key] ?? []) : [];
  const isNew = !seen.includes(origin) && origin !== String(event.old_value ?? '');
  noteOrigins(state, key, [String(event.old_value ?? '')]);
  return {
    covers_nameserver: domains.size > 0,
    covers_service: served.length > 0,
    more_specific: typeof covering === 'string' && covering !== prefix,
    rpki_invalid: event.source?.['rpki'] === 'invalid',
    origin_new: isNew,
    domains: [...new Set([...domains, ...served])].sort().slice(0, 64),
    known: Object.keys(book?.of ?? {}).length > 0,
  };
}

/** Only the origin that a prefix had before is learned: the new one may be the hijack. */
function noteOrigins(state: StateView, key: string, origins: readonly string[]): void {
  if (key === '' || key === '__proto__') return;
  const book = state.edit<Addresses>('routes', () => ({ of: {}, origins: {}, evicted: 0 }));
  const known = Object.hasOwn(book.origins, key) ? (book.origins[key] ?? []) : [];
  book.origins[key] = [...new Set([...known, ...origins.filter((origin) => origin !== '')])].slice(-8);
  const keys = Object.keys(book.origins);
  if (keys.length <= originsMax) return;
  delete book.origins[keys[0] ?? ''];
  book.evicted += 1;
}
