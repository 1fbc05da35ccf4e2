/** Cloudflare Logpush: `dns_logs` (authoritative, numeric codes) and `gateway_dns` (resolver, names and policy). */
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { rcodeName, recordTypeName } from '../leaf/dns-codes.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { instantOf } from './audit-field.ts';
import { queryDraft, type DnsWitness } from './dns-facts.ts';
import { isGiven } from './json-field.ts';
import { nativeRecord } from './json-envelope.ts';
import { parseJsonRecord, type JsonObject } from './json-record.ts';
import { isQueryWindow, queryWindowDrafts } from './query-window.ts';

/** Logpush writes times as RFC 3339, unix seconds or unix nanoseconds, number or text, by setting of the job. */
function logpushTime(value: unknown): { ms: number; precision: 'ms' | 's' | 'm' | 'd' } | undefined {
  if (typeof value === 'string' && !/^\d+$/.test(value)) return instantOf(value);
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  const number = Number(text);
  if (text === '' || !Number.isSafeInteger(Math.floor(number / 1e6)) || number < 0) return undefined;
  // Digits are cut off as text: a division of numbers beyond 2^53 may end in the millisecond before.
  const whole = /^\d{15,19}$/.test(text) ? text : '';
  if (whole.length > 17) return { ms: Number(whole.slice(0, -6)), precision: 'ms' };
  if (whole.length > 14) return { ms: Number(whole.slice(0, -3)), precision: 'ms' };
  return number >= 1e11
    ? { ms: Math.floor(number), precision: 'ms' }
    : { ms: Math.floor(number * 1000), precision: 's' };
}

/** A code of 16 bits, as a number or in digits. */
function code(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 65_535
    ? number
    : undefined;
}

/** Mnemonic of a record type, which pipelines write instead of the number. */
function typeText(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Z][A-Z0-9-]{0,15}$/i.test(value) ? value.toUpperCase() : undefined;
}

/** Name of a response code, from its number or the name itself. */
function rcodeText(value: unknown): string | undefined {
  const number = code(value);
  return number === undefined ? typeText(value) : rcodeName(number);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 1024) : undefined;
}

function pick(item: JsonObject, fields: readonly string[]): Record<string, unknown> {
  const source: Record<string, unknown> = {};
  for (const field of fields) {
    const value = item[field];
    if (value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0))
      source[field] = value;
  }
  return source;
}

function witness(
  record: RawRecord,
  system: string,
  kind: DnsWitness['kind'],
  time: { ms: number; precision: DnsWitness['precision'] },
): DnsWitness {
  return {
    system,
    kind,
    ...(record.instance !== undefined ? { instance: record.instance } : {}),
    acquisition: 'passive',
    confidence: 0.9,
    confidenceBasis: 'passive',
    timeMs: time.ms,
    precision: time.precision,
  };
}

function zoneQuery(
  item: JsonObject,
  name: string,
  record: RawRecord,
  digest: string,
): Outcome<readonly EventDraft[]> {
  const time = logpushTime(item['Timestamp']);
  if (time === undefined)
    return failed('bad_timestamp', 'Timestamp is none of the three Logpush forms', '/Timestamp');
  const number = code(item['QueryType']);
  const type = number === undefined ? typeText(item['QueryType']) : recordTypeName(number);
  if (type === undefined) return failed('bad_field', 'QueryType is no type of a record', '/QueryType');
  // DNS Firewall logs name what the client got; Authoritative DNS logs have one code.
  const rcode = rcodeText(item['ResponseCode'] ?? item['ClientResponseCode']);
  const resolver = canonicalIp(text(item['SourceIP']) ?? '');
  return succeeded([
    queryDraft(
      witness(record, 'cloudflare', 'authoritative_log', time),
      {
        question: name,
        type,
        ...(rcode !== undefined ? { rcode } : {}),
        ...(resolver !== undefined ? { resolver } : {}),
        source: pick(item, ['ColoCode', 'EDNSSubnet', 'EDNSSubnetLength', 'ResponseCached']),
      },
      [digest],
    ),
  ]);
}

function gatewayQuery(
  item: JsonObject,
  name: string,
  record: RawRecord,
  digest: string,
): Outcome<readonly EventDraft[]> {
  const time = logpushTime(item['Datetime']);
  if (time === undefined)
    return failed('bad_timestamp', 'Datetime is none of the three Logpush forms', '/Datetime');
  const type = text(item['QueryTypeName']) ?? recordTypeName(code(item['QueryType']) ?? 0);
  const rcode = rcodeText(item['RCode']);
  const client = canonicalIp(text(item['SrcIP']) ?? '');
  const resolver = canonicalIp(text(item['DstIP']) ?? '');
  const resolved = item['ResolvedIPs'];
  const answers = Array.isArray(resolved)
    ? (resolved as unknown[])
        .map((each) => (typeof each === 'string' ? canonicalIp(each) : undefined))
        .filter((each) => each !== undefined)
    : [];
  const user = text(item['Email'])?.toLowerCase();
  const [draft] = [
    queryDraft(
      witness(record, 'cloudflare_gateway', 'resolver_log', time),
      {
        question: name,
        type,
        answers,
        ...(rcode !== undefined ? { rcode } : {}),
        ...(client !== undefined ? { client } : {}),
        ...(resolver !== undefined ? { resolver } : {}),
        source: pick(item, [
          'ColoCode',
          'DeviceID',
          'DeviceName',
          'Location',
          'Policy',
          'PolicyID',
          'Protocol',
          'QueryCategoryNames',
          'ResolverDecision',
          'SrcPort',
        ]),
      },
      [digest],
    ),
  ];
  if (user === undefined) return succeeded([draft]);
  return succeeded([
    {
      ...draft,
      actor_id: `cloudflare:${user}`,
      actor_type: 'user',
      actor_origin: 'customer',
      actor_email: user,
    },
  ]);
}

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  if (isQueryWindow(record)) return queryWindowDrafts(record, 'cloudflare');
  const parsed = parseJsonRecord(record.bytes);
  if (!parsed.ok) return parsed;
  const item = nativeRecord(parsed.value, (body) => typeof body['QueryName'] === 'string');
  // The first delivery to a new Logpush destination.
  if (item['content'] === 'tests' && Object.keys(item).length === 1) return succeeded([]);
  const name = text(item['QueryName']);
  if (name === undefined)
    return failed('missing_field', 'no QueryName: neither dns_logs nor gateway_dns', '/QueryName');
  const digest = context.sha256(record.bytes);
  const isGateway = isGiven(item['Datetime']) || isGiven(item['QueryTypeName']);
  return isGateway ? gatewayQuery(item, name, record, digest) : zoneQuery(item, name, record, digest);
}

/** Feed `cloudflare-dns`. */
export const cloudflareDns: Normaliser = { source: 'cloudflare-dns', version: 1, normalise };
