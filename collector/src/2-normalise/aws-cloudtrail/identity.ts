/** IAM, IAM Identity Center, console sign-in and CloudTrail itself. */
import type { CanonicalEvent } from '../../contract/event.ts';
import { definedFields, objectField, textField } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { hiddenUserName } from './actor.ts';
import type { MappedFields } from './mapped-fields.ts';

type Row = readonly [type: string, attribute?: string, outcome?: CanonicalEvent['outcome']];

const iamRows: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['CreateUser', ['user.created']],
  ['DeleteUser', ['user.deleted']],
  ['UpdateUser', ['user.updated']],
  ['CreateLoginProfile', ['user.password_reset']],
  ['UpdateLoginProfile', ['user.password_reset']],
  ['DeleteLoginProfile', ['user.updated', 'login_profile']],
  ['CreateServiceSpecificCredential', ['token.created']],
  ['ResetServiceSpecificCredential', ['token.created']],
  ['DeleteServiceSpecificCredential', ['token.revoked']],
  ['UploadSigningCertificate', ['token.created']],
  ['DeleteSigningCertificate', ['token.revoked']],
  ['UploadSSHPublicKey', ['token.created']],
  ['DeleteSSHPublicKey', ['token.revoked']],
  ['PutUserPermissionsBoundary', ['policy.changed', 'permissions_boundary']],
  ['DeleteUserPermissionsBoundary', ['policy.changed', 'permissions_boundary']],
  ['PutRolePermissionsBoundary', ['policy.changed', 'permissions_boundary']],
  ['DeleteRolePermissionsBoundary', ['policy.changed', 'permissions_boundary']],
  ['AddRoleToInstanceProfile', ['role.granted', 'instance_profile']],
  ['RemoveRoleFromInstanceProfile', ['role.revoked', 'instance_profile']],
  ['ResyncMFADevice', ['user.updated', 'mfa_device']],
  ['ChangePassword', ['user.password_changed']],
  ['CreateAccessKey', ['token.created', 'access_key']],
  ['DeleteAccessKey', ['token.revoked', 'access_key']],
  ['UpdateAccessKey', ['token.revoked', 'access_key']],
  ['AttachUserPolicy', ['role.granted', 'policy']],
  ['AttachRolePolicy', ['role.granted', 'policy']],
  ['AttachGroupPolicy', ['role.granted', 'policy']],
  ['PutUserPolicy', ['role.granted', 'policy']],
  ['PutRolePolicy', ['role.granted', 'policy']],
  ['PutGroupPolicy', ['role.granted', 'policy']],
  ['DetachUserPolicy', ['role.revoked', 'policy']],
  ['DetachRolePolicy', ['role.revoked', 'policy']],
  ['DetachGroupPolicy', ['role.revoked', 'policy']],
  ['DeleteUserPolicy', ['role.revoked', 'policy']],
  ['DeleteRolePolicy', ['role.revoked', 'policy']],
  ['DeleteGroupPolicy', ['role.revoked', 'policy']],
  ['AddUserToGroup', ['group.member_added']],
  ['RemoveUserFromGroup', ['group.member_removed']],
  ['CreateGroup', ['group.updated']],
  ['UpdateGroup', ['group.updated']],
  ['DeleteGroup', ['group.updated']],
  ['CreateVirtualMFADevice', ['user.mfa_enrolled', undefined, 'attempt']],
  ['EnableMFADevice', ['user.mfa_enrolled']],
  ['DeactivateMFADevice', ['user.mfa_removed']],
  ['DeleteVirtualMFADevice', ['user.mfa_removed']],
  ['CreateSAMLProvider', ['federation.changed']],
  ['UpdateSAMLProvider', ['federation.changed']],
  ['DeleteSAMLProvider', ['federation.changed']],
  ['CreateOpenIDConnectProvider', ['federation.changed']],
  ['DeleteOpenIDConnectProvider', ['federation.changed']],
  ['UpdateOpenIDConnectProviderThumbprint', ['federation.changed']],
  ['AddClientIDToOpenIDConnectProvider', ['federation.changed']],
  ['RemoveClientIDFromOpenIDConnectProvider', ['federation.changed']],
  ['UpdateAssumeRolePolicy', ['policy.changed', 'trust_policy']],
  ['CreatePolicy', ['policy.changed', 'policy']],
  ['CreatePolicyVersion', ['policy.changed', 'policy']],
  ['DeletePolicy', ['policy.changed', 'policy']],
  ['DeletePolicyVersion', ['policy.changed', 'policy']],
  ['SetDefaultPolicyVersion', ['policy.changed', 'policy']],
  ['UpdateAccountPasswordPolicy', ['policy.changed', 'password_policy']],
  ['DeleteAccountPasswordPolicy', ['policy.changed', 'password_policy']],
]);

