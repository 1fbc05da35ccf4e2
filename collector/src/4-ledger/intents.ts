/**
 * Intents: an intent that names this object and this value approves a change; a bare window approves nothing; the right
 * name with another value is said (`feature.intent.mismatch`). Restoring the inventory's approved state needs no intent.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import { changeFacts } from '../contract/ledger.ts';
import type { ChangeFact } from '../contract/ledger.ts';
import type { Annotation, Annotator, DerivedDraft, StateView, StepContext } from '../contract/step.ts';
import type { EntityKey } from '../contract/step.ts';
import type { IntentChange } from '../contract/inventory.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { aliasControl } from '../leaf/approved-alias.ts';
import { isApprovedState } from '../leaf/approved-state.ts';
import { explainedDraft } from './attribution-drafts.ts';
import { describeChange } from './change-description.ts';
import { ledgerConstants } from './constants.ts';
import { isOneRecord } from './effective-value.ts';
import { editFact } from './facts.ts';
import { judge, unusedChanges, usesOf, validDuring } from './intent-match.ts';
import type { Candidate, IntentVerdict, StoredIntent } from './intent-match.ts';
import { intentsStateName, knownIntents, markUsed, pruneIntents, storeIntent } from './intent-store.ts';
import { isOutside } from './witnesses.ts';

const expiryTimer = 'expire/';

/** Annotator that sets `approval_state` of changes of a domain and corrects it when an intent comes late. */
export const domainIntents: Annotator = {
  name: 'intents',
  scope: 'domain',
  wants: ['registrar.domain.', 'dns.', 'dnsquery.answer.'],
  step(state, message, context, key) {
    if (message.kind === 'intent') {
      const stored = storeIntent(state, message.intent, message.timeMs, key);
      return stored === undefined ? {} : welcome(state, stored, context);
    }
    return message.kind === 'event' ? approve(state, message.event, message.timeMs, context) : {};
  },
  bounded: [intentsStateName],
  timersOf: expiryTimers,
  due: expire,
};

/** Timer of an intent: says that it ended unused, then forgets it after some days. Shared by all scopes. */
export function expire(state: StateView, timer: string, _key: EntityKey, context: StepContext): Annotation {
  const id = timer.slice(expiryTimer.length);
  const intent = knownIntents(state).find((stored) => stored.id === id);
  pruneIntents(state, context.nowMs);
  if (intent === undefined || context.nowMs >= intent.untilMs + ledgerConstants.intentKeepMs) return {};
  const later = { name: timer, atMs: intent.untilMs + ledgerConstants.intentKeepMs + 1 };
  const unused = unusedChanges(intent);
  return unused.length === 0
    ? { timers: [later] }
    : { derived: [unusedDraft(intent, unused)], timers: [later] };
}

const namedMax = 64;

function unusedDraft(intent: StoredIntent, unused: readonly IntentChange[]): DerivedDraft {
  const all = unused.length === intent.changes.length;
  return {
    event_type: 'change.request.closed',
    key: ['unused', intent.id],
    attribute: 'unused',
    change_request_id: intent.id,
    new_value: all
      ? 'expired unused'
      : `expired with ${String(unused.length)} of ${String(intent.changes.length)} changes unused`,
    old_known: false,
    source: { unused_changes: unused.slice(0, namedMax).map(changeText) },
  };
}

/** A change in words: action, object, value. */
function changeText({ action, name, type, attribute, object, new: value }: IntentChange): string {
  const about = [name, type, attribute, object].filter((part) => part !== undefined);
  const text = typeof value === 'string' ? value : value === undefined ? 'any value' : canonicalJson(value);
  return `${[action, ...about].join(' ')}: ${text}`.slice(0, 512);
}

/** Timer that ends an intent: half an hour after it, so that slow witnesses can still report. */
export function expiryTimerOf(intent: StoredIntent): { name: string; atMs: number } {
  return { name: expiryTimer + intent.id, atMs: intent.untilMs + 3 * ledgerConstants.explainPushMs };
}

/** Names of the timers of the intents of an entity. */
export function expiryTimers(state: StateView): string[] {
  return knownIntents(state).map(({ id }) => expiryTimer + id);
}

function welcome(state: StateView, intent: StoredIntent, context: StepContext): Annotation {
  const derived: DerivedDraft[] = [];
  changeFacts(state).forEach((fact, index) => {
    if (fact.approval === 'approved' || !validDuring(intent, fact.earliestMs, fact.atMs)) return;
    noteAliasIntent(state, index, candidateOf(fact));
    const verdict = judge([intent], candidateOf(fact));
    if (verdict.matched === undefined) return;
    const edited = editFact(state, index);
    if (edited === undefined) return;
    edited.approval = 'approved';
    edited.intent = intent.id;
    edited.explainedBy ??= intent.id;
    if (edited.missing === 'stated') edited.missing = 'withdrawn';
    derived.push(explainedDraft(edited, intent.id, true));
    for (const use of usesOf([intent], candidateOf(fact))) markUsed(state, use);
  });
  const timer = expiryTimerOf(intent);
  return { derived, timers: [{ ...timer, atMs: Math.max(timer.atMs, context.nowMs) }] };
}

