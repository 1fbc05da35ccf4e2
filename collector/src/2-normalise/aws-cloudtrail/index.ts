/**
 * AWS CloudTrail: Route 53, Route 53 Domains, IAM and sign-in, as single records, S3 files `{"Records":[…]}`, EventBridge
 * envelopes, LookupEvents items or OCSF events of Security Lake. A call with `errorCode` changed nothing: its outcome is failure.
 */
import { otherActivity } from '../../contract/event-types.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../../contract/normaliser.ts';
import { limits } from '../../contract/limits.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import type { Outcome } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { canonicalJson } from '../../leaf/canonical-json.ts';
import { canonicalIp } from '../../leaf/ip-address.ts';
import { formatInstant } from '../../leaf/time.ts';
import { asObject, idField, objectField, textField } from '../json-field.ts';
import { batchDrafts } from '../audit-batch.ts';
import { instantOf } from '../audit-field.ts';
import { nativeRecord } from '../json-envelope.ts';
import { parseJsonRecord, parseJsonText } from '../json-record.ts';
import type { JsonObject } from '../json-record.ts';
import { actorOf } from './actor.ts';
import { certificateEvent } from './certificate-events.ts';
import { certificateOrders } from './certificate-manager.ts';
import { identityMapping } from './identity.ts';
import { callOfOcsf, isOcsfCall } from './ocsf.ts';
import { glueMappings, registrarMapping } from './route53-domains.ts';
import { recordSetChanges, zoneMapping } from './route53.ts';
import { simpleEmailMapping } from './simple-email.ts';
import { errorCodeOf } from './mapped-fields.ts';
import type { MappedFields } from './mapped-fields.ts';
import { blankDraft } from '../blank-draft.ts';

/** The CloudTrail feed. */
export const awsCloudtrail: Normaliser = {
  source: 'aws-cloudtrail',
  version: 1,
  // A password moves a domain to another account, another opens a service.
  credentials: ['sessionToken', 'secretAccessKey', 'authCode', 'password', 'servicePassword'],
  normalise(record, context) {
    const parsed = parseJsonRecord(record.bytes, limits.fileRecordBytesMax);
    if (!parsed.ok) return parsed;
    const body = nativeRecord(parsed.value, isCloudTrail);
    const list = listOf(body);
    if (list === undefined) return oneRecord(body, record, context);
    const place = { system: 'aws', kind: 'cloud_audit', path: `/${list.member}`, record, context } as const;
    return batchDrafts(list.items, place, (item) =>
      oneRecord(nativeRecord(item as JsonObject, isCloudTrail), record, context),
    );
  },
};

/** A call, an EventBridge envelope, or a list of either: an S3 object, a look-up answer, a log subscription. */
function isCloudTrail(body: JsonObject): boolean {
  return (
    typeof body['eventName'] === 'string' ||
    typeof body['detail-type'] === 'string' ||
    asObject(body['insightDetails']) !== undefined ||
    typeof body['digestS3Object'] === 'string' ||
    isOcsfCall(body) ||
    listOf(body) !== undefined
  );
}

function listOf(body: JsonObject): { member: string; items: readonly unknown[] } | undefined {
  for (const member of ['Records', 'logEvents', 'Events']) {
    const items = body[member];
    if (Array.isArray(items)) return { member, items };
  }
  return undefined;
}

function oneRecord(
  body: JsonObject,
  record: RawRecord,
  context: NormaliseContext,
): Outcome<readonly EventDraft[]> {
  const nested = textField(body, 'CloudTrailEvent');
  if (nested !== undefined) {
    const parsed = parseJsonText(nested);
    if (!parsed.ok) return failed(parsed.failure.code, parsed.failure.message, '/CloudTrailEvent');
    return callDrafts(asObject(parsed.value) ?? {}, record, context, false);
  }
  if (typeof body['eventName'] !== 'string' && isOcsfCall(body))
    return callDrafts(callOfOcsf(body), record, context, false);
  const detail = asObject(body['detail']);
  if (typeof body['detail-type'] !== 'string' || detail === undefined)
    return callDrafts(body, record, context, false);
  return typeof detail['eventName'] === 'string'
    ? callDrafts(detail, record, context, true)
    : envelopeDraft(body, detail, record);
}

