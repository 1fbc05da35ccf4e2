/**
 * From the fields of a draft to an event of one hidden class: whatever a feed says, every event has the same members in the
 * same order, undefined where nothing is known. Code that reads events then meets one layout instead of hundreds.
 */
import { eventSchemaUrn, type CanonicalEvent } from '../contract/event.ts';
import { limits } from '../contract/limits.ts';
import type { EventDraft, NormaliseContext } from '../contract/normaliser.ts';

const textCharactersMax = limits.eventTextMax;
const shortCharactersMax = limits.eventShortTextMax;

/** What completion adds to every draft of a record. */
export interface EventStamp {
  readonly tenant: string;
  readonly receivedAt: string;
  readonly ingestedAt: string;
  readonly normaliser: string;
  readonly raw: CanonicalEvent['raw'];
  readonly sourceId: string | undefined;
}

/** What it adds to one draft; `instance` is the draft's own where it names one. */
export interface DraftStamp {
  readonly eventId: string;
  readonly instance: string | undefined;
  readonly shared: EventStamp;
}

/** An event with the fields of the draft as they are. One literal: a copy of a blank one and seventy stores cost twice as much. */
export function eventOfDraft(
  draft: EventDraft,
  { eventId, instance, shared: stamp }: DraftStamp,
): CanonicalEvent {
  // prettier-ignore
  return {
    schema: eventSchemaUrn, event_id: eventId, event_type: draft.event_type, outcome: draft.outcome,
    tenant: stamp.tenant, timestamp: draft.timestamp, timestamp_precision: draft.timestamp_precision,
    observed_at: draft.observed_at ?? stamp.receivedAt, ingested_at: stamp.ingestedAt,
    source_system: draft.source_system, source_kind: draft.source_kind, acquisition: draft.acquisition,
    confidence: draft.confidence, normaliser: stamp.normaliser, actor_id: draft.actor_id,
    actor_type: draft.actor_type, actor_origin: draft.actor_origin, approval_state: draft.approval_state,
    raw: stamp.raw, source_instance: instance, source_id: stamp.sourceId,
    event_type_original: draft.event_type_original, timestamp_earliest: draft.timestamp_earliest,
    source_event_id: draft.source_event_id, confidence_basis: draft.confidence_basis,
    actor_name: draft.actor_name, actor_email: draft.actor_email, on_behalf_of: draft.on_behalf_of,
    auth_method: draft.auth_method, mfa: draft.mfa, token_id: draft.token_id, session_id: draft.session_id,
    source_ip: draft.source_ip, user_agent: draft.user_agent, request_id: draft.request_id,
    registrar: draft.registrar, registrar_account: draft.registrar_account, dns_provider: draft.dns_provider,
    domain: draft.domain, domain_unicode: draft.domain_unicode, zone: draft.zone,
    record_name: draft.record_name, record_type: draft.record_type, attribute: draft.attribute,
    old_value: draft.old_value, old_known: draft.old_known, old_from: draft.old_from,
    new_value: draft.new_value, added: draft.added, removed: draft.removed, truncated: draft.truncated,
    ttl_old: draft.ttl_old, ttl_new: draft.ttl_new, ttl_delta: draft.ttl_delta,
    transaction_id: draft.transaction_id, transaction_size: draft.transaction_size, sequence: draft.sequence,
    change_fact_id: draft.change_fact_id, change_request_id: draft.change_request_id, approver: draft.approver,
    deployment_correlation_id: draft.deployment_correlation_id, cert: draft.cert, query: draft.query,
    identity: draft.identity, mail: draft.mail, enrich: draft.enrich, feature: draft.feature,
    source: draft.source, links: draft.links,
  } satisfies Record<keyof CanonicalEvent, unknown>;
}

const shortTexts: ReadonlySet<string> = new Set(['source_system', 'actor_id', 'user_agent', 'attribute']);
/** What goes into the id, and what completion bounds by its size in octets. */
const asTheyAre: ReadonlySet<string> = new Set([
  'key',
  'atom',
  'source_instance',
  'enrich',
  'feature',
  'source',
]);

/** A copy of the draft whose texts and lists are cut to what the schema takes; for the few that do not fit as they are. */
export function fittedDraft(draft: EventDraft, context: NormaliseContext): EventDraft {
  const fitted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(draft)) {
    if (asTheyAre.has(name)) fitted[name] = value;
    else if (shortTexts.has(name)) fitted[name] = fitShort(value);
    else if (Array.isArray(value)) fitted[name] = fitList(value, context);
    else if (typeof value === 'object' && value !== null) fitted[name] = fittedGroup(value, context);
    else fitted[name] = typeof value === 'string' ? fitText(value, context) : value;
  }
  return fitted as EventDraft;
}

/** At most 512 characters; for texts whose end tells nothing. Anything but text comes back as it is, for the schema to judge. */
export function fitShort<T>(value: T): T {
  return typeof value === 'string' && value.length > shortCharactersMax
    ? (value.slice(0, shortCharactersMax) as T)
    : value;
}

/** Groups of texts that come from the source are bounded one by one. */
function fittedGroup(group: object, context: NormaliseContext): Record<string, unknown> {
  const members = group as Record<string, unknown>;
  const fitted: Record<string, unknown> = {};
  for (const name in members) {
    const value = members[name];
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
