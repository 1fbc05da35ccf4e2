/**
 * CloudTrail calls as Amazon Security Lake keeps them: OCSF API Activity, Authentication and Account Change (1.0.0-rc.2 to 1.1.0
 * and later), turned back into the record of CloudTrail they were made from, so that both are read the same way.
 */
import { formatInstant } from '../../leaf/time.ts';
import { numberOf } from '../audit-field.ts';
import { asObject, definedFields, idField, objectField, textField } from '../json-field.ts';
import { parseJsonText } from '../json-record.ts';
import type { JsonObject } from '../json-record.ts';

/** True for a call in OCSF form. */
export function isOcsfCall(body: JsonObject): boolean {
  return typeof asObject(body['api'])?.['operation'] === 'string' && asObject(body['metadata']) !== undefined;
}

/** The call as CloudTrail writes it; members that OCSF does not keep are absent. */
export function callOfOcsf(body: JsonObject): JsonObject {
  const api = objectField(body, 'api');
  const response = objectField(api, 'response');
  const unmapped = objectField(body, 'unmapped');
  const endpoint = objectField(body, 'src_endpoint');
  const metadata = objectField(body, 'metadata');
  return definedFields({
    eventVersion: textField(objectField(metadata, 'product'), 'version'),
    userIdentity: identityOf(body, unmapped),
    eventTime: instantText(body['time']) ?? instantText(body['time_dt']),
    eventSource: textField(objectField(api, 'service'), 'name'),
    eventName: textField(api, 'operation'),
    awsRegion: textField(objectField(body, 'cloud'), 'region'),
    sourceIPAddress:
      textField(endpoint, 'ip') ?? textField(endpoint, 'domain') ?? textField(endpoint, 'svc_name'),
    userAgent: textField(objectField(body, 'http_request'), 'user_agent'),
    errorCode: textField(response, 'error'),
    errorMessage: textField(response, 'error_message') ?? textField(response, 'message'),
    requestParameters: part(objectField(api, 'request')['data']) ?? part(unmapped['requestParameters']),
    responseElements: part(response['data']) ?? part(unmapped['responseElements']),
    additionalEventData: part(unmapped['additionalEventData']),
    serviceEventDetails: part(unmapped['serviceEventDetails']),
    requestID: textField(objectField(api, 'request'), 'uid'),
    eventID: textField(metadata, 'uid'),
    eventType: textField(unmapped, 'eventType') ?? textField(metadata, 'event_code'),
    sessionCredentialFromConsole: unmapped['sessionCredentialFromConsole'],
    recipientAccountId:
      idField(unmapped, 'recipientAccountId') ??
      idField(objectField(objectField(body, 'cloud'), 'account'), 'uid'),
  });
}

/** A member that the lake keeps as an object or as JSON text. */
function part(value: unknown): JsonObject | undefined {
  if (typeof value !== 'string') return asObject(value);
  const parsed = parseJsonText(value);
  return parsed.ok ? asObject(parsed.value) : undefined;
}

function instantText(value: unknown): string | undefined {
  const ms = numberOf(value);
  if (ms !== undefined && ms > 0 && ms < 253_402_300_800_000) return formatInstant(Math.floor(ms));
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function identityOf(body: JsonObject, unmapped: JsonObject): JsonObject {
  const actor = objectField(body, 'actor');
  const user = objectField(actor, 'user');
  const session = objectField(actor, 'session');
  const kept = part(unmapped['userIdentity']) ?? {};
  const context = objectField(kept, 'sessionContext');
  const mfa = session['is_mfa'] ?? objectField(context, 'attributes')['mfaAuthenticated'] ?? body['is_mfa'];
  // The first drafts of the schema had the ARN as "uuid" and the principal's id as "uid".
  const uid = textField(user, 'uid');
  const uuid = textField(user, 'uuid');
  return definedFields({
    type: textField(user, 'type'),
    arn: uuid ?? (uid?.startsWith('arn:') === true ? uid : undefined),
    principalId: textField(user, 'uid_alt') ?? (uid?.startsWith('arn:') === true ? undefined : uid),
    userName: textField(user, 'name'),
    accountId: idField(objectField(user, 'account'), 'uid') ?? idField(user, 'account_uid'),
    accessKeyId: textField(user, 'credential_uid'),
    invokedBy: textField(actor, 'invoked_by'),
    sessionContext: {
      attributes: mfa === undefined || mfa === null ? {} : { mfaAuthenticated: mfa },
      sessionIssuer: definedFields({ arn: textField(session, 'issuer') }),
    },
  });
}
