/** Canonical events the pipeline makes about itself: sources that fall silent, gaps, recoveries. */
import { eventSchemaUrn, type CanonicalEvent } from '../contract/event.ts';
import type { SourceIdentity } from '../contract/component.ts';
import { base32OfHex } from '../leaf/base32.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { formatInstant } from '../leaf/time.ts';

/** What happened to which source, when (epoch ms), and why in a sentence. */
export interface SourceNotice {
  readonly type: 'pipeline.source.silent' | 'pipeline.source.recovered';
  readonly source: SourceIdentity;
  readonly atMs: number;
  readonly ingestMs: number;
  readonly reason: string;
}

/** The event of a notice; the same notice has the same id. */
export function sourceNoticeEvent(notice: SourceNotice, sha256: (text: string) => string): CanonicalEvent {
  const { source, type, atMs, ingestMs, reason } = notice;
  const digest = sha256(canonicalJson([source.tenant, source.id, type, atMs]));
  const at = formatInstant(atMs);
  return {
    schema: eventSchemaUrn,
    event_id: base32OfHex(digest, 26),
    event_type: type,
    outcome: 'success',
    tenant: source.tenant,
    timestamp: at,
    timestamp_precision: 'ms',
    observed_at: formatInstant(ingestMs),
    ingested_at: formatInstant(ingestMs),
    source_system: 'zonewarden',
    source_kind: 'pipeline',
    source_instance: source.id,
    acquisition: 'inferred',
    confidence: 0.99,
    confidence_basis: 'heartbeat',
    normaliser: 'host@1',
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    attribute: source.kind,
    approval_state: 'not_checked',
    source: { source_kind: source.kind, feed: source.feed, interval_ms: source.intervalMs, reason },
    raw: { sha256: digest, size: 0 },
  };
}

/** Somebody changed what watches: a suppression, a silence elsewhere, an approved state, a rule. */
export interface WatchChange {
  readonly type: 'pipeline.suppression.created' | 'pipeline.baseline.approved' | 'pipeline.rule.changed';
  readonly tenant: string;
  /** Domain it is about; absent when it is about more than one. */
  readonly domain?: string;
  /** `<realm>:<id>`; `unknown` for files. */
  readonly by: string;
  /** Id of the suppression, silence or document. */
  readonly object: string;
  readonly atMs: number;
  readonly reason: string;
  /** Where it was changed; absent: here. */
  readonly system?: string;
}

/** The event of a change; the same change has the same id. */
export function watchChangeEvent(change: WatchChange, sha256: (text: string) => string): CanonicalEvent {
  const { type, tenant, domain, by, object, atMs, reason, system } = change;
  const digest = sha256(canonicalJson([tenant, type, object, domain ?? '', atMs]));
  const at = formatInstant(atMs);
  return {
    schema: eventSchemaUrn,
    event_id: base32OfHex(digest, 26),
    event_type: type,
    outcome: 'success',
    tenant,
    timestamp: at,
    timestamp_precision: 'ms',
    observed_at: at,
    ingested_at: at,
    source_system: system ?? 'zonewarden',
    source_kind: 'pipeline',
    acquisition: 'inferred',
    confidence: 0.99,
    confidence_basis: 'own record',
    normaliser: 'host@1',
    actor_id: by,
    actor_type: by === 'unknown' ? 'unknown' : by.startsWith('service:') ? 'service' : 'user',
    actor_origin: by === 'unknown' ? 'unknown' : 'customer',
    ...(domain === undefined ? {} : { domain }),
    attribute: object,
    approval_state: 'not_checked',
    source: { reason },
    raw: { sha256: digest, size: 0 },
  };
}
