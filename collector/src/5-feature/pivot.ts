/** Fleet pivot: which domains of a tenant now have the same new value, and since when it is known. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator, InventoryView, StateView, StepContext } from '../contract/step.ts';
import { formatInstant } from '../leaf/time.ts';
import { rounded } from '../leaf/deterministic-math.ts';
import { placeOf } from '../leaf/sorted-names.ts';
import { changeOf } from './change-weight.ts';
import { featureConstants } from './constants.ts';

const constants = featureConstants.pivot;
const prefix = 'pivot/';

/** Domains that have one value; `names` are sorted by code unit. */
interface Holders {
  first: number;
  names: string[];
  more: number;
}

interface Slots {
  next: number;
  evicted: number;
}

/**
 * Kinds of value, the most telling first: that many names share a name server says more than that one network has them
 * all, and what one person did says least.
 */
export const pivotKinds = ['ns', 'address', 'mx', 'cname', 'acme', 'account', 'network', 'actor'] as const;

/** One kind of value. */
export type PivotKind = (typeof pivotKinds)[number];

function rankOf(value: string): number {
  return pivotKinds.findIndex((kind) => value.startsWith(`${kind}:`));
}

function principalOf(event: CanonicalEvent): string | undefined {
  const known = (event.enrich?.['actor'] as { principal?: unknown } | undefined)?.principal;
  if (typeof known === 'string') return known;
  return event.actor_id === 'unknown' ? undefined : event.actor_id;
}

/** Networks of the addresses an event tells, and who made a change that nobody approved. */
function sideValues(event: CanonicalEvent, isChange: boolean): string[] {
  const asns = (event.enrich?.['target'] as { asns?: unknown } | undefined)?.asns;
  const networks = Array.isArray(asns) ? asns.map((asn) => `network:AS${String(asn)}`) : [];
  const actor = isChange && event.approval_state !== 'approved' ? principalOf(event) : undefined;
  return actor === undefined ? networks : [...networks, `actor:${actor}`];
}

/** Values of a control worth pivoting on: name servers, addresses, mail hosts, aliases, registrar account, ACME account. */
export function pivotValues(event: CanonicalEvent, which: 'old' | 'new'): string[] {
  const value = which === 'new' ? event.new_value : event.old_value;
  const control = (event.feature?.['change'] as FeatureOf<'change'> | undefined)?.control ?? '';
  const texts = (Array.isArray(value) ? value : []).slice(0, 16);
  if (control === 'nameservers') return texts.map((text) => `ns:${text}`);
  if (control.endsWith('/MX')) return texts.map((text) => `mx:${text.split(' ')[1] ?? text}`);
  if (control.endsWith('/A') || control.endsWith('/AAAA')) return texts.map((text) => `address:${text}`);
  if (control.endsWith('/CNAME')) return texts.map((text) => `cname:${text}`);
  if (control === 'account') return typeof value === 'string' && value !== '' ? [`account:${value}`] : [];
  if (which === 'old') return [];
  if (event.cert?.acme_account_uri !== undefined) return [`acme:${event.cert.acme_account_uri}`];
  return [];
}

/** Annotator that adds `feature.pivot` to changes and certificates, and learns values from observed states. */
export const pivot: Annotator = {
  name: 'pivot',
  scope: 'organisation',
  wants: ['registrar.domain.', 'dns.record.', 'dnsquery.answer.', 'cert.issued', 'cert.precert_logged'],
  bounded: ['pivot.slots'],
  step(state, message, context) {
    if (message.kind !== 'event' || message.event.domain === undefined) return {};
    const { event, timeMs } = message;
    const isChange = changeOf(event) !== undefined || event.cert !== undefined;
    const values = [...pivotValues(event, 'new'), ...sideValues(event, isChange)];
    if (values.length === 0 && pivotValues(event, 'old').length === 0) return {};
    const change = event.feature?.['change'] as FeatureOf<'change'> | undefined;
    const control = change?.control;
    const isFirst = isFirstWord(change) || event.cert !== undefined;
    const kept = new Set(values);
    if (isChange && control !== undefined)
      for (const value of pivotValues(event, 'old'))
        if (!kept.has(value)) leave(state, value, message.event.domain, isFirst);
    for (const value of values) join(state, value, message.event.domain, timeMs, isFirst);
    return isChange && values.length > 0
      ? { features: { pivot: widest(state, values, event, context) } }
      : {};
  },
};

/** Nobody had told the value before: another look, or another witness of the same change, counts nothing twice. */
function isFirstWord(change: FeatureOf<'change'> | undefined): boolean {
  return change?.first_look === true || (change?.changed === true && change.witnesses?.length === 1);
}

/** Domains beyond those that are kept by name are counted when they come and when they go. */
function join(state: StateView, value: string, domain: string, atMs: number, isFirst: boolean): void {
  const known = state.get<Holders>(prefix + value);
  if (known !== undefined && isHolder(known, domain)) return;
  if (!isFirst && (known?.names.length ?? 0) >= constants.domainsMax) return;
  if (known === undefined) takeSlot(state, prefix + value);
  const holders = state.edit<Holders>(prefix + value, () => ({ first: atMs, names: [], more: 0 }));
  const { names } = holders;
  if (names.length < constants.domainsMax) names.splice(placeOf(names, domain), 0, domain);
  else holders.more += 1;
}

