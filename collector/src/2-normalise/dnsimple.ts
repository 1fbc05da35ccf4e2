/**
 * DNSimple webhooks (API v2), as the whole HTTP request or as the JSON body alone.
 *
 * Not signed, without event time and, except for `domain.state_change`, without old values. A suffix on the name tells
 * the state of a long operation: `:started` is an attempt, `:cancelled` and `:failed` are failures, no suffix is done.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import { otherActivity } from '../contract/event-types.ts';
import type { EventDraft, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { formatInstant } from '../leaf/time.ts';
import { instantOf, loginOf } from './audit-field.ts';
import { dnsimpleMappings } from './dnsimple-mapping.ts';
import { parseHttpMessage, startsWithRequestLine } from './http-message.ts';
import { asObject, idField, objectField, textField } from './json-field.ts';
import { parseJsonRecord } from './json-record.ts';
import type { JsonObject } from './json-record.ts';
import { blankDraft } from './blank-draft.ts';

/** The DNSimple webhook feed. */
export const dnsimple: Normaliser = {
  source: 'dnsimple',
  version: 1,
  // The address of a webhook ends in the secret that lets its sender in; nothing else of a delivery is called so.
  credentials: ['token', 'url'],
  normalise(record) {
    let body = record.bytes;
    let requestId: string | undefined;
    if (startsWithRequestLine(body)) {
      const message = parseHttpMessage(body);
      if (!message.ok) return message;
      body = message.value.body;
      requestId = message.value.headers.get('x-request-id');
    }
    const parsed = parseJsonRecord(body);
    return parsed.ok ? webhook(parsed.value, record, requestId) : parsed;
  },
};

function webhook(body: JsonObject, record: RawRecord, requestId?: string): Outcome<readonly EventDraft[]> {
  const original = textField(body, 'name');
  if (original === undefined) return failed('missing_field', 'expected the event name in "name"', '/name');
  const data = asObject(body['data']);
  if (data === undefined) return failed('missing_field', 'expected an object in "data"', '/data');
  const delivery = idField(body, 'request_identifier');
  if (delivery === undefined)
    return failed('missing_field', 'expected "request_identifier"', '/request_identifier');
  const colon = original.indexOf(':');
  const name = colon < 0 ? original : original.slice(0, colon);
  const state = colon < 0 ? '' : original.slice(colon + 1);
  const mapping = dnsimpleMappings.get(name);
  const mapped = mapping?.map(data, state);
  const isKnown = mapped !== undefined;
  const account = objectField(body, 'account');
  const accountId = idField(account, 'id');
  const instance = accountId === undefined ? undefined : `dnsimple/${accountId}`;
  const domain = mapped?.domain ?? domainOf(data);
  const source: Record<string, unknown> = isKnown
    ? { ...mapped.source, account: account['display'] }
    : { ...body, data: withoutSecrets(data) };
  const times = timesOf(data, record, mapping?.timedBy);
  const actor = actorOf(objectField(body, 'actor'));
  const draft: EventDraft = {
    ...blankDraft,
    key: [delivery],
    atom: `${mapped?.attribute ?? mapped?.record_name ?? ''}|${original}`,
    event_type: otherActivity,
    event_type_original: original,
    outcome: outcomeOf(state),
    timestamp: times.timestamp,
    timestamp_precision: times.timestamp_precision,
    timestamp_earliest: times.timestamp_earliest,
    source_system: 'dnsimple',
    source_kind: mapping?.plane === 'dns' ? 'dns_provider_audit' : 'registrar_audit',
    source_event_id: delivery,
    acquisition: 'push',
    confidence: 0.99,
    confidence_basis: 'push',
    actor_id: actor.actor_id,
    actor_type: actor.actor_type,
    actor_origin: actor.actor_origin,
    actor_email: actor.actor_email,
    actor_name: actor.actor_name,
    request_id: requestId,
    transaction_id: delivery,
    domain,
    approval_state: 'not_checked',
  };
  Object.assign(draft, mapped);
  draft.source = source;
  if (instance !== undefined) draft.source_instance = instance;
  if (mapping?.plane === 'dns') draft.dns_provider = 'dnsimple';
  else {
    draft.registrar = 'dnsimple';
    if (instance !== undefined) draft.registrar_account = instance;
  }
  return succeeded([draft]);
}

