/** IAM, IAM Identity Center, console sign-in and CloudTrail itself. */
import { definedFields, idField, objectField, textField } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { hiddenUserName } from './actor.ts';
import { identityCalls } from './identity-calls.ts';
import { errorCodeOf } from './mapped-fields.ts';
import type { MappedFields } from './mapped-fields.ts';

/** Calls that concern people, roles, keys, federation or logging; undefined for all others. */
export function identityMapping(call: JsonObject, name: string, system: string): MappedFields | undefined {
  if (system === 'signin' && (name === 'ConsoleLogin' || name === 'UserAuthentication'))
    return signIn(call, name);
  const row = identityCalls.get(system)?.get(name);
  if (row === undefined) return undefined;
  const parameters = objectField(call, 'requestParameters');
  const [type, attribute, outcome] = row;
  const target = targetOf(call, parameters, type);
  const object =
    textField(parameters, 'policyArn') ??
    textField(parameters, 'policyName') ??
    textField(parameters, 'policyId') ??
    textField(parameters, 'permissionSetArn') ??
    textField(parameters, 'servicePrincipal');
  const mapped: MappedFields = {
    event_type: `identity.${type}`,
    atom: [target, object, attribute].filter(Boolean).join(' '),
    attribute,
    identity: definedFields({
      target_user: target,
      target_group: textField(parameters, 'groupName'),
      target_role: type.startsWith('role.') ? object : undefined,
      policy: type.startsWith('policy.') ? (object ?? textField(parameters, 'roleName')) : undefined,
      factor: factorOf(call, parameters),
      app: textField(parameters, 'sAMLProviderArn') ?? textField(parameters, 'openIDConnectProviderArn'),
    }),
  };
  if (Object.keys(mapped.identity ?? {}).length === 0) delete mapped.identity;
  if (outcome !== undefined && errorCodeOf(call) === undefined) mapped.outcome = outcome;
  if (name === 'CredentialChallenge')
    applyResult(mapped, textField(objectField(call, 'serviceEventDetails'), name));
  if (type === 'role.granted' && object !== undefined) changeTo(mapped, object);
  if (type === 'role.revoked' && object !== undefined) {
    mapped.removed = [object];
    mapped.old_known = false;
  }
  if (type.startsWith('group.member_') && target !== undefined) {
    mapped.attribute = 'members';
    mapped.old_known = false;
    if (type === 'group.member_added') mapped.new_value = target;
    else mapped.removed = [target];
  }
  if (attribute === 'access_key') accessKey(call, parameters, mapped);
  return mapped;
}

function changeTo(mapped: MappedFields, value: string): void {
  mapped.new_value = value;
  mapped.old_known = false;
}

function applyResult(mapped: MappedFields, result: string | undefined): void {
  if (result !== undefined) mapped.outcome = result === 'Success' ? 'success' : 'failure';
}

/**
 * The user the call is about; calls on oneself leave the name out, calls about no person have none. A role or group as target
 * is written `role/<name>`.
 */
function targetOf(call: JsonObject, parameters: JsonObject, type: string): string | undefined {
  const user =
    textField(parameters, 'userName') ??
    textField(parameters, 'userId') ??
    textField(parameters, 'principalId');
  if (user !== undefined) return user;
  // In an organisation accounts are the members, and what a service is delegated to.
  const account = idField(parameters, 'accountId') ?? idField(objectField(parameters, 'target'), 'id');
  if (account !== undefined && /^(?:role|group)\./.test(type)) return account;
  const role = textField(parameters, 'roleName');
  if (role !== undefined) return `role/${role}`;
  const group = textField(parameters, 'groupName');
  if (group !== undefined) return `group/${group}`;
  // Only the owner of the account has addresses that recover it.
  if (type === 'user.recovery_changed' || type === 'user.contact_changed') return 'root';
  if (type === 'session.impersonated') return textField(parameters, 'targetPrincipal');
  if (/^(?:federation|log|policy|group)\./.test(type)) return undefined;
  const identity = objectField(call, 'userIdentity');
  return namedUser(identity, call);
}

/** AWS hides what was typed as the name of an unknown user, because it may have been the password. */
function namedUser(identity: JsonObject, call: JsonObject): string | undefined {
  const name =
    textField(identity, 'userName') ?? textField(objectField(call, 'additionalEventData'), 'UserName');
  return name === hiddenUserName ? undefined : name;
}

function factorOf(call: JsonObject, parameters: JsonObject): string | undefined {
  return (
    textField(parameters, 'serialNumber') ??
    textField(parameters, 'virtualMFADeviceName') ??
    textField(objectField(call, 'additionalEventData'), 'CredentialType')?.toLowerCase()
  );
}

function accessKey(call: JsonObject, parameters: JsonObject, mapped: MappedFields): void {
  const created = textField(objectField(objectField(call, 'responseElements'), 'accessKey'), 'accessKeyId');
  const key = created ?? textField(parameters, 'accessKeyId');
  if (textField(parameters, 'status') === 'Active') mapped.event_type = 'identity.token.created';
  if (key === undefined) return;
  mapped.atom = `${mapped.atom ?? ''} ${key}`;
  mapped.source = { access_key_id: key };
  if (mapped.event_type === 'identity.token.created') changeTo(mapped, key);
}

/** Console sign-in says how it went in the response, not in errorCode alone. */
function signIn(call: JsonObject, name: string): MappedFields {
  const details = name === 'ConsoleLogin' ? 'responseElements' : 'serviceEventDetails';
  const hasFailed =
    textField(objectField(call, details), name) === 'Failure' ||
    textField(call, 'errorMessage') !== undefined;
  const identity = objectField(call, 'userIdentity');
  return {
    event_type: hasFailed ? 'identity.session.login_failed' : 'identity.session.login_succeeded',
    outcome: hasFailed ? 'failure' : 'success',
    identity: definedFields({
      target_user: namedUser(identity, call),
      app: 'aws-console',
    }),
  };
}
