/** Who made a CloudTrail call: `userIdentity` in its ten forms. */
import type { CanonicalEvent } from '../../contract/event.ts';
import type { EventDraft } from '../../contract/normaliser.ts';
import { loginOf } from '../audit-field.ts';
import { flagField, idField, objectField, textField } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';

type ActorFields = Pick<
  EventDraft,
  | 'actor_id'
  | 'actor_type'
  | 'actor_origin'
  | 'actor_name'
  | 'actor_email'
  | 'on_behalf_of'
  | 'auth_method'
  | 'mfa'
  | 'token_id'
>;

/**
 * Actor fields of a call. The id is `aws:` and the ARN, which for an assumed role ends in the session name and so tells
 * people apart; without ARN the best id there is. `mfa: none` only when AWS says that no factor was used.
 */
export function actorOf(call: JsonObject): ActorFields {
  const identity = objectField(call, 'userIdentity');
  const kind = textField(identity, 'type') ?? 'Unknown';
  const arn = textField(identity, 'arn');
  const invokedBy = textField(identity, 'invokedBy');
  const session = sessionName(identity, arn);
  const given =
    textField(identity, 'userName') ??
    session ??
    textField(objectField(call, 'additionalEventData'), 'UserName');
  const name = given === hiddenUserName ? undefined : given;
  const id =
    arn ??
    textField(objectField(identity, 'onBehalfOf'), 'userId') ??
    textField(identity, 'principalId') ??
    (kind === 'AWSService' ? invokedBy : (name ?? textField(identity, 'accountId')));
  const account = idField(identity, 'accountId');
  const fields: ActorFields = {
    actor_id: id === undefined ? 'unknown' : `aws:${id}`.slice(0, 512),
    actor_type: actorType(call, identity, kind, session),
    actor_origin:
      account !== undefined && account === idField(call, 'recipientAccountId') ? 'customer' : 'unknown',
    actor_name: name,
    actor_email: name?.includes('@') ? loginOf(name) : undefined,
    on_behalf_of: kind === 'AWSService' ? undefined : (invokedBy ?? sourceIdentityOf(identity)),
    auth_method: authMethod(call, identity, kind),
    mfa: factorOf(call, identity),
    token_id: textField(identity, 'accessKeyId'),
  };
  return fields;
}

/** Who stands behind the session of a role, where it was made to say so and roles cannot change it. */
function sourceIdentityOf(identity: JsonObject): string | undefined {
  return textField(objectField(identity, 'sessionContext'), 'sourceIdentity');
}

/** What AWS writes for the name in a failed sign-in of a user that does not exist. */
export const hiddenUserName = 'HIDDEN_DUE_TO_SECURITY_REASONS';

/** Session name of an assumed role: last part of the ARN behind the role, else the part of principalId after the colon. */
function sessionName(identity: JsonObject, arn: string | undefined): string | undefined {
  if (arn?.includes(':assumed-role/') === true) {
    const last = arn.lastIndexOf('/');
    if (last > arn.indexOf('/')) return arn.slice(last + 1);
  }
  const principal = textField(identity, 'principalId');
  const colon = principal?.indexOf(':') ?? -1;
  return principal === undefined || colon < 0 ? undefined : principal.slice(colon + 1);
}

function isFromConsole(call: JsonObject): boolean {
  const flag = call['sessionCredentialFromConsole'];
  return flag === 'true' || flag === true || textField(call, 'eventType') === 'AwsConsoleSignIn';
}

function actorType(
  call: JsonObject,
  identity: JsonObject,
  kind: string,
  session: string | undefined,
): CanonicalEvent['actor_type'] {
  if (kind === 'AWSService') return 'system';
  if (kind === 'AWSAccount' || kind === 'Unknown') return 'unknown';
  if (kind !== 'AssumedRole') return 'user';
  if (textField(identity, 'invokedBy') !== undefined) return 'service';
  if (isFromConsole(call) || session?.includes('@') === true || isSingleSignOn(identity)) return 'user';
  return 'unknown';
}

function isSingleSignOn(identity: JsonObject): boolean {
  const issuer = textField(objectField(objectField(identity, 'sessionContext'), 'sessionIssuer'), 'arn');
  return issuer?.includes('/aws-reserved/sso.amazonaws.com/') === true;
}

function authMethod(call: JsonObject, identity: JsonObject, kind: string): CanonicalEvent['auth_method'] {
  if (textField(objectField(call, 'additionalEventData'), 'SamlProviderArn') !== undefined) return 'sso';
  if (kind === 'SAMLUser' || kind === 'WebIdentityUser' || kind === 'IdentityCenterUser') return 'sso';
  if (isSingleSignOn(identity)) return 'sso';
  if (textField(call, 'eventType') === 'AwsConsoleSignIn') return 'password';
  if (textField(identity, 'accessKeyId')?.startsWith('AKIA') === true) return 'token';
  return undefined;
}

function factorOf(call: JsonObject, identity: JsonObject): CanonicalEvent['mfa'] {
  const extra = objectField(call, 'additionalEventData');
  const used = textField(extra, 'MFAUsed');
  if (used === 'Yes') {
    const device = textField(extra, 'MFAIdentifier') ?? '';
    if (device.includes(':u2f/')) return 'webauthn';
    return device.includes(':mfa/') ? 'totp' : 'unknown';
  }
  if (used === 'No') return textField(extra, 'SamlProviderArn') === undefined ? 'none' : 'unknown';
  const attributes = objectField(objectField(identity, 'sessionContext'), 'attributes');
  const flag = textField(attributes, 'mfaAuthenticated') ?? flagField(attributes, 'mfaAuthenticated');
  if (flag === 'true' || flag === true) return 'unknown';
  if ((flag === 'false' || flag === false) && !isSingleSignOn(identity)) return 'none';
  return undefined;
}