function outcomeOf(state: string): CanonicalEvent['outcome'] {
  if (state === '') return 'success';
  if (state === 'started') return 'attempt';
  return state === 'cancelled' || state === 'failed' ? 'failure' : 'unknown';
}

function domainOf(data: JsonObject): string | undefined {
  const name =
    textField(objectField(data, 'domain'), 'name') ??
    textField(objectField(data, 'zone'), 'name') ??
    textField(objectField(data, 'zone_record'), 'zone_id') ??
    textField(data, 'domain');
  const canonical = name === undefined ? undefined : canonicalName(name);
  return canonical === undefined ? undefined : (registrableDomain(canonical) ?? canonical);
}

const lowerBoundMaxMs = 86_400_000;

/**
 * DNSimple gives no event time. Where the changed object's `updated_at` is set by the event itself it is the time;
 * elsewhere the receipt is, and an `updated_at` of the last day is the lower bound.
 */
function timesOf(
  data: JsonObject,
  record: RawRecord,
  timedBy: string | undefined,
): Pick<EventDraft, 'timestamp' | 'timestamp_precision' | 'timestamp_earliest'> {
  const exact = timedBy === undefined ? undefined : updatedAt(objectField(data, timedBy));
  if (exact !== undefined)
    return { timestamp: formatInstant(exact.ms), timestamp_precision: exact.precision === 'ms' ? 'ms' : 's' };
  const received = formatInstant(record.receivedAtMs);
  for (const name in data) {
    const member = asObject(data[name]);
    const bound = member === undefined ? undefined : updatedAt(member);
    const ageMs = bound === undefined ? -1 : record.receivedAtMs - bound.ms;
    if (bound !== undefined && ageMs >= 0 && ageMs <= lowerBoundMaxMs)
      return {
        timestamp: received,
        timestamp_precision: 'interval',
        timestamp_earliest: formatInstant(bound.ms),
      };
  }
  return { timestamp: received, timestamp_precision: 'm' };
}

function updatedAt(object: JsonObject): ReturnType<typeof instantOf> {
  return instantOf(object['updated_at']);
}

const actorTypes: ReadonlyMap<string, CanonicalEvent['actor_type']> = new Map([
  ['user', 'user'],
  ['account', 'token'],
  ['dnsimple', 'system'],
]);

/** `account` acts with an account token, `dnsimple` is the provider's own automation, sometimes with an empty id. */
function actorOf(
  actor: JsonObject,
): Pick<EventDraft, 'actor_id' | 'actor_type' | 'actor_origin' | 'actor_email' | 'actor_name'> {
  const entity = textField(actor, 'entity');
  const type = (entity === undefined ? undefined : actorTypes.get(entity)) ?? 'unknown';
  const id = idField(actor, 'id') ?? (type === 'system' ? 'system' : undefined);
  const pretty = textField(actor, 'pretty');
  const isAddress = pretty?.includes('@') === true && type !== 'system';
  return {
    actor_id: id === undefined ? 'unknown' : `dnsimple:${id}`,
    actor_type: type,
    actor_origin: type === 'user' || type === 'token' ? 'customer' : 'unknown',
    actor_email: isAddress ? loginOf(pretty) : undefined,
    actor_name: isAddress ? undefined : pretty,
  };
}

/** Invitation tokens give access to the account: they never leave the raw record. */
function withoutSecrets(data: JsonObject): JsonObject {
  const invitation = asObject(data['account_invitation']);
  if (invitation === undefined) return data;
  const { token: _, ...kept } = invitation;
  return { ...data, account_invitation: kept };
}
