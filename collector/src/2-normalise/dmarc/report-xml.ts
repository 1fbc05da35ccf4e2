/**
 * XML of aggregate reports to plain objects, without entities, attributes or document types.
 *
 * Only the `<feedback>` element is read: what stands before it (document type, the never-closed `<xs:schema …>` some
 * senders write) is not XML of the report.
 */
import { XMLParser } from 'fast-xml-parser';
import { limits } from '../../contract/limits.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { fieldsOf, type Fields } from '../audit-field.ts';

const repeated: ReadonlySet<string> = new Set(['record', 'reason', 'dkim', 'spf', 'error']);
const elementsMax = 500_000;

const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  processEntities: false,
  trimValues: true,
  isArray: (name) => repeated.has(name),
});

const strict = new TextDecoder('utf-8', { fatal: true });
const western = new TextDecoder('windows-1252');

/** Text of a report: UTF-8, and windows-1252 when it is not (senders declare UTF-8 and write other bytes). */
export function reportText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return western.decode(bytes);
  }
}

/** The `feedback` element as an object; `not_xml`, `too_deep` or `too_many_keys` when it cannot be read. */
export function feedbackElement(text: string): Outcome<Fields> {
  const start = elementStart(text);
  const end = text.lastIndexOf('feedback>');
  if (start < 0) return failed('missing_field', 'an aggregate report has a feedback element', '/feedback');
  if (end <= start || !isClosing(text, end))
    return failed('not_xml', 'the feedback element is not closed: the report was cut', '/feedback');
  const written = text.slice(start, end + 9);
  const fault = shapeFault(written);
  const xml = fault === undefined ? written : withoutStrayMarkup(written);
  if (fault !== undefined && (xml === written || shapeFault(xml) !== undefined)) return fault;
  let document: unknown;
  try {
    document = parser.parse(xml);
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : 'parse error';
    return failed('not_xml', `the report is not well-formed: ${why}`, '/feedback');
  }
  const feedback = fieldsOf(fieldsOf(document)?.['feedback']);
  return feedback === undefined
    ? failed('missing_field', 'the feedback element is empty', '/feedback')
    : succeeded(feedback);
}

/** Offset of `<feedback` or `<prefix:feedback`, or -1. */
function elementStart(text: string): number {
  const plain = text.indexOf('<feedback');
  if (plain >= 0) return plain;
  const prefixed = text.indexOf(':feedback');
  if (prefixed < 0) return -1;
  const open = text.lastIndexOf('<', prefixed);
  return open >= 0 && prefixed - open <= 64 && text.charAt(open + 1) !== '/' ? open : -1;
}

function isClosing(text: string, at: number): boolean {
  const open = text.lastIndexOf('<', at);
  return open >= 0 && text.charAt(open + 1) === '/' && at - open <= 66;
}

/** Depth, number and balance of elements in one scan, before the parser builds anything. */
function shapeFault(xml: string): Outcome<never> | undefined {
  let depth = 0;
  let elements = 0;
  for (let at = xml.indexOf('<'); at >= 0; at = xml.indexOf('<', at)) {
    const next = xml.charCodeAt(at + 1);
    if (next === 0x21 || next === 0x3f) {
      if (xml.startsWith('<!DOCTYPE', at) || xml.startsWith('<!ENTITY', at))
        return failed('not_xml', 'a report has no document type or entity declarations', '/feedback');
      at = endOf(xml, at);
      if (at < 0) return failed('not_xml', 'a comment or section is not closed', '/feedback');
      continue;
    }
    const close = xml.indexOf('>', at);
    if (close < 0) return failed('not_xml', 'a tag is not closed', '/feedback');
    if (next === 0x2f) depth -= 1;
    else if (xml.charCodeAt(close - 1) !== 0x2f) depth += 1;
    elements += 1;
    if (depth > limits.jsonDepthMax)
      return failed('too_deep', `elements nest deeper than ${limits.jsonDepthMax}`);
    if (elements > elementsMax) return failed('too_many_keys', `more than ${elementsMax} tags`);
    at = close;
  }
  return depth === 0 ? undefined : failed('not_xml', 'opening and closing tags do not match', '/feedback');
}

/** Elements of RFC 7489 and RFC 9990: one that is not closed is a fault of the report and no text. */
const formatElements: ReadonlySet<string> = new Set(
  (
    'feedback version report_metadata org_name email extra_contact_info report_id date_range begin end error ' +
    'generator policy_published domain adkim aspf p sp np pct fo testing discovery_method record row source_ip ' +
    'count policy_evaluated disposition dkim spf reason type comment identifiers header_from envelope_from ' +
    'envelope_to auth_results selector result human_result scope extension'
  ).split(' '),
);

/**
 * Values that some senders write unescaped (`<email><dmarc@example.net></email>`) as text: what is no element
 * of the format and is closed nowhere in the report is text. Anything else that is wrong stays wrong.
 */
function withoutStrayMarkup(xml: string): string {
  const closed = new Set([...xml.matchAll(/<\/([^\s<>]+)\s*>/g)].map((found) => found[1]));
  return xml.replace(/<(?![!?/])([^\s<>/]*)([^<>]*)(>|(?=<)|$)/g, (markup, name: string, rest: string) =>
    closed.has(name) ||
    formatElements.has(name.slice(name.indexOf(':') + 1)) ||
    (markup.endsWith('>') && rest.endsWith('/'))
      ? markup
      : `&lt;${markup.slice(1).replace('>', '&gt;')}`,
  );
}

/** Offset after a comment, CDATA section or processing instruction that starts at `at`; -1 when it has no end. */
function endOf(xml: string, at: number): number {
  const mark = xml.startsWith('<!--', at) ? '-->' : xml.startsWith('<![CDATA[', at) ? ']]>' : '>';
  const end = xml.indexOf(mark, at + 2);
  return end < 0 ? -1 : end + mark.length;
}

/** The character of a numeric reference; one that XML does not allow stays as it was written. */
function characterOf(written: string, hex: string | undefined, decimal: string | undefined): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code >= 0x20 && code <= 0x10_ffff && (code < 0xd800 || code > 0xdfff)
    ? String.fromCodePoint(code)
    : written;
}

/** Text of an element with numeric references and the five predefined entities undone; undefined when empty or no text. */
export function elementText(value: unknown, max = 512): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  const raw = typeof first === 'string' ? first : fieldsOf(first)?.['#text'];
  if (typeof raw !== 'string') return undefined;
  let text = raw.length > max ? raw.slice(0, max) : raw;
  if (text.includes('&'))
    text = text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&apos;', "'")
      .replace(/&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));/gi, characterOf)
      .replaceAll('&amp;', '&');
  text = text.trim();
  return text === '' ? undefined : text;
}
