/**
 * Sparse spikes (3.1): transactions in five minutes against a Gamma-Poisson history of up to 30 days. One request that
 * edits many records is one transaction.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator, StateView, StepContext } from '../contract/step.ts';
import { heardSources } from '../contract/ledger.ts';
import { rounded } from '../leaf/deterministic-math.ts';
import { changeOf, firstReport } from './change-weight.ts';
import { hostileDaysMs, hostileSpans, isHostileDay, type HostileSpan } from './confirmed-cases.ts';
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
  /** Transactions of the last five minutes, oldest first, each with the window's count then; checkpoints of older versions lack it. */
  window: (readonly [atMs: number, id: string, count?: number])[];
}

/**
 * Counts one transaction and scores the window. Pure but for `history`, which is changed. Repeats of a transaction count once.
 * Days of confirmed cases (`hostile`) are no part of the history: neither their transactions nor their time.
 */
export function countTransaction(
  history: SpikeState,
  id: string,
  atMs: number,
  intervalMs: number,
  gapMs: number,
  hostile: readonly HostileSpan[] = [],
): FeatureOf<'spike'> {
  const from = atMs - constants.bucketMs;
  const kept = history.days.filter(([day]) => (day + 1) * dayMs > atMs - historyMs);
  noteWindows(
    kept,
    history.window.filter(([at]) => at <= from),
  );
  const before = hostile.length === 0 ? kept : kept.filter(([day]) => !isHostileDay(hostile, day));
  history.window = history.window.filter(([at]) => at > from);
  const inWindow = history.window.length;
  const counted = history.window.filter(([at]) => before.some(([day]) => day === Math.floor(at / dayMs)));
  const transactionsBefore = before.reduce((sum, [, count]) => sum + count, 0) - counted.length;
  const repeated = history.window.some(([, known]) => known === id);
  const raw = Math.min(constants.windowMax, inWindow + (repeated ? 0 : 1));
  const x =
    intervalMs > constants.bucketMs ? Math.max(1, Math.ceil((raw * constants.bucketMs) / intervalMs)) : raw;
  if (!repeated) {
    // Frozen, because state shares what is frozen: sixty of them were copied with every event of the ten minutes that wait.
    history.window.push(Object.freeze([atMs, id, x] as const));
    if (history.window.length > constants.windowMax) noteWindows(kept, history.window.splice(0, 1));
  }
  const max = before.reduce((most, [, , largest]) => Math.max(most, largest), 0);
  const elapsed = Math.min(historyMs, Math.max(0, from - history.since));
  const taught = elapsed - hostileDaysMs(hostile, from - elapsed, from);
  const buckets = Math.max(0, taught - gapMs) / constants.bucketMs;
  const known = gapMs <= gapShareMax * elapsed;
  const r = constants.priorCount + Math.max(0, transactionsBefore);
  const score = negativeBinomialTailScore(
    x,
    r,
    (constants.buckets + buckets) / (constants.buckets + buckets + 1),
  );
  if (!repeated) noteDay(history, kept, atMs);
  const absolute = x >= constants.absoluteCount;
  const spike = score >= constants.scoreMin && x >= constants.countMin && x > max;
  return {
    score: rounded(score, 4),
    count: x,
    max,
    alert: known ? spike : absolute,
    absolute,
    cold_start: elapsed < constants.coldStartMs,
    known,
    n: Math.max(0, transactionsBefore),
  };
}

/** Days of a history that is over, with the window it ended in. */
export function finishedDays(past: {
  days: readonly number[][];
  window: readonly unknown[];
}): SpikeState['days'] {
  const days = past.days.map(([day = 0, count = 0, max = 0]): SpikeState['days'][number] => [
    day,
    count,
    max,
  ]);
  noteWindows(days, past.window.filter(isWindowEntry));
  return days;
}

function isWindowEntry(entry: unknown): entry is SpikeState['window'][number] {
  return Array.isArray(entry) && typeof entry[0] === 'number' && typeof entry[2] === 'number';
}

/** Windows that are over count among the largest of their day; the one at hand is compared with them. */
function noteWindows(days: SpikeState['days'], left: SpikeState['window']): void {
  for (const [at, , count = 0] of left) {
    const day = Math.floor(at / dayMs);
    const row = days.find(([number]) => number === day);
    if (row !== undefined) row[2] = Math.max(row[2], count);
  }
}

function noteDay(history: SpikeState, kept: SpikeState['days'], atMs: number): void {
  history.days = kept;
  const day = Math.floor(atMs / dayMs);
  const today = history.days.find(([number]) => number === day);
  if (today === undefined) {
    history.days.push([day, 1, 0]);
    history.days.sort(([a], [b]) => a - b);
  } else today[1] += 1;
}

function subjectOf(event: CanonicalEvent): 'records' | 'registrar' {
  return event.event_type.startsWith('registrar.') ? 'registrar' : 'records';
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
  const watching = heardSources(state, event.source_kind);
  const speaker = event.source_id === undefined ? watching : [event.source_id];
  const interval =
    context.sources.status(event.tenant, event.source_kind, context.nowMs, speaker)?.intervalMs ?? 0;
  const id = event.transaction_id ?? event.event_id;
  const fromMs = Math.max(history.since, atMs - historyMs);
  const gapEndMs = atMs - constants.bucketMs;
  const gapMs = context.sources.silentMs(event.tenant, event.source_kind, fromMs, gapEndMs, watching);
  const counted = countTransaction(history, id, atMs, polled ? interval : 0, gapMs, hostileSpans(state));
  const blind =
    context.sources.status(event.tenant, event.source_kind, context.nowMs, watching)?.alive === false;
  const feature: FeatureOf<'spike'> = {
    ...counted,
    subject,
    ...(blind ? { known: false, alert: counted.absolute === true } : {}),
    as_of: event.timestamp,
  };
  return { features: { spike: feature } };
}
