/** From a draft to a canonical event: what is the same for every feed. Ids depend on what the source said, never on when. */
import { eventSchemaUrn } from '../contract/event.ts';
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import { limits } from '../contract/limits.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { base32OfHex } from '../leaf/base32.ts';
import { unicodeName } from '../leaf/domain-name.ts';
import { formatInstant } from '../leaf/time.ts';
import { decodedText } from './json-record.ts';
import { redactFields, redactText } from './raw-redaction.ts';

/** Events of one record. `duplicateCount`: drafts whose known old value equals the new one, which are no change. */
export interface CompletedRecord {
  readonly events: readonly CanonicalEvent[];
  readonly duplicateCount: number;
}

const unverifiedConfidenceMax = 0.5;
const textCharactersMax = 4096;
const shortCharactersMax = 512;

/** Completes all drafts of one record in their order; drafts without a difference are counted and left out. */
export function completeRecord(
  drafts: readonly EventDraft[],
  record: RawRecord,
  normaliser: Normaliser,
  ingestedAtMs: number,
  context: NormaliseContext,
  rawSha256: string,
): CompletedRecord {
  const events: CanonicalEvent[] = [];
  let duplicateCount = 0;
  if (drafts.length > 0) {
    const stamp = stampOf(record, normaliser, ingestedAtMs, rawSha256);
    for (const draft of drafts) {
      if (isWithoutDifference(draft)) duplicateCount += 1;
      else events.push(completeWith(stamp, draft, record, context));
    }
  }
  return { events, duplicateCount };
}

/**
 * Completes one draft. `event_id` is base32 of SHA-256 over the JSON array of tenant, source kind, source instance, key
 * parts, event type and atom; `rawSha256` is the lower-case hex digest of `record.bytes`; `ingestedAtMs` is epoch
 * milliseconds. Ask `isWithoutDifference` first: this function completes such drafts too.
 */
export function completeDraft(
  draft: EventDraft,
  record: RawRecord,
  normaliser: Normaliser,
  ingestedAtMs: number,
  context: NormaliseContext,
  rawSha256: string,
): CanonicalEvent {
  return completeWith(stampOf(record, normaliser, ingestedAtMs, rawSha256), draft, record, context);
}

/** True when old and new value are both known and equal and no TTL changed: nothing happened (detection.md 2.2). */
export function isWithoutDifference(draft: EventDraft): boolean {
  if (draft.old_known !== true || draft.old_value === undefined || draft.new_value === undefined)
    return false;
  if (draft.ttl_old !== undefined && draft.ttl_new !== undefined && draft.ttl_old !== draft.ttl_new)
    return false;
  return sameValue(draft.old_value, draft.new_value);
}

function sameValue(a: EventValue, b: EventValue): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** What all events of a record share; the raw block is built once, because decoding is the dear part. */
interface Stamp {
  readonly receivedAt: string;
  readonly ingestedAt: string;
  readonly normaliser: string;
  readonly raw: CanonicalEvent['raw'];
  /** Names to blank in the source fields; empty when the record holds none of them. */
  readonly credentials: readonly string[];
}

