/**
 * Canonical event v1: one atomic fact, in the words of the RFCs, whoever reported it.
 *
 * The JSON Schema below is the source; the TypeScript type and the compiled validator come from it. Field meanings,
 * units and mappings are in docs/telemetry.md. Times are RFC 3339 UTC with milliseconds; names are lower-case A-labels
 * without final dot; record data is in canonical presentation form (see leaf/record-data.ts), sets sorted by code unit.
 * An absent optional field means *unknown*, never *no*.
 */
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { isPlainEvent } from './event-check.ts';
import { eventSchemaUrn } from './event-urn.ts';
import { eventTypes, isEventType, otherActivity } from './event-types.ts';
import {
  acquisitions,
  actorOrigins,
  actorTypes,
  approvalStates,
  authMethods,
  mfaKinds,
  outcomes,
  precisions,
  sourceKinds,
} from './event-words.ts';
import { limits } from './limits.ts';

export { sourceKinds, type SourceKind } from './event-words.ts';

export { eventSchemaUrn } from './event-urn.ts';

function oneOf<const T extends readonly string[]>(values: T) {
  return Type.Unsafe<T[number]>(Type.Enum([...values]));
}

const text = Type.String({ maxLength: limits.eventTextMax });
const shortText = Type.String({ minLength: 1, maxLength: limits.eventShortTextMax });
const instant = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{3})?Z$' });
const name = Type.String({ minLength: 1, maxLength: limits.eventNameMax });
const value = Type.Union([Type.Array(text), text, Type.Number(), Type.Boolean(), Type.Null()]);
const texts = Type.Array(text, { maxItems: limits.setItemsMax });
const seconds = Type.Integer();
const counts = Type.Record(Type.String(), Type.Number());
const open = Type.Record(Type.String(), Type.Unknown());

const Certificate = Type.Object({
  fingerprint_sha256: Type.Optional(text),
  tbs_sha256: Type.Optional(text),
  spki_sha256: Type.Optional(text),
  serial: Type.Optional(text),
  issuer_cn: Type.Optional(text),
  issuer_org: Type.Optional(text),
  subject_cn: Type.Optional(text),
  names: Type.Optional(Type.Array(text, { maxItems: limits.certificateNamesMax })),
  names_truncated: Type.Optional(Type.Integer()),
  not_before: Type.Optional(instant),
  not_after: Type.Optional(instant),
  validation: Type.Optional(text),
  acme_account_uri: Type.Optional(text),
  log_id: Type.Optional(text),
  log_name: Type.Optional(text),
  log_index: Type.Optional(Type.Union([Type.Integer(), text])),
  is_precert: Type.Optional(Type.Boolean()),
});

const Query = Type.Object({
  window_s: Type.Optional(Type.Number()),
  count: Type.Optional(Type.Number()),
  by_rcode: Type.Optional(counts),
  by_asn: Type.Optional(counts),
  by_country: Type.Optional(counts),
  vantage: Type.Optional(text),
  resolver: Type.Optional(text),
  client: Type.Optional(text),
  question: Type.Optional(text),
  rcode: Type.Optional(text),
  answers: Type.Optional(Type.Array(text)),
  validated: Type.Optional(Type.Boolean()),
  alias: Type.Optional(text),
});

const Identity = Type.Object({
  target_user: Type.Optional(text),
  target_role: Type.Optional(text),
  target_group: Type.Optional(text),
  factor: Type.Optional(text),
  risk_level: Type.Optional(text),
  risk_reasons: Type.Optional(texts),
  app: Type.Optional(text),
  policy: Type.Optional(text),
});

const Mail = Type.Object({
  mailbox: Type.Optional(text),
  forward_to: Type.Optional(texts),
  forward_to_domain: Type.Optional(text),
  rule_name: Type.Optional(text),
  message_id: Type.Optional(text),
  subject: Type.Optional(text),
  report_org: Type.Optional(text),
  report_id: Type.Optional(text),
  pass: Type.Optional(Type.Integer()),
  fail: Type.Optional(Type.Integer()),
});

const Raw = Type.Object({
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  content_type: Type.Optional(text),
  size: Type.Integer({ minimum: 0 }),
  pointer: Type.Optional(text),
  inline: Type.Optional(Type.String({ maxLength: limits.rawInlineBytesMax })),
  redactions: Type.Optional(texts),
});

const Link = Type.Object({ rel: text, event_id: text });

