/** What an event changed: the value before and after, under whatever names an application gives its parameters. */
import { nameOf } from '../audit-field.ts';
import type { EventDraft } from '../../contract/normaliser.ts';
import type { Parameters } from './activity.ts';

/** First parameter of these names that has a value. */
export function first(parameters: Parameters, ...names: readonly string[]): string | undefined {
  if (parameters.size === 0) return undefined;
  for (const name of names) {
    const value = nameOf(parameters.get(name)?.[0], 1024);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Admin events write upper case, groups lower case and lists as `_repeated`, and two settings have names of their own. */
const beforeNames = [
  'OLD_VALUE',
  'old_value',
  'old_value_repeated',
  'REAUTH_SETTING_OLD',
  'CAA_ASSIGNMENTS_OLD',
] as const;
const afterNames = [
  'NEW_VALUE',
  'new_value',
  'new_value_repeated',
  'REAUTH_SETTING_NEW',
  'CAA_ASSIGNMENTS_NEW',
] as const;

type Value = EventDraft['old_value'];

function valueOf(parameters: Parameters, names: readonly string[]): Value | undefined {
  for (const name of names) {
    const values = parameters.get(name);
    if (values === undefined) continue;
    return name.endsWith('_repeated') ? values.toSorted() : (values[0] ?? null);
  }
  return undefined;
}

/** Name of the setting; groups name it by a parameter of its kind (`info_setting`, `acl_permission`). */
function settingOf(parameters: Parameters): string | undefined {
  const named = first(parameters, 'SETTING_NAME', 'acl_permission', 'USER_CUSTOM_FIELD', 'INFO_TYPE');
  if (named !== undefined) return named;
  for (const name of parameters.keys()) if (name.endsWith('_setting')) return first(parameters, name);
  return undefined;
}

/** Fills attribute, old and new value: of a setting; of a member, a role or a domain; or the permissions given to an app. */
export function describeChange(draft: EventDraft, name: string, parameters: Parameters): void {
  const type = draft.event_type;
  if (type.startsWith('mail.rule.forwarding_')) return;
  const before = valueOf(parameters, beforeNames);
  const after = valueOf(parameters, afterNames);
  const setting = settingOf(parameters);
  if (before !== undefined || after !== undefined) {
    draft.attribute = type === 'registrar.domain.auto_renew_changed' ? 'auto_renew' : (setting ?? name);
    draft.old_known = before !== undefined;
    if (before !== undefined) draft.old_value = before;
    if (after !== undefined) draft.new_value = after;
    return;
  }
  if (type === 'identity.app.consented') {
    describeScopes(draft, parameters);
    return;
  }
  if (setting !== undefined) {
    draft.attribute = setting;
    draft.old_known = false;
    if (type === 'identity.group.updated') describeInfo(draft, name, parameters);
  }
  if (type === 'identity.policy.changed') {
    draft.attribute = name;
    draft.old_known = false;
    const value = first(parameters, 'ALLOWED_TWO_STEP_VERIFICATION_METHOD', 'APPLICATION_ENABLED');
    if (value !== undefined) draft.new_value = value;
  }
  describeItem(draft, name);
}

function describeScopes(draft: EventDraft, parameters: Parameters): void {
  const scopes = parameters.get('API_SCOPES') ?? parameters.get('scope');
  if (scopes === undefined || scopes.length === 0) return;
  draft.attribute = 'permissions';
  draft.old_known = false;
  draft.new_value = scopes.toSorted();
}

/** A text of a group (footer, welcome line) was added or taken away. */
function describeInfo(draft: EventDraft, name: string, parameters: Parameters): void {
  const value = first(parameters, 'value');
  if (value === undefined) return;
  draft.old_known = true;
  const isRemoved = name.startsWith('remove_');
  draft.old_value = isRemoved ? value : null;
  draft.new_value = isRemoved ? null : value;
}

function describeItem(draft: EventDraft, name: string): void {
  const type = draft.event_type;
  const item = type.startsWith('identity.role.')
    ? draft.identity?.target_role
    : type.startsWith('identity.group.member_')
      ? draft.identity?.target_user
      : type === 'identity.tenant_domain.changed' || name.endsWith('_TRUSTED_DOMAINS')
        ? (draft.zone ?? draft.domain)
        : undefined;
  if (item === undefined) return;
  draft.attribute = type.startsWith('identity.role.')
    ? 'roles'
    : type.startsWith('identity.group.')
      ? 'members'
      : type === 'identity.federation.changed'
        ? 'trusted_domains'
        : 'domains';
  draft.old_known = false;
  if (type.endsWith('revoked') || type.endsWith('removed') || name.startsWith('REMOVE_'))
    draft.removed = [item];
  else draft.new_value = item;
}
