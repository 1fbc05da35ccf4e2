/** Novelty of country, network, agent and method of a login or act, and impossible travel (3.4). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { InventoryPrincipal } from '../contract/inventory.ts';
import type { Annotator, StateView } from '../contract/step.ts';
import { haversineKm, rounded } from '../leaf/deterministic-math.ts';
import { confirmedSpan, type ConfirmedSpan } from '../leaf/confirmed-case.ts';
import { ownNumber } from '../leaf/own-number.ts';
import { parseInstant } from '../leaf/time.ts';
import { featureConstants } from './constants.ts';

const constants = featureConstants.novelty;

/** What a person was seen with: value and last time, per property. */
interface Habits {
  country: Record<string, number>;
  asn: Record<string, number>;
  agent: Record<string, number>;
  method: Record<string, number>;
  logins: number;
  since: number;
  /** When a value was first met, by `<property>/<value>`; only of values still known. */
  first?: Record<string, number>;
  last?: [atMs: number, lat: number, lon: number, radiusKm: number];
  evicted: number;
}

interface SourcePlace {
  readonly country?: string;
  readonly asn?: number;
  readonly lat?: number;
  readonly lon?: number;
  readonly radius_km?: number;
  /** Day on which the address database was built; absent: not from a database of ours. */
  readonly as_of?: string;
  readonly anonymiser?: unknown;
  readonly mobile_gateway?: unknown;
  readonly corporate_vpn?: unknown;
}

function placeOf(event: CanonicalEvent): SourcePlace | undefined {
  return event.enrich?.['source'] as SourcePlace | undefined;
}

