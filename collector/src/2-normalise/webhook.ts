/**
 * Generic signed webhook for systems without a feed of their own. The body is one event or `{"events": […]}`, each in
 * canonical words: required `event_type`, `timestamp` and an identifier in `id`; optional every other field of the
 * canonical event but the ones this collector stamps. `meta.mapping`, from configuration, renames fields first:
 * a JSON object from canonical field to JSON pointer (RFC 6901) or to `{"value": …}` for a constant, and under
 * `event_types` from the sender's names to canonical ones. docs/sources/webhook.md shows both.
 */
import { isEventType, otherActivity } from '../contract/event-types.ts';
import { actorOrigins, actorTypes, authMethods, mfaKinds, sourceKinds } from '../contract/event-words.ts';
import type { CanonicalEvent, SourceKind } from '../contract/event.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { formatInstant } from '../leaf/time.ts';
import { batchDrafts } from './audit-batch.ts';
import {
  asObject,
  definedFields,
  flagField,
  idField,
  isGiven,
  numberField,
  textField,
} from './json-field.ts';
import { parseHttpMessage, startsWithRequestLine } from './http-message.ts';
import { parseJsonRecord, parseJsonText } from './json-record.ts';
import type { JsonObject } from './json-record.ts';
import {
  addressForm,
  webhookIdentity,
  webhookMail,
  webhookOutcome,
  webhookTime,
  webhookValue,
} from './webhook-fields.ts';
import { mappedObject } from './webhook-mapping.ts';
import { blankDraft } from './blank-draft.ts';

/** The generic webhook feed. */
export const webhook: Normaliser = {
  source: 'webhook',
  version: 1,
  credentials: [
    'auth_code',
    'authCode',
    'authInfo',
    'auth_info',
    'epp_code',
    'password',
    'secret',
    'token',
    'access_token',
    'api_key',
    'private_key',
  ],
  normalise(record, context) {
    let bytes = record.bytes;
    if (startsWithRequestLine(bytes)) {
      const message = parseHttpMessage(bytes);
      if (!message.ok) return message;
      bytes = message.value.body;
    }
    const parsed = parseJsonRecord(bytes);
    if (!parsed.ok) return parsed;
    const mapping = mappingOf(record);
    if (!mapping.ok) return mapping;
    const list = parsed.value['events'];
    if (!Array.isArray(list)) return one(parsed.value, mapping.value, record, context);
    const place = { system: 'webhook', kind: 'manual', path: '/events', record, context } as const;
    return batchDrafts(list, place, (each) => one(each, mapping.value, record, context));
  },
};

function mappingOf(record: RawRecord): Outcome<JsonObject | undefined> {
  const text = record.meta?.['mapping'];
  if (text === undefined) return succeeded(undefined);
  const parsed = parseJsonText(text);
  const mapping = parsed.ok ? asObject(parsed.value) : undefined;
  return mapping === undefined
    ? failed('bad_configuration', 'the mapping is not a JSON object', 'meta.mapping')
    : succeeded(mapping);
}

