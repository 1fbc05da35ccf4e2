/** The three shapes of a Cloudflare audit record, read into one. */
import { asObject, flagField, idField, isGiven, objectField, textField } from '../json-field.ts';
import { parseJsonText } from '../json-record.ts';
import type { JsonObject } from '../json-record.ts';

/** A record whatever its shape. `result` undefined: not said. `when` is RFC 3339 text or a number of seconds or nanoseconds. */
export interface CloudflareRecord {
  readonly shape: 'v1' | 'logpush' | 'v2';
  readonly id: string | undefined;
  readonly action: string;
  readonly result: boolean | undefined;
  readonly when: unknown;
  readonly actorId: string | undefined;
  readonly actorEmail: string | undefined;
  readonly actorType: string | undefined;
  readonly actorIp: string | undefined;
  readonly isToken: boolean;
  readonly tokenId: string | undefined;
  readonly userAgent: string | undefined;
  readonly requestId: string | undefined;
  readonly account: string | undefined;
  readonly zone: string | undefined;
  readonly resourceType: string | undefined;
  /** Path of the API call; v2 only. */
  readonly uri: string | undefined;
  readonly metadata: JsonObject;
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
  /** Only v2: id of the object. */
  readonly resourceId?: string | undefined;
  /** Only v2: the object as the API answered with it, whole where the request names a part. */
  readonly answered?: JsonObject;
  /** Values of a setting, which are no objects. `null` means empty. */
  readonly beforeText?: string | null;
  readonly afterText?: string | null;
}

/** Reads the record by the keys it has; undefined when it has none of the three shapes. */
export function cloudflareRecordOf(body: JsonObject): CloudflareRecord | undefined {
  if (typeof body['ActionType'] === 'string')
    return isGiven(body['ActionTimestamp']) || isGiven(body['AuditLogID'])
      ? fromLogpushV2(body, body['ActionType'])
      : fromLogpush(body, body['ActionType']);
  if (typeof body['action'] === 'string') return fromFlat(body, body['action']);
  const action = asObject(body['action']);
  if (action === undefined) return undefined;
  const type = textField(action, 'type');
  if (type === undefined) return undefined;
  return isGiven(action['time']) ? fromV2(body, action, type) : fromV1(body, action, type);
}

function fromV1(body: JsonObject, action: JsonObject, type: string): CloudflareRecord {
  const actor = objectField(body, 'actor');
  const metadata = objectField(body, 'metadata');
  return {
    shape: 'v1',
    id: textField(body, 'id'),
    action: type,
    result: flagField(action, 'result'),
    when: body['when'],
    actorId: idField(actor, 'id'),
    actorEmail: textField(actor, 'email'),
    actorType: textField(actor, 'type'),
    actorIp: textField(actor, 'ip'),
    isToken: textField(body, 'interface') === 'API',
    tokenId: undefined,
    userAgent: undefined,
    requestId: undefined,
    account: textField(objectField(body, 'owner'), 'id'),
    zone: textField(metadata, 'zone_name'),
    resourceType: textField(objectField(body, 'resource'), 'type'),
    uri: undefined,
    metadata,
    before: valueObject(body['oldValueJson']) ?? valueObject(body['oldValue']),
    after: valueObject(body['newValueJson']) ?? valueObject(body['newValue']),
    beforeText: settingText(body['oldValue']),
    afterText: settingText(body['newValue']),
  };
}

function fromLogpush(body: JsonObject, action: string): CloudflareRecord {
  const metadata = objectField(body, 'Metadata');
  return {
    shape: 'logpush',
    id: textField(body, 'ID'),
    action,
    result: flagField(body, 'ActionResult'),
    when: body['When'],
    actorId: idField(body, 'ActorID'),
    actorEmail: textField(body, 'ActorEmail'),
    actorType: textField(body, 'ActorType'),
    actorIp: textField(body, 'ActorIP'),
    isToken: textField(body, 'Interface') === 'API',
    tokenId: undefined,
    userAgent: undefined,
    requestId: undefined,
    account: textField(body, 'OwnerID'),
    zone: textField(metadata, 'zone_name'),
    resourceType: textField(body, 'ResourceType'),
    uri: undefined,
    metadata,
    before: valueObject(body['OldValue']),
    after: valueObject(body['NewValue']),
    beforeText: settingText(body['OldValue']),
    afterText: settingText(body['NewValue']),
  };
}

