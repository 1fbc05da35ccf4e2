/**
 * Record data in one presentation form per type, so that old and new compare as text: names lower case without final
 * dot, IPv6 after RFC 5952, TXT strings joined and quoted once, hex in upper case, numbers without leading zeros.
 */
import { canonicalName } from './domain-name.ts';
import { canonicalIp } from './ip-address.ts';

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

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
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

function wholeNumber(word: string): string | undefined {
  if (word.length === 0 || word.length > 10) return undefined;
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  return word.length > 1 && word.startsWith('0') ? String(Number(word)) : word;
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

/**
 * TXT: quoted strings are joined (RFC 7208 section 3.3) and their escapes undone; text without a leading quote is taken as
 * it is, the way provider APIs give it. Written once in quotes with `\"`, `\\` and `\DDD` for octets outside ASCII.
 */
function canonicalText(value: string): string {
  const trimmed = value.trim();
  const octets = trimmed.startsWith('"') ? quotedOctets(trimmed) : undefined;
  return quoted(octets ?? utf8(trimmed));
}

const encoder = new TextEncoder();

function utf8(text: string): Uint8Array | number[] {
  return encoder.encode(text);
}

/** Octets of `"…" "…"`; undefined when a quote stays open or something stands between the strings. */
function quotedOctets(text: string): number[] | undefined {
  const octets: number[] = [];
  let isInside = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      isInside = !isInside;
    } else if (!isInside) {
      if (!isSpace(code)) return undefined;
    } else if (code === 0x5c && i + 1 < text.length) {
      const decimal = wholeNumber(text.slice(i + 1, i + 4));
      if (decimal !== undefined && i + 3 < text.length && Number(decimal) < 256) {
        octets.push(Number(decimal));
        i += 3;
      } else octets.push(...utf8(text.charAt((i += 1))));
    } else if (code < 0x80) octets.push(code);
    else {
      const point = String.fromCodePoint(text.codePointAt(i) ?? 0);
      octets.push(...utf8(point));
      i += point.length - 1;
    }
  }
  return isInside ? undefined : octets;
}

function quoted(octets: Uint8Array | number[]): string {
  let out = '"';
  for (const octet of octets) {
    if (octet === 0x22 || octet === 0x5c) out += `\\${String.fromCharCode(octet)}`;
    else if (octet >= 0x20 && octet < 0x7f) out += String.fromCharCode(octet);
    else out += `\\${String(octet).padStart(3, '0')}`;
  }
  return `${out}"`;
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
