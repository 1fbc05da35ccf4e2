/** Drafts of BIND's log messages, shared by the table of wordings. */
import type { EventDraft } from '../contract/normaliser.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { canonicalRecordData } from '../leaf/record-data.ts';
import {
  dnsDraft,
  domainOf,
  nameOf,
  queryDraft,
  recordChangeDraft,
  recordTypeField,
  type DnsWitness,
} from './dns-facts.ts';

/** A message with what stood before it. `client` is an address; `queryName` the name in parentheses. */
export interface BindLine {
  readonly message: string;
  readonly client: string | undefined;
  readonly clientPort: number | undefined;
  readonly key: string | undefined;
  readonly queryName: string | undefined;
  readonly view: string | undefined;
  readonly severity: string | undefined;
}

/** One wording: its pattern and the facts it states. */
export interface BindMessageRow {
  readonly pattern: RegExp;
  drafts(match: RegExpExecArray, line: BindLine, witness: DnsWitness, key: readonly string[]): EventDraft[];
}

/** Address of the client, canonical. */
export function peerOf(line: BindLine): string | undefined {
  return line.client === undefined ? undefined : canonicalIp(line.client);
}

/** View, key and port of a line, for `source`. */
export function about(line: BindLine): Record<string, unknown> {
  return {
    ...(line.view !== undefined ? { view: line.view } : {}),
    ...(line.key !== undefined ? { tsig_key: line.key } : {}),
    ...(line.clientPort !== undefined ? { client_port: line.clientPort } : {}),
  };
}

/** `zone/class` or `zone/class/view`, as messages quote zones. A reverse zone of RFC 2317 may hold a slash itself. */
function zoneOf(quoted: string): { zone: string; view?: string } {
  const match = /^(.+?)(?:\/(?:AXFR|IXFR))?\/(?:IN|CH|HS)(?:\/(.+))?$/.exec(quoted);
  if (match === null) return { zone: nameOf(quoted) };
  return { zone: nameOf(match[1]!), ...(match[2] !== undefined ? { view: match[2] } : {}) };
}

/** A fact about a zone as the message quotes it. */
export function zoneDraft(
  line: BindLine,
  witness: DnsWitness,
  key: readonly string[],
  quotedZone: string,
  fields: Partial<EventDraft> & Pick<EventDraft, 'event_type'>,
  peer = peerOf(line),
): EventDraft {
  const { zone, view } = zoneOf(quotedZone);
  const domain = domainOf(zone, zone);
  return dnsDraft(witness, {
    zone,
    ...(domain !== undefined ? { domain } : {}),
    ...(peer !== undefined ? { source_ip: peer } : {}),
    ...fields,
    source: { ...about(line), ...(view !== undefined ? { view } : {}), ...fields.source },
    key,
    atom: zone,
  });
}

const flagNames: readonly (readonly [RegExp, string])[] = [
  [/^\+/, 'recursion_desired'],
  [/S/, 'signed'],
  [/T/, 'tcp'],
  [/D/, 'dnssec_ok'],
  [/C/, 'checking_disabled'],
];

/** Words for the flags of a query line. */
export function flagsOf(text: string): string[] {
  const plain = text.replace(/E\(\d+\)/, 'E');
  return flagNames.filter(([pattern]) => pattern.test(plain)).map(([, name]) => name);
}

/** RD set: somebody asks this server to resolve; not set: a resolver asks it as authority. The log says no more. */
export function queryWitness(witness: DnsWitness, flags: string): DnsWitness {
  return flags.startsWith('+') ? { ...witness, kind: 'resolver_log' } : witness;
}

/** Types in the groups of answer lines that leave the owner out: only these words end the data before them. */
const groupStart =
  / (?=\d{1,10} (?:A|AAAA|CNAME|MX|NS|SOA|TXT|PTR|SRV|CAA|HTTPS|SVCB|RRSIG|DS|DNSKEY|NAPTR|TLSA|NSEC3?|TYPE\d{1,5}) )/;

/** `owner ttl type rdata` groups of an answer line; owners of later groups begin after a comma or a semicolon. Or `ttl type rdata` alone. */
function answerData(text: string, question: string): string[] {
  const out: string[] = [];
  if (/^\d{1,10} [A-Z]/.test(text)) {
    for (const part of text.split(groupStart)) {
      const match = /^\d{1,10} ([A-Z0-9]{1,16}) (.+)$/.exec(part.trim());
      if (match !== null) out.push(canonicalRecordData(match[1]!, match[2]!));
    }
    return out;
  }
  for (const part of text.split(/[;,] ?(?=\S+\.? \d{1,10} (?:IN )?[A-Z])/)) {
    const match = /^\S+ \d{1,10} (?:IN )?([A-Z0-9]{1,16}) (.+?)[;,]?$/.exec(part.trim());
    if (match !== null && question !== '') out.push(canonicalRecordData(match[1]!, match[2]!));
  }
  return out;
}