/** A value as an object, also where it is one written as text; an empty one says nothing. */
function valueObject(value: unknown): JsonObject | undefined {
  const parsed = typeof value === 'string' && value.startsWith('{') ? parseJsonText(value) : undefined;
  const object = asObject(parsed?.ok === true ? parsed.value : value);
  return object === undefined || Object.keys(object).length === 0 ? undefined : object;
}

/** Value of a setting as text; undefined for objects and lists, and for "" and "null", which mean that there is none. */
function settingText(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || value === 'null') return undefined;
  return value.startsWith('{') || value.startsWith('[') ? undefined : value;
}

/** The Logpush dataset `audit_logs_v2`: the facts of a v2 item under flat names. */
function fromLogpushV2(body: JsonObject, type: string): CloudflareRecord {
  return fromV2(
    {
      id: body['AuditLogID'],
      account: { id: body['AccountID'] },
      actor: {
        context: body['ActorContext'],
        email: body['ActorEmail'],
        id: body['ActorID'],
        ip_address: body['ActorIPAddress'],
        token_id: textField(objectField(body, 'ActorTokenDetails'), 'id') ?? body['ActorTokenID'],
        type: body['ActorType'],
      },
      raw: body['Raw'],
      resource: {
        id: body['ResourceID'],
        product: body['ResourceProduct'],
        request: valueObject(body['ResourceRequest']) ?? valueObject(body['ResourceValue']),
        response: valueObject(body['ResourceResponse']),
        scope: body['ResourceScope'],
        type: body['ResourceType'],
      },
      zone: { id: body['ZoneID'], name: body['ZoneName'] },
    },
    { result: body['ActionResult'], time: body['ActionTimestamp'] },
    type,
  );
}

/** A flat item as the vendor's page shows one: no result, no resource; kept with actor, address and time. */
function fromFlat(body: JsonObject, action: string): CloudflareRecord | undefined {
  const when = body['timestamp'] ?? body['when'] ?? body['time'];
  if (when === undefined) return undefined;
  const actor = objectField(body, 'actor');
  return {
    shape: 'v2',
    id: textField(body, 'id'),
    action,
    result: undefined,
    when,
    actorId: idField(actor, 'id'),
    actorEmail: textField(actor, 'email') ?? textField(body, 'actor'),
    actorType: textField(actor, 'type'),
    actorIp: textField(body, 'ip') ?? textField(actor, 'ip') ?? textField(actor, 'ip_address'),
    isToken: false,
    tokenId: undefined,
    userAgent: textField(body, 'user_agent'),
    requestId: undefined,
    account: textField(objectField(body, 'account'), 'id'),
    zone: textField(objectField(body, 'zone'), 'name') ?? textField(body, 'zone_name'),
    resourceType: undefined,
    uri: undefined,
    metadata: objectField(body, 'metadata'),
    before: undefined,
    after: undefined,
  };
}

/** v2 has no old values; the new one is the request, or the response where the request is empty (a deletion). */
function fromV2(body: JsonObject, action: JsonObject, type: string): CloudflareRecord {
  const actor = objectField(body, 'actor');
  const raw = objectField(body, 'raw');
  const resource = objectField(body, 'resource');
  const context = textField(actor, 'context');
  const result = textField(action, 'result');
  const request = objectField(resource, 'request');
  const response = objectField(resource, 'response');
  const answered = asObject(response['result']) ?? response;
  return {
    shape: 'v2',
    id: textField(body, 'id'),
    action: type,
    result: result === undefined ? undefined : result === 'success',
    when: action['time'],
    actorId: idField(actor, 'id'),
    actorEmail: textField(actor, 'email'),
    actorType: textField(actor, 'type'),
    actorIp: textField(actor, 'ip_address'),
    isToken: context === 'api_token' || context === 'api_key' || context === 'origin_ca_key',
    tokenId: context === 'api_token' ? textField(actor, 'token_id') : undefined,
    userAgent: textField(raw, 'user_agent'),
    requestId: textField(raw, 'cf_ray_id'),
    account: textField(objectField(body, 'account'), 'id'),
    zone: textField(objectField(body, 'zone'), 'name'),
    resourceType: (textField(resource, 'product') ?? textField(resource, 'type'))
      ?.toLowerCase()
      .replaceAll(/[ -]/g, '_'),
    uri: textField(raw, 'uri'),
    metadata: {},
    before: undefined,
    after: Object.keys(request).length > 0 ? request : answered,
    answered,
    resourceId: textField(resource, 'id'),
  };
}