/** An EventBridge event that is no API call: certificates, and notices that are kept with their detail type as name. */
function envelopeDraft(
  body: JsonObject,
  detail: JsonObject,
  record: RawRecord,
): Outcome<readonly EventDraft[]> {
  const id = textField(body, 'id');
  const time = instantOf(body['time']);
  if (id === undefined) return failed('missing_field', 'expected the envelope id in "id"', '/id');
  if (time === undefined) return failed('bad_timestamp', 'expected an RFC 3339 time in "time"', '/time');
  const from = textField(body, 'source') ?? 'aws';
  const system = from.startsWith('aws.') ? from.slice(4) : from;
  const kind = textField(body, 'detail-type') ?? '';
  return succeeded([
    {
      ...blankDraft,
      key: [id],
      atom: '',
      event_type: otherActivity,
      event_type_original: kind,
      outcome: 'unknown',
      timestamp: formatInstant(time.ms),
      timestamp_precision: time.precision === 'd' ? 'd' : time.precision,
      source_system: system,
      source_kind: kindOf(system),
      source_instance: instanceOf(idField(body, 'account'), record),
      source_event_id: id,
      acquisition: 'push',
      confidence: 0.99,
      confidence_basis: 'push',
      actor_id: 'unknown',
      actor_type: 'unknown',
      actor_origin: 'unknown',
      approval_state: 'not_checked',
      source: { ...body, detail },
      ...certificateEvent(kind, detail, body['resources']),
    },
  ]);
}

function kindOf(system: string): EventDraft['source_kind'] {
  if (system === 'route53domains') return 'registrar_audit';
  return system.startsWith('route53') ? 'dns_provider_audit' : 'cloud_audit';
}

function instanceOf(account: string | undefined, record: RawRecord): string | undefined {
  return account === undefined ? record.instance : `aws/${account}`;
}

const serviceSuffix = '.amazonaws.com';

function callDrafts(
  call: JsonObject,
  record: RawRecord,
  context: NormaliseContext,
  isPushed: boolean,
): Outcome<readonly EventDraft[]> {
  if (typeof call['digestS3Object'] === 'string') return succeeded([]);
  const name =
    textField(call, 'eventName') ??
    (asObject(call['insightDetails']) !== undefined ? textField(call, 'eventType') : undefined);
  if (name === undefined) return failed('missing_field', 'expected the call in "eventName"', '/eventName');
  const time = instantOf(call['eventTime']);
  if (time === undefined)
    return failed('bad_timestamp', 'expected an RFC 3339 time in "eventTime"', '/eventTime');
  const id = textField(call, 'eventID');
  const service = textField(call, 'eventSource') ?? 'aws';
  const system = service.endsWith(serviceSuffix) ? service.slice(0, -serviceSuffix.length) : service;
  const pushed = isPushed || record.meta?.['delivery'] !== undefined;
  const account = idField(call, 'recipientAccountId');
  const instance = instanceOf(account, record);
  const actor = actorOf(call);
  const base: EventDraft = {
    ...blankDraft,
    // Some exports leave the id out; then the call is known by its content.
    key: id === undefined ? ['sha256', context.sha256(canonicalJson(call))] : [id],
    atom: '',
    event_type: otherActivity,
    event_type_original: name,
    outcome: hasFailed(call, name) ? 'failure' : 'success',
    timestamp: formatInstant(time.ms),
    timestamp_precision: time.precision,
    source_system: system,
    source_kind: kindOf(system),
    source_instance: instance,
    source_event_id: id,
    acquisition: pushed ? 'push' : 'poll',
    confidence: pushed ? 0.99 : 0.95,
    confidence_basis: pushed ? 'push' : 'audit_poll',
    actor_id: actor.actor_id,
    actor_type: actor.actor_type,
    actor_origin: actor.actor_origin,
    actor_name: actor.actor_name,
    actor_email: actor.actor_email,
    on_behalf_of: actor.on_behalf_of,
    auth_method: actor.auth_method,
    mfa: actor.mfa,
    token_id: actor.token_id,
    source_ip: canonicalIp(textField(call, 'sourceIPAddress') ?? ''),
    user_agent: textField(call, 'userAgent'),
    request_id: textField(call, 'requestID'),
    approval_state: 'not_checked',
    source: sourceOf(call),
  };
  return succeeded(mapped(call, name, system, base, instance));
}

