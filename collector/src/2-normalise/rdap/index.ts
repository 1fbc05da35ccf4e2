/**
 * RDAP domain objects (RFC 9083). One answer is a snapshot: a `state_observed` event per attribute, without old values.
 * Changes come from two snapshots of the same server, see difference.ts.
 */
import type { EventDraft, Normaliser } from '../../contract/normaliser.ts';
import { limits } from '../../contract/limits.ts';
import { succeeded } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { formatInstant } from '../../leaf/time.ts';
import { definedFields, idField, textField, textsField } from '../json-field.ts';
import { parseJsonRecord } from '../json-record.ts';
import type { JsonObject } from '../json-record.ts';
import { rdapStateOf } from './state.ts';
import type { RdapState } from './state.ts';

export { diffRdap } from './difference.ts';
export { rdapStateOf } from './state.ts';

/** The RDAP feed: one whole answer per record. `meta.domain` may name the domain that was asked for. */
export const rdap: Normaliser = {
  source: 'rdap',
  version: 1,
  normalise(record) {
    const parsed = parseJsonRecord(record.bytes, limits.fileRecordBytesMax);
    if (!parsed.ok) return parsed;
    const body = parsed.value;
    if (idField(body, 'errorCode') !== undefined) return succeeded([refusal(body, record)]);
    const state = rdapStateOf(body);
    if (!state.ok) return state;
    const drafts: EventDraft[] = [];
    for (const [attribute, value] of state.value.attributes) {
      drafts.push({
        ...baseOf(record, state.value.domain),
        key: [state.value.domain, attribute, String(record.receivedAtMs)],
        atom: attribute,
        event_type: 'registrar.domain.state_observed',
        outcome: 'success',
        registrar: registrarOf(state.value),
        attribute,
        new_value: value,
        old_known: false,
        source: sourceOf(state.value),
      });
    }
    return succeeded(drafts);
  },
};

function baseOf(
  record: RawRecord,
  domain: string | undefined,
): Omit<EventDraft, 'key' | 'atom' | 'event_type' | 'outcome'> {
  return {
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

/** An RDAP error (RFC 9083 section 6): the look failed and says nothing about the domain, also when it is 404. */
function refusal(body: JsonObject, record: RawRecord): EventDraft {
  const asked = canonicalName(record.meta?.['domain'] ?? '');
  const domain = asked === undefined ? undefined : (registrableDomain(asked) ?? asked);
  const code = idField(body, 'errorCode') ?? '';
  return {
    ...baseOf(record, domain),
    key: ['error', domain ?? '', code, String(record.receivedAtMs)],
    atom: 'error',
    event_type: 'registrar.domain.state_observed',
    event_type_original: `error ${code}`,
    outcome: 'failure',
    source: {
      error_code: body['errorCode'],
      title: textField(body, 'title'),
      description: textsField(body, 'description'),
    },
  };
}
