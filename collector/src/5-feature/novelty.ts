/** Novelty of country, network, agent and method of a login or act, and impossible travel (3.4). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { InventoryPrincipal } from '../contract/inventory.ts';
import type { Annotator, StateView } from '../contract/step.ts';
import { haversineKm, rounded } from '../leaf/deterministic-math.ts';
import { parseInstant } from '../leaf/time.ts';
import { hostileSpans, isHostile, type HostileSpan } from './confirmed-cases.ts';
import { featureConstants } from './constants.ts';
import { lawfulSightings, withSighting, type Spells } from './sightings.ts';

const constants = featureConstants.novelty;

/** When each value was seen; a number is the last time alone, as checkpoints of older versions have it. */
type Seen = Record<string, Spells | number>;

/** What a person was seen with, per property. */
interface Habits {
  country: Seen;
  asn: Seen;
  agent: Seen;
  method: Seen;
  logins: number;
  since: number;
  /** Times of the first logins, which decide whether anything is known yet. Absent in older checkpoints. */
  early?: number[];
  /** Older checkpoints only: when a value was first met, by `<property>/<value>`. */
  first?: Record<string, number>;
  last?: [atMs: number, lat: number, lon: number, radiusKm: number];
  evicted: number;
}

type Property = 'country' | 'asn' | 'agent' | 'method';

const earlyMax = 16;