/** JSON Schema of the canonical event, draft 2020-12 compatible. Unknown fields are accepted and kept. */
export const CanonicalEventSchema = Type.Object(
  {
    schema: Type.String({ pattern: '^urn:zonewarden:event:1\\.\\d+$' }),
    event_id: Type.String({ pattern: '^[a-z2-7]{26}$' }),
    event_type: Type.Enum([...eventTypes]),
    event_type_original: Type.Optional(text),
    outcome: oneOf(outcomes),
    tenant: shortText,
    timestamp: instant,
    timestamp_earliest: Type.Optional(instant),
    timestamp_precision: oneOf(precisions),
    observed_at: instant,
    ingested_at: instant,
    source_system: shortText,
    source_kind: oneOf(sourceKinds),
    source_instance: Type.Optional(shortText),
    source_id: Type.Optional(shortText),
    source_event_id: Type.Optional(text),
    acquisition: oneOf(acquisitions),
    confidence: Type.Number({ minimum: 0, maximum: 1 }),
    confidence_basis: Type.Optional(text),
    normaliser: Type.Optional(text),
    actor_id: shortText,
    actor_type: oneOf(actorTypes),
    actor_origin: oneOf(actorOrigins),
    actor_name: Type.Optional(text),
    actor_email: Type.Optional(text),
    on_behalf_of: Type.Optional(text),
    auth_method: Type.Optional(oneOf(authMethods)),
    mfa: Type.Optional(oneOf(mfaKinds)),
    token_id: Type.Optional(text),
    session_id: Type.Optional(text),
    source_ip: Type.Optional(Type.String({ minLength: 2, maxLength: 45 })),
    user_agent: Type.Optional(Type.String({ maxLength: limits.eventShortTextMax })),
    request_id: Type.Optional(text),
    domain: Type.Optional(name),
    domain_unicode: Type.Optional(name),
    zone: Type.Optional(name),
    record_name: Type.Optional(name),
    record_type: Type.Optional(Type.String({ pattern: '^[A-Z][A-Z0-9-]{0,15}$' })),
    attribute: Type.Optional(shortText),
    old_value: Type.Optional(value),
    old_known: Type.Optional(Type.Boolean()),
    old_from: Type.Optional(text),
    new_value: Type.Optional(value),
    added: Type.Optional(texts),
    removed: Type.Optional(texts),
    truncated: Type.Optional(Type.Integer()),
    ttl_old: Type.Optional(seconds),
    ttl_new: Type.Optional(seconds),
    ttl_delta: Type.Optional(seconds),
    transaction_id: Type.Optional(text),
    transaction_size: Type.Optional(Type.Integer()),
    sequence: Type.Optional(text),
    change_fact_id: Type.Optional(text),
    change_request_id: Type.Optional(text),
    approver: Type.Optional(text),
    approval_state: oneOf(approvalStates),
    deployment_correlation_id: Type.Optional(text),
    registrar: Type.Optional(text),
    registrar_account: Type.Optional(text),
    dns_provider: Type.Optional(text),
    cert: Type.Optional(Certificate),
    query: Type.Optional(Query),
    identity: Type.Optional(Identity),
    mail: Type.Optional(Mail),
    enrich: Type.Optional(open),
    feature: Type.Optional(open),
    source: Type.Optional(open),
    raw: Raw,
    links: Type.Optional(Type.Array(Link, { maxItems: limits.setItemsMax })),
  },
  { $id: eventSchemaUrn, title: 'Zonewarden canonical event' },
);

type SchemaEvent = Type.Static<typeof CanonicalEventSchema>;

/** A value of a changed attribute: a set of record data, one value, or null for "did not exist". */
export type EventValue = string[] | string | number | boolean | null;

/** One atomic fact. `event_type` is a name of contract/event-types.ts. Times are RFC 3339 UTC. */
export type CanonicalEvent = Omit<SchemaEvent, 'event_type' | 'old_value' | 'new_value'> & {
  event_type: string;
  old_value?: EventValue;
  new_value?: EventValue;
};

const validator = Compile(CanonicalEventSchema);

/**
 * True when `candidate` is a complete canonical event of this version. Unknown extra fields are allowed, and a field that is
 * undefined counts as absent. The plain check spares nearly every event the schema's; what it does not know the schema judges.
 */
export function isCanonicalEvent(candidate: unknown): candidate is CanonicalEvent {
  return isPlainEvent(candidate) || validator.Check(candidate);
}

/** The same by the schema alone: what the plain check is measured against. */
export function fitsEventSchema(candidate: unknown): candidate is CanonicalEvent {
  return validator.Check(candidate);
}

/** First few schema violations, each `path: message`; empty when the event is valid. Path is a JSON pointer. */
export function canonicalEventProblems(candidate: unknown, max = 5): string[] {
  const problems: string[] = [];
  for (const error of validator.Errors(candidate)) {
    problems.push(`${error.instancePath || '/'}: ${error.message}`);
    if (problems.length === max) break;
  }
  return problems;
}

const enumsWithUnknown: readonly (readonly [keyof CanonicalEvent, readonly string[]])[] = [
  ['outcome', outcomes],
  ['actor_type', actorTypes],
  ['actor_origin', actorOrigins],
  ['auth_method', authMethods],
  ['mfa', mfaKinds],
];

/**
 * Reads an event that a newer minor version may have written: an unknown event type becomes `other.activity` and an
 * unknown enum value `unknown`, each with the original string kept in `event_type_original` or `source.unknown_enums`.
 * Returns the event, or the problems that make it unreadable.
 */
export function readCanonicalEvent(
  candidate: unknown,
): { ok: true; event: CanonicalEvent } | { ok: false; problems: string[] } {
  if (isCanonicalEvent(candidate)) return { ok: true, event: candidate };
  if (typeof candidate !== 'object' || candidate === null || Array.isArray(candidate))
    return { ok: false, problems: ['/: must be an object'] };
  const copy: Record<string, unknown> = { ...candidate };
  const kept: Record<string, string> = {};
  const type = copy['event_type'];
  if (typeof type === 'string' && !isEventType(type)) {
    copy['event_type'] = otherActivity;
    copy['event_type_original'] ??= type;
  }
  for (const [field, known] of enumsWithUnknown) {
    const found = copy[field];
    if (typeof found === 'string' && !known.includes(found)) {
      kept[field] = found;
      copy[field] = 'unknown';
    }
  }
  if (Object.keys(kept).length > 0) {
    const source = copy['source'];
    copy['source'] = { ...(typeof source === 'object' ? source : {}), unknown_enums: kept };
  }
  return isCanonicalEvent(copy)
    ? { ok: true, event: copy }
    : { ok: false, problems: canonicalEventProblems(copy) };
}
