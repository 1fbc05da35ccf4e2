/**
 * The event schema as straight code: about a tenth of what the compiled schema costs for events of one hidden class. It
 * never accepts what the schema refuses; what it does not understand (a newer minor version, an unusual text) it refuses,
 * and the schema judges. test/unit/contract/event-check.test.ts holds the two together.
 */
import type { CanonicalEvent } from './event.ts';
import { eventSchemaUrn } from './event-urn.ts';
import { eventTypes } from './event-types.ts';
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

type Claimed<T> = { readonly [K in keyof T]?: unknown };

// Constants of this module, so that the check compares with numbers and looks nothing up.
const textMax = limits.eventTextMax;
const shortTextMax = limits.eventShortTextMax;
const nameMax = limits.eventNameMax;
const listMax = limits.setItemsMax;
const inlineMax = limits.rawInlineBytesMax;
const { certificateNamesMax } = limits;

/** Whether a value is one of the words. Most events of a feed say the same one, so the last is asked first. */
function among(words: readonly string[]): (value: unknown) => boolean {
  const known: ReadonlySet<unknown> = new Set(words);
  let last: unknown = words[0];
  return (value) => {
    if (value === last) return true;
    if (!known.has(value)) return false;
    last = value;
    return true;
  };
}

const isKnownType = among(eventTypes);
const isOutcome = among(outcomes);
const isPrecision = among(precisions);
const isAcquisition = among(acquisitions);
const isSourceKind = among(sourceKinds);
const isActorType = among(actorTypes);
const isActorOrigin = among(actorOrigins);
const isApprovalState = among(approvalStates);
const isAuthMethod = among(authMethods);
const isMfaKind = among(mfaKinds);

/** True: `candidate` fits the event schema. False: ask the schema. Members that are undefined count as absent. */
export function isPlainEvent(candidate: unknown): boolean {
  if (!isObject(candidate)) return false;
  const event = candidate as Claimed<CanonicalEvent>;
  return (
    event.schema === eventSchemaUrn &&
    isEventId(event.event_id) &&
    isInstant(event.ingested_at) &&
    isObject(event.raw) &&
    isHexDigest((event.raw as Claimed<CanonicalEvent['raw']>).sha256) &&
    isPlainCompletion(event as CanonicalEvent, false)
  );
}

/**
 * The same of an event whose id, digest and time of arrival were just computed: their letters need no second look, nor do those
 * of its timestamp where `isTimeKnown`.
 */
export function isPlainCompletion(event: CanonicalEvent, isTimeKnown: boolean): boolean {
  return hasStamp(event, isTimeKnown) && hasActor(event) && hasChange(event) && hasGroups(event);
}

function hasStamp(event: Claimed<CanonicalEvent>, isTimeKnown: boolean): boolean {
  return (
    isKnownType(event.event_type) &&
    maybeText(event.event_type_original) &&
    isOutcome(event.outcome) &&
    isShortText(event.tenant) &&
    (isTimeKnown || isInstant(event.timestamp)) &&
    (event.timestamp_earliest === undefined || isInstant(event.timestamp_earliest)) &&
    isPrecision(event.timestamp_precision) &&
    (event.observed_at === event.ingested_at || isInstant(event.observed_at)) &&
    isShortText(event.source_system) &&
    isSourceKind(event.source_kind) &&
    (event.source_instance === undefined || isShortText(event.source_instance)) &&
    (event.source_id === undefined || isShortText(event.source_id)) &&
    maybeText(event.source_event_id) &&
    isAcquisition(event.acquisition) &&
    typeof event.confidence === 'number' &&
    event.confidence >= 0 &&
    event.confidence <= 1 &&
    maybeText(event.confidence_basis) &&
    maybeText(event.normaliser) &&
    isRaw(event.raw)
  );
}

function hasActor(event: Claimed<CanonicalEvent>): boolean {
  return (
    isShortText(event.actor_id) &&
    isActorType(event.actor_type) &&
    isActorOrigin(event.actor_origin) &&
    maybeText(event.actor_name) &&
    maybeText(event.actor_email) &&
    maybeText(event.on_behalf_of) &&
    (event.auth_method === undefined || isAuthMethod(event.auth_method)) &&
    (event.mfa === undefined || isMfaKind(event.mfa)) &&
    maybeText(event.token_id) &&
    maybeText(event.session_id) &&
    (event.source_ip === undefined || isAddressText(event.source_ip)) &&
    (event.user_agent === undefined || isTextUpTo(event.user_agent, shortTextMax)) &&
    maybeText(event.request_id) &&
    maybeText(event.registrar) &&
    maybeText(event.registrar_account) &&
    maybeText(event.dns_provider)
  );
}