/** Family of a user agent: its first product name, lower case (RFC 9110 section 10.1.5). */
export function agentFamily(userAgent: string): string {
  const browser = /\b(firefox|edg|opr|chrome|safari)\//iu.exec(userAgent)?.[1];
  const product = browser ?? /^[^\s/;(]+/u.exec(userAgent)?.[0] ?? '';
  return product.toLowerCase().slice(0, 40);
}

/**
 * Does the place of the address say where the person is? Not behind a VPN, relay or mobile gateway; and an old address
 * database is trusted for the country alone: ranges move between cities, rarely between countries.
 */
function tellsPosition(place: SourcePlace, atMs: number): boolean {
  if (Boolean(place.anonymiser) || Boolean(place.mobile_gateway) || Boolean(place.corporate_vpn))
    return false;
  const built = place.as_of === undefined ? undefined : parseInstant(`${place.as_of.slice(0, 10)}T00:00:00Z`);
  return built === undefined || atMs - built.ms <= featureConstants.travel.databaseMaxAgeMs;
}

function isSession(event: CanonicalEvent): boolean {
  return event.event_type.endsWith('.session.login_succeeded');
}

/** Annotator that adds `feature.novelty` and `feature.travel` to events of a known actor that tell where from. */
export const novelty: Annotator = {
  name: 'novelty',
  scope: 'principal',
  wants: ['registrar.', 'dns.', 'identity.'],
  step(state, message, context, key) {
    const span = confirmedSpan(message);
    if (span !== undefined) forget(state, span);
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    if (event.source_ip === undefined && event.auth_method === undefined && placeOf(event) === undefined)
      return {};
    if (event.outcome === 'failure' || event.outcome === 'attempt') return {};
    const usual = context.inventory.principal(message.tenant, key.id)?.usual;
    const features = {
      novelty: judge(state.get<Habits>('novelty'), event, timeMs, usual),
      ...(isSession(event) ? { travel: travelOf(state.get<Habits>('novelty'), event, timeMs) } : {}),
    };
    learn(state, event, timeMs);
    return { features };
  },
};

function isNew(
  seen: Record<string, number> | undefined,
  value: string | undefined,
  usual: readonly string[] | undefined,
  atMs: number,
): boolean {
  if (value === undefined || usual?.includes(value) === true) return false;
  const last = seen !== undefined && Object.hasOwn(seen, value) ? seen[value] : undefined;
  return last === undefined || last <= atMs - constants.windowMs;
}

/** Met for the first time within the last three days (I01 looks back as far), by somebody of whom something was known before. */
function isJustMet(habits: Habits | undefined, name: string, atMs: number, hasUsual: boolean): boolean {
  const first = habits?.first;
  if (habits === undefined || first === undefined || !Object.hasOwn(first, name)) return false;
  const metMs = first[name] ?? 0;
  return (hasUsual || metMs > habits.since) && metMs > atMs - constants.justMetMs;
}

/** `1 - product(1 - w)` over what is new, at most 0.4 at cold start. `asn`: weight of a new network. */
function noveltyOf(
  found: { country: boolean; asn: boolean; agent: boolean; method: boolean },
  asn: number,
  cold: boolean,
): number {
  let left = 1;
  if (found.country) left *= 1 - constants.country;
  if (found.asn) left *= 1 - asn;
  if (found.agent) left *= 1 - constants.agent;
  if (found.method) left *= 1 - constants.method;
  return rounded(cold ? Math.min(constants.coldCap, 1 - left) : 1 - left, 6);
}

function judge(
  habits: Habits | undefined,
  event: CanonicalEvent,
  atMs: number,
  usual: InventoryPrincipal['usual'],
): FeatureOf<'novelty'> {
  const place = placeOf(event);
  const asn = place?.asn === undefined ? undefined : String(place.asn);
  const agent = event.user_agent === undefined ? undefined : agentFamily(event.user_agent);
  const method = event.auth_method === 'unknown' ? undefined : event.auth_method;
  const hasUsual = (usual?.countries?.length ?? 0) + (usual?.asns?.length ?? 0) > 0;
  // What somebody does after the login that was first from there is done from there for the first time, too.
  const isNovel = (
    property: 'country' | 'asn',
    value: string | undefined,
    own: readonly string[] | undefined,
  ): boolean =>
    isNew(habits?.[property], value, own, atMs) ||
    (!isSession(event) &&
      isJustMet(habits, `${property}/${value ?? ''}`, atMs, hasUsual) &&
      own?.includes(value ?? '') !== true);
  const found = {
    country: isNovel('country', place?.country, usual?.countries),
    asn: isNovel('asn', asn, usual?.asns?.map(String)),
    agent: isNew(habits?.agent, agent, undefined, atMs) && (habits?.logins ?? 0) > 0,
    method: isNew(habits?.method, method, usual?.methods, atMs),
  };
  const logins = habits?.logins ?? 0;
  const young = logins < constants.coldLogins || atMs - (habits?.since ?? atMs) < constants.coldMs;
  const cold = young && !hasUsual;
  const located = place?.country !== undefined || place?.asn !== undefined;
  return {
    value: noveltyOf(found, constants.asn, cold),
    new: !cold && (found.country || found.asn || found.method),
    country_new: found.country,
    asn_new: found.asn,
    agent_new: found.agent,
    method_new: found.method,
    cold_start: cold,
    known: located && !cold,
    n: logins,
    as_of: event.timestamp,
  };
}

function travelOf(habits: Habits | undefined, event: CanonicalEvent, atMs: number): FeatureOf<'travel'> {
  const place = placeOf(event);
  const last = habits?.last;
  if (place?.lat === undefined || place.lon === undefined || last === undefined) return { known: false };
  if (!tellsPosition(place, atMs)) return { known: false };
  const [lastMs, lat, lon, radius] = last;
  const distance = haversineKm(lat, lon, place.lat, place.lon) - radius - (place.radius_km ?? 0);
  const effective = Math.max(0, distance);
  const hours = Math.max(atMs - lastMs, featureConstants.travel.minimumMs) / 3_600_000;
  const speed = effective / hours;
  const { distanceKm, speedKmh } = featureConstants.travel;
  return {
    alert: effective > distanceKm && speed > speedKmh,
    speed_kmh: rounded(speed, 1),
    distance_km: rounded(effective, 1),
    known: true,
  };
}

function remember(seen: Record<string, number>, value: string | undefined, atMs: number): number {
  if (value === undefined || value === '__proto__') return 0;
  seen[value] = Math.max(ownNumber(seen, value), atMs);
  const names = Object.keys(seen);
  if (names.length <= constants.valuesMax) return 0;
  delete seen[names.reduce((a, b) => ((seen[b] ?? 0) < (seen[a] ?? 0) ? b : a))];
  return 1;
}

function learn(state: StateView, event: CanonicalEvent, atMs: number): void {
  const place = placeOf(event);
  const habits = state.edit<Habits>('novelty', () => ({
    country: {},
    asn: {},
    agent: {},
    method: {},
    logins: 0,
    since: atMs,
    evicted: 0,
  }));
  const first = (habits.first ??= {});
  const before = Object.keys(first).length;
  habits.evicted +=
    remember(habits.country, place?.country, atMs) +
    remember(habits.asn, place?.asn === undefined ? undefined : String(place.asn), atMs) +
    remember(habits.agent, event.user_agent === undefined ? undefined : agentFamily(event.user_agent), atMs) +
    remember(habits.method, event.auth_method === 'unknown' ? undefined : event.auth_method, atMs);
  noteFirst(habits, first, before, atMs);
  if (!isSession(event)) return;
  habits.logins += 1;
  if (place?.lat !== undefined && place.lon !== undefined && tellsPosition(place, atMs))
    habits.last = [atMs, place.lat, place.lon, place.radius_km ?? 0];
}

const properties = ['country', 'asn', 'agent', 'method'] as const;

/** Keeps the first meeting of every known value; values that were forgotten go. `before`: how many were noted. */
function noteFirst(habits: Habits, first: Record<string, number>, before: number, atMs: number): void {
  let known = 0;
  for (const property of properties)
    for (const value of Object.keys(habits[property])) {
      first[`${property}/${value}`] ??= atMs;
      known += 1;
    }
  if (known >= before && Object.keys(first).length === known) return;
  for (const name of Object.keys(first)) {
    const slash = name.indexOf('/');
    const seen = habits[name.slice(0, slash) as (typeof properties)[number]];
    if (!Object.hasOwn(seen, name.slice(slash + 1))) delete first[name];
  }
}

/** What was first met during a confirmed case was the intruder's, or is met again soon. */
function forget(state: StateView, span: ConfirmedSpan): void {
  if (state.get<Habits>('novelty')?.first === undefined) return;
  const habits = state.edit<Habits>('novelty', () => {
    throw new Error('novelty state vanished between get and edit');
  });
  for (const [name, atMs] of Object.entries(habits.first ?? {})) {
    if (atMs < span.fromMs || atMs > span.untilMs) continue;
    const slash = name.indexOf('/');
    delete habits[name.slice(0, slash) as (typeof properties)[number]][name.slice(slash + 1)];
    delete habits.first?.[name];
  }
}

interface TenantNetworks {
  asns: Record<string, number>;
  /** Sessions seen; a tenant with fewer than five has no normal yet. */
  sessions: number;
  evicted: number;
}

/** Annotator that raises novelty by 1.3 when no admin of the tenant ever used the network. */
export const organisationNovelty: Annotator = {
  name: 'organisation-novelty',
  scope: 'organisation',
  wants: ['registrar.', 'dns.', 'identity.'],
  step(state, message) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const before = event.feature?.['novelty'] as FeatureOf<'novelty'> | undefined;
    const asn = placeOf(event)?.asn;
    if (asn === undefined || before === undefined) return {};
    const known = state.get<TenantNetworks>('networks');
    const name = String(asn);
    const isNewHere = known === undefined || !Object.hasOwn(known.asns, name);
    if (isNewHere || (known.asns[name] ?? 0) < timeMs - 3_600_000) noteNetwork(state, name, timeMs);
    const fresh = isNewHere && known !== undefined && before.asn_new === true;
    if (isSession(event) && (known?.sessions ?? 0) < constants.coldLogins) countSession(state);
    const strange = fresh && (known?.sessions ?? 0) >= constants.coldLogins;
    const found = {
      country: before.country_new === true,
      asn: before.asn_new === true,
      agent: before.agent_new === true,
      method: before.method_new === true,
    };
    // The network that no admin ever used counts x1.3, not what else was new.
    const asnWeight = constants.asn * (fresh ? constants.organisationFactor : 1);
    const feature: FeatureOf<'novelty'> = {
      ...before,
      value: noveltyOf(found, asnWeight, before.cold_start === true),
      org_asn_new: fresh,
      new: before.new === true || strange,
    };
    return { features: { novelty: feature } };
  },
};

function countSession(state: StateView): void {
  state.edit<TenantNetworks>('networks', () => ({ asns: {}, sessions: 0, evicted: 0 })).sessions += 1;
}

function noteNetwork(state: StateView, name: string, atMs: number): void {
  const networks = state.edit<TenantNetworks>('networks', () => ({ asns: {}, sessions: 0, evicted: 0 }));
  networks.asns[name] = atMs;
  const names = Object.keys(networks.asns);
  if (names.length <= constants.organisationAsnsMax) return;
  delete networks.asns[names.reduce((a, b) => ((networks.asns[b] ?? 0) < (networks.asns[a] ?? 0) ? b : a))];
  networks.evicted += 1;
}
