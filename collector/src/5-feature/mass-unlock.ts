/** Mass unlock and transfer: many domains of one account opened together (3.5, R03). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator, StateView, StepContext } from '../contract/step.ts';
import { changeOf, domainFacts, isUnapproved } from './change-weight.ts';
import { accountOf } from './cluster.ts';
import { featureConstants } from './constants.ts';

const constants = featureConstants.cluster;
const dayMs = 86_400_000;

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

interface Unlocks {
  entries: [atMs: number, domain: string, account: string, tierZero: boolean][];
  /** Distinct domains per day, for the expected number. */
  days: [day: number, count: number][];
  since: number;
  evicted: number;
}

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
  step(state, message, context) {
    if (message.kind !== 'event' || message.event.domain === undefined) return {};
    const { event, timeMs } = message;
    if (!isUnapproved(event) || changeOf(event) === undefined) return {};
    const status = context.sources.status(event.tenant, event.source_kind, context.nowMs);
    const polled = event.acquisition === 'poll' || event.acquisition === 'diff';
    const windowMs = Math.max(featureConstants.massUnlock.windowMs, polled ? (status?.intervalMs ?? 0) : 0);
    const unlocks = noteUnlock(state, event, timeMs, windowMs, context);
    const account = accountOf(event, context);
    const members = unlocks.entries.filter(([at, , of]) => at > timeMs - windowMs && of === account);
    const domains = [...new Set(members.map(([, domain]) => domain))].sort();
    const known = timeMs - unlocks.since >= constants.historyMs;
    const total = unlocks.days.reduce((sum, [, count]) => sum + count, 0) - 1;
    const mu = known ? (Math.max(0, total) * windowMs) / constants.historyMs : 0;
    const threshold = massThreshold(
      mu,
      members.some(([, , , tierZero]) => tierZero),
    );
    const feature: FeatureOf<'mass_unlock'> = {
      k: domains.length,
      threshold,
      alert: domains.length >= threshold,
      window_min: Math.round(windowMs / 60_000),
      domains: domains.slice(0, constants.domainsShown),
      known: true,
    };
    return { features: { mass_unlock: feature } };
  },
};

function noteUnlock(
  state: StateView,
  event: CanonicalEvent,
  atMs: number,
  windowMs: number,
  context: StepContext,
): Unlocks {
  const unlocks = state.edit<Unlocks>('mass-unlock', () => ({
    entries: [],
    days: [],
    since: atMs,
    evicted: 0,
  }));
  const domain = event.domain ?? '';
  const keepMs = Math.max(windowMs, dayMs);
  const repeated = unlocks.entries.some(([at, name]) => name === domain && at > atMs - dayMs);
  unlocks.entries = unlocks.entries.filter(([at, name]) => at > atMs - keepMs && name !== domain);
  unlocks.entries.push([atMs, domain, accountOf(event, context), domainFacts(event, context).tier === 0]);
  if (unlocks.entries.length > constants.entriesMax) {
    unlocks.entries.shift();
    unlocks.evicted += 1;
  }
  const day = Math.floor(atMs / dayMs);
  unlocks.days = unlocks.days.filter(([number]) => number > day - constants.historyMs / dayMs);
  if (repeated) return unlocks;
  const today = unlocks.days.find(([number]) => number === day);
  if (today === undefined) unlocks.days.push([day, 1]);
  else today[1] += 1;
  return unlocks;
}