const rowsBySystem: ReadonlyMap<string, ReadonlyMap<string, Row>> = new Map<string, ReadonlyMap<string, Row>>(
  [
    ['iam', iamRows],
    [
      'sso',
      new Map<string, Row>([
        ['CreateAccountAssignment', ['role.granted', 'permission_set']],
        ['DeleteAccountAssignment', ['role.revoked', 'permission_set']],
        ['CreatePermissionSet', ['policy.changed', 'permission_set']],
        ['UpdatePermissionSet', ['policy.changed', 'permission_set']],
        ['DeletePermissionSet', ['policy.changed', 'permission_set']],
        ['AttachManagedPolicyToPermissionSet', ['policy.changed', 'permission_set']],
        ['DetachManagedPolicyFromPermissionSet', ['policy.changed', 'permission_set']],
        ['PutInlinePolicyToPermissionSet', ['policy.changed', 'permission_set']],
        ['AssociateDirectory', ['federation.changed']],
        ['DisassociateDirectory', ['federation.changed']],
        ['UpdateSsoConfiguration', ['federation.changed']],
      ]),
    ],
    [
      'sso-directory',
      new Map<string, Row>([
        ['CreateUser', ['user.created']],
        ['DeleteUser', ['user.deleted']],
        ['DisableUser', ['user.disabled']],
        ['UpdatePassword', ['user.password_reset']],
        ['DeleteMfaDeviceForUser', ['user.mfa_removed']],
        ['StartVirtualMfaDeviceRegistration', ['user.mfa_enrolled', undefined, 'attempt']],
        ['StartWebAuthnDeviceRegistration', ['user.mfa_enrolled', undefined, 'attempt']],
        ['CompleteVirtualMfaDeviceRegistration', ['user.mfa_enrolled']],
        ['CompleteWebAuthnDeviceRegistration', ['user.mfa_enrolled']],
        ['EnableUser', ['user.updated']],
        ['UpdateUser', ['user.updated']],
        ['CreateGroup', ['group.updated']],
        ['UpdateGroup', ['group.updated']],
        ['DeleteGroup', ['group.updated']],
        ['CreateExternalIdPConfigurationForDirectory', ['federation.changed']],
        ['EnableExternalIdPConfigurationForDirectory', ['federation.changed']],
        ['DisableExternalIdPConfigurationForDirectory', ['federation.changed']],
        ['CreateBearerToken', ['token.created']],
        ['DeleteBearerToken', ['token.revoked']],
        ['AddMemberToGroup', ['group.member_added']],
        ['RemoveMemberFromGroup', ['group.member_removed']],
      ]),
    ],
    [
      'signin',
      new Map<string, Row>([
        ['PasswordRecoveryRequested', ['user.password_reset', undefined, 'attempt']],
        ['PasswordRecoveryCompleted', ['user.password_reset']],
        ['PasswordUpdated', ['user.password_changed']],
        ['EmailUpdated', ['user.recovery_changed']],
        ['CheckMfa', ['session.mfa_challenged']],
        ['CredentialChallenge', ['session.mfa_challenged']],
      ]),
    ],
    [
      'cloudtrail',
      new Map<string, Row>([
        ['StopLogging', ['log.tampered', 'trail']],
        ['DeleteTrail', ['log.tampered', 'trail']],
        ['PutEventSelectors', ['log.tampered', 'event_selectors']],
        ['StopEventDataStoreIngestion', ['log.tampered', 'event_data_store']],
        ['DeleteEventDataStore', ['log.tampered', 'event_data_store']],
      ]),
    ],
  ],
);

/** Calls that concern people, roles, keys, federation or logging; undefined for all others. */
export function identityMapping(call: JsonObject, name: string, system: string): MappedFields | undefined {
  if (system === 'signin' && (name === 'ConsoleLogin' || name === 'UserAuthentication'))
    return signIn(call, name);
  const row = rowsBySystem.get(system)?.get(name);
  if (row === undefined) return undefined;
  const parameters = objectField(call, 'requestParameters');
  const [type, attribute, outcome] = row;
  const target = targetOf(call, parameters);
  const object =
    textField(parameters, 'policyArn') ??
    textField(parameters, 'policyName') ??
    textField(parameters, 'permissionSetArn');
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
  if (outcome !== undefined && call['errorCode'] === undefined) mapped.outcome = outcome;
  if (name === 'CredentialChallenge')
    applyResult(mapped, textField(objectField(call, 'serviceEventDetails'), name));
  if (type === 'role.granted' && object !== undefined) changeTo(mapped, object);
  if (type === 'role.revoked' && object !== undefined) {
    mapped.removed = [object];
    mapped.old_known = false;
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

/** The user the call is about; calls on oneself leave the name out. A role or group as target is written `role/<name>`. */
function targetOf(call: JsonObject, parameters: JsonObject): string | undefined {
  const user = textField(parameters, 'userName') ?? textField(parameters, 'userId');
  if (user !== undefined) return user;
  const role = textField(parameters, 'roleName');
  if (role !== undefined) return `role/${role}`;
  const group = textField(parameters, 'groupName');
  if (group !== undefined) return `group/${group}`;
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
    textField(objectField(call, details), name) === 'Failure' || call['errorMessage'] !== undefined;
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