function hasChange(event: Claimed<CanonicalEvent>): boolean {
  return (
    maybeName(event.domain) &&
    maybeName(event.domain_unicode) &&
    maybeName(event.zone) &&
    maybeName(event.record_name) &&
    (event.record_type === undefined || isRecordType(event.record_type)) &&
    (event.attribute === undefined || isShortText(event.attribute)) &&
    maybeValue(event.old_value) &&
    maybeFlag(event.old_known) &&
    maybeText(event.old_from) &&
    maybeValue(event.new_value) &&
    maybeTexts(event.added, listMax) &&
    maybeTexts(event.removed, listMax) &&
    maybeInteger(event.truncated) &&
    maybeInteger(event.ttl_old) &&
    maybeInteger(event.ttl_new) &&
    maybeInteger(event.ttl_delta) &&
    maybeText(event.transaction_id) &&
    maybeInteger(event.transaction_size) &&
    maybeText(event.sequence) &&
    maybeText(event.change_fact_id) &&
    maybeText(event.change_request_id) &&
    maybeText(event.approver) &&
    isApprovalState(event.approval_state) &&
    maybeText(event.deployment_correlation_id)
  );
}

function hasGroups(event: Claimed<CanonicalEvent>): boolean {
  return (
    (event.cert === undefined || isCertificate(event.cert)) &&
    (event.query === undefined || isQuery(event.query)) &&
    (event.identity === undefined || isIdentity(event.identity)) &&
    (event.mail === undefined || isMail(event.mail)) &&
    (event.enrich === undefined || isObject(event.enrich)) &&
    (event.feature === undefined || isObject(event.feature)) &&
    (event.source === undefined || isObject(event.source)) &&
    (event.links === undefined || isLinks(event.links))
  );
}

function isRaw(value: unknown): boolean {
  if (!isObject(value)) return false;
  const raw = value as Claimed<CanonicalEvent['raw']>;
  return (
    maybeText(raw.content_type) &&
    Number.isInteger(raw.size) &&
    (raw.size as number) >= 0 &&
    maybeText(raw.pointer) &&
    (raw.inline === undefined || isTextUpTo(raw.inline, inlineMax)) &&
    maybeTexts(raw.redactions, listMax)
  );
}

function isCertificate(value: unknown): boolean {
  if (!isObject(value)) return false;
  const cert = value as Claimed<NonNullable<CanonicalEvent['cert']>>;
  return (
    maybeText(cert.fingerprint_sha256) &&
    maybeText(cert.tbs_sha256) &&
    maybeText(cert.spki_sha256) &&
    maybeText(cert.serial) &&
    maybeText(cert.issuer_cn) &&
    maybeText(cert.issuer_org) &&
    maybeText(cert.subject_cn) &&
    maybeTexts(cert.names, certificateNamesMax) &&
    maybeInteger(cert.names_truncated) &&
    (cert.not_before === undefined || isInstant(cert.not_before)) &&
    (cert.not_after === undefined || isInstant(cert.not_after)) &&
    maybeText(cert.validation) &&
    maybeText(cert.acme_account_uri) &&
    maybeText(cert.log_id) &&
    maybeText(cert.log_name) &&
    (typeof cert.log_index === 'number' ? Number.isInteger(cert.log_index) : maybeText(cert.log_index)) &&
    maybeFlag(cert.is_precert)
  );
}

function isQuery(value: unknown): boolean {
  if (!isObject(value)) return false;
  const query = value as Claimed<NonNullable<CanonicalEvent['query']>>;
  return (
    maybeNumber(query.window_s) &&
    maybeNumber(query.count) &&
    maybeCounts(query.by_rcode) &&
    maybeCounts(query.by_asn) &&
    maybeCounts(query.by_country) &&
    maybeText(query.vantage) &&
    maybeText(query.resolver) &&
    maybeText(query.client) &&
    maybeText(query.question) &&
    maybeText(query.rcode) &&
    maybeTexts(query.answers, listMax) &&
    maybeFlag(query.validated) &&
    maybeText(query.alias)
  );
}

function isIdentity(value: unknown): boolean {
  if (!isObject(value)) return false;
  const identity = value as Claimed<NonNullable<CanonicalEvent['identity']>>;
  return (
    maybeText(identity.target_user) &&
    maybeText(identity.target_role) &&
    maybeText(identity.target_group) &&
    maybeText(identity.factor) &&
    maybeText(identity.risk_level) &&
    maybeTexts(identity.risk_reasons, listMax) &&
    maybeText(identity.app) &&
    maybeText(identity.policy)
  );
}

