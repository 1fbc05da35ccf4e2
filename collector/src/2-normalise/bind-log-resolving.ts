/** BIND's messages about its own resolving: servers that fail, answers that do not validate, clients that are refused. */
import { canonicalIp } from '../leaf/ip-address.ts';
import { about, peerOf, zoneDraft, type BindLine, type BindMessageRow } from './bind-log-facts.ts';
import { dnsDraft, domainOf, nameOf, queryDraft, recordTypeField, type DnsWitness } from './dns-facts.ts';
import type { EventDraft } from '../contract/normaliser.ts';

/** A question that another server did not answer well; that server's address is not a client's. */
function unansweredRow(
  match: RegExpExecArray,
  _line: BindLine,
  witness: DnsWitness,
  key: readonly string[],
): EventDraft[] {
  const groups = match.groups ?? {};
  const server = canonicalIp(groups['server'] ?? '');
  const rcode =
    groups['before'] ?? groups['after'] ?? (groups['reason'] === 'FORMERR' ? 'FORMERR' : undefined);
  const draft = queryDraft(
    { ...witness, kind: 'resolver_log' },
    {
      question: groups['name'] ?? '',
      type: groups['type'] ?? '',
      ...(rcode !== undefined ? { rcode } : {}),
      ...(server !== undefined ? { resolver: server } : {}),
      source: { reason: groups['reason'] },
    },
    key,
  );
  return [{ ...draft, source_ip: undefined, outcome: 'failure' }];
}

function validationRow(
  match: RegExpExecArray,
  line: BindLine,
  witness: DnsWitness,
  key: readonly string[],
): EventDraft[] {
  const groups = match.groups ?? {};
  const name = nameOf(groups['name'] ?? '');
  const type = recordTypeField(groups['type'] ?? '');
  const domain = domainOf(name);
  const server = canonicalIp(groups['server'] ?? '');
  return [
    dnsDraft(
      { ...witness, kind: 'resolver_log' },
      {
        event_type: 'dnsquery.validation.failed',
        ...(domain !== undefined ? { domain } : {}),
        record_name: name,
        record_type: type,
        query: {
          count: 1,
          question: `${name} ${type}`,
          validated: false,
          ...(server !== undefined ? { resolver: server } : {}),
        },
        source: { ...about(line), reason: groups['reason'] },
        key,
        atom: `${name}/${type}`,
      },
    ),
  ];
}

/** Something the resolver says about a question and that decides nothing: kept under the name. */
function remarkRow(
  match: RegExpExecArray,
  line: BindLine,
  witness: DnsWitness,
  key: readonly string[],
): EventDraft[] {
  const groups = match.groups ?? {};
  const name = nameOf(groups['name'] ?? '');
  const domain = domainOf(name);
  return [
    dnsDraft(
      { ...witness, kind: 'resolver_log' },
      {
        event_type: 'other.activity',
        event_type_original: groups['what'] ?? 'resolver message',
        outcome: 'unknown',
        ...(domain !== undefined ? { domain } : {}),
        record_name: name,
        record_type: recordTypeField(groups['type'] ?? ''),
        source: { ...about(line), message: line.message.slice(0, 1000), severity: line.severity ?? null },
        key,
        atom: name,
      },
    ),
  ];
}

/** Wordings of the categories resolver, lame-servers, dnssec and security. */
export const resolvingRows: readonly BindMessageRow[] = [
  {
    pattern:
      /^(?<what>success resolving|loop detected resolving|shut down hung fetch while resolving|resolver priming query complete|missing expected cookie|exceeded max queries resolving) '(?<name>\S{1,1024}?)\/(?<type>[A-Z0-9-]{1,16})(?:\/(?:IN|CH|HS))?'.{0,300}$/,
    drafts: remarkRow,
  },
  {
    pattern:
      /^(?<what>dns_diff_apply): (?<name>\S{1,1024}?)\/(?<type>[A-Z0-9-]{1,16})\/(?:IN|CH|HS): .{1,300}$/,
    drafts: remarkRow,
  },
  {
    pattern:
      /^(?<reason>timed out|network unreachable|host unreachable|connection refused|connection reset|(?<before>[A-Z]{4,16}) unexpected RCODE|unexpected RCODE \((?<after>[A-Z0-9]{4,16})\)|FORMERR) resolving '(?<name>\S{1,1024}?)\/(?<type>[A-Z0-9-]{1,16})\/(?:IN|CH|HS)': (?<server>[^#\s]{1,60})#\d+.{0,300}$/,
    drafts: unansweredRow,
  },
  {
    pattern:
      /^DNS format error from (?<server>[^#\s]{1,60})#\d+ resolving (?<name>\S{1,1024}?)\/(?<type>[A-Z0-9-]{1,16})(?: for \S{1,80})?: (?<reason>.{1,300})$/,
    drafts: unansweredRow,
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
    pattern:
      /^(?<reason>broken trust chain|no valid (?:RRSIG|DS|KEY|DNSKEY|NSEC|NSEC3|SIG)|insecurity proof failed|got insecure response(?:; parent indicates it should be secure)?) resolving '(?<name>\S{1,1024}?)\/(?<type>[A-Z0-9-]{1,16})\/(?:IN|CH|HS)': (?<server>[^#\s]{1,60})#\d+$/,
    drafts: validationRow,
  },
  {
    pattern:
      /^validating (?:@0x[0-9a-f]+: )?(?<name>[^\s/]{1,1024})[/ ](?<type>[A-Z0-9-]{1,16}): (?<reason>(?:no valid signature found|got insecure response|bad cache hit|verify failed|unable to find a DNSKEY|no DNSKEY matching DS|must be secure|insecurity proof failed).{0,300})$/,
    drafts: validationRow,
  },
  {
    pattern:
      /^query(?: \(cache\))? '(?<name>\S{1,1024}?)\/(?<type>[A-Z0-9-]{1,16})\/(?:IN|CH|HS)' denied(?: .{1,300})?$/,
    drafts: (match, line, witness, key) => {
      const client = peerOf(line);
      const isCache = match[0].startsWith('query (cache)');
      return [
        queryDraft(
          isCache ? { ...witness, kind: 'resolver_log' } : witness,
          {
            question: match.groups!['name']!,
            type: match.groups!['type']!,
            rcode: 'REFUSED',
            ...(client !== undefined ? { client } : {}),
            source: { ...about(line), reason: isCache ? 'query (cache) denied' : 'query denied' },
          },
          key,
        ),
      ];
    },
  },
];
