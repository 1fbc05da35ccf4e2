/** Data of one DNS record of the Cloudflare API as zone files write it. */
import { canonicalRecordData } from '../../leaf/record-data.ts';
import { asObject, idField, numberField, textField } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';

/** Members of `data` in the order of the presentation form (developers.cloudflare.com/api, "DNS record"); quoted where a text has blanks. */
const layouts: ReadonlyMap<string, readonly string[]> = new Map([
  ['CAA', ['flags', 'tag', '"value']],
  ['SRV', ['priority', 'weight', 'port', 'target']],
  ['HTTPS', ['priority', 'target', 'value']],
  ['SVCB', ['priority', 'target', 'value']],
  ['URI', ['priority', 'weight', '"target']],
  ['NAPTR', ['order', 'preference', '"flags', '"service', '"regex', 'replacement']],
  ['DS', ['key_tag', 'algorithm', 'digest_type', 'digest']],
  ['DNSKEY', ['flags', 'protocol', 'algorithm', 'public_key']],
  ['TLSA', ['usage', 'selector', 'matching_type', 'certificate']],
  ['SMIMEA', ['usage', 'selector', 'matching_type', 'certificate']],
  ['SSHFP', ['algorithm', 'type', 'fingerprint']],
]);

/** Types whose priority stands beside the content and not in it. */
const withPriority: ReadonlySet<string> = new Set(['MX', 'SRV', 'URI']);

/** Canonical data of a record; undefined when neither `content` nor `data` tells it. */
export function recordContent(record: JsonObject, type: string): string | undefined {
  const content = textField(record, 'content');
  if (content === undefined) return fromParts(record, type);
  const priority = numberField(record, 'priority');
  const isBeside = priority !== undefined && withPriority.has(type);
  return canonicalRecordData(type, isBeside ? `${priority} ${content}` : content);
}

/** A request may give the parts only; the answer then has the content, but not every log keeps the answer. */
function fromParts(record: JsonObject, type: string): string | undefined {
  const data = asObject(record['data']);
  const layout = layouts.get(type);
  if (data === undefined || layout === undefined) return undefined;
  const parts: string[] = [];
  for (const member of layout) {
    const isQuoted = member.startsWith('"');
    const name = isQuoted ? member.slice(1) : member;
    const value = idField(data, name) ?? (name === 'priority' ? idField(record, name) : undefined) ?? '';
    if (value === '' && !isQuoted && name !== 'value') return undefined;
    if (isQuoted) parts.push(`"${value.replace(/["\\]/g, '\\$&')}"`);
    else if (value !== '') parts.push(value);
  }
  return canonicalRecordData(type, parts.join(' '));
}