/** A query line. */
export function queryRow(
  match: RegExpExecArray,
  line: BindLine,
  witness: DnsWitness,
  key: readonly string[],
): EventDraft[] {
  const [, name = '', type = '', flags = '', server = '', subnet] = match;
  const client = peerOf(line);
  const resolver = canonicalIp(server);
  return [
    queryDraft(
      queryWitness(witness, flags),
      {
        question: name,
        type,
        ...(client !== undefined ? { client } : {}),
        ...(resolver !== undefined ? { resolver } : {}),
        source: {
          ...about(line),
          flags: flagsOf(flags),
          ...(subnet !== undefined ? { client_subnet: subnet } : {}),
        },
      },
      key,
    ),
  ];
}

/** Words of an answer line; `server` and `data` are empty where the product does not write them. */
export interface AnswerWords {
  readonly name: string;
  readonly type: string;
  readonly flags: string;
  readonly server: string;
  readonly rcode: string;
  readonly data: string;
}

/** An answer line of BIND 9.20 or an appliance. */
export function answerDrafts(
  { name, type, flags, server, rcode, data }: AnswerWords,
  line: BindLine,
  witness: DnsWitness,
  key: readonly string[],
): EventDraft[] {
  const client = peerOf(line);
  const resolver = canonicalIp(server);
  return [
    queryDraft(
      queryWitness(witness, flags),
      {
        question: name,
        type,
        rcode,
        answers: answerData(data, name),
        ...(client !== undefined ? { client } : {}),
        ...(resolver !== undefined ? { resolver } : {}),
        source: { ...about(line), flags: flagsOf(flags) },
      },
      key,
    ),
  ];
}

/** One change of an update; the log never tells what was there before. */
export function updateRow(
  line: BindLine,
  witness: DnsWitness,
  key: readonly string[],
  quotedZone: string,
  change: { name: string; type: string; added?: string; isWholeSet?: boolean },
): EventDraft[] {
  const { zone, view } = zoneOf(quotedZone);
  const peer = peerOf(line);
  const type = recordTypeField(change.type);
  const added = change.added;
  const draft = recordChangeDraft(
    witness,
    {
      name: nameOf(change.name),
      type,
      old: added === undefined ? [] : null,
      new: added === undefined ? null : [added],
      whole: false,
    },
    {
      zone,
      ...(peer !== undefined ? { source_ip: peer } : {}),
      source: {
        ...about(line),
        ...(view !== undefined ? { view } : {}),
        action: line.message.slice(0, 200),
        ...(change.isWholeSet === true ? {} : { scope: 'record' }),
      },
      key,
    },
  );
  // The update log never tells what was there before, so neither what a deletion took away.
  const difference = added === undefined ? { added: undefined, removed: undefined } : {};
  return [{ ...draft, ...difference, old_value: undefined, old_known: false }];
}

/** A transfer line with named groups zone, serial, from, peer, form, records, key, reason. */
export function transferRow(
  direction: 'in' | 'out',
  outcome: EventDraft['outcome'],
): (match: RegExpExecArray, line: BindLine, witness: DnsWitness, key: readonly string[]) => EventDraft[] {
  return (match, line, witness, key) => {
    const groups = match.groups ?? {};
    const peer = canonicalIp(groups['peer'] ?? '') ?? peerOf(line);
    const failure = groups['reason'] !== undefined && groups['reason'] !== '';
    return [
      zoneDraft(
        line,
        witness,
        key,
        groups['zone'] ?? '',
        {
          event_type: `dns.zone.transferred_${direction}`,
          outcome,
          ...(groups['serial'] !== undefined ? { sequence: groups['serial'] } : {}),
          source: {
            ...(groups['form'] !== undefined ? { form: groups['form'] } : {}),
            ...(groups['from'] !== undefined ? { serial_from: Number(groups['from']) } : {}),
            ...(groups['records'] !== undefined ? { records: Number(groups['records']) } : {}),
            ...(groups['key'] !== undefined ? { tsig_key: groups['key'] } : {}),
            ...(failure ? { reason: groups['reason']!.slice(0, 300) } : {}),
          },
        },
        peer,
      ),
    ];
  };
}

/** A NOTIFY line with named groups zone, serial, peer, key, detail. */
export function notifyRow(
  direction: 'received' | 'sent',
  outcome: EventDraft['outcome'],
): (match: RegExpExecArray, line: BindLine, witness: DnsWitness, key: readonly string[]) => EventDraft[] {
  return (match, line, witness, key) => {
    const groups = match.groups ?? {};
    const peer = canonicalIp(groups['peer'] ?? '') ?? peerOf(line);
    const detail = groups['detail'];
    const refused = detail?.startsWith('refused') === true || detail === 'not authoritative';
    return [
      zoneDraft(
        line,
        witness,
        key,
        groups['zone'] ?? '',
        {
          event_type: 'dns.zone.notify_received',
          outcome: refused ? 'failure' : outcome,
          ...(groups['serial'] !== undefined ? { sequence: groups['serial'] } : {}),
          source: {
            direction,
            ...(groups['key'] !== undefined ? { tsig_key: groups['key'] } : {}),
            ...(detail !== undefined ? { detail } : {}),
          },
        },
        peer,
      ),
    ];
  };
}
