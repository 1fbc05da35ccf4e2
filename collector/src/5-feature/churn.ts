/** Churn of a domain and of an account: weighted changes that fade (3.2). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator, DerivedDraft, StateView, StepContext } from '../contract/step.ts';
import { halfLifeDecay, rounded } from '../leaf/deterministic-math.ts';
import { changeOf, churnWeight, classOf, domainFacts, firstReport, isUnapproved } from './change-weight.ts';
import { hostileSpans, isHostileDay, type HostileSpan } from './confirmed-cases.ts';
import { featureConstants } from './constants.ts';

const dayMs = 86_400_000;
/** An eighth is left of a change after three half-lives. */
const fadedHalfLives = 3;

/** Running sum with its daily maxima, of which the days without changes are left out. */
export interface ChurnState {
  value: number;
  atMs: number;
  /** Largest value per day with changes, oldest first. */
  days: [day: number, max: number][];
  n: number;
}

interface ChurnConstants {
  readonly halfLifeMs: number;
  readonly floor: number;
  readonly factor: number;
  readonly days: number;
}

/**
 * Adds `weight` at `atMs`; times never go back: an earlier time counts as the latest one. Changes `churn`. Days of confirmed
 * cases (`hostile`), and those in which most of what happened there was not faded yet, are no part of the history.
 */
export function addChurn(
  churn: ChurnState,
  weight: number,
  atMs: number,
  constants: ChurnConstants,
  hostile: readonly HostileSpan[] = [],
): { value: number; threshold: number; anomaly: boolean; crossed: boolean } {
  const now = Math.max(atMs, churn.atMs);
  const before = churn.value * halfLifeDecay(now - churn.atMs, constants.halfLifeMs);
  const value = before + weight;
  const today = Math.floor(now / dayMs);
  churn.days = churn.days.filter(([day]) => day > today - constants.days);
  const isTaught = (day: number): boolean =>
    !isHostileDay(hostile, day, fadedHalfLives * constants.halfLifeMs);
  const earlier = churn.days.filter(([day]) => day !== today && isTaught(day)).map(([, max]) => max);
  let days = constants.days;
  if (hostile.length > 0)
    for (let back = 1; back <= constants.days; back++) if (!isTaught(today - back)) days -= 1;
  const threshold = Math.max(constants.floor, constants.factor * percentile95(earlier, days));
  const entry = churn.days.find(([day]) => day === today);
  if (entry === undefined) churn.days.push([today, rounded(value, 3)]);
  else entry[1] = Math.max(entry[1], rounded(value, 3));
  churn.value = value;
  churn.atMs = now;
  churn.n += 1;
  return { value, threshold, anomaly: value > threshold, crossed: value > threshold && before <= threshold };
}

/** 95th percentile of `days` daily maxima, of which those not listed are 0. */
function percentile95(listed: readonly number[], days: number): number {
  const rank = Math.ceil(0.95 * days);
  const position = rank - 1 - (days - listed.length);
  if (position < 0) return 0;
  return listed.toSorted((a, b) => a - b)[position] ?? 0;
}

function weightOfChange(event: CanonicalEvent, context: StepContext): number {
  const control = changeOf(event)?.control ?? '';
  const hosts = domainFacts(event, context).critical_hosts ?? [];
  const what = classOf(control, event.domain ?? '', event.old_value, event.new_value, hosts);
  const weight = churnWeight(what, event);
  return isUnapproved(event) ? weight : weight * featureConstants.churn.approvedShare;
}

function empty(atMs: number): ChurnState {
  return { value: 0, atMs, days: [], n: 0 };
}

/** Annotator that adds `feature.churn` to changes and says when a domain leaves its own normal. */
export const domainChurn: Annotator = {
  name: 'churn',
  scope: 'domain',
  wants: ['registrar.domain.', 'dns.', 'dnsquery.answer.changed'],
  step(state, message, context) {
    if (message.kind !== 'event' || changeOf(message.event) === undefined) return {};
    const { event, timeMs } = message;
    if (firstReport(state, event) === undefined) return {};
    const churn = state.edit<ChurnState>('churn', () => empty(timeMs));
    const result = addChurn(
      churn,
      weightOfChange(event, context),
      timeMs,
      featureConstants.churn,
      hostileSpans(state),
    );
    const feature = featureOf(result, churn, event);
    const derived: DerivedDraft[] =
      result.crossed && isUnapproved(event)
        ? [
            {
              event_type: 'derived.churn.anomaly',
              key: ['domain', event.event_id],
              feature: { churn: feature },
              links: [{ rel: 'caused_by', event_id: event.event_id }],
            },
          ]
        : [];
    return { features: { churn: feature }, derived };
  },
};

const accountWeights: Readonly<Record<string, number>> = {
  'registrar.account.api_token_created': 4,
  'registrar.account.api_token_revoked': 0.5,
  'dns.provider.api_token_created': 4,
  'dns.provider.api_token_revoked': 0.5,
  'registrar.account.delegate_added': 4,
  'registrar.account.delegate_removed': 0.5,
  'dns.provider.member_added': 4,
  'dns.provider.member_removed': 0.5,
  'registrar.account.role_changed': 4,
  'registrar.account.mfa_disabled': 4,
  'registrar.account.mfa_reset': 4,
  'registrar.account.password_changed': 2,
  'registrar.account.password_reset_requested': 2,
  'registrar.account.recovery_started': 4,
  'registrar.account.recovery_contact_changed': 4,
  'registrar.account.ip_allowlist_changed': 2,
  'registrar.account.billing_changed': 0.5,
};

/** Annotator that adds `feature.account_churn` to changes of an account: tokens, factors, delegates, contacts, passwords. */
export const accountChurn: Annotator = {
  name: 'account-churn',
  scope: 'account',
  wants: ['registrar.account.', 'dns.provider.'],
  step(state: StateView, message) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const weight = Object.hasOwn(accountWeights, event.event_type)
      ? accountWeights[event.event_type]
      : undefined;
    if (weight === undefined || event.outcome === 'failure' || event.outcome === 'attempt') return {};
    const constants = featureConstants.accountChurn;
    const churn = state.edit<ChurnState>('account-churn', () => empty(timeMs));
    const shared = isUnapproved(event) ? weight : weight * constants.approvedShare;
    const result = addChurn(churn, shared, timeMs, constants, hostileSpans(state));
    return { features: { account_churn: featureOf(result, churn, event) } };
  },
};

function featureOf(
  result: { value: number; threshold: number; anomaly: boolean },
  churn: ChurnState,
  event: CanonicalEvent,
): FeatureOf<'churn'> {
  return {
    value: rounded(result.value, 6),
    threshold: rounded(result.threshold, 6),
    anomaly: result.anomaly,
    known: true,
    n: churn.n,
    as_of: event.timestamp,
  };
}