function stampOf(record: RawRecord, normaliser: Normaliser, ingestedAtMs: number, rawSha256: string): Stamp {
  const receivedAt = formatInstant(record.receivedAtMs);
  const raw = rawBlock(record, rawSha256, normaliser.credentials ?? none);
  return {
    receivedAt,
    ingestedAt: ingestedAtMs === record.receivedAtMs ? receivedAt : formatInstant(ingestedAtMs),
    normaliser: `${normaliser.source}@${normaliser.version}`,
    raw,
    // Where the text is not kept, nobody looked for credentials in it.
    credentials: raw.redactions ?? (raw.inline === undefined ? (normaliser.credentials ?? none) : none),
  };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const none: readonly string[] = [];

function rawBlock(record: RawRecord, sha256: string, credentials: readonly string[]): CanonicalEvent['raw'] {
  const size = record.bytes.length;
  const raw: CanonicalEvent['raw'] = { sha256, content_type: record.contentType, size };
  if (size > limits.rawInlineBytesMax) return raw;
  try {
    const text = decodedText(record.bytes) ?? decoder.decode(record.bytes);
    const { text: inline, redactions } = redactText(text, credentials);
    raw.inline = inline;
    if (redactions.length > 0) raw.redactions = [...redactions];
  } catch {
    return raw;
  }
  return raw;
}

function completeWith(
  stamp: Stamp,
  draft: EventDraft,
  record: RawRecord,
  context: NormaliseContext,
): CanonicalEvent {
  const instance = draft.source_instance ?? record.instance;
  const identity = [
    record.tenant,
    draft.source_kind,
    instance ?? '',
    ...draft.key,
    draft.event_type,
    draft.atom,
  ];
  const event: CanonicalEvent = {
    schema: eventSchemaUrn,
    event_id: base32OfHex(context.sha256(JSON.stringify(identity)), 26),
    event_type: fit(draft.event_type, context),
    outcome: draft.outcome,
    tenant: record.tenant,
    timestamp: fit(draft.timestamp, context),
    timestamp_precision: draft.timestamp_precision,
    observed_at: draft.observed_at === undefined ? stamp.receivedAt : fit(draft.observed_at, context),
    ingested_at: stamp.ingestedAt,
    source_system: fitShort(draft.source_system),
    source_kind: draft.source_kind,
    acquisition: draft.acquisition,
    confidence: draft.confidence,
    normaliser: stamp.normaliser,
    actor_id: fitShort(draft.actor_id),
    actor_type: draft.actor_type,
    actor_origin: draft.actor_origin,
    approval_state: draft.approval_state,
    raw: stamp.raw,
  };
  if (instance !== undefined) event.source_instance = fitShort(instance);
  copyFacts(draft, event, context);
  if (stamp.credentials.length > 0 && event.source !== undefined)
    event.source = redactFields(event.source, stamp.credentials);
  addDifference(event);
  if (event.ttl_old !== undefined && event.ttl_new !== undefined)
    event.ttl_delta = event.ttl_new - event.ttl_old;
  if (event.domain?.includes('xn--')) event.domain_unicode ??= unicodeName(event.domain);
  if (record.bytes.length > limits.sourceFieldBytesMax && event.source !== undefined)
    event.source = fittingSource(event.source);
  if (!record.verified) {
    event.confidence = Math.min(event.confidence, unverifiedConfidenceMax);
    event.confidence_basis = 'unverified sender';
    event.source = { ...event.source, unverified: true };
  }
  return event;
}

function fitShort(value: string): string {
  return typeof value === 'string' && value.length > shortCharactersMax
    ? value.slice(0, shortCharactersMax)
    : value;
}

function fit<T>(value: T, context: NormaliseContext): T {
  if (typeof value === 'string') return fitText(value, context) as T;
  return Array.isArray(value) ? (fitList(value, context) as T) : value;
}

/**
 * Copies what the draft says, without absent facts, and cuts texts and lists the schema bounds. Field by field and in one
 * order: objects filled under computed names become hash tables in V8, and every later copy and look-up pays for it.
 */
function copyFacts(draft: EventDraft, event: CanonicalEvent, context: NormaliseContext): void {
  if (draft.event_type_original !== undefined)
    event.event_type_original = fit(draft.event_type_original, context);
  if (draft.timestamp_earliest !== undefined)
    event.timestamp_earliest = fit(draft.timestamp_earliest, context);
  if (draft.source_event_id !== undefined) event.source_event_id = fit(draft.source_event_id, context);
  if (draft.confidence_basis !== undefined) event.confidence_basis = fit(draft.confidence_basis, context);
  if (draft.actor_name !== undefined) event.actor_name = fit(draft.actor_name, context);
  if (draft.actor_email !== undefined) event.actor_email = fit(draft.actor_email, context);
  if (draft.on_behalf_of !== undefined) event.on_behalf_of = fit(draft.on_behalf_of, context);
  if (draft.auth_method !== undefined) event.auth_method = draft.auth_method;
  if (draft.mfa !== undefined) event.mfa = draft.mfa;
  if (draft.token_id !== undefined) event.token_id = fit(draft.token_id, context);
  if (draft.session_id !== undefined) event.session_id = fit(draft.session_id, context);
  if (draft.source_ip !== undefined) event.source_ip = fit(draft.source_ip, context);
  if (draft.user_agent !== undefined) event.user_agent = fitShort(draft.user_agent);
  if (draft.request_id !== undefined) event.request_id = fit(draft.request_id, context);
  if (draft.registrar !== undefined) event.registrar = fit(draft.registrar, context);
  if (draft.registrar_account !== undefined) event.registrar_account = fit(draft.registrar_account, context);
  if (draft.dns_provider !== undefined) event.dns_provider = fit(draft.dns_provider, context);
  copyChange(draft, event, context);
}

function copyChange(draft: EventDraft, event: CanonicalEvent, context: NormaliseContext): void {
  if (draft.domain !== undefined) event.domain = fit(draft.domain, context);
  if (draft.domain_unicode !== undefined) event.domain_unicode = fit(draft.domain_unicode, context);
  if (draft.zone !== undefined) event.zone = fit(draft.zone, context);
  if (draft.record_name !== undefined) event.record_name = fit(draft.record_name, context);
  if (draft.record_type !== undefined) event.record_type = fit(draft.record_type, context);
  if (draft.attribute !== undefined) event.attribute = fitShort(draft.attribute);
  if (draft.old_value !== undefined) event.old_value = fit(draft.old_value, context);
  if (draft.old_known !== undefined) event.old_known = draft.old_known;
  if (draft.old_from !== undefined) event.old_from = fit(draft.old_from, context);
  if (draft.new_value !== undefined) event.new_value = fit(draft.new_value, context);
  if (draft.added !== undefined) event.added = fit(draft.added, context);
  if (draft.removed !== undefined) event.removed = fit(draft.removed, context);
  if (draft.truncated !== undefined) event.truncated = draft.truncated;
  if (draft.ttl_old !== undefined) event.ttl_old = draft.ttl_old;
  if (draft.ttl_new !== undefined) event.ttl_new = draft.ttl_new;
  if (draft.ttl_delta !== undefined) event.ttl_delta = draft.ttl_delta;
  if (draft.transaction_id !== undefined) event.transaction_id = fit(draft.transaction_id, context);
  if (draft.transaction_size !== undefined) event.transaction_size = draft.transaction_size;
  if (draft.sequence !== undefined) event.sequence = fit(draft.sequence, context);
  if (draft.change_fact_id !== undefined) event.change_fact_id = fit(draft.change_fact_id, context);
  if (draft.change_request_id !== undefined) event.change_request_id = fit(draft.change_request_id, context);
  if (draft.approver !== undefined) event.approver = fit(draft.approver, context);
  if (draft.deployment_correlation_id !== undefined)
    event.deployment_correlation_id = fit(draft.deployment_correlation_id, context);
  if (draft.cert !== undefined) event.cert = fitGroup(draft.cert, context);
  if (draft.query !== undefined) event.query = fitGroup(draft.query, context);
  if (draft.identity !== undefined) event.identity = fitGroup(draft.identity, context);
  if (draft.mail !== undefined) event.mail = fitGroup(draft.mail, context);
  if (draft.enrich !== undefined) event.enrich = draft.enrich;
  if (draft.feature !== undefined) event.feature = draft.feature;
  if (draft.source !== undefined) event.source = draft.source;
  if (draft.links !== undefined) event.links = fit(draft.links, context);
}
/** Groups of texts that come from the source are bounded one by one. */
function fitGroup<T extends object>(group: T, context: NormaliseContext): T {
  const fitted: Record<string, unknown> = {};
  const given = group as Record<string, unknown>;
  for (const name in given) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value === 'string') fitted[name] = fitText(value, context);
    else fitted[name] = Array.isArray(value) ? fitList(value, context).slice(0, limits.setItemsMax) : value;
  }
  return fitted as T;
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

