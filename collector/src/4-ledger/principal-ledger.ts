/** The principal ledger: failed challenges, and which domains a person or service touched. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import { principalStateName } from '../contract/ledger.ts';
import type { PrincipalState } from '../contract/ledger.ts';
import type { Annotator, StateView, StepContext } from '../contract/step.ts';
import { ledgerConstants } from './constants.ts';
import {
  copiedTouches,
  forgetFirst,
  forgetTouches,
  noteTouch,
  noTouches,
  touchedAt,
  touchedCount,
  touchedIn,
  touchedSince,
} from './touched-domains.ts';

const touchingFamilies = ['registrar.domain.', 'dns.zone.', 'dns.record.', 'dns.provider.edge', 'cert.order'];
const reachListMax = 64;

/** Annotator that adds `feature.reach` and the challenge counts of `feature.mfa` to events with a known actor. */
export const principalLedger: Annotator = {
  name: 'principal',
  scope: 'principal',
  wants: ['registrar.', 'dns.', 'identity.', 'cert.order_requested'],
  bounded: [principalStateName],
  step(state, message, context) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const failures = noteFailure(state, event, timeMs);
    touch(state, event, timeMs);
    const mfa: FeatureOf<'mfa'> | undefined =
      failures === 0
        ? undefined
        : {
            failures_10m: failures,
            fatigue:
              event.event_type.endsWith('.login_succeeded') && failures >= ledgerConstants.fatigueFailures,
          };
    return {
      features: {
        reach: reachOf(state, event, timeMs, context),
        ...(mfa === undefined ? {} : { mfa }),
      },
    };
  },
};

function empty(): PrincipalState {
  return { resets: [], failures: [], touched: noTouches(), evicted: 0 };
}

function noteFailure(state: StateView, event: CanonicalEvent, atMs: number): number {
  const recent = (state.get<PrincipalState>(principalStateName)?.failures ?? []).filter(
    (at) => at <= atMs && at > atMs - ledgerConstants.failureWindowMs,
  );
  if (event.event_type === 'identity.session.mfa_challenged' && event.outcome === 'failure') {
    const principal = state.edit(principalStateName, empty);
    principal.failures = [...recent, atMs].slice(-ledgerConstants.failuresMax);
  }
  return recent.length;
}

function touch(state: StateView, event: CanonicalEvent, atMs: number): void {
  const { domain } = event;
  if (domain === undefined || domain === '__proto__' || !isTouching(event.event_type)) return;
  const before = state.get<PrincipalState>(principalStateName)?.touched;
  const principal = state.edit(principalStateName, empty);
  const touched = touchedIn(principal.touched);
  principal.touched = touched;
  if (before !== undefined) copiedTouches(touchedIn(before), touched);
  noteTouch(touched, domain, atMs);
  forgetTouches(touched, atMs - ledgerConstants.touchedWindowMs);
  if (touchedCount(touched) <= ledgerConstants.touchedMax) return;
  forgetFirst(touched);
  principal.evicted += 1;
}

function isTouching(eventType: string): boolean {
  for (const family of touchingFamilies) if (eventType.startsWith(family)) return true;
  return false;
}

function reachOf(
  state: StateView,
  event: CanonicalEvent,
  atMs: number,
  context: StepContext,
): FeatureOf<'reach'> {
  const stored = state.get<PrincipalState>(principalStateName)?.touched;
  const touched = stored === undefined ? undefined : touchedIn(stored);
  const oldestMs = atMs - ledgerConstants.touchedWindowMs;
  const names = touched === undefined ? [] : touchedSince(touched, oldestMs);
  const account = event.registrar_account;
  const admins =
    account === undefined ? undefined : context.inventory.account(event.tenant, account)?.admins?.length;
  const here =
    touched !== undefined && event.domain !== undefined && (touchedAt(touched, event.domain) ?? 0) > oldestMs;
  return {
    touched_72h: names.slice(0, reachListMax),
    ...(account === undefined
      ? {}
      : { domains: context.inventory.domainsOfAccount(event.tenant, account).length }),
    ...(admins === undefined ? {} : { admins }),
    factor: here ? 1 : admins !== undefined && admins <= 5 ? 0.5 : 0.2,
  };
}
