/** Networks that nobody of an organisation ever acted from (3.4). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator, StateView } from '../contract/step.ts';
import { hostileSpansByName, type HostileSpan } from './confirmed-cases.ts';
import { featureConstants } from './constants.ts';
import { isSession, noveltyOf, placeOf } from './novelty.ts';
import { lawfulSightings } from './sightings.ts';

const constants = featureConstants.novelty;
const noteEveryMs = 3_600_000;
/** People remembered per network. */
export const usersMax = 4;

/** Who was seen in a network: the person, and from when to when. */
type Users = [who: string, fromMs: number, toMs: number][];

interface TenantNetworks {
  /** People seen per network, at most four; a number is the last time alone, as checkpoints of older versions have it. */
  asns: Record<string, Users | number>;
  /** Sessions seen; a tenant with fewer than five has no normal yet. */
  sessions: number;
  evicted: number;
}

/** Annotator that raises novelty by 1.3 when no admin of the tenant ever used the network. */
export const organisationNovelty: Annotator = {
  name: 'organisation-novelty',
  scope: 'organisation',
  wants: ['registrar.', 'dns.', 'identity.'],
  bounded: ['networks'],
  step(state, message) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const before = event.feature?.['novelty'] as FeatureOf<'novelty'> | undefined;
    const asn = placeOf(event)?.asn;
    if (asn === undefined || before === undefined) return {};
    const known = state.get<TenantNetworks>('networks');
    const name = String(asn);
    const who = principalOf(event) ?? '';
    const users = usersOf(known, name);
    const own = users.find(([user]) => user === who);
    if (own === undefined || own[2] < timeMs - noteEveryMs) noteUser(state, name, who, timeMs);
    const isNewHere = !isUsedLawfully(users, hostileSpansByName(state));
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

function principalOf(event: CanonicalEvent): string | undefined {
  const known = (event.enrich?.['actor'] as { principal?: unknown } | undefined)?.principal;
  if (typeof known === 'string') return known;
  return event.actor_id === 'unknown' ? undefined : event.actor_id;
}

function countSession(state: StateView): void {
  state.edit<TenantNetworks>('networks', () => ({ asns: {}, sessions: 0, evicted: 0 })).sessions += 1;
}

function usersOf(networks: TenantNetworks | undefined, name: string): Users {
  if (networks === undefined || !Object.hasOwn(networks.asns, name)) return [];
  const users = networks.asns[name] ?? [];
  return typeof users === 'number' ? [['', users, users]] : users;
}

/** Somebody used the network who was then no part of a confirmed case. */
function isUsedLawfully(users: Users, hostile: ReadonlyMap<string, readonly HostileSpan[]>): boolean {
  return users.some(
    ([who, fromMs, toMs]) => lawfulSightings([fromMs, toMs], hostile.get(who) ?? []) !== undefined,
  );
}

/** Of too many people the one seen longest ago gives way; of too many networks the one that nobody used for longest. */
function noteUser(state: StateView, name: string, who: string, atMs: number): void {
  const networks = state.edit<TenantNetworks>('networks', () => ({ asns: {}, sessions: 0, evicted: 0 }));
  const users = usersOf(networks, name);
  const own = users.find(([user]) => user === who);
  const others = users.filter((user) => user !== own).sort((a, b) => b[2] - a[2] || (a[0] < b[0] ? -1 : 1));
  networks.asns[name] = [[who, own?.[1] ?? atMs, atMs], ...others.slice(0, usersMax - 1)];
  const names = Object.keys(networks.asns);
  if (names.length <= constants.organisationAsnsMax) return;
  const lastMs = (each: string): number => Math.max(...usersOf(networks, each).map(([, , toMs]) => toMs));
  delete networks.asns[names.reduce((a, b) => (lastMs(b) < lastMs(a) ? b : a))];
  networks.evicted += 1;
}
