/**
 * DNS messages in the text form of dnspython (`id`, `opcode`, `rcode`, `flags`, then sections). Names without final dot are
 * relative to the question's name. A message without a question takes `origin`, or `example.`, to which that project
 * writes its transfer messages.
 */
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { DnsMessage, DnsQuestion, DnsRecord } from '../leaf/dns-message.ts';
import { canonicalRecordData } from '../leaf/record-data.ts';
import { nameOf } from './dns-facts.ts';

const usualOrigin = 'example.';
/** Positions of names in the data of the types that occur; other types are taken as they stand. */
const namePositions: Readonly<Record<string, readonly number[]>> = {
  SOA: [0, 1],
  NS: [0],
  CNAME: [0],
  DNAME: [0],
  PTR: [0],
  MX: [1],
  AFSDB: [1],
  KX: [1],
  RP: [0, 1],
  SRV: [3],
  SVCB: [1],
  HTTPS: [1],
};

function absolute(name: string, origin: string): string {
  if (name === '@') return nameOf(origin);
  return nameOf(name.endsWith('.') ? name : `${name}.${origin}`);
}

function readRecordLine(line: string, origin: string): DnsRecord | undefined {
  const match = /^(\S+) (\d{1,10}) (IN|CH|HS|ANY|NONE) ([A-Z0-9]+)(?: (.*))?$/.exec(line);
  if (match === null) return undefined;
  const [, owner = '', ttl = '0', recordClass = 'IN', type = '', rest = ''] = match;
  const positions = namePositions[type];
  const data =
    positions === undefined
      ? rest
      : rest
          .split(' ')
          .map((word, index) => (positions.includes(index) ? absolute(word, origin) : word))
          .join(' ');
  return {
    name: absolute(owner, origin),
    type,
    class: recordClass,
    ttl: Number(ttl),
    data: canonicalRecordData(type, data),
  };
}

interface Sections {
  readonly header: Map<string, string>;
  readonly lines: Map<string, string[]>;
}

function split(text: string): Sections {
  const header = new Map<string, string>();
  const lines = new Map<string, string[]>();
  let section: string[] | undefined;
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim();
    if (trimmed === '') continue;
    if (trimmed.startsWith(';')) lines.set(trimmed.slice(1).trim(), (section = []));
    else if (section !== undefined) section.push(trimmed);
    else {
      const space = trimmed.indexOf(' ');
      header.set(
        space === -1 ? trimmed : trimmed.slice(0, space),
        space === -1 ? '' : trimmed.slice(space + 1),
      );
    }
  }
  return { header, lines };
}

/** Reads the messages of a text: each begins with its line `id`. A message without a question belongs to the zone of the one before. */
export function readDnsTexts(
  bytes: Uint8Array,
  givenOrigin: string | undefined,
): Outcome<readonly DnsMessage[]> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return failed('not_utf8', 'DNS message in text form is not UTF-8');
  }
  const messages: DnsMessage[] = [];
  let origin = givenOrigin;
  for (const part of text.split(/^(?=id \d{1,5}\s*$)/mu)) {
    if (part.trim() === '') continue;
    const message = readDnsText(part, origin);
    if (!message.ok) return message;
    messages.push(message.value);
    const zone = message.value.questions[0]?.name;
    if (zone !== undefined) origin = `${zone}.`;
  }
  return messages.length > 0
    ? succeeded(messages)
    : failed('missing_field', 'text form has no line "id" with a message id', '/id');
}

/** Reads one message; the failure names the line that could not be read. */
function readDnsText(text: string, givenOrigin: string | undefined): Outcome<DnsMessage> {
  const { header, lines } = split(text);
  const id = Number(header.get('id') ?? Number.NaN);
  if (!Number.isInteger(id) || id < 0 || id > 65_535)
    return failed('missing_field', 'text form has no line "id" with a message id', '/id');
  const questions: DnsQuestion[] = [];
  for (const line of [...(lines.get('QUESTION') ?? []), ...(lines.get('ZONE') ?? [])]) {
    const match = /^(\S+) (IN|CH|ANY|NONE) ([A-Z0-9]+)$/.exec(line);
    if (match === null)
      return failed('bad_field', `question cannot be read: ${line.slice(0, 80)}`, '/question');
    const nativeName = absolute(match[1]!, givenOrigin ?? usualOrigin);
    questions.push({ name: nativeName, nativeName, class: match[2]!, type: match[3]! });
  }
  const zone = questions[0]?.name;
  const origin = zone === undefined ? (givenOrigin ?? usualOrigin) : `${zone}.`;
  const sections: DnsRecord[][] = [];
  for (const [first, second] of [
    ['ANSWER', 'PREREQ'],
    ['AUTHORITY', 'UPDATE'],
    ['ADDITIONAL', 'ADDITIONAL'],
  ] as const) {
    const records: DnsRecord[] = [];
    for (const line of lines.get(first) ?? lines.get(second) ?? []) {
      const record = readRecordLine(line, origin);
      if (record === undefined)
        return failed('bad_field', `record cannot be read: ${line.slice(0, 80)}`, `/${first}`);
      records.push(record);
    }
    sections.push(records);
  }
  const isQuery = (header.get('opcode') ?? 'QUERY') === 'QUERY';
  const flags = new Set((header.get('flags') ?? '').split(' '));
  return succeeded({
    id,
    // These texts are answers even where the QR flag was not written: a request has no AA flag and no answer section.
    // NOTIFY and UPDATE requests may have both, so there only the flag counts.
    response: flags.has('QR') || (isQuery && (flags.has('AA') || lines.has('ANSWER'))),
    opcode: header.get('opcode') ?? 'QUERY',
    authoritative: flags.has('AA'),
    truncated: flags.has('TC'),
    recursionDesired: flags.has('RD'),
    recursionAvailable: flags.has('RA'),
    authenticData: flags.has('AD'),
    checkingDisabled: flags.has('CD'),
    rcode: header.get('rcode') ?? 'NOERROR',
    questions,
    answers: sections[0]!,
    authorities: sections[1]!,
    additionals: sections[2]!,
  });
}