/** `added` and `removed` of two sets, each at most the item limit; what is beyond is counted in `truncated`. */
function addDifference(event: CanonicalEvent): void {
  if (event.added !== undefined || event.removed !== undefined) capDifference(event);
  const before = event.old_value;
  const after = event.new_value;
  if (!Array.isArray(before) || !Array.isArray(after) || event.old_known === false) return;
  event.added = without(after, before);
  event.removed = without(before, after);
  capDifference(event);
}

function capDifference(event: CanonicalEvent): void {
  const max = limits.setItemsMax;
  const beyond =
    Math.max(0, (event.added?.length ?? 0) - max) + Math.max(0, (event.removed?.length ?? 0) - max);
  if (beyond === 0) return;
  event.added = event.added?.slice(0, max);
  event.removed = event.removed?.slice(0, max);
  event.truncated = (event.truncated ?? 0) + beyond;
}

function without(items: readonly string[], others: readonly string[]): string[] {
  if (others.length < 16) return items.filter((item) => !others.includes(item));
  const known = new Set(others);
  return items.filter((item) => !known.has(item));
}

/** Keeps the members that fit into the limit, small ones first come; `truncated_fields` names the ones left out. */
function fittingSource(source: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  const left: string[] = [];
  let room = limits.sourceFieldBytesMax - 1024;
  for (const [name, value] of Object.entries(source)) {
    const size = name.length + (JSON.stringify(value)?.length ?? 0);
    if (size > room) {
      if (left.length < 16) left.push(name.slice(0, 48));
      continue;
    }
    room -= size;
    kept[name] = value;
  }
  return left.length === 0 ? source : { ...kept, truncated_fields: left };
}
