/**
 * Sparse spikes (3.1): transactions in five minutes against a Gamma-Poisson history of up to 30 days. One request that
 * edits many records is one transaction.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator, StateView, StepContext } from '../contract/step.ts';
import { rounded } from '../leaf/deterministic-math.ts';
import { changeOf, firstReport } from './change-weight.ts';
import { featureConstants } from './constants.ts';
import { negativeBinomialTailScore } from './probability.ts';

const constants = featureConstants.spike;
const dayMs = 86_400_000;
const historyMs = constants.buckets * constants.bucketMs;
const gapShareMax = 0.1;

/** History of one subject of one entity. */
export interface SpikeState {
  /** First event ever, epoch milliseconds. */
  since: number;
  /** Transactions and largest window per day with any, oldest first; day number since the epoch. */
  days: [day: number, transactions: number, max: number][];
  /** Transactions of the last five minutes, oldest first. */
  window: (readonly [atMs: number, id: string])[];
}

/** Counts one transaction and scores the window. Pure but for `history`, which is changed. Repeats of a transaction count once. */
export function countTransaction(
  history: SpikeState,
  id: string,
  atMs: number,
  intervalMs: number,
  gapMs: number,
): FeatureOf<'spike'> {
  const from = atMs - constants.bucketMs;
  const before = history.days.filter(([day]) => (day + 1) * dayMs > atMs - historyMs);
  history.window = history.window.filter(([at]) => at > from);
  const inWindow = history.window.length;
  const transactionsBefore = before.reduce((sum, [, count]) => sum + count, 0) - inWindow;
  const max = before.reduce((most, [, , largest]) => Math.max(most, largest), 0);
  const repeated = history.window.some(([, known]) => known === id);
  if (!repeated) {
    // Frozen, because state shares what is frozen: sixty of them were copied with every event of the ten minutes that wait.
    history.window.push(Object.freeze([atMs, id] as const));
    if (history.window.length > constants.windowMax) history.window.shift();
  }
  const raw = history.window.length;
  const x =
    intervalMs > constants.bucketMs ? Math.max(1, Math.ceil((raw * constants.bucketMs) / intervalMs)) : raw;
  const elapsed = Math.min(historyMs, Math.max(0, from - history.since));
  const buckets = Math.max(0, elapsed - gapMs) / constants.bucketMs;
  const known = gapMs <= gapShareMax * elapsed;
  const r = constants.priorCount + Math.max(0, transactionsBefore);
  const score = negativeBinomialTailScore(
    x,
    r,
    (constants.buckets + buckets) / (constants.buckets + buckets + 1),
  );
  const quietMax = inWindow === 0 ? max : maxOutsideWindow(before, atMs, max);
  if (!repeated) noteDay(history, before, atMs, raw);
  const absolute = x >= constants.absoluteCount;
  const spike = score >= constants.scoreMin && x >= constants.countMin && x > quietMax;
  return {
    score: rounded(score, 4),
    count: x,
    max: quietMax,
    alert: known ? spike : absolute,
    absolute,
    cold_start: elapsed < constants.coldStartMs,
    known,
    n: Math.max(0, transactionsBefore),
  };
}

/** Largest window of earlier days; today's largest belongs to the running burst while that lasts. */
function maxOutsideWindow(days: SpikeState['days'], atMs: number, max: number): number {
  const today = Math.floor(atMs / dayMs);
  const earlier = days.filter(([day]) => day !== today);
  return Math.min(
    max,
    earlier.reduce((most, [, , largest]) => Math.max(most, largest), 0),
  );
}

function noteDay(history: SpikeState, kept: SpikeState['days'], atMs: number, inWindow: number): void {
  history.days = kept;
  const day = Math.floor(atMs / dayMs);
  const today = history.days.find(([number]) => number === day);
  if (today === undefined) {
    history.days.push([day, 1, inWindow]);
    history.days.sort(([a], [b]) => a - b);
  } else {
    today[1] += 1;
    today[2] = Math.max(today[2], inWindow);
  }
}

function subjectOf(event: CanonicalEvent): 'records' | 'registrar' {
  return event.event_type.startsWith('registrar.') ? 'registrar' : 'records';
}

function isBlind(event: CanonicalEvent, context: StepContext): boolean {
  return context.sources.status(event.tenant, event.source_kind, context.nowMs)?.alive === false;
}

/** Annotator that adds `feature.spike` to changes of a domain. Only the first witness of a change counts. */
export const changeSpike: Annotator = {
  name: 'spike',
  scope: 'domain',
  wants: ['registrar.domain.', 'dns.', 'dnsquery.answer.changed'],
  step(state, message, context) {
    if (message.kind !== 'event' || changeOf(message.event) === undefined) return {};
    if (firstReport(state, message.event) === undefined) return {};
    return spikeOf(state, message.event, message.timeMs, subjectOf(message.event), context);
  },
};

/** Annotator that adds `feature.spike` to logins of a person. */
export const loginSpike: Annotator = {
  name: 'login-spike',
  scope: 'principal',
  wants: ['registrar.session.', 'identity.session.login_succeeded', 'identity.session.login_failed'],
  step(state, message, context) {
    if (message.kind !== 'event') return {};
    return spikeOf(state, message.event, message.timeMs, 'logins', context);
  },
};

function spikeOf(
  state: StateView,
  event: CanonicalEvent,
  atMs: number,
  subject: 'records' | 'registrar' | 'logins',
  context: StepContext,
) {
  const history = state.edit<SpikeState>(`spike.${subject}`, () => ({ since: atMs, days: [], window: [] }));
  const polled = event.acquisition === 'poll' || event.acquisition === 'diff';
  const interval = context.sources.status(event.tenant, event.source_kind, context.nowMs)?.intervalMs ?? 0;
  const id = event.transaction_id ?? event.event_id;
  const fromMs = Math.max(history.since, atMs - historyMs);
  const gapMs = context.sources.silentMs(event.tenant, event.source_kind, fromMs, atMs - constants.bucketMs);
  const counted = countTransaction(history, id, atMs, polled ? interval : 0, gapMs);
  const blind = isBlind(event, context);
  const feature: FeatureOf<'spike'> = {
    ...counted,
    subject,
    ...(blind ? { known: false, alert: counted.absolute === true } : {}),
    as_of: event.timestamp,
  };
  return { features: { spike: feature } };
}
