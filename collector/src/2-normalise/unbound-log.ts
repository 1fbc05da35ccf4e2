/**
 * Unbound log lines: `log-queries`, `log-replies`, `log-local-actions`, `log-servfail` and validation failures, with or
 * without `log-tag-queryreply`, behind syslog or not. Statistics and errors are kept as `other.activity`.
 */
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { domainOf, dnsDraft, nameOf, queryDraft, recordTypeField, type DnsWitness } from './dns-facts.ts';
import { wrappedLine } from './json-envelope.ts';
import { decodeUtf8 } from './json-record.ts';
import { takeLogPrefix } from './log-prefix.ts';
import { isQueryWindow, queryWindowDrafts } from './query-window.ts';

const lineCharsMax = 16_384;
/** `unbound[pid:thread] `, or `[pid:thread] ` where syslog wrote the name already. */
const processPattern = /^(?:unbound)?\[\d{1,10}:[0-9a-f]{1,4}\] /;
const levelPattern = /^(query|reply|info|notice|warning|error|fatal error|debug|verbose)(?:\[\d+\])?: /;
const replyPattern =
  /^(\S{2,60}) (\S{1,1024}) ([A-Z0-9-]{1,16}) (IN|CH|HS|ANY|NONE|CLASS\d+) ([A-Z0-9]{2,16}) (\d+\.\d+) ([01]) (\d+)(?: .*)?$/;
const queryPattern = /^(\S{2,60}) (\S{1,1024}) ([A-Z0-9-]{1,16}) (IN|CH|HS|ANY|NONE|CLASS\d+)$/;
const actionPattern =
  /^(?:(\S{1,1024}) )?([a-z_]{3,24}) ([0-9A-Fa-f.:]{2,45})@(\d{1,5}) (\S{1,1024}) ([A-Z0-9-]{1,16}) (IN|CH|HS)$/;
const validationPattern =
  /^validation failure <?(\S{1,1024}) ([A-Z0-9-]{1,16}) (?:IN|CH|HS)>?(?:: (.{1,1000}))?$/;
const policyPattern =
  /^rpz: applied (?:\[([^\]]{1,255})\] )?(\S{1,1024}) (rpz-[a-z-]{2,30}) ([0-9A-Fa-f.:]{2,45})@(\d{1,5}) (\S{1,1024}) ([A-Z0-9-]{1,16}) (?:IN|CH|HS)$/;
const servfailPattern = /^SERVFAIL <(\S{1,1024}) ([A-Z0-9-]{1,16}) (?:IN|CH|HS)>: (.{1,1000})$/;

/** Response codes a local-zone action forces; other actions answer from data or pass on, which the line does not tell. */
const actionRcodes: Readonly<Record<string, string>> = {
  always_nxdomain: 'NXDOMAIN',
  static: 'NXDOMAIN',
  refuse: 'REFUSED',
  always_refuse: 'REFUSED',
};

type Row = readonly [
  pattern: RegExp,
  draft: (match: RegExpExecArray, witness: DnsWitness, key: readonly string[]) => EventDraft,
];

