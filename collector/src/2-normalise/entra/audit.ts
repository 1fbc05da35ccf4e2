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
  const word =
    item['result'] ??
    fieldsOrNone(item['provisioningStatusInfo'])['status'] ??
    envelope['result'] ??
    envelope['resultType'];
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
  if (found.kind === 'provisioning') return provisioningActor(initiator);
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

const initiatorTypes: ReadonlyMap<string, AuditActor['type']> = new Map([
  ['user', 'user'],
  ['application', 'service'],
  ['system', 'system'],
]);

/** Provisioning names its initiator flat, with the kind beside it. */
function provisioningActor(initiator: Fields): AuditActor {
  const type = initiatorTypes.get(textOf(initiator['initiatorType'], 32)?.toLowerCase() ?? '') ?? 'unknown';
  const name = nameOf(initiator['displayName'] ?? initiator['name']);
  const id = nameOf(initiator['id']) ?? name;
  return { realm: 'entra', id, type, origin: type === 'unknown' ? 'unknown' : 'customer', name };
}

/** The account that was provisioned, and the application it is for. */
function describeProvisioned(draft: EventDraft, item: Fields): void {
  const [target, source] = ['targetIdentity', 'sourceIdentity'].map((name) => fieldsOrNone(item[name]));
  const login = [target, source]
    .flatMap((each) => [fieldsOrNone(each?.['details'])['UserPrincipalName'], each?.['displayName']])
    .map(loginOf);
  const app = fieldsOf(listOf(item['servicePrincipal'])[0]);
  setIdentity(draft, {
    target_user:
      login.find((each) => each?.includes('@') === true) ?? login.find((each) => each !== undefined),
    app: nameOf(app?.['displayName'] ?? app?.['name']),
  });
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

/** Targets of an activity, in the log's order; entries that are no objects are left out. */
export function auditTargets(item: Fields): readonly Fields[] {
  return listOf(item['targetResources']).flatMap<Fields>((each) => fieldsOf(each) ?? []);
}

/** All modified properties of some targets, in the log's order. Absent old value (undefined) differs from null. */
export function modifiedProperties(targets: readonly Fields[]): readonly ModifiedProperty[] {
  const found: ModifiedProperty[] = [];
  for (const target of targets) {
    for (const entry of listOf(target['modifiedProperties'])) {
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

/**
 * Targets by the object each change happened to. Beside the object the log lists what it is put into (the role, the group, the
 * application); only several of one kind that each carry changes, or several people, are several changes.
 */
export function targetGroups(targets: readonly Fields[]): readonly (readonly Fields[])[] {
  if (targets.length < 2) return [targets];
  const kind = ['User', ...targets.map(kindOf)].find((each) => isSplit(targets, each));
  if (kind === undefined) return [targets];
  const others = targets.filter((target) => kindOf(target) !== kind);
  return targets
    .filter((target) => kindOf(target) === kind)
    .slice(0, targetsMax)
    .map((target) => [target, ...others]);
}

function isSplit(targets: readonly Fields[], kind: string): boolean {
  const same = targets.filter((target) => kindOf(target) === kind);
  if (same.length < 2 || new Set(same.map(targetId)).size < same.length) return false;
  return kind === 'User' || same.every((target) => listOf(target['modifiedProperties']).length > 0);
}

const targetsMax = 64;

function kindOf(target: Fields | undefined): string {
  return textOf(target?.['type'], 64) ?? '';
}

/** What tells two targets of one activity apart: id and name of the object; redacted logs blank the one or the other. */
export function targetId(target: Fields | undefined): string | undefined {
  const names = ['id', 'userPrincipalName', 'displayName'].flatMap(
    (name) => nameOf(target?.[name], 256) ?? [],
  );
  return names.length === 0 ? undefined : names.join('/');
}

function valueText(value: unknown): string | null | undefined {
  if (value === null || value === undefined || typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** Who or what the activity was about: user, group, role, application, policy and domain. */
export function describeTargets(
  draft: EventDraft,
  item: Fields,
  targets: readonly Fields[],
  properties: readonly ModifiedProperty[],
): void {
  if (draft.event_type === 'identity.scim.provisioned') {
    describeProvisioned(draft, item);
    return;
  }
  const first = new Map<string, Fields>();
  for (const target of targets) if (!first.has(kindOf(target))) first.set(kindOf(target), target);
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
    app: grantedApp(type, properties) ?? labelOf(app),
    policy: labelOf(first.get('Policy')),
  });
  if (type === 'identity.tenant_domain.changed' || type === 'identity.federation.changed')
    describeDomain(draft, first.values().next().value);
}

/** Of a permission or a consent the application that got it: the target is the one it may now use. */
function grantedApp(type: string, properties: readonly ModifiedProperty[]): string | undefined {
  return type.startsWith('identity.role.') || type === 'identity.app.consented'
    ? (changedText(properties, 'ServicePrincipal.DisplayName') ??
        changedText(properties, 'Application.DisplayName'))
    : undefined;
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
export function deviceName(targets: readonly Fields[]): string | undefined {
  return labelOf(targets.find((target) => target['type'] === 'Device'));
}

function describeDomain(draft: EventDraft, target: Fields | undefined): void {
  const found = tenantDomain(nameOf(target?.['displayName'], 255));
  if (found === undefined) return;
  draft.domain = found.domain;
  if (found.name !== found.domain) draft.zone = found.name;
}
