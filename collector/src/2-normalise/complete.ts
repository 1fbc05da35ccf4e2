/** From a draft to a canonical event: what is the same for every feed. Ids depend on what the source said, never on when. */
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import { isPlainCompletion } from '../contract/event-check.ts';
import { limits } from '../contract/limits.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { base32OfHex } from '../leaf/base32.ts';
import { unicodeName } from '../leaf/domain-name.ts';
import { formatInstant, isNewestInstant } from '../leaf/time.ts';
import { eventOfDraft, fitShort, fittedDraft, type EventStamp } from './event-fields.ts';
import { decodedText } from './json-record.ts';
import { redactFields, redactText } from './raw-redaction.ts';

/**
 * Events of one record. `duplicateCount`: drafts whose known old value equals the new one, which are no change. `unusual`: those of
 * the events that the plain check does not know, for the schema to judge.
 */
export interface CompletedRecord {
  readonly events: readonly CanonicalEvent[];
  readonly duplicateCount: number;
  readonly unusual: readonly CanonicalEvent[];
}

const unverifiedConfidenceMax = 0.5;
const eventIdLength = 26;

/** Completes all drafts of one record in their order; drafts without a difference are counted and left out. */
export function completeRecord(
  drafts: readonly EventDraft[],
  record: RawRecord,
  normaliser: Normaliser,
  ingestedAtMs: number,
  context: NormaliseContext,
  rawSha256: string,
): CompletedRecord {
  let events = noEvents;
  let unusual = noEvents;
  let duplicateCount = 0;
  if (drafts.length > 0) {
    const stamp = stampOf(record, normaliser, ingestedAtMs, rawSha256);
    for (const draft of drafts) {
      if (isWithoutDifference(draft)) {
        duplicateCount += 1;
        continue;
      }
      const event = completeWith(stamp, draft, record, context);
      if (isPlainCompletion(event, isNewestInstant(event.timestamp))) {
        events = withEvent(events, event);
        continue;
      }
      // Nearly every draft fits as it is, and looking for what has to be cut would be a third pass over seventy fields.
      const fitted = completeWith(stamp, fittedDraft(draft, context), record, context);
      events = withEvent(events, fitted);
      unusual = withEvent(unusual, fitted);
    }
  }
  return { events, duplicateCount, unusual };
}

const noEvents: CanonicalEvent[] = [];

/** Most records make one event, and the first push into an empty list takes room for seventeen. */
function withEvent(events: CanonicalEvent[], event: CanonicalEvent): CanonicalEvent[] {
  if (events.length === 0) return [event];
  events.push(event);
  return events;
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
  const stamp = stampOf(record, normaliser, ingestedAtMs, rawSha256);
  return completeWith(stamp, fittedDraft(draft, context), record, context);
}

/**
 * True when old and new value are both known and equal and no TTL changed: nothing happened (detection.md 2.2). A TTL that
 * only one side has is a change, too: there are values, such as "automatic", that are no number of seconds.
 */
export function isWithoutDifference(draft: EventDraft): boolean {
  if (draft.old_known !== true || draft.old_value === undefined || draft.new_value === undefined)
    return false;
  if (draft.ttl_old !== draft.ttl_new) return false;
  return sameValue(draft.old_value, draft.new_value);
}

function sameValue(a: EventValue, b: EventValue): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** What all events of a record share; the raw block is built once, because decoding is the dear part. */
interface Stamp extends EventStamp {
  /** Names to blank in the source fields; empty when the record holds none of them. */
  readonly credentials: readonly string[];
}

function stampOf(record: RawRecord, normaliser: Normaliser, ingestedAtMs: number, rawSha256: string): Stamp {
  const receivedAt = receiptText(record.receivedAtMs);
  const raw = rawBlock(record, rawSha256, normaliser.credentials ?? none);
  return {
    tenant: record.tenant,
    receivedAt,
    ingestedAt: ingestedAtMs === record.receivedAtMs ? receivedAt : formatInstant(ingestedAtMs),
    normaliser: nameOf(normaliser),
    raw,
    // Not part of the id: the same delivery through another source is the same event.
    sourceId: fitShort(record.meta?.['source']),
    // Where the text is not kept, nobody looked for credentials in it.
    credentials: raw.redactions ?? (raw.inline === undefined ? (normaliser.credentials ?? none) : none),
  };
}

/** Newest receipt: the records of a delivery or a page arrive together. A cache, so results are the same. */
let lastReceivedAtMs = Number.NaN;
let lastReceivedAt = '';

function receiptText(receivedAtMs: number): string {
  if (receivedAtMs !== lastReceivedAtMs) {
    lastReceivedAt = formatInstant(receivedAtMs);
    lastReceivedAtMs = receivedAtMs;
  }
  return lastReceivedAt;
}

/** Newest name: one text for all events of a feed. A cache, so results are the same. */
let lastNormaliser: Normaliser | undefined;
let lastName = '';

function nameOf(normaliser: Normaliser): string {
  if (normaliser !== lastNormaliser) {
    lastName = `${normaliser.source}@${normaliser.version}`;
    lastNormaliser = normaliser;
  }
  return lastName;
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
  const event = eventOfDraft(draft, {
    eventId: base32OfHex(context.sha256(idText(record.tenant, instance ?? '', draft)), eventIdLength),
    instance: fitShort(instance),
    shared: stamp,
  });
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

/** What the id is the digest of. Most keys are of one part, and a list of known length is written at once. */
function idText(tenant: string, instance: string, draft: EventDraft): string {
  const { source_kind: kind, key, event_type: type, atom } = draft;
  return JSON.stringify(
    key.length === 1
      ? [tenant, kind, instance, key[0], type, atom]
      : [tenant, kind, instance, ...key, type, atom],
  );
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
    if (value === undefined) continue;
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
