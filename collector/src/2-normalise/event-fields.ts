/**
 * From the fields of a draft to an event of one hidden class: whatever a feed says, every event has the same members in the
 * same order, undefined where nothing is known. Code that reads events then meets one layout instead of hundreds.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import { limits } from '../contract/limits.ts';
import type { EventDraft, NormaliseContext } from '../contract/normaliser.ts';
import { blankEvent } from './blank-event.ts';

const textCharactersMax = limits.eventTextMax;
const shortCharactersMax = limits.eventShortTextMax;

/**
 * An event with the fields of the draft, texts and lists cut to what the schema takes; the stamp (ids, tenant, receipt, raw
 * record) is still to be set. Field by field: names computed at run time would cost more than all the rest.
 */
export function eventOfDraft(draft: EventDraft, context: NormaliseContext): CanonicalEvent {
  const event = { ...blankEvent } as CanonicalEvent;
  copyOrigin(draft, event, context);
  copyActor(draft, event, context);
  copyChange(draft, event, context);
  copyCircumstances(draft, event, context);
  return event;
}

function copyOrigin(draft: EventDraft, event: CanonicalEvent, context: NormaliseContext): void {
  event.event_type = fit(draft.event_type, context);
  event.event_type_original = fit(draft.event_type_original, context);
  event.outcome = draft.outcome;
  event.timestamp = fit(draft.timestamp, context);
  event.timestamp_earliest = fit(draft.timestamp_earliest, context);
  event.timestamp_precision = draft.timestamp_precision;
  event.source_system = fitShort(draft.source_system);
  event.source_kind = draft.source_kind;
  event.source_event_id = fit(draft.source_event_id, context);
  event.acquisition = draft.acquisition;
  event.confidence = draft.confidence;
  event.confidence_basis = fit(draft.confidence_basis, context);
  event.approval_state = draft.approval_state;
  event.source = draft.source;
}

function copyActor(draft: EventDraft, event: CanonicalEvent, context: NormaliseContext): void {
  event.actor_id = fitShort(draft.actor_id);
  event.actor_type = draft.actor_type;
  event.actor_origin = draft.actor_origin;
  event.actor_name = fit(draft.actor_name, context);
  event.actor_email = fit(draft.actor_email, context);
  event.on_behalf_of = fit(draft.on_behalf_of, context);
  event.auth_method = draft.auth_method;
  event.mfa = draft.mfa;
  event.token_id = fit(draft.token_id, context);
  event.session_id = fit(draft.session_id, context);
  event.source_ip = fit(draft.source_ip, context);
  event.user_agent = fitShort(draft.user_agent);
  event.request_id = fit(draft.request_id, context);
  event.registrar = fit(draft.registrar, context);
  event.registrar_account = fit(draft.registrar_account, context);
  event.dns_provider = fit(draft.dns_provider, context);
}

function copyChange(draft: EventDraft, event: CanonicalEvent, context: NormaliseContext): void {
  event.domain = fit(draft.domain, context);
  event.domain_unicode = fit(draft.domain_unicode, context);
  event.zone = fit(draft.zone, context);
  event.record_name = fit(draft.record_name, context);
  event.record_type = fit(draft.record_type, context);
  event.attribute = fitShort(draft.attribute);
  event.old_value = fitAny(draft.old_value, context);
  event.old_known = draft.old_known;
  event.old_from = fit(draft.old_from, context);
  event.new_value = fitAny(draft.new_value, context);
  event.added = fitAny(draft.added, context);
  event.removed = fitAny(draft.removed, context);
  event.truncated = draft.truncated;
  event.ttl_old = draft.ttl_old;
  event.ttl_new = draft.ttl_new;
  event.ttl_delta = draft.ttl_delta;
}

function copyCircumstances(draft: EventDraft, event: CanonicalEvent, context: NormaliseContext): void {
  event.transaction_id = fit(draft.transaction_id, context);
  event.transaction_size = draft.transaction_size;
  event.sequence = fit(draft.sequence, context);
  event.change_fact_id = fit(draft.change_fact_id, context);
  event.change_request_id = fit(draft.change_request_id, context);
  event.approver = fit(draft.approver, context);
  event.deployment_correlation_id = fit(draft.deployment_correlation_id, context);
  event.cert = fitGroup(draft.cert, context);
  event.query = fitGroup(draft.query, context);
  event.identity = fitGroup(draft.identity, context);
  event.mail = fitGroup(draft.mail, context);
  event.enrich = draft.enrich;
  event.feature = draft.feature;
  event.links = fitAny(draft.links, context);
}

/** At most 512 characters; for texts whose end tells nothing. Anything but text comes back as it is, for the schema to judge. */
export function fitShort<T>(value: T): T {
  return typeof value === 'string' && value.length > shortCharactersMax
    ? (value.slice(0, shortCharactersMax) as T)
    : value;
}

/** Texts only; a draft that holds something else there keeps it, and the schema refuses the event. */
function fit<T>(value: T, context: NormaliseContext): T {
  return typeof value === 'string' && value.length > textCharactersMax
    ? (fitText(value, context) as T)
    : value;
}

function fitAny<T>(value: T, context: NormaliseContext): T {
  return Array.isArray(value) ? (fitList(value, context) as T) : fit(value, context);
}

/** Groups of texts that come from the source are bounded one by one; a group that fits comes back itself. */
function fitGroup<T extends object>(group: T | undefined, context: NormaliseContext): T | undefined {
  if (group === undefined) return undefined;
  const members = group as Record<string, unknown>;
  for (const name in members) if (!isFitting(members[name])) return fittedGroup(members, context) as T;
  return group;
}

function isFitting(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= textCharactersMax;
  return Array.isArray(value) ? value.length <= limits.setItemsMax && !value.some(isLongText) : true;
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
