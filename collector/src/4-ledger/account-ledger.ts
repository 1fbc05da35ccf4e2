/** The account ledger: second factor, recovery, delegates, sessions at the registrar. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import { accountStateName } from '../contract/ledger.ts';
import type { AccountState } from '../contract/ledger.ts';
import type { InventoryAccount, InventoryDomain } from '../contract/inventory.ts';
import { limits } from '../contract/limits.ts';
import type { Annotator, DerivedDraft, StateView } from '../contract/step.ts';
import { formatInstant } from '../leaf/time.ts';
import { ledgerConstants } from './constants.ts';

const resetTypes = new Set([
  'registrar.account.mfa_disabled',
  'registrar.account.mfa_reset',
  'registrar.account.password_reset_requested',
  'registrar.account.recovery_started',
]);
const recoveryTypes = new Set([
  'registrar.account.password_reset_requested',
  'registrar.account.recovery_started',
  'registrar.account.recovery_contact_changed',
]);

/** Annotator of an account's own state; adds `feature.mfa` and `feature.recovery`. */
export const accountLedger: Annotator = {
  name: 'account',
  scope: 'account',
  wants: ['registrar.', 'dns.', 'mail.notice.received'],
  bounded: [accountStateName],
  step(state, message, context, key) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const inventory = context.inventory.account(message.tenant, key.id);
    const features: Record<string, unknown> = { mfa: mfaOf(state, event, timeMs, inventory) };
    const recoveryMs = state.get<AccountState>(accountStateName)?.recoveryMs;
    const checked = recoveryMs === undefined ? {} : { checked_at: formatInstant(recoveryMs) };
    if (recoveryTypes.has(event.event_type))
      features['recovery'] = { ...recoveryOf(event, inventory), ...checked };
    else if (recoveryMs !== undefined) features['recovery'] = checked;
    const before = state.get<AccountState>(accountStateName)?.mfa?.[0];
    if (event.event_type.startsWith('registrar.')) note(state, event, timeMs);
    const factor = state.get<AccountState>(accountStateName)?.mfa?.[0];
    if (factor === undefined || factor === before) return { features };
    return {
      features,
      derived: factorNews(event, factor, context.inventory.domainsOfAccount(message.tenant, key.id)),
    };
  },
};

/**
 * The second factor of an account is part of the score of its names: the most important of them are told at once, the
 * others with the next event about them.
 */
function factorNews(
  event: CanonicalEvent,
  factor: string,
  domains: readonly InventoryDomain[],
): DerivedDraft[] {
  return domains
    .toSorted((a, b) => (a.tier ?? 0) - (b.tier ?? 0) || (a.domain < b.domain ? -1 : 1))
    .slice(0, limits.groupFanOutMax)
    .map(({ domain }) => ({
      event_type: 'derived.control_score.changed',
      key: ['factor', event.event_id, domain],
      domain,
      attribute: 'account_mfa',
      approval_state: event.approval_state,
      feature: { mfa: { account_kind: factor } },
      links: [{ rel: 'caused_by', event_id: event.event_id }],
    }));
}

function mfaOf(
  state: StateView,
  event: CanonicalEvent,
  atMs: number,
  inventory: InventoryAccount | undefined,
): FeatureOf<'mfa'> {
  const known = state.get<AccountState>(accountStateName);
  const before = event.feature?.['mfa'] as FeatureOf<'mfa'> | undefined;
  const own = known?.mfa?.[0] ?? inventory?.mfa;
  const session = event.mfa === undefined || event.mfa === 'unknown' ? own : event.mfa;
  const reset = known?.resets.some((at) => at <= atMs && at > atMs - ledgerConstants.resetWindowMs) ?? false;
  return {
    ...before,
    reset_72h: reset || before?.reset_72h === true,
    ...(session === undefined || session === 'unknown' ? {} : { absent: session === 'none' }),
    ...(known?.mfa === undefined ? {} : { account_kind: known.mfa[0] }),
  };
}

function recoveryOf(event: CanonicalEvent, inventory: InventoryAccount | undefined): FeatureOf<'recovery'> {
  const mailbox = event.mail?.mailbox?.toLowerCase();
  const onFile = inventory?.contact_mailboxes?.map((address) => address.toLowerCase());
  if (mailbox === undefined || onFile === undefined) return { known: false };
  return { known: true, target_on_file: onFile.includes(mailbox) };
}

function note(state: StateView, event: CanonicalEvent, atMs: number): void {
  if (event.outcome === 'failure' || event.outcome === 'attempt') return;
  const edit = () =>
    state.edit<AccountState>(accountStateName, () => ({ resets: [], delegates: {}, evicted: 0 }));
  const type = event.event_type;
  if (type === 'registrar.session.login_succeeded') {
    const account = edit();
    account.sessionMs = Math.max(account.sessionMs ?? 0, atMs);
  }
  if (resetTypes.has(type)) {
    const account = edit();
    account.resets.push(atMs);
    if (account.resets.length > ledgerConstants.resetsMax) account.resets.shift();
  }
  if (type === 'registrar.account.mfa_disabled') edit().mfa = ['none', atMs];
  if (type === 'registrar.account.mfa_reset') edit().mfa = ['unknown', atMs];
  if (type === 'registrar.account.mfa_enabled') edit().mfa = [event.identity?.factor ?? 'unknown', atMs];
  // Whoever changes it without approval may be the one it should keep out.
  if (type === 'registrar.account.recovery_contact_changed' && event.approval_state === 'approved')
    edit().recoveryMs = atMs;
  const delegate = event.identity?.target_user;
  if (delegate === undefined || delegate === '__proto__') return;
  if (type === 'registrar.account.delegate_added') addDelegate(edit(), delegate, atMs);
  if (type === 'registrar.account.delegate_removed') delete edit().delegates[delegate];
}

function addDelegate(account: AccountState, delegate: string, atMs: number): void {
  account.delegates[delegate] = atMs;
  const names = Object.keys(account.delegates);
  if (names.length <= ledgerConstants.delegatesMax) return;
  const oldest = names.reduce((a, b) => ((account.delegates[b] ?? 0) < (account.delegates[a] ?? 0) ? b : a));
  delete account.delegates[oldest];
  account.evicted += 1;
}
