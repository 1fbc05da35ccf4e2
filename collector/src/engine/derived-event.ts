/** Makes complete canonical events out of what annotators concluded. */
import { eventSchemaUrn, type CanonicalEvent } from '../contract/event.ts';
import type { DerivedDraft, EntityKey, Message, StepContext } from '../contract/step.ts';
import { base32OfHex } from '../leaf/base32.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { formatInstant } from '../leaf/time.ts';

/** Where a conclusion comes from: the annotator, the entity, and the message (absent for timers). */
export interface DerivedOrigin {
  readonly annotator: string;
  readonly key: EntityKey;
  readonly cause?: Message;
}

/** Adds enrichment (owner, tier, account) to an event; stage 3, passed in by the wiring. */
export type EnrichDerived = (event: CanonicalEvent, context: StepContext) => CanonicalEvent;

/** What follows from an exercise is part of it. */
function isDrill(cause: Message | undefined): boolean {
  return cause?.kind === 'event' && cause.event.source?.['drill'] === true;
}

/**
 * Completes a draft. Its time is the message's or the timer's; its id depends on annotator, tenant and `key` parts
 * only, so the same conclusion has the same id in every run.
 */
export function derivedMessage(
  draft: DerivedDraft,
  origin: DerivedOrigin,
  context: StepContext,
  enrich: EnrichDerived,
): Message {
  const { key, ...fields } = draft;
  const tenant = origin.key.tenant;
  const identity = canonicalJson(['derived', tenant, origin.annotator, draft.event_type, ...key]);
  const digest = context.sha256(identity);
  const ingestMs = Math.max(context.nowMs, origin.cause?.ingestMs ?? context.nowMs);
  const at = formatInstant(context.nowMs);
  const event: CanonicalEvent = {
    schema: eventSchemaUrn,
    event_id: base32OfHex(digest, 26),
    outcome: 'success',
    tenant,
    timestamp: at,
    timestamp_precision: 'ms',
    observed_at: at,
    ingested_at: formatInstant(ingestMs),
    source_system: 'zonewarden',
    source_kind: 'pipeline',
    acquisition: 'inferred',
    confidence: 0.95,
    confidence_basis: origin.annotator,
    normaliser: `${origin.annotator}@1`,
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    approval_state: 'not_checked',
    raw: { sha256: digest, size: identity.length },
    ...(isDrill(origin.cause) ? { source: { drill: true } } : {}),
    ...(origin.key.scope === 'domain' ? { domain: origin.key.id } : {}),
    ...(origin.key.scope === 'account' ? { registrar_account: origin.key.id } : {}),
    ...(origin.key.scope === 'principal' ? { actor_id: origin.key.id } : {}),
    ...fields,
  };
  const message: Message = {
    kind: 'event',
    timeMs: context.nowMs,
    id: event.event_id,
    tenant,
    ingestMs,
    event: enrich(event, context),
  };
  return { ...message, ...(context.late ? { late: true } : {}), ...(context.warmup ? { warmup: true } : {}) };
}
