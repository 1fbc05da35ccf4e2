/** The fields every identity and mail audit record fills the same way. */
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { formatInstant } from '../leaf/time.ts';
import { clipped, type Fields } from './audit-field.ts';
import type { CanonicalEvent, SourceKind } from '../contract/event.ts';
import type { EventDraft } from '../contract/normaliser.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { blankDraft } from './blank-draft.ts';

/** Who acted. `id` absent: the source names nobody, actor_id becomes `unknown`. */
export interface AuditActor {
  readonly realm: string;
  readonly id?: string | undefined;
  readonly type: CanonicalEvent['actor_type'];
  readonly origin: CanonicalEvent['actor_origin'];
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

/** What a mapping must know before it can start a draft. `original` is the vendor's name of the event. */
export interface AuditFacts {
  readonly record: RawRecord;
  readonly system: string;
  readonly kind: SourceKind;
  readonly type: string;
  readonly original: string;
  readonly outcome: CanonicalEvent['outcome'];
  readonly atMs: number;
  readonly precision: CanonicalEvent['timestamp_precision'];
  readonly key: readonly string[];
  readonly atom: string;
  readonly actor: AuditActor;
  readonly sourceEventId?: string | undefined;
  readonly source: Fields;
}

/**
 * A draft with all required fields. Confidence 0.99 for pushed records (the transport gave a delivery id or topic) and
 * 0.95 for polled ones, after the table of witnesses; nothing about approval is known at this stage.
 */
export function auditDraft(facts: AuditFacts): EventDraft {
  const { record, actor } = facts;
  const isPushed = record.meta?.['delivery'] !== undefined || record.meta?.['topic'] !== undefined;
  const draft: EventDraft = {
    ...blankDraft,
    key: facts.key,
    atom: facts.atom,
    event_type: facts.type,
    event_type_original: clipped(facts.original, 512),
    outcome: facts.outcome,
    timestamp: formatInstant(facts.atMs),
    timestamp_precision: facts.precision,
    source_system: facts.system,
    source_kind: facts.kind,
    acquisition: isPushed ? 'push' : 'poll',
    confidence: isPushed ? 0.99 : 0.95,
    confidence_basis: isPushed ? 'audit_push' : 'audit_poll',
    actor_id: actor.id === undefined ? 'unknown' : clipped(`${actor.realm}:${actor.id}`, 512),
    actor_type: actor.type,
    actor_origin: actor.origin,
    approval_state: 'not_checked',
    source: facts.source as Record<string, unknown>,
  };
  if (record.instance !== undefined) draft.source_instance = record.instance;
  if (facts.sourceEventId !== undefined) draft.source_event_id = facts.sourceEventId;
  if (actor.name !== undefined) draft.actor_name = actor.name;
  if (actor.email !== undefined) draft.actor_email = actor.email;
  return draft;
}

/** Where the actor was, as the feed itself says. `country` is an ISO 3166-1 alpha-2 code. All parts optional. */
export interface FeedLocation {
  readonly country?: string | undefined;
  readonly city?: string | undefined;
  readonly asn?: number | undefined;
  readonly organisation?: string | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  readonly isAnonymiser?: boolean | undefined;
}

/** Puts the feed's own location into `enrich.source`, labelled with the feed's name; nothing when it says nothing. */
export function locateSource(draft: EventDraft, feed: string, location: FeedLocation): void {
  const source: Record<string, unknown> = {};
  if (location.country !== undefined) source['country'] = location.country;
  if (location.city !== undefined) source['city'] = location.city;
  if (location.asn !== undefined && location.asn > 0) source['asn'] = location.asn;
  if (location.organisation !== undefined) source['as_org'] = location.organisation;
  if (location.latitude !== undefined && location.longitude !== undefined) {
    source['lat'] = location.latitude;
    source['lon'] = location.longitude;
  }
  if (location.isAnonymiser === true) source['anonymiser'] = true;
  for (const _ in source) {
    source['as_of'] = draft.timestamp;
    source['source'] = feed;
    draft.enrich = { source };
    return;
  }
}

/** Says which domain an event is about: of a DNS name its registrable one, and the name itself when it is longer. False: `native` is none. */
export function nameDomain(draft: EventDraft, native: string | undefined): boolean {
  const name = canonicalName(native ?? '');
  const domain = name?.includes('.') === true ? registrableDomain(name) : undefined;
  if (domain === undefined) return false;
  draft.domain = domain;
  if (name !== domain) draft.zone = name;
  return true;
}

/** Identity details; undefined counts as absent, an empty list too, and nothing is set when all are. The object becomes the draft's. */
export function setIdentity(draft: EventDraft, identity: NonNullable<EventDraft['identity']>): void {
  if (identity.risk_reasons?.length === 0) identity.risk_reasons = undefined;
  for (const name in identity) {
    if (identity[name as keyof typeof identity] === undefined) continue;
    draft.identity = identity;
    return;
  }
}