const rows: readonly Row[] = [
  [
    policyPattern,
    (match, witness, key) => {
      const client = canonicalIp(match[4]!);
      const action = match[3]!;
      return queryDraft(
        witness,
        {
          question: match[6]!,
          type: match[7]!,
          ...(action === 'rpz-nxdomain' ? { rcode: 'NXDOMAIN' } : {}),
          ...(client !== undefined ? { client } : {}),
          source: {
            message_type: 'policy',
            client_port: Number(match[5]),
            policy: { action, via: nameOf(match[2]!), ...(match[1] !== undefined ? { zone: match[1] } : {}) },
          },
        },
        key,
      );
    },
  ],
  [
    validationPattern,
    (match, witness, key) => {
      const name = nameOf(match[1]!);
      const domain = domainOf(name);
      return dnsDraft(witness, {
        event_type: 'dnsquery.validation.failed',
        ...(domain !== undefined ? { domain } : {}),
        record_name: name,
        record_type: recordTypeField(match[2]!),
        query: { count: 1, question: `${name} ${recordTypeField(match[2]!)}`, validated: false },
        source: { reason: match[3] ?? 'validation failure' },
        key,
        atom: `${name}/${match[2]!}`,
      });
    },
  ],
  [
    servfailPattern,
    (match, witness, key) =>
      queryDraft(
        witness,
        { question: match[1]!, type: match[2]!, rcode: 'SERVFAIL', source: { reason: match[3]! } },
        key,
      ),
  ],
  [
    replyPattern,
    (match, witness, key) => {
      const client = canonicalIp(match[1]!);
      return queryDraft(
        witness,
        {
          question: match[2]!,
          type: match[3]!,
          rcode: match[5]!,
          ...(client !== undefined ? { client } : {}),
          source: {
            message_type: 'reply',
            seconds: Number(match[6]),
            cached: match[7] === '1',
            bytes: Number(match[8]),
          },
        },
        key,
      );
    },
  ],
  [
    queryPattern,
    (match, witness, key) => {
      const client = canonicalIp(match[1]!);
      return queryDraft(
        witness,
        {
          question: match[2]!,
          type: match[3]!,
          ...(client !== undefined ? { client } : {}),
          source: { message_type: 'query' },
        },
        key,
      );
    },
  ],
  [
    actionPattern,
    (match, witness, key) => {
      const client = canonicalIp(match[3]!);
      const action = match[2]!;
      const rcode = actionRcodes[action];
      return queryDraft(
        witness,
        {
          question: match[5]!,
          type: match[6]!,
          ...(rcode !== undefined ? { rcode } : {}),
          ...(client !== undefined ? { client } : {}),
          source: {
            message_type: 'local_action',
            client_port: Number(match[4]),
            policy: { action, ...(match[1] !== undefined ? { local_zone: nameOf(match[1]) } : {}) },
          },
        },
        key,
      );
    },
  ],
];

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  if (isQueryWindow(record)) return queryWindowDrafts(record, 'unbound');
  const decoded = decodeUtf8(record.bytes);
  if (!decoded.ok) return decoded;
  const wrapped = wrappedLine(decoded.value.trim());
  const text = wrapped?.line ?? decoded.value.trimEnd();
  if (text.length > lineCharsMax)
    return failed('too_large', `log line of ${text.length} characters, at most ${lineCharsMax} are read`);
  const prefix = takeLogPrefix(text, record.meta?.['utc_offset'], record.receivedAtMs, wrapped?.time);
  if (!prefix.ok) return prefix;
  // takeLogPrefix may have taken `info: ` as BIND writes it; Unbound puts the process before the level.
  const process = processPattern.exec(prefix.value.rest);
  const afterProcess = process === null ? prefix.value.rest : prefix.value.rest.slice(process[0].length);
  const level = levelPattern.exec(afterProcess);
  if (
    process === null &&
    level === null &&
    prefix.value.host === undefined &&
    prefix.value.severity === undefined
  )
    return failed('unsupported_format', `not an Unbound log line: ${text.slice(0, 80)}`);
  const message = level === null ? afterProcess : afterProcess.slice(level[0].length);
  const instance = record.instance ?? prefix.value.host;
  const witness: DnsWitness = {
    system: 'unbound',
    kind: 'resolver_log',
    ...(instance !== undefined ? { instance } : {}),
    acquisition: 'passive',
    confidence: 0.9,
    confidenceBasis: prefix.value.zoneAssumed ? 'passive_local_time_read_as_utc' : 'passive',
    timeMs: prefix.value.timeMs,
    precision: prefix.value.precision,
  };
  // What a shipper put around a line is no part of it; a line without time is told apart by just that.
  const isLineAlone = wrapped !== undefined && prefix.value.hasOwnTime;
  const key = [context.sha256(isLineAlone ? wrapped.line : record.bytes)];
  for (const [pattern, draft] of rows) {
    const match = pattern.exec(message);
    if (match !== null && !isProse(pattern, match)) return succeeded([draft(match, witness, key)]);
  }
  return succeeded([
    dnsDraft(witness, {
      event_type: 'other.activity',
      event_type_original: level?.[1] ?? prefix.value.severity ?? 'message',
      outcome: level?.[1] === 'error' || level?.[1] === 'fatal error' ? 'failure' : 'unknown',
      source: { message: message.slice(0, 1000) },
      key,
      atom: '',
    }),
  ]);
}

/** Query lines begin with an address; prose of the same word count does not. */
function isProse(pattern: RegExp, match: RegExpExecArray): boolean {
  return (pattern === queryPattern || pattern === replyPattern) && canonicalIp(match[1]!) === undefined;
}

/** Feed `unbound-log`. */
export const unboundLog: Normaliser = { source: 'unbound-log', version: 1, normalise };
