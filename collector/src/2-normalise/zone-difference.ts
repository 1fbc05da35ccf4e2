/** The record that the transfer client writes after it compared two versions of a zone: a JSON document per 500 changes. */
import type { EventDraft } from '../contract/normaliser.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import type { RecordChange } from '../leaf/record-change.ts';
import { parseInstant } from '../leaf/time.ts';
import { dnsDraft, domainOf, nameOf, plainText, recordChangeDraft, type DnsWitness } from './dns-facts.ts';

/** Media type of a zone difference. */
export const zoneDifferenceMediaType = 'application/vnd.zonewarden.zone-difference+json';

/** True when the record is a zone difference and not a DNS message. */
export function isZoneDifference(record: RawRecord): boolean {
  return record.contentType.startsWith(zoneDifferenceMediaType);
}

function texts(value: unknown): readonly string[] | null | undefined {
  if (value === null) return null;
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}

function seconds(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}

function readChange(value: unknown): RecordChange | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const given = value as Record<string, unknown>;
  const before = texts(given['old']);
  const after = texts(given['new']);
  const { name, type } = given;
  if (typeof name !== 'string' || typeof type !== 'string' || before === undefined || after === undefined)
    return undefined;
  if (before === null && after === null) return undefined;
  const ttlOld = seconds(given['ttl_old']);
  const ttlNew = seconds(given['ttl_new']);
  return {
    name: nameOf(name),
    type,
    old: before,
    new: after,
    ...(ttlOld !== undefined ? { ttlOld } : {}),
    ...(ttlNew !== undefined ? { ttlNew } : {}),
    whole: true,
  };
}

interface Difference {
  readonly zone: string;
  readonly from: string;
  readonly to: string;
  readonly document: Record<string, unknown>;
  readonly witness: DnsWitness;
}

function transferDraft(difference: Difference, failure: boolean): EventDraft {
  const { document, zone, from, to } = difference;
  const primary = typeof document['primary'] === 'string' ? canonicalIp(document['primary']) : undefined;
  const domain = domainOf(zone, zone);
  return dnsDraft(difference.witness, {
    event_type: 'dns.zone.transferred_in',
    outcome: failure ? 'failure' : 'success',
    zone,
    ...(domain !== undefined ? { domain } : {}),
    ...(primary !== undefined ? { source_ip: primary } : {}),
    ...(to !== '' ? { sequence: to, transaction_id: `${zone}/${from}/${to}` } : {}),
    source: {
      form: document['form'] ?? null,
      serial_from: document['serial_from'] ?? null,
      changes: document['changes_total'] ?? 0,
      ...(failure ? { reason: plainText(document['reason']).slice(0, 400) } : {}),
    },
    key: ['transfer', zone, from, to, plainText(document['at'])],
    atom: zone,
  });
}

function soaDraft(difference: Difference, change: RecordChange): EventDraft {
  const draft = recordChangeDraft(difference.witness, change, {
    zone: difference.zone,
    sequence: difference.to,
    key: ['difference', difference.zone, difference.from, difference.to, change.name, 'SOA'],
  });
  return { ...draft, event_type: 'dns.zone.soa_changed', attribute: 'soa' };
}

/** Drafts of one zone difference: the transfer itself with the first part, then a `dns.record.*` per changed set. */
export function zoneDifferenceDrafts(record: RawRecord): Outcome<readonly EventDraft[]> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(record.bytes));
  } catch {
    return failed('not_json', 'zone difference is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return failed('not_an_object', 'zone difference is not an object');
  const document = parsed as Record<string, unknown>;
  const zone = document['zone'];
  const at = parseInstant(plainText(document['at']));
  if (typeof zone !== 'string' || zone === '')
    return failed('missing_field', 'zone difference names no zone', '/zone');
  if (at === undefined) return failed('bad_timestamp', 'zone difference has no time', '/at');
  const earliest = parseInstant(plainText(document['earliest']));
  const witness: DnsWitness = {
    system: 'dns_transfer',
    kind: 'zone_feed',
    ...(record.instance !== undefined ? { instance: record.instance } : {}),
    acquisition: 'diff',
    // RFC 8945: a signed transfer proves its primary; an unsigned one only its address.
    confidence: document['signed'] === true ? 0.95 : 0.8,
    confidenceBasis: document['signed'] === true ? 'signed_zone_transfer' : 'state_diff',
    timeMs: at.ms,
    ...(earliest !== undefined ? { earliestMs: earliest.ms } : {}),
    precision: earliest === undefined ? 'ms' : 'interval',
  };
  const difference: Difference = {
    zone: nameOf(zone),
    from: plainText(document['serial_from']),
    to: plainText(document['serial_to']),
    document,
    witness,
  };
  const drafts: EventDraft[] = [];
  const failure = document['outcome'] === 'failure';
  if (failure || document['part'] === undefined || document['part'] === 0)
    drafts.push(transferDraft(difference, failure));
  const changes = Array.isArray(document['changes']) ? (document['changes'] as unknown[]) : [];
  for (const [index, item] of changes.entries()) {
    const change = readChange(item);
    if (change === undefined)
      return failed('bad_field', 'change needs name, type, old and new', `/changes/${index}`);
    drafts.push(change.type === 'SOA' ? soaDraft(difference, change) : changeDraft(difference, change));
  }
  return succeeded(drafts);
}

function changeDraft(difference: Difference, change: RecordChange): EventDraft {
  const { zone, from, to, document } = difference;
  return recordChangeDraft(difference.witness, change, {
    zone,
    sequence: to,
    transaction_id: `${zone}/${from}/${to}`,
    ...(typeof document['changes_total'] === 'number' ? { transaction_size: document['changes_total'] } : {}),
    source: { serial_from: document['serial_from'] ?? null, scope: 'rrset' },
    // Serials are not unique after a zone was restored; the values are.
    key: ['difference', zone, from, to, change.name, change.type, JSON.stringify([change.old, change.new])],
  });
}