function candidateOf(fact: ChangeFact) {
  const values = fact.value === null && fact.old === undefined ? [] : [fact.value];
  return { control: fact.control, values, atMs: fact.atMs, earliestMs: fact.earliestMs };
}

function approve(state: StateView, event: CanonicalEvent, atMs: number, context: StepContext): Annotation {
  const described = describeChange(event);
  const factId = event.change_fact_id;
  if (described === undefined || factId === undefined) return {};
  const index = changeFacts(state).findLastIndex((fact) => fact.id === factId);
  const fact = changeFacts(state)[index];
  if (fact === undefined) return {};
  const domain =
    event.domain === undefined ? undefined : context.inventory.domain(event.tenant, event.domain);
  const values = described.value === undefined ? [] : [fact.value, described.value];
  const restoring = values.some((value) =>
    isApprovedState(fact.control, value, domain, isOutside(event.source_kind)),
  );
  const candidate: Candidate = {
    control: fact.control,
    values,
    atMs: Math.max(fact.atMs, fact.earliestMs),
    earliestMs: Math.min(fact.earliestMs, atMs),
    ...stepOf(event),
  };
  const verdict = judge(knownIntents(state), candidate);
  const approved = verdict.matched !== undefined || restoring || fact.approval === 'approved';
  if (verdict.matched !== undefined)
    for (const use of usesOf(knownIntents(state), candidate)) markUsed(state, use);
  if (approved && fact.approval !== 'approved') {
    const edited = editFact(state, index);
    if (edited !== undefined) {
      edited.approval = 'approved';
      edited.intent = verdict.matched?.id ?? 'approved_state';
    }
  }
  noteAliasIntent(state, index, candidate);
  const before = alreadyApproved(event);
  return {
    fields: {
      approval_state: approved || before ? 'approved' : unapproved(event.tenant, context),
      ...(verdict.matched === undefined || event.change_request_id !== undefined
        ? {}
        : { change_request_id: verdict.matched.id }),
    },
    features: { intent: intentFeature(verdict, approved, restoring, fact) },
  };
}

/** The alias that led to these addresses may be planned although they are not: who moves a name to a network names the alias. */
function noteAliasIntent(state: StateView, index: number, { atMs, earliestMs }: Candidate): void {
  const fact = changeFacts(state)[index];
  const control = fact === undefined ? undefined : aliasControl(fact.control);
  if (fact?.alias === undefined || fact.aliasIntent !== undefined || control === undefined) return;
  const verdict = judge(knownIntents(state), { control, values: [[fact.alias]], atMs, earliestMs });
  if (verdict.matched === undefined) return;
  const edited = editFact(state, index);
  if (edited !== undefined) edited.aliasIntent = verdict.matched.id;
}

/** While the change system is silent nobody knows whether the change was approved there (3.2). */
function unapproved(tenant: string, { sources, nowMs }: StepContext): 'not_found' | 'not_checked' {
  return sources.status(tenant, 'change_mgmt', nowMs)?.alive === false ? 'not_checked' : 'not_found';
}

/** What an event about one record adds to and removes from the set. */
function stepOf(event: CanonicalEvent): Pick<Candidate, 'step'> {
  if (!isOneRecord(event)) return {};
  const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  return {
    step: {
      added: event.added ?? listOf(event.new_value),
      removed: event.removed ?? listOf(event.old_value),
    },
  };
}

function alreadyApproved(event: CanonicalEvent): boolean {
  const intent = event.feature?.['intent'] as FeatureOf<'intent'> | undefined;
  return event.approval_state === 'approved' && intent?.matched !== undefined;
}

function intentFeature(
  verdict: IntentVerdict,
  approved: boolean,
  restoring: boolean,
  fact: ChangeFact,
): FeatureOf<'intent'> {
  const matched = verdict.matched?.id ?? (restoring ? 'approved_state' : approved ? fact.intent : undefined);
  return {
    ...(matched === undefined ? {} : { matched }),
    mismatch: !approved && verdict.mismatch !== undefined,
    ...(!approved && verdict.mismatch !== undefined ? { mismatch_id: verdict.mismatch.id } : {}),
    window_only: !approved && verdict.windowOnly,
    restoring,
    ...(verdict.isStep === true ? { step: true } : {}),
    emergency: verdict.matched?.emergency ?? false,
    late: verdict.matched !== undefined && verdict.matched.knownMs > fact.atMs,
    outside_window: !verdict.anyValid,
  };
}