function isMail(value: unknown): boolean {
  if (!isObject(value)) return false;
  const mail = value as Claimed<NonNullable<CanonicalEvent['mail']>>;
  return (
    maybeText(mail.mailbox) &&
    maybeTexts(mail.forward_to, listMax) &&
    maybeText(mail.forward_to_domain) &&
    maybeText(mail.rule_name) &&
    maybeText(mail.message_id) &&
    maybeText(mail.subject) &&
    maybeText(mail.report_org) &&
    maybeText(mail.report_id) &&
    maybeInteger(mail.pass) &&
    maybeInteger(mail.fail)
  );
}

function isLinks(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > listMax) return false;
  for (const link of value as readonly unknown[]) {
    if (!isObject(link)) return false;
    const { rel, event_id: id } = link as { rel?: unknown; event_id?: unknown };
    if (!isTextUpTo(rel, textMax) || !isTextUpTo(id, textMax)) return false;
  }
  return true;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Lengths are in UTF-16 units here and never shorter than what the schema counts.

function isTextUpTo(value: unknown, max: number): boolean {
  return typeof value === 'string' && value.length <= max;
}

function maybeText(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value.length <= textMax);
}

function isShortText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= shortTextMax;
}

function maybeName(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value.length > 0 && value.length <= nameMax);
}

function maybeFlag(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}

function maybeInteger(value: unknown): boolean {
  return value === undefined || Number.isInteger(value);
}

function maybeNumber(value: unknown): boolean {
  return value === undefined || Number.isFinite(value);
}

function maybeTexts(value: unknown, max: number): boolean {
  if (value === undefined) return true;
  if (!Array.isArray(value) || value.length > max) return false;
  for (const item of value as readonly unknown[]) if (!isTextUpTo(item, textMax)) return false;
  return true;
}

function maybeCounts(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isObject(value)) return false;
  for (const count of Object.values(value)) if (!Number.isFinite(count)) return false;
  return true;
}

function maybeValue(value: unknown): boolean {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
      return true;
    case 'string':
      return value.length <= textMax;
    case 'number':
      return Number.isFinite(value);
    default:
      return value === null || maybeTexts(value, Infinity);
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

const eventIdLength = 26;

/** `^[a-z2-7]{26}$` */
function isEventId(value: unknown): boolean {
  if (typeof value !== 'string' || value.length !== eventIdLength) return false;
  for (let i = 0; i < eventIdLength; i++) {
    const code = value.charCodeAt(i);
    if (!((code >= 0x61 && code <= 0x7a) || (code >= 0x32 && code <= 0x37))) return false;
  }
  return true;
}

const hexDigestLength = 64;

/** `^[0-9a-f]{64}$` */
function isHexDigest(value: unknown): boolean {
  if (typeof value !== 'string' || value.length !== hexDigestLength) return false;
  for (let i = 0; i < hexDigestLength; i++) {
    const code = value.charCodeAt(i);
    if (!(isDigit(code) || (code >= 0x61 && code <= 0x66))) return false;
  }
  return true;
}

/** `YYYY-MM-DDTHH:MM:SSZ`, with or without three digits of milliseconds; any digits, as the schema has it. */
function isInstant(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const { length } = value;
  if (length !== 24 && length !== 20) return false;
  return (
    value.charCodeAt(4) === 0x2d &&
    value.charCodeAt(7) === 0x2d &&
    value.charCodeAt(10) === 0x54 &&
    value.charCodeAt(13) === 0x3a &&
    value.charCodeAt(16) === 0x3a &&
    value.charCodeAt(length - 1) === 0x5a &&
    areDigits(value, 0, 4) &&
    areDigits(value, 5, 7) &&
    areDigits(value, 8, 10) &&
    areDigits(value, 11, 13) &&
    areDigits(value, 14, 16) &&
    areDigits(value, 17, 19) &&
    (length === 20 || (value.charCodeAt(19) === 0x2e && areDigits(value, 20, 23)))
  );
}

function areDigits(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!isDigit(text.charCodeAt(i))) return false;
  return true;
}

/** `^[A-Z][A-Z0-9-]{0,15}$` */
function isRecordType(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0 || value.length > 16) return false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    const isLetter = code >= 0x41 && code <= 0x5a;
    if (!isLetter && (i === 0 || !(isDigit(code) || code === 0x2d))) return false;
  }
  return true;
}

/** Two to 45 characters of ASCII: the schema counts what a reader sees as one character once. */
function isAddressText(value: unknown): boolean {
  if (typeof value !== 'string' || value.length < 2 || value.length > 45) return false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}
