/**
 * From the fields of a draft to an event of one hidden class: whatever a feed says, every event has the same members in the
 * same order, undefined where nothing is known. Code that reads events then meets one layout instead of hundreds.
 */
import { eventSchemaUrn, type CanonicalEvent } from '../contract/event.ts';
import { limits } from '../contract/limits.ts';
import type { EventDraft, NormaliseContext } from '../contract/normaliser.ts';

const textCharactersMax = 4096;
const shortCharactersMax = 512;

/** How a field of a draft is bounded on its way into the event. */
type Bound = 'as is' | 'text' | 'short' | 'group';

/** The fields a draft may fill. What completion stamps itself, and `key` and `atom`, are not among them. */
const bounds: ReadonlyMap<string, Bound> = new Map([
  ...bounded('as is', ['outcome', 'timestamp_precision', 'source_kind', 'acquisition', 'confidence']),
  ...bounded('as is', ['actor_type', 'actor_origin', 'approval_state', 'auth_method', 'mfa', 'old_known']),
  ...bounded('as is', ['truncated', 'ttl_old', 'ttl_new', 'ttl_delta', 'transaction_size']),
  ...bounded('as is', ['enrich', 'feature', 'source']),
  ...bounded('short', ['source_system', 'source_instance', 'actor_id', 'user_agent', 'attribute']),
  ...bounded('text', ['event_type', 'event_type_original', 'timestamp', 'timestamp_earliest', 'observed_at']),
  ...bounded('text', ['source_event_id', 'confidence_basis', 'actor_name', 'actor_email', 'on_behalf_of']),
  ...bounded('text', ['token_id', 'session_id', 'source_ip', 'request_id', 'registrar', 'registrar_account']),
  ...bounded('text', ['dns_provider', 'domain', 'domain_unicode', 'zone', 'record_name', 'record_type']),
  ...bounded('text', ['old_value', 'old_from', 'new_value', 'added', 'removed', 'transaction_id']),
  ...bounded('text', ['sequence', 'change_fact_id', 'change_request_id', 'approver']),
  ...bounded('text', ['deployment_correlation_id', 'links']),
  ...bounded('group', ['cert', 'query', 'identity', 'mail']),
]);

function bounded(
  bound: Bound,
  names: readonly (keyof EventDraft & keyof CanonicalEvent)[],
): [string, Bound][] {
  return names.map((name) => [name, bound]);
}

/** An event with the fields of the draft, texts and lists cut to what the schema takes; the stamp is still to be set. */
export function eventOfDraft(draft: EventDraft, context: NormaliseContext): CanonicalEvent {
  const event = blankEvent() as unknown as Record<string, unknown>;
  for (const name in draft) {
    const value = (draft as unknown as Record<string, unknown>)[name];
    if (value === undefined) continue;
    switch (bounds.get(name)) {
      case 'as is':
        event[name] = value;
        break;
      case 'short':
        event[name] = fitShort(value);
        break;
      case 'text':
        event[name] = fit(value, context);
        break;
      case 'group':
        event[name] = fitGroup(value as Record<string, unknown>, context);
        break;
      case undefined:
    }
  }
  return event as unknown as CanonicalEvent;
}

/** Every member of an event in one order. The required ones are filled by the draft and by completion. */
function blankEvent() {
  return {
    schema: eventSchemaUrn,
    event_id: undefined,
    event_type: undefined,
    outcome: undefined,
    tenant: undefined,
    timestamp: undefined,
    timestamp_precision: undefined,
    observed_at: undefined,
    ingested_at: undefined,
    source_system: undefined,
    source_kind: undefined,
    acquisition: undefined,
    confidence: undefined,
    normaliser: undefined,
    actor_id: undefined,
    actor_type: undefined,
    actor_origin: undefined,
    approval_state: undefined,
    raw: undefined,
    source_instance: undefined,
    event_type_original: undefined,
    timestamp_earliest: undefined,
    source_event_id: undefined,
    confidence_basis: undefined,
    actor_name: undefined,
    actor_email: undefined,
    on_behalf_of: undefined,
    auth_method: undefined,
    mfa: undefined,
    token_id: undefined,
    session_id: undefined,
    source_ip: undefined,
    user_agent: undefined,
    request_id: undefined,
    registrar: undefined,
    registrar_account: undefined,
    dns_provider: undefined,
    domain: undefined,
    domain_unicode: undefined,
    zone: undefined,
    record_name: undefined,
    record_type: undefined,
    attribute: undefined,
    old_value: undefined,
    old_known: undefined,
    old_from: undefined,
    new_value: undefined,
    added: undefined,
    removed: undefined,
    truncated: undefined,
    ttl_old: undefined,
    ttl_new: undefined,
    ttl_delta: undefined,
    transaction_id: undefined,
    transaction_size: undefined,
    sequence: undefined,
    change_fact_id: undefined,
    change_request_id: undefined,
    approver: undefined,
    deployment_correlation_id: undefined,
    cert: undefined,
    query: undefined,
    identity: undefined,
    mail: undefined,
    enrich: undefined,
    feature: undefined,
    source: undefined,
    links: undefined,
  } satisfies Record<keyof CanonicalEvent, string | undefined>;
}

/** At most 512 characters; for texts whose end tells nothing. Anything but text comes back as it is, for the schema to judge. */
export function fitShort<T>(value: T): T {
  return typeof value === 'string' && value.length > shortCharactersMax
    ? (value.slice(0, shortCharactersMax) as T)
    : value;
}

function fit(value: unknown, context: NormaliseContext): unknown {
  if (typeof value === 'string') return fitText(value, context);
  return Array.isArray(value) ? fitList(value, context) : value;
}

/** Groups of texts that come from the source are bounded one by one; a group that fits comes back itself. */
function fitGroup(group: Record<string, unknown>, context: NormaliseContext): Record<string, unknown> {
  for (const name in group) if (!isFitting(group[name])) return fittedGroup(group, context);
  return group;
}

function isFitting(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= textCharactersMax;
  return Array.isArray(value)
    ? value.length <= limits.setItemsMax && !value.some(isLongText)
    : value !== undefined;
}

function fittedGroup(group: Record<string, unknown>, context: NormaliseContext): Record<string, unknown> {
  const fitted: Record<string, unknown> = {};
  for (const name in group) {
    const value = group[name];
    if (value === undefined) continue;
    if (typeof value === 'string') fitted[name] = fitText(value, context);
    else fitted[name] = Array.isArray(value) ? fitList(value, context).slice(0, limits.setItemsMax) : value;
  }
  return fitted;
}

function fitList(items: readonly unknown[], context: NormaliseContext): unknown[] {
  if (!items.some(isLongText)) return items as unknown[];
  return items.map((item) => (typeof item === 'string' ? fitText(item, context) : item));
}

function isLongText(item: unknown): boolean {
  return typeof item === 'string' && item.length > textCharactersMax;
}

/** A cut value ends in the digest of the whole, so that equality of values still means equality. */
function fitText(value: string, context: NormaliseContext): string {
  if (value.length <= textCharactersMax) return value;
  return `${value.slice(0, textCharactersMax - 80)}…sha256:${context.sha256(value)}`;
}
