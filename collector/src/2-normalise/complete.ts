/** From a draft to a canonical event: what is the same for every feed. Ids depend on what the source said, never on when. */
import { eventSchemaUrn } from '../contract/event.ts';
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import { limits } from '../contract/limits.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { base32OfHex } from '../leaf/base32.ts';
import { unicodeName } from '../leaf/domain-name.ts';
import { formatInstant } from '../leaf/time.ts';

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
}

function stampOf(record: RawRecord, normaliser: Normaliser, ingestedAtMs: number, rawSha256: string): Stamp {
  const receivedAt = formatInstant(record.receivedAtMs);
  return {
    receivedAt,
    ingestedAt: ingestedAtMs === record.receivedAtMs ? receivedAt : formatInstant(ingestedAtMs),
    normaliser: `${normaliser.source}@${normaliser.version}`,
    raw: rawBlock(record, rawSha256),
  };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function rawBlock(record: RawRecord, sha256: string): CanonicalEvent['raw'] {
  const size = record.bytes.length;
  const raw: CanonicalEvent['raw'] = { sha256, content_type: record.contentType, size };
  if (size > limits.rawInlineBytesMax) return raw;
  try {
    raw.inline = decoder.decode(record.bytes);
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
  const fields: Record<string, unknown> = {
    schema: eventSchemaUrn,
    event_id: base32OfHex(context.sha256(JSON.stringify(identity)), 26),
    tenant: record.tenant,
    observed_at: stamp.receivedAt,
    ingested_at: stamp.ingestedAt,
    normaliser: stamp.normaliser,
    raw: stamp.raw,
  };
  if (instance !== undefined) fields['source_instance'] = instance.slice(0, shortCharactersMax);
  copyFacts(draft, fields, context);
  const event = fields as CanonicalEvent;
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

/** Fields the schema bounds to 512 characters; the rest of them is cut. */
const shortFields: ReadonlySet<string> = new Set([
  'actor_id',
  'attribute',
  'source_system',
  'source_instance',
  'user_agent',
]);

/** Groups of texts that come from the source and are bounded one by one. */
const groupFields: ReadonlySet<string> = new Set(['cert', 'query', 'identity', 'mail']);

/** Copies what the draft says, without absent fields, and cuts texts and lists the schema bounds. */
function copyFacts(draft: EventDraft, fields: Record<string, unknown>, context: NormaliseContext): void {
  const facts = draft as unknown as Record<string, unknown>;
  for (const name in facts) {
    const value = facts[name];
    if (value === undefined || name === 'key' || name === 'atom') continue;
    if (typeof value === 'string')
      fields[name] =
        value.length > shortCharactersMax && shortFields.has(name)
          ? value.slice(0, shortCharactersMax)
          : fitText(value, context);
    else if (Array.isArray(value)) fields[name] = fitList(value, context);
    else if (groupFields.has(name)) fields[name] = fitGroup(value as Record<string, unknown>, context);
    else fields[name] = value;
  }
}

function fitGroup(group: Record<string, unknown>, context: NormaliseContext): Record<string, unknown> {
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
  const hasLong = items.some((item) => typeof item === 'string' && item.length > textCharactersMax);
  if (!hasLong) return items as unknown[];
  return items.map((item) => (typeof item === 'string' ? fitText(item, context) : item));
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
