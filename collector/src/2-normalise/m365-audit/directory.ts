/** Directory records (AzureActiveDirectory workload) of the unified audit log: actors, targets, modified properties. */
import { setIdentity } from '../audit-draft.ts';
import { fieldsOf, listOf, loginOf, nameOf, numberOf, textOf, type Fields } from '../audit-field.ts';
import { parseJsonText } from '../json-record.ts';
import { propertyValue, type ModifiedProperty } from '../microsoft-activity.ts';
import type { NamedValues } from './forwarding.ts';
import type { EventDraft } from '../../contract/normaliser.ts';

/** IdentityTypes of `Actor` and `Target` entries: 1 name, 2 directory object, 3 PUID, 4 SPN, 5 UPN. */
export function identityOfType(list: unknown, type: number): string | undefined {
  for (const each of listOf(list)) {
    const entry = fieldsOf(each);
    if (entry !== undefined && numberOf(entry['Type']) === type) {
      const id = nameOf(entry['ID'], 512);
      if (id !== undefined) return id;
    }
  }
  return undefined;
}

/** All `ModifiedProperties`. This log writes an empty text both for "was empty" and for "not told": unknown then. */
export function m365Properties(record: Fields): readonly ModifiedProperty[] {
  const found: ModifiedProperty[] = [];
  for (const each of listOf(record['ModifiedProperties'])) {
    const property = fieldsOf(each);
    const name = textOf(property?.['Name'], 256);
    if (property === undefined || name === undefined) continue;
    const before = valueText(property['OldValue']);
    found.push({
      name,
      oldText: before === '' ? undefined : before,
      newText: valueText(property['NewValue']),
    });
  }
  return found;
}

function valueText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? undefined : JSON.stringify(value);
}

/** User agent of a directory record: an extended property, or inside the JSON text of `additionalDetails`. */
export function userAgentOf(record: Fields, extended: NamedValues): string | undefined {
  const direct =
    nameOf(extended.get('UserAgent')) ?? nameOf(record['UserAgent']) ?? nameOf(record['ClientInfoString']);
  const details = extended.get('additionalDetails');
  if (
    direct !== undefined ||
    details === undefined ||
    !details.includes('"User-Agent"') ||
    details.length > 16_384
  )
    return direct;
  const parsed = parseJsonText(details);
  return parsed.ok ? nameOf(fieldsOf(parsed.value)?.['User-Agent']) : undefined;
}

/** Who or what a directory operation was about. */
export function describeDirectoryTarget(
  draft: EventDraft,
  record: Fields,
  properties: readonly ModifiedProperty[],
): void {
  const type = draft.event_type;
  const upn = identityOfType(record['Target'], 5);
  const object = nameOf(record['ObjectId'], 1024);
  const isPerson = type.startsWith('identity.user.') || type.startsWith('identity.session.');
  const fallback = isPerson || type.startsWith('identity.role.') ? object : undefined;
  const isSignIn = type.startsWith('identity.session.login') || type === 'identity.session.mfa_challenged';
  const label = identityOfType(record['Target'], 1);
  const user = isSignIn
    ? loginOf(record['UserId'])
    : (loginOf(upn) ?? (fallback?.includes('@') === true ? loginOf(fallback) : undefined));
  setIdentity(draft, {
    target_user: user,
    target_role: type.startsWith('identity.role.')
      ? (changed(properties, 'Role.DisplayName') ??
        changed(properties, 'AppRole.Value') ??
        (draft.event_type_original?.toLowerCase().includes('owner') === true ? 'owner' : undefined))
      : undefined,
    target_group: changed(properties, 'Group.DisplayName'),
    app: isSignIn
      ? nameOf(record['ApplicationId'], 128)
      : (grantedApp(type, properties) ??
        changed(properties, 'Application.DisplayName') ??
        (isNamedApp(type, user) ? label : undefined)),
    policy: type === 'identity.policy.changed' ? label : undefined,
  });
}

/** Of a permission or a consent the application that got it: the target is the one it may now use. */
function grantedApp(type: string, properties: readonly ModifiedProperty[]): string | undefined {
  return type.startsWith('identity.role.') || type === 'identity.app.consented'
    ? changed(properties, 'ServicePrincipal.DisplayName')
    : undefined;
}

/** What a target without a login is: an application, unless the operation is about a domain or a policy. */
function isNamedApp(type: string, user: string | undefined): boolean {
  const isOther =
    type === 'identity.policy.changed' ||
    type === 'identity.federation.changed' ||
    type === 'identity.tenant_domain.changed';
  return user === undefined && !isOther;
}

function changed(properties: readonly ModifiedProperty[], name: string): string | undefined {
  for (const property of properties) {
    if (property.name !== name) continue;
    const value = propertyValue(property.newText) ?? propertyValue(property.oldText);
    return typeof value === 'string' ? nameOf(value) : undefined;
  }
  return undefined;
}

/** The one change of an operation that lists several properties of it: a role, a member, a secret, a consent. */
export function describeDirectoryChange(draft: EventDraft, properties: readonly ModifiedProperty[]): void {
  const named = wholeChange(draft.event_type);
  if (named === undefined) return;
  const [attribute, propertyNames] = named;
  draft.attribute = attribute;
  draft.old_known = false;
  const property = properties.find((each) => propertyNames.includes(each.name));
  if (property !== undefined) {
    setM365Change(draft, property);
    return;
  }
  const role = draft.event_type.startsWith('identity.role.') ? draft.identity?.target_role : undefined;
  if (role === undefined) return;
  if (draft.event_type.endsWith('revoked')) draft.removed = [role];
  else draft.new_value = role;
}

/** Sets new value, and old value where the log tells it. */
export function setM365Change(draft: EventDraft, property: ModifiedProperty): void {
  draft.new_value = propertyValue(property.newText);
  draft.old_known = property.oldText !== undefined && property.oldText !== null;
  if (draft.old_known) draft.old_value = propertyValue(property.oldText);
}

function wholeChange(type: string): readonly [attribute: string, properties: readonly string[]] | undefined {
  if (type.startsWith('identity.role.')) return ['roles', ['Role.DisplayName', 'AppRole.Value']];
  if (type.startsWith('identity.group.member_')) return ['group', ['Group.DisplayName']];
  if (type.startsWith('identity.token.')) return ['credentials', ['KeyDescription']];
  if (type === 'identity.app.consented')
    return ['permissions', ['DelegatedPermissionGrant.Scope', 'ConsentAction.Permissions']];
  return undefined;
}
