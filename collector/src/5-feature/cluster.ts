/** Several domains at once: clusters of unapproved changes (3.2, S03) and of contact edits (R11). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotation, Annotator, DerivedDraft, StateView, StepContext } from '../contract/step.ts';
import { rounded } from '../leaf/deterministic-math.ts';
import { canonicalRegistrar } from '../leaf/registrar-name.ts';
import { isLoneVantage } from '../leaf/vantage.ts';
import { changeOf, churnWeight, classOf, domainFacts, isUnapproved } from './change-weight.ts';
import { featureConstants } from './constants.ts';
import { countDomain, expectation, type DailyCounts } from './daily-domains.ts';
import { poissonTailScore } from './probability.ts';

const constants = featureConstants.cluster;
const hoursPerDay = 24;

/** One change in the window. `checked`: somebody looked for an approval. */
type Entry = [
  atMs: number,
  domain: string,
  account: string,
  registrar: string,
  value: string,
  checked: boolean,
];

interface Window extends DailyCounts {
  entries: Entry[];
  evicted: number;
  /** Largest k already told per group, with the time of the last telling. */
  told: Record<string, [k: number, atMs: number]>;
}

/** True for the first report of a change: later witnesses of the same fact do not count again. */
export function isFirstWord(event: CanonicalEvent): boolean {
  const change = changeOf(event);
  return change?.changed === true && change.witnesses?.length === 1;
}

/** Registrar account the event is about: its own, else that of its domain, else ''. */
export function accountOf(event: CanonicalEvent, context: StepContext): string {
  return event.registrar_account ?? domainFacts(event, context).registrar_account ?? '';
}

/** Registrar whose customers the event is about: that of the account, else the one the event names, else ''. */
export function registrarOf(event: CanonicalEvent, context: StepContext): string {
  const account = accountOf(event, context);
  return account === '' ? canonicalRegistrar(event.registrar ?? '') : (account.split('/', 1)[0] ?? '');
}

function addEntry(
  state: StateView,
  name: string,
  event: CanonicalEvent,
  atMs: number,
  context: StepContext,
): Window {
  const account = accountOf(event, context);
  const window = state.edit<Window>(name, () => ({
    entries: [],
    days: [],
    since: atMs,
    evicted: 0,
    told: {},
  }));
  window.entries = window.entries.filter(([at]) => at > atMs - constants.windowMs);
  // A domain that changes all day is one domain of the hour, as in `k`.
  const isCounted = window.entries.some(([, domain]) => domain === event.domain);
  const value = Array.isArray(event.new_value) ? event.new_value.join(' ') : String(event.new_value ?? '');
  window.entries.push([
    atMs,
    event.domain ?? '',
    account,
    registrarOf(event, context),
    value.slice(0, 256),
    event.approval_state !== 'not_checked',
  ]);
  if (window.entries.length > constants.entriesMax) {
    window.entries.shift();
    window.evicted += 1;
  }
  if (!isCounted) countDomain(state, name, window, event.domain ?? '', atMs);
  for (const [key, [, toldMs]] of Object.entries(window.told))
    if (toldMs <= atMs - constants.windowMs) delete window.told[key];
  return window;
}

interface Expected {
  readonly mu: number;
  readonly known: boolean;
  readonly n: number;
}

/** Domains expected in an hour: from 180 days of history, else one change per domain in 30 days. */
function expectedPerHour(
  state: StateView,
  name: string,
  window: Window,
  { tenant, source_kind: kind }: CanonicalEvent,
  atMs: number,
  context: StepContext,
): Expected {
  const { known, n, hours } = expectation(state, name, window, atMs, context, tenant, kind);
  const domains = Math.max(1, context.inventory.domains(tenant).length);
  return {
    mu: known ? (n + 0.5) / hours : (domains * constants.changesPerDomainDay) / hoursPerDay,
    known,
    n,
  };
}

interface Group {
  readonly kind: 'organisation' | 'account' | 'registrar' | 'new_value';
  readonly key: string;
  readonly domains: string[];
  readonly mu: number;
  readonly score: number;
  readonly capped: boolean;
}

function groupOf(
  window: Window,
  kind: Group['kind'],
  key: string,
  select: (entry: Entry) => boolean,
  mu: number,
): Group {
  const members = window.entries.filter(select);
  const domains = [...new Set(members.map(([, domain]) => domain))].sort();
  const capped = members.every(([, , , , , checked]) => !checked);
  return { kind, key, domains, mu, score: poissonTailScore(domains.length, mu), capped };
}

function groupsOf(window: Window, event: CanonicalEvent, context: StepContext, mu: number): Group[] {
  const account = accountOf(event, context);
  const all = Math.max(1, context.inventory.domains(event.tenant).length);
  const last = window.entries.at(-1);
  const registrar = last?.[3] ?? '';
  const value = last?.[4] ?? '';
  const groups = [groupOf(window, 'organisation', '', () => true, mu)];
  if (account !== '') {
    const own = context.inventory.domainsOfAccount(event.tenant, account).length;
    const share = Math.min(1, Math.max(1, own) / all);
    groups.push(groupOf(window, 'account', account, (entry) => entry[2] === account, mu * share));
  }
  if (registrar !== '')
    groups.push(groupOf(window, 'registrar', registrar, (entry) => entry[3] === registrar, mu));
  if (value !== '') groups.push(groupOf(window, 'new_value', value, (entry) => entry[4] === value, mu));
  return groups;
}

