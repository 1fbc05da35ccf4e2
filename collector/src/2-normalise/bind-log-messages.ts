/** What BIND's log messages mean, one row per wording (BIND 9.9 to 9.20, and appliances that write `answer:` lines). */
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

function peerOf(line: BindLine): string | undefined {
  return line.client === undefined ? undefined : canonicalIp(line.client);
}

function about(line: BindLine): Record<string, unknown> {
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

function zoneDraft(
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

function flagsOf(text: string): string[] {
  const plain = text.replace(/E\(\d+\)/, 'E');
  return flagNames.filter(([pattern]) => pattern.test(plain)).map(([, name]) => name);
}

/** RD set: somebody asks this server to resolve; not set: a resolver asks it as authority. The log says no more. */
function queryWitness(witness: DnsWitness, flags: string): DnsWitness {
  return flags.startsWith('+') ? { ...witness, kind: 'resolver_log' } : witness;
}

/** `owner ttl type rdata` groups of an answer line; owners of later groups begin after a comma or a semicolon. */
function answerData(text: string, question: string): string[] {
  const out: string[] = [];
  for (const part of text.split(/[;,] ?(?=\S+\.? \d{1,10} (?:IN )?[A-Z])/)) {
    const match = /^\S+ \d{1,10} (?:IN )?([A-Z0-9]{1,16}) (.+)$/.exec(part.trim());
    if (match !== null && question !== '') out.push(canonicalRecordData(match[1]!, match[2]!));
  }
  return out;
}

function queryRow(
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

function answerRow(
  match: RegExpExecArray,
  line: BindLine,
  witness: DnsWitness,
  key: readonly string[],
): EventDraft[] {
  const [, name = '', type = '', flags = '', server = '', rcode = '', data = ''] = match;
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

function updateRow(
  line: BindLine,
  witness: DnsWitness,
  key: readonly string[],
  quotedZone: string,
  change: { name: string; type: string; added?: string },
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
      source: { ...about(line), ...(view !== undefined ? { view } : {}), action: line.message.slice(0, 200) },
      key,
    },
  );
  // The update log never tells what was there before.
  const { old_value: _, ...rest } = draft;
  return [{ ...rest, old_known: false }];
}

function transferRow(
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

function notifyRow(
  direction: 'received' | 'sent',
  outcome: EventDraft['outcome'],
): (match: RegExpExecArray, line: BindLine, witness: DnsWitness, key: readonly string[]) => EventDraft[] {
  return (match, line, witness, key) => {
    const groups = match.groups ?? {};
    const peer = canonicalIp(groups['peer'] ?? '') ?? peerOf(line);
    const detail = groups['detail'];
    const refused = detail?.startsWith('refused') === true;
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

const counts = /: (?<messages>\d+) messages, (?<records>\d+) records, \d+ bytes/.source;

/** All wordings, tried in order; the first that matches decides. */
export const bindMessageRows: readonly BindMessageRow[] = [
  {
    pattern:
      /^query: (\S{1,1024}) \S+ ([A-Z0-9-]{1,16}) ([+-]\S{0,20}) \(([^)\s]{1,60})\)(?: \[ECS ([^\]]{1,80})\])?$/,
    drafts: queryRow,
  },
  {
    pattern:
      /^(?:answer|response): (\S{1,1024}) \S+ ([A-Z0-9-]{1,16}) ([+-]\S{0,20}) \(([^)\s]{1,60})\) -> ([A-Z]{1,16})(?: (.*))?$/,
    drafts: answerRow,
  },
  {
    // BIND 9.20 `responselog`: the code stands before the flags, followed by the section counts.
    pattern:
      /^response: (\S{1,1024}) \S+ ([A-Z0-9-]{1,16}) (?=[A-Z]{2,16} )(?:(?<rcode>[A-Z]{2,16})) ([+-]\S{0,20}) \d+ \d+ \d+ \(([^)\s]{1,60})\)/,
    drafts: (match, line, witness, key) => {
      const client = peerOf(line);
      const resolver = canonicalIp(match[5] ?? '');
      return [
        queryDraft(
          queryWitness(witness, match[4] ?? ''),
          {
            question: match[1] ?? '',
            type: match[2] ?? '',
            rcode: match[3] ?? '',
            ...(client !== undefined ? { client } : {}),
            ...(resolver !== undefined ? { resolver } : {}),
            source: { ...about(line), flags: flagsOf(match[4] ?? '') },
          },
          key,
        ),
      ];
    },
  },
  {
    pattern: /^query failed \(([^)]{1,40})\) for (\S{1,1024}?)\/(?:IN|CH|HS)\/([A-Z0-9-]{1,16}) at \S+$/,
    drafts: (match, line, witness, key) => {
      const client = peerOf(line);
      const rcode = (match[1] ?? '').toUpperCase();
      return [
        queryDraft(
          witness,
          {
            question: match[2] ?? '',
            type: match[3] ?? '',
            rcode: /^[A-Z]+$/.test(rcode) ? rcode : 'SERVFAIL',
            ...(client !== undefined ? { client } : {}),
            source: { ...about(line), reason: match[1] },
          },
          key,
        ),
      ];
    },
  },
  {
    pattern:
      /^rpz (\S{1,20}) (\S{1,40}) rewrite (\S{1,1024}?)\/([A-Z0-9-]{1,16})\/(?:IN|CH|HS) via (\S{1,1024})(?: \((.{0,1024})\))?$/,
    drafts: (match, line, witness, key) => {
      const client = peerOf(line);
      const action = match[2] ?? '';
      return [
        queryDraft(
          { ...witness, kind: 'resolver_log' },
          {
            question: match[3] ?? '',
            type: match[4] ?? '',
            ...(action === 'NXDOMAIN' ? { rcode: 'NXDOMAIN' } : {}),
            ...(client !== undefined ? { client } : {}),
            source: {
              ...about(line),
              policy: {
                trigger: match[1],
                action,
                via: nameOf(match[5] ?? ''),
                ...(match[6] !== undefined ? { detail: match[6] } : {}),
              },
            },
          },
          key,
        ),
      ];
    },
  },
  {
    pattern: /^timed out resolving '(\S{1,1024}?)\/([A-Z0-9-]{1,16})\/(?:IN|CH|HS)': ([^#\s]{1,60})#\d+$/,
    drafts: (match, line, witness, key) => {
      const server = canonicalIp(match[3] ?? '');
      const draft = queryDraft(
        { ...witness, kind: 'resolver_log' },
        {
          question: match[1] ?? '',
          type: match[2] ?? '',
          ...(server !== undefined ? { resolver: server } : {}),
          source: { reason: 'timed out' },
        },
        key,
      );
      // The server we asked stayed silent: its address is not a client's.
      const { source_ip: _, ...rest } = draft;
      return [{ ...rest, outcome: 'failure' }];
    },
  },
  {
    pattern: /^lame server(?: on)? resolving '(\S{1,1024})' \(in '(\S{1,1024})'\?\): ([^#\s]{1,60})#\d+$/,
    drafts: (match, line, witness, key) => {
      const server = canonicalIp(match[3] ?? '');
      const draft = zoneDraft(line, { ...witness, kind: 'resolver_log' }, key, match[2] ?? '', {
        event_type: 'dns.zone.lame_delegation_detected',
        attribute: 'answering_servers',
        ...(server !== undefined ? { removed: [server] } : {}),
        query: { question: nameOf(match[1] ?? ''), ...(server !== undefined ? { resolver: server } : {}) },
      });
      return [draft];
    },
  },
  {
    pattern: /^updating zone '([^']{1,1024})': adding an RR at '([^']{1,1024})' ([A-Z0-9]{1,16}) (.+)$/,
    drafts: (match, line, witness, key) =>
      updateRow(line, witness, key, match[1]!, {
        name: match[2]!,
        type: match[3]!,
        added: canonicalRecordData(match[3]!, match[4]!),
      }),
  },
  {
    pattern:
      /^updating zone '([^']{1,1024})': delet(?:ing|e) (?:an RR|rrset|rdataset) at '?([^' ]{1,1024})'? ([A-Z0-9]{1,16})(?: .*)?$/,
    drafts: (match, line, witness, key) =>
      updateRow(line, witness, key, match[1]!, { name: match[2]!, type: match[3]! }),
  },
  {
    pattern: /^updating zone '([^']{1,1024})': delet(?:ing|e) all rrsets from name '([^']{1,1024})'$/,
    drafts: (match, line, witness, key) =>
      updateRow(line, witness, key, match[1]!, { name: match[2]!, type: 'ANY' }),
  },
  {
    pattern:
      /^(?:updating zone|update|update forwarding|prerequisites?:? )? ?'(?<zone>[^']{1,1024})'(?::)? (?<reason>denied|.*(?:unsuccessful|failed|not authoritative|rejected).*)$/,
    drafts: (match, line, witness, key) => [
      zoneDraft(line, witness, key, match.groups!['zone']!, {
        event_type: 'dns.zone.update_received',
        outcome: 'failure',
        source: { reason: match.groups!['reason']!.slice(0, 300) },
      }),
    ],
  },
  {
    pattern: /^zone transfer '(?<zone>[^']{1,1024})' (?<reason>denied)$/,
    drafts: transferRow('out', 'failure'),
  },
  {
    pattern: new RegExp(
      `^transfer of '(?<zone>[^']{1,1024})': (?<form>AXFR-style IXFR|AXFR|IXFR) ended${counts}.*?(?: \\(serial (?<serial>\\d+)\\))?$`,
    ),
    drafts: transferRow('out', 'success'),
  },
  {
    pattern:
      /^transfer of '(?<zone>[^']{1,1024})': (?<form>AXFR-style IXFR|AXFR|IXFR) started(?:: TSIG (?<key>\S+))?(?: \(serial (?:(?<from>\d+) -> )?(?<serial>\d+)\))?/,
    drafts: transferRow('out', 'attempt'),
  },
  {
    pattern:
      /^transfer of '(?<zone>[^']{1,1024})': (?<form>IXFR) version not in journal, (?<reason>falling back to AXFR)$/,
    drafts: transferRow('out', 'attempt'),
  },
  {
    pattern: new RegExp(
      `^transfer of '(?<zone>[^']{1,1024})' from (?<peer>[^#\\s]{1,60})#\\d+: Transfer completed${counts}.*?(?: \\(serial (?<serial>\\d+)\\))?$`,
    ),
    drafts: transferRow('in', 'success'),
  },
  {
    pattern: /^transfer of '(?<zone>[^']{1,1024})' from (?<peer>[^#\s]{1,60})#\d+: Transfer status: success$/,
    drafts: transferRow('in', 'success'),
  },
  {
    pattern:
      /^transfer of '(?<zone>[^']{1,1024})' from (?<peer>[^#\s]{1,60})#\d+: (?:Transfer status: )?(?<reason>failed.*|refused|REFUSED|NOTAUTH|timed out|connection.*|host unreachable|.*error.*)$/,
    drafts: transferRow('in', 'failure'),
  },
  {
    pattern: /^zone (?<zone>\S{1,1024}): transferred serial (?<serial>\d+)(?:: TSIG '(?<key>[^']+)')?$/,
    drafts: transferRow('in', 'success'),
  },
  {
    pattern: /^zone (?<zone>\S{1,1024}): sending notifies \(serial (?<serial>\d+)\)$/,
    drafts: notifyRow('sent', 'success'),
  },
  {
    pattern:
      /^received notify for zone '(?<zone>[^']{1,1024})'(?:: TSIG '(?<key>[^']+)')?(?:: (?<detail>.*))?$/,
    drafts: notifyRow('received', 'success'),
  },
  {
    pattern:
      /^zone (?<zone>\S{1,1024}): notify from (?<peer>[^#\s]{1,60})#\d+: (?:serial (?<serial>\d+)|no serial|(?=zone is|refused))(?:: )?(?<detail>zone is up to date|refused|up to date.*)?$/,
    drafts: notifyRow('received', 'success'),
  },
  {
    pattern:
      /^zone (?<zone>\S{1,1024}): refused notify from non-(?:master|primary): (?<peer>[^#\s]{1,60})#\d+$/,
    drafts: notifyRow('received', 'failure'),
  },
];