/** Calls of the sign-in service have no error code: they answer `Failure` under their own name, or say why in words. */
function hasFailed(call: JsonObject, name: string): boolean {
  if (errorCodeOf(call) !== undefined) return true;
  if (textField(call, 'eventSource') !== `signin${serviceSuffix}`) return false;
  const answers = [objectField(call, 'responseElements'), objectField(call, 'serviceEventDetails')];
  return (
    textField(call, 'errorMessage') !== undefined ||
    answers.some((each) => textField(each, name) === 'Failure')
  );
}

function mapped(
  call: JsonObject,
  name: string,
  system: string,
  base: EventDraft,
  instance: string | undefined,
): EventDraft[] {
  if (system === 'route53') {
    base.dns_provider = 'route53';
    if (name === 'ChangeResourceRecordSets') {
      const changes = recordSetChanges(call, base);
      if (changes.length > 0) return changes;
    }
  }
  if (system === 'acm') {
    const orders = certificateOrders(call, name, base);
    if (orders.length > 0) return orders;
  }
  if (system === 'route53domains') {
    base.registrar = 'route53domains';
    base.registrar_account = instance;
  }
  const glue = system === 'route53domains' ? glueMappings(call, name) : [];
  const also = glue.map((fact): EventDraft => ({ ...base, ...fact }));
  const facts = factsOf(call, name, system);
  const { source } = base;
  // The draft is ours alone: a copy of seventy members and one of the facts would cost more than the mapping.
  if (facts !== undefined) Object.assign(base, facts);
  base.source = facts === undefined ? withoutCredentials(call) : Object.assign({}, source, facts.source);
  return also.length === 0 ? [base] : sized([base, ...also]);
}

function sized(drafts: EventDraft[]): EventDraft[] {
  return drafts.map((draft) => ({ ...draft, transaction_size: drafts.length }));
}

function factsOf(call: JsonObject, name: string, system: string): MappedFields | undefined {
  if (system === 'route53domains') return registrarMapping(call, name);
  if (system.startsWith('route53')) return zoneMapping(call, name);
  return system === 'ses' ? simpleEmailMapping(call, name) : identityMapping(call, name, system);
}

function sourceOf(call: JsonObject): Record<string, unknown> {
  const source: Record<string, unknown> = {
    event_source: call['eventSource'],
    region: call['awsRegion'],
    request_parameters: call['requestParameters'],
  };
  const code = errorCodeOf(call);
  if (code !== undefined) source['error_code'] = code;
  if (textField(call, 'errorMessage') !== undefined) source['error_message'] = call['errorMessage'];
  const address = textField(call, 'sourceIPAddress');
  if (address !== undefined && canonicalIp(address) === undefined) source['source_address'] = address;
  return source;
}

/** The whole call, but for temporary credentials that some responses hand out. */
function withoutCredentials(call: JsonObject): Record<string, unknown> {
  const response = objectField(call, 'responseElements');
  if (!('credentials' in response)) return call;
  const { credentials: _, ...kept } = response;
  return { ...call, responseElements: kept };
}
