/** Exchange operations: which changes one call makes, and whose mailbox, delegate or role group it is about. */
import { setIdentity } from '../audit-draft.ts';
import { isTrue, loginOf, nameOf, type Fields } from '../audit-field.ts';
import { forwardingOf, forwardingType, type Forwarding, type NamedValues } from './forwarding.ts';
import type { EventDraft } from '../../contract/normaliser.ts';

/** One change of a call. `delegate`: who may act for the mailbox from now on, '' when nobody may any more. */
export interface OperationChange {
  readonly type: string;
  readonly forwarding?: Forwarding;
  readonly delegate?: string;
}

/**
 * The changes of one call, at least one. A single Set-Mailbox may forward mail, name a delegate and silence the audit of the
 * mailbox at once; every other operation is one change.
 */
export function operationChanges(
  name: string,
  operationType: string,
  parameters: NamedValues,
  outcome: EventDraft['outcome'],
): readonly OperationChange[] {
  const forwarding = forwardingOf(parameters);
  if (name === 'set-mailbox') return mailboxChanges(parameters, forwarding);
  if (operationType.startsWith('mail.rule.') || operationType === 'mail.settings.changed') {
    if (name === 'set-organizationconfig' && isTrue(parameters.get('AuditDisabled')))
      return [{ type: 'identity.log.tampered' }];
    const type = ruleType(operationType, parameters, forwarding);
    return [type.startsWith('mail.rule.') ? { type, forwarding } : { type }];
  }
  if (operationType === 'mail.account.delegate_added') {
    // An entry that denies gives nobody anything.
    if (isTrue(parameters.get('Deny'))) return [{ type: 'mail.settings.changed' }];
    const delegate = parameters.get('User') ?? parameters.get('Trustee');
    return [delegate === undefined ? { type: operationType } : { type: operationType, delegate }];
  }
  if (operationType === 'identity.log.tampered' && isLogKept(parameters))
    return [{ type: 'mail.settings.changed' }];
  if (operationType === 'identity.session.login_succeeded' && outcome === 'failure')
    return [{ type: 'identity.session.login_failed' }];
  return [{ type: operationType }];
}

function mailboxChanges(parameters: NamedValues, forwarding: Forwarding): readonly OperationChange[] {
  const changes: OperationChange[] = [];
  if (forwarding.present)
    changes.push({ type: forwardingType('mail.settings.changed', forwarding), forwarding });
  const delegate = parameters.get('GrantSendOnBehalfTo');
  if (delegate !== undefined) {
    const isNobody = nameOf(delegate) === undefined;
    changes.push({
      type: isNobody ? 'mail.settings.changed' : 'mail.account.delegate_added',
      delegate: isNobody ? '' : delegate,
    });
  }
  if (parameters.get('AuditEnabled')?.toLowerCase() === 'false')
    changes.push({ type: 'identity.log.tampered' });
  return changes.length > 0 ? changes : [{ type: 'mail.settings.changed' }];
}

/** A rule that Outlook takes away tells the actions it had. */
function ruleType(type: string, parameters: NamedValues, forwarding: Forwarding): string {
  const isGone = /^(?:remove|delete)/i.test(parameters.get('RuleOperation') ?? '');
  return isGone && forwarding.sends ? 'mail.rule.forwarding_removed' : forwardingType(type, forwarding);
}

/** True where the call switches a log on, or an exemption from it off. */
function isLogKept(parameters: NamedValues): boolean {
  return (
    isTrue(parameters.get('UnifiedAuditLogIngestionEnabled')) ||
    parameters.get('AuditBypassEnabled')?.toLowerCase() === 'false'
  );
}

/** Who may act for the mailbox, and how. */
export function describeDelegate(draft: EventDraft, delegate: string, parameters: NamedValues): void {
  const who = loginOf(lastSegment(delegate));
  draft.attribute = 'delegates';
  draft.old_known = false;
  if (delegate === '') draft.new_value = [];
  if (who === undefined) return;
  draft.new_value = who;
  setIdentity(draft, { target_user: who, target_role: nameOf(parameters.get('AccessRights')) });
}

/** Member and role group of the Exchange cmdlets; Update-RoleGroupMember names all members there are from now on. */
export function describeRoleGroup(draft: EventDraft, parameters: NamedValues): void {
  const members = (parameters.get('Members') ?? '')
    .split(';')
    .flatMap((each) => loginOf(lastSegment(each)) ?? []);
  const member = loginOf(lastSegment(parameters.get('Member') ?? parameters.get('User') ?? ''));
  setIdentity(draft, {
    target_user: member ?? (members.length === 1 ? members[0] : undefined),
    target_role: lastSegment(parameters.get('Identity') ?? parameters.get('Role') ?? ''),
  });
  if (members.length === 0) return;
  draft.attribute = 'members';
  draft.old_known = false;
  draft.new_value = members.toSorted();
}

/**
 * Mailbox and rule name. `…/GradyA\Rule` is rule and mailbox in one, `a@acme.example:\Inbox` mailbox and folder. An address
 * among the parameters goes before the alias of the object; an alias that is the actor's own becomes the actor's address.
 */
export function describeMailbox(
  draft: EventDraft,
  fields: Fields,
  parameters: NamedValues,
  operation: string | undefined,
): void {
  const owner = loginOf(fields['MailboxOwnerUPN']);
  const isMailboxOperation =
    operation !== undefined && /mailbox|inboxrule|recipientpermission|folderpermissions/.test(operation);
  const object = isMailboxOperation ? nameOf(fields['ObjectId'], 1024) : undefined;
  const [identity, ruleName] = partsOf(
    object ?? (isMailboxOperation ? parameters.get('Identity') : undefined),
  );
  const [named] = isMailboxOperation ? partsOf(parameters.get('Mailbox') ?? parameters.get('Identity')) : [];
  const alias = named?.includes('@') === true ? named : identity;
  const user = loginOf(fields['UserId']);
  const isOwn = alias !== undefined && user?.startsWith(`${alias.toLowerCase()}@`) === true;
  const mailbox = owner ?? (isOwn ? user : loginOf(alias));
  const rule =
    parameters.get('Name') ??
    parameters.get('RuleName') ??
    (operation?.includes('inboxrule') === true ? ruleName : undefined);
  if (mailbox === undefined && rule === undefined) return;
  draft.mail = { ...draft.mail };
  if (mailbox !== undefined) draft.mail.mailbox = mailbox;
  if (rule !== undefined) draft.mail.rule_name = rule.slice(0, 512);
}

/** What stands before and after the backslash of an identity; a colon before it belongs to neither. */
function partsOf(
  identity: string | undefined,
): readonly [name: string | undefined, part: string | undefined] {
  const segment = lastSegment(identity ?? '');
  const slash = segment?.indexOf('\\') ?? -1;
  if (segment === undefined || slash < 0) return [segment, undefined];
  return [nameOf(segment.slice(0, slash).replace(/:$/, '')), segment.slice(slash + 1)];
}

function lastSegment(path: string): string | undefined {
  return nameOf(path.slice(path.lastIndexOf('/') + 1), 512);
}
