/**
 * Record data in one presentation form per type, so that old and new compare as text: names lower case without final
 * dot, IPv6 after RFC 5952, TXT strings joined and quoted once, hex in upper case, numbers without leading zeros, service
 * parameters in the order of their keys.
 */
import { canonicalName } from './domain-name.ts';
import { canonicalIp } from './ip-address.ts';
import { canonicalText, isSpace, wholeNumber } from './record-text.ts';
import { canonicalNaptr, canonicalService, canonicalUri } from './service-record-data.ts';

/** What stands at one position of a record: a name, a whole number, or hex or base64 to the end. */
type Field = 'name' | 'number' | 'hex' | 'base64';

const layouts: Readonly<Record<string, readonly Field[]>> = {
  NS: ['name'],
  CNAME: ['name'],
  DNAME: ['name'],
  PTR: ['name'],
  ALIAS: ['name'],
  ANAME: ['name'],
  MX: ['number', 'name'],
  AFSDB: ['number', 'name'],
  KX: ['number', 'name'],
  RP: ['name', 'name'],
  SRV: ['number', 'number', 'number', 'name'],
  SOA: ['name', 'name', 'number', 'number', 'number', 'number', 'number'],
  DS: ['number', 'number', 'number', 'hex'],
  CDS: ['number', 'number', 'number', 'hex'],
  DLV: ['number', 'number', 'number', 'hex'],
  DNSKEY: ['number', 'number', 'number', 'base64'],
  CDNSKEY: ['number', 'number', 'number', 'base64'],
  TLSA: ['number', 'number', 'number', 'hex'],
  SMIMEA: ['number', 'number', 'number', 'hex'],
  SSHFP: ['number', 'number', 'hex'],
};

/**
 * Canonical form of one record's data. `type` is the mnemonic in upper case. Data that does not fit its type is returned
 * trimmed and with single spaces, never refused: a wrong value in a zone is a fact too.
 */
export function canonicalRecordData(type: string, value: string): string {
  switch (type) {
    case 'A':
    case 'AAAA':
      return canonicalIp(value) ?? singleSpaced(value);
    case 'TXT':
    case 'SPF':
      return canonicalText(value);
    case 'CAA':
      return canonicalCaa(value);
    case 'SVCB':
    case 'HTTPS':
      return canonicalService(value) ?? value.trim();
    case 'NAPTR':
      return canonicalNaptr(value) ?? value.trim();
    case 'URI':
      return canonicalUri(value) ?? value.trim();
    default: {
      const layout = layouts[type];
      if (layout !== undefined) return canonicalFields(layout, value) ?? singleSpaced(value);
      return value.includes('"') ? value.trim() : singleSpaced(value);
    }
  }
}

/** Canonical set: each value in canonical form, without repeats, sorted by code unit. */
export function canonicalRecordSet(type: string, values: readonly string[]): string[] {
  if (values.length === 1) return [canonicalRecordData(type, values[0] ?? '')];
  const unique = new Set<string>();
  for (const value of values) unique.add(canonicalRecordData(type, value));
  return [...unique].sort();
}

/** Words between white space, without the parentheses that zone files use to break lines. */
function words(value: string): string[] {
  const found: string[] = [];
  let start = -1;
  for (let i = 0; i <= value.length; i++) {
    const code = i < value.length ? value.charCodeAt(i) : 0x20;
    const isBreak = isSpace(code) || code === 0x28 || code === 0x29;
    if (!isBreak && start < 0) start = i;
    else if (isBreak && start >= 0) {
      found.push(value.slice(start, i));
      start = -1;
    }
  }
  return found;
}

function singleSpaced(value: string): string {
  let hasRun = false;
  for (let i = 0; i < value.length && !hasRun; i++) {
    const code = value.charCodeAt(i);
    hasRun =
      isSpace(code) &&
      (code !== 0x20 || i === 0 || i === value.length - 1 || isSpace(value.charCodeAt(i - 1)));
  }
  return hasRun ? value.trim().split(/\s+/).join(' ') : value;
}

function canonicalFields(layout: readonly Field[], value: string): string | undefined {
  if (layout.length === 1) return canonicalName(value) ?? canonicalName(value.trim());
  const found = words(value);
  if (found.length < layout.length) return undefined;
  const out: string[] = [];
  for (let i = 0; i < layout.length; i++) {
    const word = found[i] ?? '';
    const field = layout[i];
    if (field === 'hex' || field === 'base64') {
      const joined = found.slice(i).join('');
      out.push(field === 'hex' ? joined.toUpperCase() : joined);
      return out.join(' ');
    }
    const part = field === 'number' ? wholeNumber(word) : canonicalName(word);
    if (part === undefined) return undefined;
    out.push(part);
  }
  return found.length === layout.length ? out.join(' ') : undefined;
}

/** CAA (RFC 8659): `flags tag "value"`, tag in lower case, value quoted whether it came quoted or not. */
function canonicalCaa(value: string): string {
  const text = value.trim();
  const flagsEnd = text.search(/\s/);
  const flags = flagsEnd < 0 ? undefined : wholeNumber(text.slice(0, flagsEnd));
  const rest = flagsEnd < 0 ? '' : text.slice(flagsEnd).trimStart();
  const tagEnd = rest.search(/\s/);
  if (flags === undefined || tagEnd < 0) return singleSpaced(value);
  return `${flags} ${rest.slice(0, tagEnd).toLowerCase()} ${canonicalText(rest.slice(tagEnd).trim())}`;
}
