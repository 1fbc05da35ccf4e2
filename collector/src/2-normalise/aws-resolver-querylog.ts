/**
 * Route 53 Resolver query logs of a VPC: one JSON object a query, as CloudWatch, S3 and Firehose deliver it, or as OCSF DNS Activity,
 * which Security Lake and Global Resolver write.
 */
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { rcodeName, recordTypeName } from '../leaf/dns-codes.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { canonicalRecordData } from '../leaf/record-data.ts';
import { formatInstant } from '../leaf/time.ts';
import { batchDrafts } from './audit-batch.ts';
import { instantOf } from './audit-field.ts';
import { plainText, queryDraft } from './dns-facts.ts';
import { nativeRecord } from './json-envelope.ts';
import {
  asObject,
  definedFields,
  idField,
  integerField,
  numberField,
  objectField,
  textField,
} from './json-field.ts';
import { parseJsonRecord, type JsonObject } from './json-record.ts';
import { isQueryWindow, queryWindowDrafts } from './query-window.ts';

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 1024) : undefined;
}

/** Members of `answers`: {Rdata, Type, Class}. */
function answersOf(value: unknown): string[] {
  const out: string[] = [];
  for (const { Rdata, Type } of listedObjects(value)) {
    if (typeof Rdata === 'string') out.push(canonicalRecordData(textOf(Type) ?? '', Rdata));
  }
  return out;
}

const kept = [
  'account_id',
  'region',
  'vpc_id',
  'transport',
  'srcport',
  'firewall_rule_action',
  'firewall_rule_group_id',
  'firewall_domain_list_id',
] as const;

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  if (isQueryWindow(record)) return queryWindowDrafts(record, 'route53resolver');
  const parsed = parseJsonRecord(record.bytes);
  if (!parsed.ok) return parsed;
  const several = parsed.value['logEvents'];
  // A subscription filter tests its destination with this message; it holds no query.
  if (parsed.value['messageType'] === 'CONTROL_MESSAGE') return succeeded([]);
  if (!Array.isArray(several)) return queryDrafts(parsed.value, record, () => context.sha256(record.bytes));
  const place = {
    system: 'route53resolver',
    kind: 'resolver_log',
    path: '/logEvents',
    record,
    context,
  } as const;
  return batchDrafts(several as readonly unknown[], place, (each) =>
    // The message is the line as S3 has it, so that both ways give the same event.
    queryDrafts(each, record, () => context.sha256(textField(each, 'message') ?? JSON.stringify(each))),
  );
}

function isQuery(body: JsonObject): boolean {
  return (
    typeof body['query_name'] === 'string' || textField(objectField(body, 'query'), 'hostname') !== undefined
  );
}

/** An OCSF event as the log it was made from. Response codes are in words of its own (`NoError`), the number decides. */
function queryOfOcsf(body: JsonObject): JsonObject {
  const query = objectField(body, 'query');
  const cloud = objectField(body, 'cloud');
  const from = objectField(body, 'src_endpoint');
  const to = objectField(body, 'dst_endpoint');
  const unmapped = objectField(body, 'unmapped');
  const time = numberField(body, 'time');
  const rcode = integerField(body, 'rcode_id');
  return definedFields({
    ...unmapped,
    query_name: textField(query, 'hostname'),
    query_type: textField(query, 'type'),
    query_timestamp: time === undefined ? (body['time'] ?? body['time_dt']) : epochText(time),
    rcode: rcode === undefined ? textField(body, 'rcode')?.toUpperCase() : rcodeName(rcode),
    answers: listedObjects(body['answers']).map((each) => ({ Rdata: each['rdata'], Type: each['type'] })),
    srcaddr: textField(from, 'ip'),
    srcport: idField(from, 'port'),
    vpc_id: textField(from, 'vpc_uid'),
    transport: textField(objectField(body, 'connection_info'), 'protocol_name'),
    account_id: idField(objectField(cloud, 'account'), 'uid') ?? idField(cloud, 'account_uid'),
    region: textField(cloud, 'region'),
    firewall_rule_group_id: unmapped['firewall_rule_group_id'] ?? objectField(body, 'firewall_rule')['uid'],
    firewall_rule_action: unmapped['firewall_rule_action'] ?? firewallAction(body),
    srcids: definedFields({
      instance: textField(from, 'instance_uid'),
      resolver_endpoint: textField(to, 'instance_uid'),
      resolver_network_interface: textField(to, 'interface_uid'),
    }),
  });
}

/** What the firewall did, where a rule of it matched. */
function firewallAction(body: JsonObject): string | undefined {
  if (asObject(body['firewall_rule']) === undefined) return undefined;
  const words: ReadonlyMap<string, string> = new Map([
    ['alert', 'ALERT'],
    ['blocked', 'BLOCK'],
    ['allowed', 'ALLOW'],
  ]);
  return words.get((textField(body, 'disposition') ?? '').toLowerCase());
}

function epochText(ms: number): string | undefined {
  return ms > 0 && ms < 253_402_300_800_000 ? formatInstant(Math.floor(ms)) : undefined;
}

/** Type in words; exports to tables write the number. */
function typeOf(value: unknown): string {
  const isCode = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff;
  return isCode ? recordTypeName(value) : (textOf(value) ?? '');
}

/** The objects of a list; a single one stands for a list of one. */
function listedObjects(value: unknown): JsonObject[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap<JsonObject>((each) => asObject(each) ?? []);
}

function queryDrafts(
  body: JsonObject,
  record: RawRecord,
  hash: () => string,
): Outcome<readonly EventDraft[]> {
  const found = nativeRecord(body, isQuery);
  const item = typeof found['query_name'] === 'string' ? found : queryOfOcsf(found);
  const name = textOf(item['query_name']);
  if (name === undefined)
    return failed('missing_field', 'no query_name: not a Resolver query log record', '/query_name');
  const at = instantOf(plainText(item['query_timestamp']));
  if (at === undefined)
    return failed('bad_timestamp', 'query_timestamp is not an RFC 3339 time', '/query_timestamp');
  const client = canonicalIp(textOf(item['srcaddr']) ?? '');
  const rcode = textOf(item['rcode']);
  const srcids = item['srcids'];
  const source: Record<string, unknown> = {};
  for (const field of kept) if (item[field] !== undefined) source[field] = item[field];
  if (typeof srcids === 'object' && srcids !== null) source['srcids'] = srcids;
  const endpoint = (srcids as Record<string, unknown> | undefined)?.['resolver_endpoint'];
  const resolver = textOf(endpoint) ?? textOf(item['vpc_id']);
  const instance = record.instance ?? textOf(item['vpc_id']);
  return succeeded([
    queryDraft(
      {
        system: 'route53resolver',
        kind: 'resolver_log',
        ...(instance !== undefined ? { instance } : {}),
        acquisition: 'passive',
        confidence: 0.9,
        confidenceBasis: 'passive',
        timeMs: at.ms,
        precision: at.precision,
      },
      {
        question: name,
        type: typeOf(item['query_type']),
        ...(rcode !== undefined ? { rcode } : {}),
        answers: answersOf(item['answers']),
        ...(client !== undefined ? { client } : {}),
        ...(resolver !== undefined ? { resolver } : {}),
        source,
      },
      [hash()],
    ),
  ]);
}

/** Feed `aws-resolver-querylog`. */
export const awsResolverQuerylog: Normaliser = { source: 'aws-resolver-querylog', version: 1, normalise };
