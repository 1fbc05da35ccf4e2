/** What kind of control a piece of evidence touches: the words in which the severity overrides are written. */
import type { Evidence, FindingContext, FindingDraft } from '../contract/finding.ts';

/** Classes of control-plane change. `unlock` covers transfer and registry locks; `transfer` every step towards another holder. */
export const changeClasses = [
  'delegation',
  'ds_removal',
  'ds',
  'mx',
  'apex',
  'unlock',
  'transfer',
  'holder',
  'claimed',
  'mfa',
  'ttl',
] as const;

/** One class of control-plane change. */
export type ChangeClass = (typeof changeClasses)[number];

const byEventType: Readonly<Record<string, readonly ChangeClass[]>> = {
  'registrar.domain.nameservers_changed': ['delegation'],
  'registrar.domain.glue_changed': ['delegation'],
  'registrar.domain.ds_added': ['ds'],
  'registrar.domain.ds_removed': ['ds', 'ds_removal'],
  'registrar.domain.ds_changed': ['ds'],
  'registrar.domain.lock_disabled': ['unlock'],
  'registrar.domain.registry_lock_disabled': ['unlock'],
  'registrar.domain.auth_code_requested': ['transfer'],
  'registrar.domain.auth_code_changed': ['transfer'],
  'registrar.domain.transfer_requested': ['transfer'],
  'registrar.domain.transfer_approved': ['transfer'],
  'registrar.domain.transfer_completed': ['transfer', 'holder'],
  'registrar.domain.registrar_changed': ['transfer', 'holder'],
  'registrar.domain.account_moved': ['transfer', 'holder'],
  'dns.zone.claimed_elsewhere': ['claimed'],
  'dns.record.ttl_changed': ['ttl'],
  'registrar.account.mfa_disabled': ['mfa'],
  'registrar.account.mfa_reset': ['mfa'],
  'identity.user.mfa_removed': ['mfa'],
  'identity.user.mfa_reset': ['mfa'],
};

const byAttribute: Readonly<Record<string, readonly ChangeClass[]>> = {
  nameservers: ['delegation'],
  glue: ['delegation'],
  ds: ['ds'],
  registrar: ['transfer', 'holder'],
  account: ['transfer', 'holder'],
};

const valueChanges = new Set([
  'dns.record.created',
  'dns.record.updated',
  'dns.record.deleted',
  'dnsquery.answer.changed',
  'derived.attribution.missing',
]);
const addressTypes = new Set(['A', 'AAAA', 'CNAME', 'ALIAS', 'ANAME', 'HTTPS', 'SVCB']);

function items(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Words from outside may be `constructor`: only what stands in the table counts. */
function own(table: Readonly<Record<string, readonly ChangeClass[]>>, word: string): readonly ChangeClass[] {
  return Object.hasOwn(table, word) ? (table[word] ?? []) : [];
}

/** A replacement that keeps no old DS takes the chain of trust away from validators just as a removal does. */
function losesEveryDs(evidence: Evidence): boolean {
  const before = items(evidence.old_value);
  const after = new Set(items(evidence.new_value));
  return before.length > 0 && before.every((ds) => !after.has(ds));
}

function losesTransferLock(evidence: Evidence): boolean {
  const after = new Set(items(evidence.new_value));
  return items(evidence.old_value).some(
    (status) => /TransferProhibited$/i.test(status) && !after.has(status),
  );
}

/** Answers that stop coming lead nobody anywhere: an outage, not a redirection. A deletion that a log tells is another matter. */
function onlyVanished(evidence: Evidence): boolean {
  const seen =
    evidence.event_type === 'dnsquery.answer.changed' || evidence.event_type.startsWith('derived.');
  return seen && Array.isArray(evidence.new_value) && evidence.new_value.length === 0;
}

/** Classes of one piece of evidence, in the order of `changeClasses`; empty for everything that is no control-plane change. */
export function classesOf(evidence: Evidence): ChangeClass[] {
  const found = new Set<ChangeClass>(own(byEventType, evidence.event_type));
  if (evidence.event_type === 'derived.attribution.missing' && evidence.attribute !== undefined)
    for (const each of own(byAttribute, evidence.attribute)) found.add(each);
  if (evidence.attribute === 'statuses' && losesTransferLock(evidence)) found.add('unlock');
  if (found.has('ds') && losesEveryDs(evidence)) found.add('ds_removal');
  if (valueChanges.has(evidence.event_type) && !onlyVanished(evidence)) {
    if (evidence.record_type === 'MX') found.add('mx');
    const atApex = evidence.domain !== undefined && evidence.record_name === evidence.domain;
    if (atApex && addressTypes.has(evidence.record_type ?? '')) found.add('apex');
  }
  return changeClasses.filter((each) => found.has(each));
}

/** Every class among the evidence of a finding; with `unapproved` only evidence that no approval covers. */
export function classesOfDraft(draft: FindingDraft, unapproved: boolean): ReadonlySet<ChangeClass> {
  const found = new Set<ChangeClass>();
  for (const evidence of draft.evidence) {
    if (unapproved && evidence.approval_state === 'approved') continue;
    for (const each of classesOf(evidence)) found.add(each);
  }
  return found;
}

/** True when the only thing that changed is how long resolvers may keep the value. */
export function isTtlOnly(context: FindingContext): boolean {
  return (
    context.event_types.length > 0 && context.event_types.every((type) => type === 'dns.record.ttl_changed')
  );
}

const controlPlane: ReadonlySet<ChangeClass> = new Set([
  'delegation',
  'ds_removal',
  'ds',
  'unlock',
  'transfer',
  'holder',
  'claimed',
  'mfa',
]);

/** True for delegation, DS, lock, transfer and second-factor changes: classes one person alone may never hide. */
export function isControlPlane(classes: ReadonlySet<ChangeClass>): boolean {
  for (const each of classes) if (controlPlane.has(each)) return true;
  return false;
}

const noWindow: readonly ChangeClass[] = ['delegation', 'ds', 'mx', 'unlock', 'transfer'];

/** True for changes that neither a time window nor a deployment id excuses: only a record-level approval does. */
export function needsRecordApproval(classes: ReadonlySet<ChangeClass>): boolean {
  return noWindow.some((each) => classes.has(each));
}
