/** Approval of changes of an account or a principal: tokens, delegates, roles, factors, passwords, contact mailboxes. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { IntentChange } from '../contract/inventory.ts';
import type { Annotation, Annotator, Scope, StateView } from '../contract/step.ts';
import { validDuring } from './intent-match.ts';
import type { IntentUse, StoredIntent } from './intent-match.ts';
import { intentsStateName, knownIntents, markUsed, storeIntent } from './intent-store.ts';
import { expire, expiryTimerOf, expiryTimers } from './intents.ts';

type Row = readonly [action: IntentChange['action'], value: string];

const rows: Readonly<Record<string, Row>> = {
  'registrar.account.api_token_created': ['token', 'created'],
  'registrar.account.api_token_revoked': ['token', 'revoked'],
  'dns.provider.api_token_created': ['token', 'created'],
  'dns.provider.api_token_revoked': ['token', 'revoked'],
  'identity.token.created': ['token', 'created'],
  'identity.token.revoked': ['token', 'revoked'],
  'registrar.account.delegate_added': ['delegate', 'added'],
  'registrar.account.delegate_removed': ['delegate', 'removed'],
  'dns.provider.member_added': ['delegate', 'added'],
  'dns.provider.member_removed': ['delegate', 'removed'],
  'registrar.account.role_changed': ['role', 'changed'],
  'identity.role.granted': ['role', 'granted'],
  'identity.role.revoked': ['role', 'revoked'],
  'identity.group.member_added': ['role', 'granted'],
  'identity.group.member_removed': ['role', 'revoked'],
  'registrar.account.mfa_enabled': ['mfa', 'enabled'],
  'registrar.account.mfa_disabled': ['mfa', 'disabled'],
  'registrar.account.mfa_reset': ['mfa', 'reset'],
  'identity.user.mfa_enrolled': ['mfa', 'enabled'],
  'identity.user.mfa_removed': ['mfa', 'disabled'],
  'identity.user.mfa_reset': ['mfa', 'reset'],
  'registrar.account.password_changed': ['password', 'changed'],
  'registrar.account.password_reset_requested': ['password', 'reset'],
  'identity.user.password_changed': ['password', 'changed'],
  'identity.user.password_reset': ['password', 'reset'],
  'registrar.account.recovery_contact_changed': ['contact_mailbox', 'changed'],
  'registrar.account.recovery_started': ['account', 'recovery'],
  'registrar.support.request_opened': ['account', 'support'],
};

const synonyms: Readonly<Record<string, string>> = {
  added: 'created',
  granted: 'created',
  removed: 'revoked',
  deleted: 'revoked',
};

function plainWord(value: unknown): string {
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  return Object.hasOwn(synonyms, word) ? (synonyms[word] ?? word) : word;
}

function objectsOf(event: CanonicalEvent): string[] {
  const texts = [
    event.token_id,
    event.attribute,
    event.identity?.target_user,
    event.identity?.target_role,
    event.identity?.target_group,
    typeof event.new_value === 'string' ? event.new_value : undefined,
    typeof event.old_value === 'string' ? event.old_value : undefined,
  ];
  return texts.filter((text) => text !== undefined).map((text) => text.toLowerCase());
}

function covers(
  change: IntentChange,
  event: CanonicalEvent,
  row: Row,
): 'yes' | 'other value' | 'no value' | 'no' {
  if (change.action !== row[0]) return 'no';
  if (change.object !== undefined && !objectsOf(event).includes(change.object.toLowerCase())) return 'no';
  if (change.new === undefined) return 'no value';
  const wanted = plainWord(change.new);
  const told = typeof event.new_value === 'string' ? event.new_value.toLowerCase() : undefined;
  return wanted === plainWord(row[1]) || wanted === told ? 'yes' : 'other value';
}

function approve(state: StateView, event: CanonicalEvent, atMs: number): Annotation {
  const row = Object.hasOwn(rows, event.event_type) ? rows[event.event_type] : undefined;
  if (row === undefined || event.outcome === 'attempt' || event.outcome === 'failure') return {};
  const earlier = event.feature?.['intent'] as FeatureOf<'intent'> | undefined;
  if (earlier?.matched !== undefined) return {};
  let matched: StoredIntent | undefined;
  const uses: IntentUse[] = [];
  let mismatch: StoredIntent | undefined;
  let windowOnly = false;
  let anyValid = false;
  for (const intent of knownIntents(state)) {
    if (!validDuring(intent, atMs, atMs)) continue;
    anyValid = true;
    for (const [place, change] of intent.changes.entries()) {
      const verdict = covers(change, event, row);
      if (verdict === 'yes') {
        uses.push({ intent: intent.id, place });
        matched ??= intent;
      } else if (verdict === 'other value') mismatch ??= intent;
      else if (verdict === 'no value') windowOnly = true;
    }
  }
  for (const use of uses) markUsed(state, use);
  const intent: FeatureOf<'intent'> = {
    ...(matched === undefined ? {} : { matched: matched.id }),
    mismatch: matched === undefined && (mismatch !== undefined || earlier?.mismatch === true),
    ...(matched === undefined && mismatch !== undefined ? { mismatch_id: mismatch.id } : {}),
    window_only: matched === undefined && windowOnly,
    emergency: matched?.emergency ?? false,
    outside_window: !anyValid && earlier?.outside_window !== false,
  };
  return {
    fields: {
      approval_state: matched === undefined ? 'not_found' : 'approved',
      ...(matched === undefined || event.change_request_id !== undefined
        ? {}
        : { change_request_id: matched.id }),
    },
    features: { intent },
  };
}

function intentsOf(scope: Scope): Annotator {
  return {
    name: 'intents',
    scope,
    wants: ['registrar.account.', 'registrar.support.', 'dns.provider.', 'identity.'],
    step(state, message, context, key) {
      if (message.kind === 'event') return approve(state, message.event, message.timeMs);
      if (message.kind !== 'intent') return {};
      const stored = storeIntent(state, message.intent, message.timeMs, key);
      if (stored === undefined) return {};
      const timer = expiryTimerOf(stored);
      return { timers: [{ ...timer, atMs: Math.max(timer.atMs, context.nowMs) }] };
    },
    bounded: [intentsStateName],
    timersOf: expiryTimers,
    due: expire,
  };
}

/** Annotator for changes that an intent names with `principal:`. */
export const principalIntents: Annotator = intentsOf('principal');
/** Annotator for changes that an intent names with `account:`. */
export const accountIntents: Annotator = intentsOf('account');