function one(
  body: JsonObject,
  mapping: JsonObject | undefined,
  record: RawRecord,
  context: NormaliseContext,
): Outcome<readonly EventDraft[]> {
  const event = mapping === undefined ? body : mappedObject(body, mapping);
  const original = idField(event, 'event_type');
  if (original === undefined) return failed('missing_field', 'expected "event_type"', '/event_type');
  const time = webhookTime(event['timestamp']);
  if (time === undefined)
    return failed(
      'bad_timestamp',
      'expected "timestamp" as RFC 3339 text or an epoch in seconds to nanoseconds',
      '/timestamp',
    );
  const own = idField(event, 'id') ?? textField(event, 'source_event_id');
  // Standard Webhooks has the id in a header, for the whole delivery: its parts are told apart by what they say.
  const id = own ?? record.meta?.['delivery'];
  if (id === undefined) return failed('missing_field', 'expected "id", the same at every repetition', '/id');
  const nativeDomain = textField(event, 'domain');
  const name = recordNameOf(event);
  const domain = canonicalName(nativeDomain ?? name ?? textField(event, 'zone') ?? '');
  if (nativeDomain !== undefined && domain === undefined)
    return failed('bad_domain_name', `"${nativeDomain.slice(0, 80)}" is not a DNS name`, '/domain');
  // What the pipeline says about itself and what it concludes nobody else can say.
  const isKnown = isEventType(original) && !/^(?:pipeline|derived)\./.test(original);
  const system = textField(event, 'source_system') ?? record.instance ?? 'webhook';
  const draft: EventDraft = {
    ...blankDraft,
    key: own === undefined ? [id, context.sha256(canonicalJson(body))] : [id],
    atom: `${textField(event, 'record_name') ?? ''} ${textField(event, 'record_type') ?? ''} ${textField(event, 'attribute') ?? ''}`.trim(),
    event_type: isKnown ? original : otherActivity,
    event_type_original: textField(event, 'event_type_original') ?? (isKnown ? undefined : original),
    outcome: webhookOutcome(event['outcome']),
    timestamp: formatInstant(time.ms),
    timestamp_precision: time.precision,
    source_system: system.slice(0, 512),
    source_kind: oneOf<SourceKind>(event, 'source_kind', sendersKinds, 'manual'),
    source_event_id: id,
    acquisition: 'push',
    confidence: Math.min(0.99, Math.max(0, numberField(event, 'confidence') ?? 0.99)),
    confidence_basis: 'push',
    actor_id: (textField(event, 'actor_id') ?? 'unknown').slice(0, 512),
    actor_type: oneOf(event, 'actor_type', actorTypes, 'unknown'),
    actor_origin: oneOf(event, 'actor_origin', actorOrigins, 'unknown'),
    source_ip: canonicalIp(textField(event, 'source_ip') ?? ''),
    domain: domain === undefined || domain === '.' ? undefined : (registrableDomain(domain) ?? domain),
    auth_method: authMethods.find((each) => each === event['auth_method']),
    mfa: mfaKinds.find((each) => each === event['mfa']),
    ...changeOf(event, name),
    identity: webhookIdentity(event),
    mail: webhookMail(event),
    approval_state: 'not_checked',
    source: isKnown ? (asObject(event['source']) as Record<string, unknown> | undefined) : { ...body },
  };
  for (const field of copiedTexts) {
    const value = idField(event, field);
    if (value !== undefined) draft[field] = field === 'actor_email' ? addressForm(value) : value;
  }
  return succeeded([draft]);
}

/** Everybody may say what kind of witness it is, but it is not the pipeline. */
const sendersKinds = sourceKinds.filter((kind) => kind !== 'pipeline');

/**
 * The name of a record as a whole: `@` is the zone, and a name outside the zone is relative to it, unless it ends in a dot. With
 * nothing but a domain only a single label is surely relative. Undefined: none is given, or it is no name.
 */
function recordNameOf(event: JsonObject): string | undefined {
  const native = textField(event, 'record_name');
  if (native === undefined) return undefined;
  const zone = canonicalName(textField(event, 'zone') ?? '');
  const above = zone ?? canonicalName(textField(event, 'domain') ?? '');
  if (native === '@') return above;
  const name = canonicalName(native);
  if (name === undefined || above === undefined || native.endsWith('.')) return name;
  if (name === above || name.endsWith(`.${above}`)) return name;
  return zone !== undefined || !name.includes('.') ? canonicalName(`${name}.${above}`) : name;
}

/** Text fields taken as they are; never those that completion or enrichment decides. */
const copiedTexts = [
  'actor_name',
  'actor_email',
  'on_behalf_of',
  'token_id',
  'session_id',
  'user_agent',
  'request_id',
  'transaction_id',
  'sequence',
  'change_request_id',
  'approver',
  'deployment_correlation_id',
  'registrar',
  'registrar_account',
  'dns_provider',
] as const satisfies readonly (keyof CanonicalEvent)[];

function oneOf<T extends string>(event: JsonObject, field: string, known: readonly T[], otherwise: T): T {
  const value = textField(event, field);
  return known.find((each) => each === value) ?? otherwise;
}

/** Names, values and TTLs in canonical form; old values count as known only when the sender gives them. */
function changeOf(event: JsonObject, name: string | undefined): Partial<EventDraft> {
  const type = textField(event, 'record_type')?.toUpperCase();
  const attribute = textField(event, 'attribute');
  const before = webhookValue(event['old_value'], type, attribute);
  // Null for both is a table without the columns, not a change from nothing to nothing.
  const hasChange = isGiven(event['old_value']) || isGiven(event['new_value']);
  return definedFields({
    zone: canonicalName(textField(event, 'zone') ?? ''),
    record_name: name,
    record_type: type !== undefined && /^[A-Z][A-Z0-9-]{0,15}$/.test(type) ? type : undefined,
    attribute,
    old_value: hasChange ? before : undefined,
    new_value: hasChange ? webhookValue(event['new_value'], type, attribute) : undefined,
    old_known: hasChange ? (flagField(event, 'old_known') ?? before !== undefined) : undefined,
    ttl_old: secondsOf(event, 'ttl_old'),
    ttl_new: secondsOf(event, 'ttl_new'),
  });
}

function secondsOf(event: JsonObject, field: string): number | undefined {
  const seconds = numberField(event, field);
  return seconds !== undefined && Number.isInteger(seconds) ? seconds : undefined;
}
