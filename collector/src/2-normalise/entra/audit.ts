/** Entra directory audits: initiatedBy, targetResources and their modifiedProperties. */
import { setIdentity, type AuditActor } from '../audit-draft.ts';
import {
  addressOf,
  fieldsOf,
  fieldsOrNone,
  listOf,
  loginOf,
  nameOf,
  textOf,
  type Fields,
} from '../audit-field.ts';
import { propertyValue, tenantDomain, type ModifiedProperty } from '../microsoft-activity.ts';
import type { EntraItem } from './envelope.ts';
import type { CanonicalEvent } from '../../contract/event.ts';
import type { EventDraft } from '../../contract/normaliser.ts';

/** Outcome of `result`, of the item or else of its envelope, in any case; unknown for any other word. */
export function auditOutcome(found: EntraItem): CanonicalEvent['outcome'] {
  const { item, envelope } = found;
  const word = item['result'] ?? envelope['result'] ?? envelope['resultType'];
  switch (typeof word === 'string' ? word.toLowerCase() : '') {
    case 'success':
      return 'success';
    case 'failure':
    case 'failed':
    case 'timeout':
      return 'failure';
    default:
      return 'unknown';
  }
}

/** Who acted: the user, else the application; an empty `initiatedBy` is the directory itself and stays unknown. */
export function auditActor(found: EntraItem): AuditActor {
  const { item, envelope } = found;
  const initiator = fieldsOrNone(item['initiatedBy']);
  const user = fieldsOf(initiator['user']);
  const login = user === undefined ? undefined : (loginOf(user['userPrincipalName']) ?? nameOf(user['id']));
  if (user !== undefined && login !== undefined)
    return {
      realm: 'entra',
      id: login,
      type: 'user',
      origin: isForeign(nameOf(user['homeTenantId'], 64), nameOf(envelope['tenantId'], 64))
        ? 'third_party'
        : 'customer',
      name: nameOf(user['displayName']),
      email: login.includes('@') ? login : undefined,
    };
  const app = fieldsOf(initiator['app']);
  const id =
    app === undefined
      ? undefined
      : (nameOf(app['servicePrincipalId']) ?? nameOf(app['appId']) ?? nameOf(app['displayName']));
  if (app === undefined || id === undefined) return { realm: 'entra', type: 'unknown', origin: 'unknown' };
  return { realm: 'entra', id, type: 'service', origin: 'customer', name: nameOf(app['displayName']) };
}

/** True for a user of another tenant, such as the partner's administrator; where either is not told, nobody is foreign. */
function isForeign(home: string | undefined, tenant: string | undefined): boolean {
  return home !== undefined && tenant !== undefined && home.toLowerCase() !== tenant.toLowerCase();
}

/** Address and user agent, which the log spreads over initiator, envelope and `additionalDetails`. */
export function describeCaller(draft: EventDraft, found: EntraItem): void {
  const { item, envelope } = found;
  const user = fieldsOrNone(fieldsOrNone(item['initiatedBy'])['user']);
  const ip =
    addressOf(user['ipAddress']) ??
    addressOf(envelope['callerIpAddress']) ??
    addressOf(detail(item, 'ipaddr'));
  if (ip !== undefined) draft.source_ip = ip;
  const agent = nameOf(item['userAgent']) ?? nameOf(detail(item, 'User-Agent'));
  if (agent !== undefined) draft.user_agent = agent;
}

/** Value of a key in `additionalDetails`; undefined when absent. */
export function detail(item: Fields, key: string): unknown {
  for (const each of listOf(item['additionalDetails'])) {
    const pair = fieldsOf(each);
    if (pair?.['key'] === key) return pair['value'];
  }
  return undefined;
}

/** All modified properties of all targets, in the log's order. Absent old value (undefined) differs from null. */
export function modifiedProperties(item: Fields): readonly ModifiedProperty[] {
  const found: ModifiedProperty[] = [];
  for (const each of listOf(item['targetResources'])) {
    for (const entry of listOf(fieldsOrNone(each)['modifiedProperties'])) {
      const property = fieldsOf(entry);
      const name = textOf(property?.['displayName'], 256);
      if (property === undefined || name === undefined) continue;
      found.push({
        name,
        oldText: valueText(property['oldValue']),
        newText: valueText(property['newValue']),
      });
    }
  }
  return found;
}

function valueText(value: unknown): string | null | undefined {
  if (value === null || value === undefined || typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** Who or what the activity was about: user, group, role, application, policy and domain. */
export function describeTargets(
  draft: EventDraft,
  item: Fields,
  properties: readonly ModifiedProperty[],
): void {
  const first = new Map<string, Fields>();
  for (const each of listOf(item['targetResources'])) {
    const target = fieldsOf(each);
    const type = target === undefined ? undefined : (textOf(target['type'], 64) ?? '');
    if (target !== undefined && type !== undefined && !first.has(type)) first.set(type, target);
  }
  const user = first.get('User');
  const app = first.get('ServicePrincipal') ?? first.get('Application');
  const type = draft.event_type;
  const isRole = type.startsWith('identity.role.');
  const invited = loginOf(detail(item, 'invitedUserEmailAddress'));
  setIdentity(draft, {
    target_user:
      invited ??
      (user === undefined
        ? undefined
        : (loginOf(user['userPrincipalName']) ?? nameOf(user['displayName']) ?? nameOf(user['id']))),
    target_group: changedText(properties, 'Group.DisplayName') ?? labelOf(first.get('Group')),
    target_role: isRole
      ? (changedText(properties, 'Role.DisplayName') ??
        changedText(properties, 'AppRole.Value') ??
        labelOf(first.get('Role')) ??
        nameOf(detail(item, 'RoleName') ?? detail(item, 'RoleDefinitionName')) ??
        (draft.event_type_original?.includes('User Access Administrator') === true
          ? 'User Access Administrator'
          : undefined) ??
        (draft.event_type_original?.includes('owner') === true ? 'owner' : undefined))
      : undefined,
    app: labelOf(app),
    policy: labelOf(first.get('Policy')),
  });
  if (type === 'identity.tenant_domain.changed' || type === 'identity.federation.changed')
    describeDomain(draft, first.values().next().value);
}

function labelOf(target: Fields | undefined): string | undefined {
  return target === undefined ? undefined : (nameOf(target['displayName']) ?? nameOf(target['id']));
}

/** New value of a property as text, or its old one when it was taken away. */
export function changedText(properties: readonly ModifiedProperty[], name: string): string | undefined {
  for (const property of properties) {
    if (property.name !== name) continue;
    const value = propertyValue(property.newText) ?? propertyValue(property.oldText);
    return typeof value === 'string' ? nameOf(value) : undefined;
  }
  return undefined;
}

/** Name of the first target that is a device; undefined when there is none. */
export function deviceName(item: Fields): string | undefined {
  for (const each of listOf(item['targetResources'])) {
    const target = fieldsOf(each);
    if (target?.['type'] === 'Device') return labelOf(target);
  }
  return undefined;
}

function describeDomain(draft: EventDraft, target: Fields | undefined): void {
  const found = tenantDomain(nameOf(target?.['displayName'], 255));
  if (found === undefined) return;
  draft.domain = found.domain;
  if (found.name !== found.domain) draft.zone = found.name;
}
