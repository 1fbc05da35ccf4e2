/** Mass unlock and transfer: many domains of one account opened together (3.5, R03). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator, StateView, StepContext } from '../contract/step.ts';
import { changeOf, domainFacts, isUnapproved } from './change-weight.ts';
import { accountOf, registrarOf } from './cluster.ts';
import { featureConstants } from './constants.ts';
import { countDomain, expectation, type DailyCounts } from './daily-domains.ts';

const constants = featureConstants.cluster;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const unlockTypes: ReadonlySet<string> = new Set([
  'registrar.domain.lock_disabled',
  'registrar.domain.registry_lock_disabled',
  'registrar.domain.auth_code_requested',
  'registrar.domain.auth_code_changed',
  'registrar.domain.transfer_requested',
  'registrar.domain.transfer_approved',
  'registrar.domain.transfer_completed',
  'registrar.domain.registrar_changed',
  'registrar.domain.account_moved',
]);

interface Unlocks extends DailyCounts {
  /** The registrar is absent in checkpoints of older versions. */
  entries: [atMs: number, domain: string, account: string, tierZero: boolean, registrar?: string][];
  evicted: number;
}

const stateName = 'mass-unlock';

/** Alert threshold for an expected number: `max(3, ceil(mu + 3 sqrt(mu)) + 1)`; 2 when a tier-0 domain is among them. */
export function massThreshold(mu: number, tierZero: boolean): number {
  if (tierZero) return featureConstants.massUnlock.tierZeroCount;
  return Math.max(featureConstants.massUnlock.countMin, Math.ceil(mu + 3 * Math.sqrt(mu)) + 1);
}

/** Annotator that adds `feature.mass_unlock`: how many domains of one account or registrar were unlocked or moved together. */
export const massUnlock: Annotator = {
  name: 'mass-unlock',
  scope: 'organisation',
  wants: [...unlockTypes],
  bounded: [stateName],
  step(state, message, context) {
    if (message.kind !== 'event' || message.event.domain === undefined) return {};
    const { event, timeMs } = message;
    if (!isUnapproved(event) || changeOf(event) === undefined) return {};
    const status = context.sources.status(event.tenant, event.source_kind, context.nowMs);
    const polled = event.acquisition === 'poll' || event.acquisition === 'diff';
    const windowMs = Math.max(featureConstants.massUnlock.windowMs, polled ? (status?.intervalMs ?? 0) : 0);
    const unlocks = noteUnlock(state, event, timeMs, windowMs, context);
    const history = expectation(state, stateName, unlocks, timeMs, context, event.tenant, event.source_kind);
    const mu = history.known ? (history.n * windowMs) / hourMs / history.hours : 0;
    const recent = unlocks.entries.filter(([at]) => at > timeMs - windowMs);
    const { domains, threshold } = largest(groupsOf(recent, event, context, mu));
    const feature: FeatureOf<'mass_unlock'> = {
      k: domains.length,
      threshold,
      alert: domains.length >= threshold,
      window_min: Math.round(windowMs / 60_000),
      domains: domains.slice(0, constants.domainsShown),
      known: history.known,
      n: history.n,
      as_of: event.timestamp,
    };
    return { features: { mass_unlock: feature } };
  },
};

interface Group {
  readonly domains: readonly string[];
  readonly threshold: number;
}

/** Those of the same account and those of the same registrar; what an account must expect is its share of the names. */
function groupsOf(
  recent: Unlocks['entries'],
  event: CanonicalEvent,
  context: StepContext,
  mu: number,
): readonly [Group, ...Group[]] {
  const account = accountOf(event, context);
  const registrar = registrarOf(event, context);
  const all = Math.max(1, context.inventory.domains(event.tenant).length);
  const own = context.inventory.domainsOfAccount(event.tenant, account).length;
  const share = account === '' ? 1 : Math.min(1, Math.max(1, own) / all);
  const group = (members: Unlocks['entries'], expected: number): Group => ({
    domains: [...new Set(members.map(([, domain]) => domain))].sort(),
    threshold: massThreshold(
      expected,
      members.some(([, , , tierZero]) => tierZero),
    ),
  });
  const ofAccount = group(
    recent.filter(([, , of]) => of === account),
    mu * share,
  );
  if (registrar === '') return [ofAccount];
  const isOfRegistrar = ([, , of, , name = of.split('/', 1)[0]]: Unlocks['entries'][number]): boolean =>
    name === registrar;
  return [ofAccount, group(recent.filter(isOfRegistrar), mu)];
}

/** The group that says most: one that alerts, else the one with most domains; of equals the account. */
function largest(groups: readonly [Group, ...Group[]]): Group {
  const alerts = ({ domains, threshold }: Group): boolean => domains.length >= threshold;
  return groups.reduce((a, b) => {
    if (alerts(a) !== alerts(b)) return alerts(b) ? b : a;
    return b.domains.length > a.domains.length ? b : a;
  });
}

function noteUnlock(
  state: StateView,
  event: CanonicalEvent,
  atMs: number,
  windowMs: number,
  context: StepContext,
): Unlocks {
  const unlocks = state.edit<Unlocks>(stateName, () => ({
    entries: [],
    days: [],
    since: atMs,
    evicted: 0,
  }));
  const domain = event.domain ?? '';
  const keepMs = Math.max(windowMs, dayMs);
  const repeated = unlocks.entries.some(([at, name]) => name === domain && at > atMs - dayMs);
  unlocks.entries = unlocks.entries.filter(([at, name]) => at > atMs - keepMs && name !== domain);
  unlocks.entries.push([
    atMs,
    domain,
    accountOf(event, context),
    domainFacts(event, context).tier === 0,
    registrarOf(event, context),
  ]);
  if (unlocks.entries.length > constants.entriesMax) {
    unlocks.entries.shift();
    unlocks.evicted += 1;
  }
  if (!repeated) countDomain(state, stateName, unlocks, domain, atMs);
  return unlocks;
}
