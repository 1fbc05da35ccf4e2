/** The three shapes of a Cloudflare audit record, read into one. */
import { asObject, flagField, idField, objectField, textField } from '../json-field.ts';
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
  readonly metadata: JsonObject;
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
}

/** Reads the record by the keys it has; undefined when it has none of the three shapes. */
export function cloudflareRecordOf(body: JsonObject): CloudflareRecord | undefined {
  if (typeof body['ActionType'] === 'string') return fromLogpush(body, body['ActionType']);
  const action = asObject(body['action']);
  if (action === undefined) return undefined;
  const type = textField(action, 'type');
  if (type === undefined) return undefined;
  return 'time' in action ? fromV2(body, action, type) : fromV1(body, action, type);
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
    metadata,
    before: asObject(body['oldValueJson']),
    after: asObject(body['newValueJson']),
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
    metadata,
    before: asObject(body['OldValue']),
    after: asObject(body['NewValue']),
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
    resourceType: textField(resource, 'product') ?? textField(resource, 'type'),
    metadata: {},
    before: undefined,
    after: Object.keys(request).length > 0 ? request : objectField(resource, 'response'),
  };
}
