/**
 * Zonestream zone_diff. No record of this topic is public; the documentation only says that it follows the OpenINTEL
 * column names. This reader takes those columns and any of the usual marks for added and removed; what it cannot place
 * becomes `other.activity` with the whole record. A name server or DS record there stands at the parent: delegation.
 */
import type { EventDraft } from '../contract/normaliser.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { canonicalRecordData } from '../leaf/record-data.ts';
import { formatInstant } from '../leaf/time.ts';
import { idField, numberField, recordTypeField, textField } from './json-field.ts';
import type { JsonObject } from './json-record.ts';
import { blankDraft } from './blank-draft.ts';

const markColumns = ['diff', 'action', 'operation', 'op', 'change', 'change_type', 'event'] as const;
const addedMarks = new Set(['+', 'add', 'added', 'new', 'insert', 'inserted', 'create', 'created']);
const removedMarks = new Set(['-', 'del', 'delete', 'deleted', 'remove', 'removed', 'drop', 'dropped']);

/** Columns that together are the data of a type, in presentation order. */
const dataColumns: Readonly<Record<string, readonly string[]>> = {
  A: ['ip4_address'],
  AAAA: ['ip6_address'],
  NS: ['ns_address'],
  CNAME: ['cname_name'],
  MX: ['mx_preference', 'mx_address'],
  TXT: ['txt_text'],
  DS: ['ds_key_tag', 'ds_algorithm', 'ds_digest_type', 'ds_digest'],
};

/** Drafts of one zone_diff row: at most one. Fails when no column holds a DNS name. */
export function zoneDifferenceDrafts(body: JsonObject, record: RawRecord): Outcome<readonly EventDraft[]> {
  const nativeName = textField(body, 'query_name') ?? textField(body, 'domain') ?? textField(body, 'name');
  if (nativeName === undefined)
    return failed('missing_field', 'expected a name in "query_name", "domain" or "name"', '/query_name');
  const name = canonicalName(nativeName);
  if (name === undefined)
    return failed('bad_domain_name', `"${nativeName.slice(0, 80)}" is not a DNS name`, '/query_name');
  const type = recordTypeField(body, 'response_type') ?? recordTypeField(body, 'query_type') ?? '';
  const isAdded = markOf(body);
  const data = dataOf(body, type);
  const atMs = numberField(body, 'timestamp');
  const draft: EventDraft = {
    ...blankDraft,
    key: [
      textField(body, 'zone') ?? '',
      idField(body, 'serial_from') ?? '',
      idField(body, 'serial_to') ?? '',
      idField(body, 'timestamp') ?? '',
      isAdded === undefined ? '' : isAdded ? '+' : '-',
      data ?? '',
    ],
    atom: `${name} ${type}`,
    event_type: 'other.activity',
    event_type_original: 'zone_diff',
    outcome: 'success',
    timestamp: formatInstant(atMs === undefined ? record.receivedAtMs : atMs > 1e11 ? atMs : atMs * 1000),
    timestamp_precision: atMs === undefined ? 'interval' : 's',
    source_system: 'zonestream',
    source_kind: 'zone_feed',
    acquisition: 'diff',
    confidence: 0.8,
    confidence_basis: 'state_diff',
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    domain: registrableDomain(name) ?? name,
    record_name: name,
    approval_state: 'not_checked',
    source: { topic: 'zone_diff', ...body },
  };
  if (isAdded === undefined || data === undefined) return succeeded([draft]);
  return succeeded([{ ...draft, ...changeOf(name, type, data, isAdded), source: { topic: 'zone_diff' } }]);
}

function markOf(body: JsonObject): boolean | undefined {
  for (const column of markColumns) {
    const mark = textField(body, column)?.toLowerCase();
    if (mark === undefined) continue;
    if (addedMarks.has(mark)) return true;
    if (removedMarks.has(mark)) return false;
  }
  return undefined;
}

function dataOf(body: JsonObject, type: string): string | undefined {
  const columns = Object.hasOwn(dataColumns, type) ? dataColumns[type] : undefined;
  if (columns === undefined) return undefined;
  const parts = columns.map((column) => idField(body, column));
  return parts.includes(undefined) ? undefined : canonicalRecordData(type, parts.join(' '));
}

function changeOf(name: string, type: string, data: string, isAdded: boolean): Partial<EventDraft> {
  const isDelegation = (type === 'NS' || type === 'DS') && registrableDomain(name) === name;
  const difference = isAdded ? { added: [data], removed: [] } : { added: [], removed: [data] };
  if (!isDelegation)
    return {
      event_type: isAdded ? 'dns.record.created' : 'dns.record.deleted',
      record_type: type,
      old_value: isAdded ? null : [data],
      new_value: isAdded ? [data] : null,
      old_known: !isAdded,
    };
  if (type === 'NS')
    return {
      event_type: 'registrar.domain.nameservers_changed',
      attribute: 'nameservers',
      old_known: false,
      ...difference,
    };
  return {
    event_type: isAdded ? 'registrar.domain.ds_added' : 'registrar.domain.ds_removed',
    attribute: 'ds',
    old_known: false,
    ...difference,
  };
}
