/** What BIND's log messages mean, one row per wording (BIND 9.9 to 9.20, and appliances that write `answer:` lines). */
import { canonicalIp } from '../leaf/ip-address.ts';
import { canonicalRecordData } from '../leaf/record-data.ts';
import { resolvingRows } from './bind-log-resolving.ts';
import { nameOf, queryDraft } from './dns-facts.ts';

import {
  type BindMessageRow,
  peerOf,
  about,
  zoneDraft,
  flagsOf,
  queryWitness,
  queryRow,
  answerDrafts,
  updateRow,
  transferRow,
  notifyRow,
} from './bind-log-facts.ts';

const counts = /: (?<messages>\d+) messages, (?<records>\d+) records, \d+ bytes/.source;

/** All wordings, tried in order; the first that matches decides. */
export const bindMessageRows: readonly BindMessageRow[] = [
  {
    pattern:
      /^query: (\S{1,1024}) \S+ ([A-Z0-9-]{1,16})(?: ([+-]\S{0,20}))?(?: \(([^)\s]{1,60})\))?(?: \[ECS ([^\]]{1,80})\])?(?: \{[^}]{0,200}\})?(?: \[[^\]]{0,200}\])?$/,
    drafts: queryRow,
  },
  {
    pattern:
      /^(?:answer|response): (\S{1,1024}) \S+ ([A-Z0-9-]{1,16})(?: ([+-]\S{0,20}))? \(([^)\s]{1,60})\) -> ([A-Z]{1,16})(?: (.*))?$/,
    drafts: ([, name = '', type = '', flags = '', server = '', rcode = '', data = ''], line, witness, key) =>
      answerDrafts({ name, type, flags, server, rcode, data }, line, witness, key),
  },
  {
    // Infoblox writes query and answer in one line.
    pattern:
      /^(?:UDP|TCP): query: (\S{1,1024}) \S+ ([A-Z0-9-]{1,16}) response: ([A-Z]{1,16}) ([+-]\S{0,20})(?: (.*))?$/,
    drafts: ([, name = '', type = '', rcode = '', flags = '', data = ''], line, witness, key) =>
      answerDrafts({ name, type, flags, server: '', rcode, data }, line, witness, key),
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
      /^rpz (\S{1,20}) (\S{1,40}) rewrite (\S{1,1024}?)(?:\/([A-Z0-9-]{1,16})\/(?:IN|CH|HS))? via (\S{1,1024})(?: \((.{0,1024})\))?$/,
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
  ...resolvingRows,
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
      /^updating zone '([^']{1,1024})': delet(?:ing|e) (an RR|rrset|rdataset) at '?([^' ]{1,1024})'? ([A-Z0-9]{1,16})(?: .*)?$/,
    drafts: (match, line, witness, key) =>
      updateRow(line, witness, key, match[1]!, {
        name: match[3]!,
        type: match[4]!,
        isWholeSet: match[2] !== 'an RR',
      }),
  },
  {
    pattern: /^updating zone '([^']{1,1024})': delet(?:ing|e) all rrsets from name '([^']{1,1024})'$/,
    drafts: (match, line, witness, key) =>
      updateRow(line, witness, key, match[1]!, { name: match[2]!, type: 'ANY', isWholeSet: true }),
  },
  {
    pattern:
      /^(?:updating zone|update|update forwarding|prerequisites?:? )? ?'(?<zone>[^']{1,1024})'(?::)? (?<reason>denied.*|.*(?:unsuccessful|failed|not authoritative|rejected).*)$/,
    drafts: (match, line, witness, key) => [
      zoneDraft(line, witness, key, match.groups!['zone']!, {
        event_type: 'dns.zone.update_received',
        outcome: 'failure',
        source: { reason: match.groups!['reason']!.slice(0, 300) },
      }),
    ],
  },
  {
    // What else is said of an update: parts of it that the server ignored, and notes.
    pattern: /^updating zone '([^']{1,1024})': .{1,1000}$/,
    drafts: (match, line, witness, key) => [
      zoneDraft(line, witness, key, match[1]!, {
        event_type: 'other.activity',
        event_type_original: 'update message',
        outcome: 'unknown',
        source: { message: line.message.slice(0, 1000), severity: line.severity ?? null },
      }),
    ],
  },
  {
    pattern: /^zone transfer '(?<zone>[^']{1,1024})' (?<reason>denied)(?: .*)?$/,
    drafts: transferRow('out', 'failure'),
  },
  {
    pattern:
      /^zone (?<zone>\S{1,1024})(?: \((?:un)?signed\))?: (?<reason>expired|refresh: (?:failure|unexpected rcode|retry limit|could not|non-authoritative|CNAME|timeout|NODATA).{0,300})$/,
    drafts: transferRow('in', 'failure'),
  },
  {
    pattern: /^bad zone transfer request: '(?<zone>[^']{1,1024})': (?<reason>.{1,300})$/,
    drafts: transferRow('out', 'failure'),
  },
  {
    pattern: new RegExp(
      `^transfer of '(?<zone>[^']{1,1024})': (?<form>AXFR-style IXFR|AXFR|IXFR) ended(?:${counts})?.*?(?: \\(serial (?<serial>\\d+)\\))?$`,
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
    pattern:
      /^transfer of '(?<zone>[^']{1,1024})': (?<reason>(?:send|sending zone data|aborted|receiving|connection).{0,300})$/,
    drafts: transferRow('out', 'failure'),
  },
  {
    pattern: /^zone (?<zone>\S{1,1024})(?: \((?:un)?signed\))?: Transfer started\.?$/,
    drafts: transferRow('in', 'attempt'),
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
    pattern: /^transfer of '(?<zone>[^']{1,1024})' from (?<peer>[^#\s]{1,60})#\d+: connected using .{1,300}$/,
    drafts: transferRow('in', 'attempt'),
  },
  {
    pattern:
      /^transfer of '(?<zone>[^']{1,1024})' from (?<peer>[^#\s]{1,60})#\d+: (?:Transfer status: )?(?<reason>(?:[A-Z]+ )?failed.*|refused|[A-Z]{5,12}|timed out|connection.*|host unreachable|.*error.*|(?<=Transfer status: ).+)$/,
    drafts: transferRow('in', 'failure'),
  },
  {
    pattern:
      /^zone (?<zone>\S{1,1024})(?: \((?:un)?signed\))?: transferred serial (?<serial>\d+)(?:: TSIG '(?<key>[^']+)')?$/,
    drafts: transferRow('in', 'success'),
  },
  {
    pattern: /^zone (?<zone>\S{1,1024})(?: \((?:un)?signed\))?: sending notifies \(serial (?<serial>\d+)\)$/,
    drafts: notifyRow('sent', 'success'),
  },
  {
    pattern:
      /^received notify for zone '(?<zone>[^']{1,1024})'(?:: TSIG '(?<key>[^']+)')?(?:: (?<detail>.*))?$/,
    drafts: notifyRow('received', 'success'),
  },
  {
    pattern:
      /^zone (?<zone>\S{1,1024})(?: \((?:un)?signed\))?: notify from (?<peer>[^#\s]{1,60})#\d+: (?:serial (?<serial>\d+)|no serial|(?=zone is|refused))(?:: )?(?<detail>zone is up to date|refused|up to date.*)?$/,
    drafts: notifyRow('received', 'success'),
  },
  {
    pattern:
      /^zone (?<zone>\S{1,1024})(?: \((?:un)?signed\))?: refused notify from non-(?:master|primary): (?<peer>[^#\s]{1,60})#\d+$/,
    drafts: notifyRow('received', 'failure'),
  },
  {
    pattern:
      /^zone (?<zone>\S{1,1024})(?: \((?:un)?signed\))?: notify from (?<peer>[^#\s]{1,60})#\d+: (?<detail>.{1,300})$/,
    drafts: notifyRow('received', 'success'),
  },
  {
    // Whatever else is said about a zone is kept under its name.
    pattern: /^zone (\S{1,1000}\/(?:IN|CH|HS)\S{0,255}): .{1,1000}$/,
    drafts: (match, line, witness, key) => [
      zoneDraft(line, witness, key, match[1]!, {
        event_type: 'other.activity',
        event_type_original: 'zone message',
        outcome: 'unknown',
        source: { message: line.message.slice(0, 1000), severity: line.severity ?? null },
      }),
    ],
  },
];