function isHolder({ names }: Holders, domain: string): boolean {
  return names[placeOf(names, domain)] === domain;
}

/** Values live in a ring of slots: the oldest value gives way, counted. */
function takeSlot(state: StateView, name: string): void {
  const slots = state.edit<Slots>('pivot.slots', () => ({ next: 0, evicted: 0 }));
  const slot = `pivot.slot/${String(slots.next % constants.valuesMax)}`;
  const before = state.get<string>(slot);
  if (before !== undefined) {
    state.delete(before);
    slots.evicted += 1;
  }
  state.put(slot, name);
  slots.next += 1;
}

function leave(state: StateView, value: string, domain: string, isFirst: boolean): void {
  const known = state.get<Holders>(prefix + value);
  if (known === undefined) return;
  const isNamed = isHolder(known, domain);
  if (!isNamed && (!isFirst || known.more === 0)) return;
  const holders = state.edit<Holders>(prefix + value, () => ({ first: 0, names: [], more: 0 }));
  if (isNamed) holders.names = holders.names.filter((name) => name !== domain);
  else holders.more -= 1;
}

function widest(
  state: StateView,
  values: readonly string[],
  event: CanonicalEvent,
  context: StepContext,
): FeatureOf<'pivot'> {
  const better = (a: string, b: string): boolean => {
    const [shared, known] = [countOf(state, a), countOf(state, b)];
    if (shared > 1 !== known > 1) return shared > 1;
    return rankOf(a) === rankOf(b) ? shared > known : rankOf(a) < rankOf(b);
  };
  let best = values[0] ?? '';
  for (const value of values) if (better(value, best)) best = value;
  const holders = state.get<Holders>(prefix + best);
  if (holders === undefined) return { value: best, domains: 0 };
  const bare = best.slice(best.indexOf(':') + 1);
  const names = holders.names.slice(0, constants.namesShown + 1);
  const others = names.filter((name) => name !== event.domain).slice(0, constants.namesShown);
  return {
    value: best,
    domains: countOf(state, best),
    names: holders.names.slice(0, constants.namesShown),
    first_seen: formatInstant(holders.first),
    first_seen_min: rounded(Math.max(0, context.nowMs - holders.first) / 60_000, 1),
    approved_elsewhere:
      approvedOf(context.inventory, event.tenant).has(bare) &&
      others.some((name) => hasApproved(context, event.tenant, name, bare)),
  };
}

/** A value that several domains of a tenant have now. */
export interface SharedValue {
  readonly kind: PivotKind;
  readonly value: string;
  /** Domains that have it; `names` are the first of them, sorted. */
  readonly domains: number;
  readonly names: readonly string[];
  /** Epoch ms at which the tenant met it first. */
  readonly firstMs: number;
}

/** Every value that at least two domains have, the newest first. `state` is that of the organisation. */
export function sharedValues(state: StateView): SharedValue[] {
  const found: SharedValue[] = [];
  for (const name of state.names(prefix)) {
    const holders = state.get<Holders>(name);
    const kind = pivotKinds[rankOf(name.slice(prefix.length))];
    const domains = (holders?.names.length ?? 0) + (holders?.more ?? 0);
    if (holders === undefined || kind === undefined || domains < 2) continue;
    const value = name.slice(prefix.length + kind.length + 1);
    found.push({ kind, value, domains, names: holders.names, firstMs: holders.first });
  }
  return found.sort((a, b) => b.firstMs - a.firstMs || (a.value < b.value ? -1 : 1));
}

/** Domains of a tenant whose approved state holds the value. */
export function approvedHolders(
  context: Pick<StepContext, 'inventory'>,
  tenant: string,
  value: string,
): string[] {
  if (!approvedOf(context.inventory, tenant).has(value)) return [];
  return context.inventory
    .domains(tenant)
    .map(({ domain }) => domain)
    .filter((domain) => hasApproved(context, tenant, domain, value));
}

function countOf(state: StateView, value: string): number {
  const holders = state.get<Holders>(prefix + value);
  return holders === undefined ? 0 : holders.names.length + holders.more;
}

const approvedValues = new WeakMap<InventoryView, Map<string, ReadonlySet<string>>>();

/** Every name server and word of a record some domain of a tenant has approved; made once per inventory version. */
function approvedOf(inventory: InventoryView, tenant: string): ReadonlySet<string> {
  let tenants = approvedValues.get(inventory);
  if (tenants === undefined) {
    tenants = new Map();
    approvedValues.set(inventory, tenants);
  }
  let values = tenants.get(tenant);
  if (values === undefined) {
    const all = new Set<string>();
    for (const { approved } of inventory.domains(tenant)) {
      for (const server of approved?.nameservers ?? []) all.add(server);
      for (const record of approved?.records ?? [])
        for (const item of record.values) for (const word of item.split(' ')) all.add(word);
    }
    values = all;
    tenants.set(tenant, values);
  }
  return values;
}

function hasApproved(
  context: Pick<StepContext, 'inventory'>,
  tenant: string,
  name: string,
  value: string,
): boolean {
  const approved = context.inventory.domain(tenant, name)?.approved;
  if (approved?.nameservers?.includes(value) === true) return true;
  return (
    approved?.records?.some((record) => record.values.some((item) => item.split(' ').includes(value))) ??
    false
  );
}