/** The group that says most: alerting before not, then the narrowest with the highest score. */
function strongest(groups: readonly Group[]): Group | undefined {
  const order: readonly Group['kind'][] = ['new_value', 'account', 'registrar', 'organisation'];
  return groups.toSorted(
    (a, b) =>
      Number(alerts(b)) - Number(alerts(a)) ||
      b.domains.length - a.domains.length ||
      b.score - a.score ||
      order.indexOf(a.kind) - order.indexOf(b.kind),
  )[0];
}

function alerts(group: Group): boolean {
  return group.score >= constants.scoreMin && group.domains.length >= constants.countMin;
}

function clusterFeature(group: Group, { known, n }: Expected, event: CanonicalEvent): FeatureOf<'cluster'> {
  return {
    kind: group.kind,
    scope: group.kind,
    key: group.key,
    k: group.domains.length,
    mu: rounded(group.mu, 6),
    score: rounded(Math.min(group.score, 999), 4),
    alert: alerts(group),
    domains: group.domains.slice(0, constants.domainsShown),
    cap_medium: group.capped,
    known,
    n,
    as_of: event.timestamp,
  };
}

/** Annotator that adds `feature.cluster` and states `derived.cluster.detected` when a cluster begins and each time it grows. */
export const changeCluster: Annotator = {
  name: 'cluster',
  scope: 'organisation',
  wants: ['registrar.domain.', 'dns.', 'dnsquery.answer.changed'],
  bounded: ['cluster'],
  step(state, message, context): Annotation {
    if (message.kind !== 'event' || message.event.domain === undefined) return {};
    const { event, timeMs } = message;
    if (!isFirstWord(event) || !isUnapproved(event) || weightOf(event, context) < constants.weightMin)
      return {};
    const window = addEntry(state, 'cluster', event, timeMs, context);
    const expected = expectedPerHour(state, 'cluster', window, event, timeMs, context);
    const groups = groupsOf(window, event, context, expected.mu);
    const best = strongest(groups);
    if (best === undefined) return {};
    const derived = groups
      .filter((group) => alerts(group) && isGrowth(window, group, timeMs))
      .slice(0, 1)
      .map((group) => clusterDraft(group, expected, event));
    return { features: { cluster: clusterFeature(best, expected, event) }, derived };
  },
};

function weightOf(event: CanonicalEvent, context: StepContext): number {
  const control = changeOf(event)?.control ?? '';
  const hosts = domainFacts(event, context).critical_hosts ?? [];
  const what = classOf(control, event.domain ?? '', event.old_value, event.new_value, hosts);
  // Registrars drop locks for minutes during maintenance; a lock that only polling misses is R03's to check again.
  if (what === 'unlock' && (event.acquisition === 'poll' || event.acquisition === 'diff')) return 0;
  if (isLoneVantage(event.query?.vantage) || changeOf(event)?.redacted_only === true) return 0;
  const deviation = event.feature?.['deviation'] as FeatureOf<'deviation'> | undefined;
  return deviation?.inside_provider === true ? 0 : churnWeight(what, event);
}

function isGrowth(window: Window, group: Group, atMs: number): boolean {
  const key = `${group.kind}|${group.key}`;
  const told = Object.hasOwn(window.told, key) ? (window.told[key]?.[0] ?? 0) : 0;
  if (group.domains.length <= told) return false;
  window.told[key] = [group.domains.length, atMs];
  return true;
}

function clusterDraft(group: Group, expected: Expected, event: CanonicalEvent): DerivedDraft {
  return {
    event_type: 'derived.cluster.detected',
    key: [group.kind, group.key, event.event_id],
    approval_state: event.approval_state,
    ...(group.kind === 'account' ? { registrar_account: group.key } : {}),
    ...(group.kind === 'registrar' ? { registrar: group.key } : {}),
    ...(event.domain === undefined ? {} : { domain: event.domain }),
    feature: { cluster: clusterFeature(group, expected, event) },
    links: [{ rel: 'caused_by', event_id: event.event_id }],
  };
}

/** Annotator that adds `feature.contact_cluster` to contact changes. */
export const contactCluster: Annotator = {
  name: 'contact-cluster',
  scope: 'organisation',
  wants: ['registrar.domain.contact_changed', 'registrar.domain.privacy_changed'],
  bounded: ['contact-cluster'],
  step(state, message, context) {
    if (message.kind !== 'event' || message.event.domain === undefined) return {};
    const { event, timeMs } = message;
    // A registry that hides contact data hides everybody's at once.
    if (!isFirstWord(event) || !isUnapproved(event) || changeOf(event)?.redacted_only === true) return {};
    const window = addEntry(state, 'contact-cluster', event, timeMs, context);
    const { mu, known, n } = expectedPerHour(state, 'contact-cluster', window, event, timeMs, context);
    const group = groupOf(window, 'organisation', '', () => true, mu);
    const feature: FeatureOf<'contact_cluster'> = {
      k: group.domains.length,
      mu: rounded(mu, 6),
      score: rounded(Math.min(group.score, 999), 4),
      alert: alerts(group),
      domains: group.domains.slice(0, constants.domainsShown),
      known,
      n,
      as_of: event.timestamp,
    };
    return { features: { contact_cluster: feature } };
  },
};
