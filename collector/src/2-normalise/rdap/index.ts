/**
 * RDAP domain objects (RFC 9083). One answer is a snapshot: a `state_observed` event per attribute, without old values.
 * Changes come from two snapshots of the same server, see difference.ts.
 */
import type { EventValue } from '../../contract/event.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../../contract/normaliser.ts';
import { limits } from '../../contract/limits.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { formatInstant, parseInstant } from '../../leaf/time.ts';
import { definedFields, idField, isGiven, objectField, textField, textsField } from '../json-field.ts';
import { parseJsonRecord } from '../json-record.ts';
import type { JsonObject } from '../json-record.ts';
import { diffRdap } from './difference.ts';
import { rdapStateOf } from './state.ts';
import type { RdapState } from './state.ts';
import { blankDraft } from '../blank-draft.ts';

export { diffRdap } from './difference.ts';
export { rdapStateOf } from './state.ts';

/** Media type of two answers about one domain, as the poller writes them: `{domain, at, previous_at, epoch, previous, current}`. */
export const rdapDifferenceMediaType = 'application/vnd.zonewarden.rdap-difference+json';

/** The RDAP feed: one whole answer per record, or two answers that differ. `meta.domain` may name the domain that was asked for. */
export const rdap: Normaliser = {
  source: 'rdap',
  version: 1,
  normalise(record, context) {
    if (record.contentType.startsWith(rdapDifferenceMediaType)) return differenceDrafts(record, context);
    const parsed = parseJsonRecord(record.bytes, limits.fileRecordBytesMax);
    if (!parsed.ok) return parsed;
    const body = parsed.value;
    if (isRefusal(body)) return succeeded([refusal(body, record)]);
    const state = rdapStateOf(body);
    if (!state.ok) return state;
    const { attributes } = state.value;
    // The domain is there, and nothing that could change was told about it.
    if (attributes.size === 0) return succeeded([observed(record, state.value, sourceOf(state.value))]);
    const drafts: EventDraft[] = [];
    const source = sourceOf(state.value);
    for (const [attribute, value] of attributes)
      drafts.push(observed(record, state.value, source, attribute, value));
    return succeeded(drafts);
  },
};

/** Two answers as changes. What the earlier one left out and the later one says is a first observation. */
function differenceDrafts(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  const parsed = parseJsonRecord(record.bytes, limits.fileRecordBytesMax);
  if (!parsed.ok) return parsed;
  const at = parseInstant(textField(parsed.value, 'at') ?? '');
  const previousAt = parseInstant(textField(parsed.value, 'previous_at') ?? '');
  if (at === undefined || previousAt === undefined)
    return failed('bad_timestamp', 'an RDAP difference needs "at" and "previous_at"', '/at');
  const before = rdapStateOf(objectField(parsed.value, 'previous'));
  if (!before.ok) return before;
  const after = rdapStateOf(objectField(parsed.value, 'current'));
  if (!after.ok) return after;
  if (before.value.domain !== after.value.domain)
    return failed('bad_field', 'both answers of an RDAP difference must be about one domain', '/current');
  const epoch = Number(idField(parsed.value, 'epoch') ?? 0);
  const drafts = diffRdap(
    { state: before.value, atMs: previousAt.ms, epoch },
    { state: after.value, atMs: at.ms, epoch: epoch + 1 },
    context,
  );
  const first = { ...record, receivedAtMs: at.ms };
  const source = sourceOf(after.value);
  for (const [attribute, value] of after.value.attributes)
    if (!before.value.attributes.has(attribute))
      drafts.push(observed(first, after.value, source, attribute, value));
  return succeeded(drafts);
}

function observed(
  record: RawRecord,
  state: RdapState,
  source: Record<string, unknown>,
  attribute = '',
  value?: EventValue,
): EventDraft {
  const draft = baseOf(record, state.domain);
  draft.key = [state.domain, attribute, String(record.receivedAtMs)];
  draft.atom = attribute;
  draft.registrar = registrarOf(state);
  draft.source = source;
  if (value === undefined) return draft;
  draft.attribute = attribute;
  draft.new_value = value;
  draft.old_known = false;
  return draft;
}

function baseOf(record: RawRecord, domain: string | undefined): EventDraft {
  return {
    ...blankDraft,
    key: [],
    atom: '',
    event_type: 'registrar.domain.state_observed',
    outcome: 'success',
    timestamp: formatInstant(record.receivedAtMs),
    timestamp_precision: 'ms',
    source_system: 'rdap',
    source_kind: 'rdap_poll',
    acquisition: 'poll',
    confidence: 0.8,
    confidence_basis: 'state_poll',
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    domain,
    transaction_id: `rdap-${domain ?? ''}-${record.receivedAtMs}`,
    approval_state: 'not_checked',
  };
}

/** Registrar of record as text; undefined when the answer names none. */
export function registrarOf(state: RdapState): string | undefined {
  const registrar = state.attributes.get('registrar');
  return typeof registrar === 'string' ? registrar : undefined;
}

function sourceOf(state: RdapState): Record<string, unknown> {
  return definedFields({
    registrar_name: state.registrarName,
    database_at: state.databaseAt,
    handle: state.handle,
  });
}

/** An error has a code, which some servers leave out; no other answer is a title and a description without an object. */
function isRefusal(body: JsonObject): boolean {
  if (idField(body, 'errorCode') !== undefined) return true;
  const isObject = isGiven(body['objectClassName']) || isGiven(body['ldhName']) || isGiven(body['handle']);
  return !isObject && isGiven(body['title']) && isGiven(body['description']);
}

/** An RDAP error (RFC 9083 section 6): the look failed and says nothing about the domain, also when it is 404. */
function refusal(body: JsonObject, record: RawRecord): EventDraft {
  const asked = canonicalName(record.meta?.['domain'] ?? '');
  const domain = asked === undefined ? undefined : (registrableDomain(asked) ?? asked);
  const code = idField(body, 'errorCode') ?? '';
  return {
    ...baseOf(record, domain),
    key: ['error', domain ?? '', code, String(record.receivedAtMs)],
    atom: 'error',
    event_type_original: `error ${code}`,
    outcome: 'failure',
    source: {
      error_code: body['errorCode'],
      title: textField(body, 'title'),
      description: textsField(body, 'description'),
    },
  };
}