function spellsOf(habits: Habits | undefined, property: Property, value: string): readonly number[] {
  const seen = habits?.[property];
  if (seen === undefined || !Object.hasOwn(seen, value)) return [];
  const spells = seen[value] ?? [];
  return typeof spells === 'number' ? [habits?.first?.[`${property}/${value}`] ?? spells, spells] : spells;
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

/** Where an event came from, as enrichment tells it. */
export function placeOf(event: CanonicalEvent): SourcePlace | undefined {
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

/** True for logins that succeeded. */
export function isSession(event: CanonicalEvent): boolean {
  return event.event_type.endsWith('.session.login_succeeded');
}

/** Annotator that adds `feature.novelty` and `feature.travel` to events of a known actor that tell where from. */
export const novelty: Annotator = {
  name: 'novelty',
  scope: 'principal',
  wants: ['registrar.', 'dns.', 'identity.'],
  bounded: ['novelty'],
  step(state, message, context, key) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    if (event.source_ip === undefined && event.auth_method === undefined && placeOf(event) === undefined)
      return {};
    if (event.outcome === 'failure' || event.outcome === 'attempt') return {};
    const usual = context.inventory.principal(message.tenant, key.id)?.usual;
    const hostile = hostileSpans(state);
    const habits = state.get<Habits>('novelty');
    const features = {
      novelty: judge(habits, event, timeMs, usual, hostile),
      ...(isSession(event) ? { travel: travelOf(habits, event, timeMs, hostile) } : {}),
    };
    learn(state, event, timeMs);
    return { features };
  },
};

type Sightings = ReturnType<typeof lawfulSightings>;

function isNew(
  seen: Sightings,
  value: string | undefined,
  usual: readonly string[] | undefined,
  atMs: number,
): boolean {
  if (value === undefined || usual?.includes(value) === true) return false;
  return seen === undefined || seen.lastMs <= atMs - constants.windowMs;
}

/** Met for the first time within the last three days (I01 looks back as far), by somebody of whom something was known before. */
function isJustMet(seen: Sightings, since: number | undefined, atMs: number, hasUsual: boolean): boolean {
  if (seen === undefined || since === undefined) return false;
  return (hasUsual || seen.firstMs > since) && seen.firstMs > atMs - constants.justMetMs;
}

/** Logins, and the time since when, that no confirmed case explains. */
function experienceOf(
  habits: Habits | undefined,
  hostile: readonly HostileSpan[],
): { logins: number; since: number | undefined } {
  if (habits === undefined) return { logins: 0, since: undefined };
  const { early = [], logins, since } = habits;
  if (hostile.length === 0) return { logins, since };
  const lawful = early.filter((atMs) => !isHostile(hostile, atMs, atMs));
  return {
    logins: logins - early.length + lawful.length,
    since: isHostile(hostile, since, since) ? lawful[0] : since,
  };
}

/** `1 - product(1 - w)` over what is new, at most 0.4 at cold start. `asn`: weight of a new network. */
export function noveltyOf(
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
  hostile: readonly HostileSpan[],
): FeatureOf<'novelty'> {
  const place = placeOf(event);
  const asn = place?.asn === undefined ? undefined : String(place.asn);
  const agent = event.user_agent === undefined ? undefined : agentFamily(event.user_agent);
  const method = event.auth_method === 'unknown' ? undefined : event.auth_method;
  const hasUsual = (usual?.countries?.length ?? 0) + (usual?.asns?.length ?? 0) > 0;
  const { logins, since } = experienceOf(habits, hostile);
  const seen = (property: Property, value: string | undefined): Sightings =>
    value === undefined ? undefined : lawfulSightings(spellsOf(habits, property, value), hostile);
  // What somebody does after the login that was first from there is done from there for the first time, too.
  const isNovel = (
    property: 'country' | 'asn',
    value: string | undefined,
    own: readonly string[] | undefined,
  ): boolean => {
    const sightings = seen(property, value);
    if (isNew(sightings, value, own, atMs)) return true;
    if (isSession(event) || own?.includes(value ?? '') === true) return false;
    return isJustMet(sightings, since, atMs, hasUsual);
  };
  const found = {
    country: isNovel('country', place?.country, usual?.countries),
    asn: isNovel('asn', asn, usual?.asns?.map(String)),
    agent: isNew(seen('agent', agent), agent, undefined, atMs) && logins > 0,
    method: isNew(seen('method', method), method, usual?.methods, atMs),
  };
  const young = logins < constants.coldLogins || atMs - (since ?? atMs) < constants.coldMs;
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

/** Compares with the last login that told a position and was not the intruder's; without one nothing is known. */
function travelOf(
  habits: Habits | undefined,
  event: CanonicalEvent,
  atMs: number,
  hostile: readonly HostileSpan[],
): FeatureOf<'travel'> {
  const place = placeOf(event);
  const last = habits?.last;
  const unknown = { known: false, n: 0, as_of: event.timestamp };
  if (place?.lat === undefined || place.lon === undefined || last === undefined) return unknown;
  const [lastMs, lat, lon, radius] = last;
  if (!tellsPosition(place, atMs) || isHostile(hostile, lastMs, lastMs)) return unknown;
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
    n: 1,
    as_of: event.timestamp,
  };
}

function remember(habits: Habits, property: Property, value: string | undefined, atMs: number): void {
  if (value === undefined || value === '__proto__') return;
  const seen = habits[property];
  seen[value] = withSighting(spellsOf(habits, property, value), atMs, atMs - constants.windowMs);
  if (habits.first !== undefined) delete habits.first[`${property}/${value}`];
  const names = Object.keys(seen);
  if (names.length <= constants.valuesMax) return;
  const lastMs = (name: string): number => spellsOf(habits, property, name).at(-1) ?? 0;
  delete seen[names.reduce((a, b) => (lastMs(b) < lastMs(a) ? b : a))];
  habits.evicted += 1;
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
    early: [],
    evicted: 0,
  }));
  remember(habits, 'country', place?.country, atMs);
  remember(habits, 'asn', place?.asn === undefined ? undefined : String(place.asn), atMs);
  remember(habits, 'agent', event.user_agent === undefined ? undefined : agentFamily(event.user_agent), atMs);
  remember(habits, 'method', event.auth_method === 'unknown' ? undefined : event.auth_method, atMs);
  if (!isSession(event)) return;
  if (habits.early !== undefined && habits.early.length < earlyMax) habits.early.push(atMs);
  habits.logins += 1;
  if (place?.lat !== undefined && place.lon !== undefined && tellsPosition(place, atMs))
    habits.last = [atMs, place.lat, place.lon, place.radius_km ?? 0];
}
