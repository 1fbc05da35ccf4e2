/** Domain names in the one form everything compares: lower-case A-labels without final dot (RFC 1034, 1035, 5891). */
import { getDomain } from 'tldts';
import { decodePunycode } from './punycode.ts';

const dot = 0x2e;
const hyphen = 0x2d;
const underscore = 0x5f;
const asterisk = 0x2a;
const backslash = 0x5c;
const slash = 0x2f;
const labelOctetsMax = 63;
const nameOctetsMax = 253;

/**
 * Canonical form of a DNS name: lower-case A-labels, no final dot; underscores and a leading `*.` are allowed, RFC 2317
 * labels (`0/25`) too. Presentation escapes (RFC 1035 section 5.1) are undone where the octet needs none and kept where
 * it does. The root is `.`. Undefined: not a DNS name (empty label, label over 63 or name over 253 octets, other character).
 */
export function canonicalName(text: string): string | undefined {
  const length = text.length;
  if (length === 0 || length > 4 * nameOctetsMax) return undefined;
  if (text === '.') return '.';
  const end = text.charCodeAt(length - 1) === dot ? length - 1 : length;
  let labelStart = 0;
  let upper = false;
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i);
    if ((code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39)) continue;
    if (code === hyphen || code === underscore) continue;
    if (code >= 0x41 && code <= 0x5a) {
      upper = true;
      continue;
    }
    if (code === dot) {
      if (i === labelStart || i - labelStart > labelOctetsMax) return undefined;
      labelStart = i + 1;
      continue;
    }
    if (code === asterisk && i === 0 && end > 2 && text.charCodeAt(1) === dot) continue;
    if (code === slash && isClasslessSlash(text, labelStart, i)) continue;
    if (code > 0x7f) return internationalName(text);
    if (code === backslash) return escapedName(text);
    return undefined;
  }
  if (end === labelStart || end - labelStart > labelOctetsMax || end > nameOctetsMax) return undefined;
  const name = end === length ? text : text.slice(0, end);
  return upper ? name.toLowerCase() : name;
}

/** RFC 2317 delegates parts of an octet under labels such as `0/25`: digits on both sides, nothing else. */
function isClasslessSlash(text: string, labelStart: number, at: number): boolean {
  if (at === labelStart || !allDigits(text, labelStart, at)) return false;
  const next = text.indexOf('.', at);
  return next > at + 1 && allDigits(text, at + 1, next);
}

function allDigits(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** U-labels to A-labels with the UTS 46 mapping that the URL parser brings along; each label alone, so that digits stay digits. */
function internationalName(text: string): string | undefined {
  const labels: string[] = [];
  for (const label of text.replace(/[\u3002\uff0e\uff61]/g, '.').split('.')) {
    if (!hasNonAscii(label)) {
      labels.push(label);
      continue;
    }
    const url = URL.parse(`http://${label}.invalid/`);
    if (url === null || url.username !== '' || !url.hostname.endsWith('.invalid')) return undefined;
    const mapped = url.hostname.slice(0, -'.invalid'.length);
    if (mapped === '' || hasNonAscii(mapped)) return undefined;
    labels.push(mapped);
  }
  return canonicalName(labels.join('.'));
}

function hasNonAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return true;
  return false;
}

function isPlain(octet: number): boolean {
  return (
    (octet >= 0x61 && octet <= 0x7a) ||
    (octet >= 0x30 && octet <= 0x39) ||
    octet === hyphen ||
    octet === underscore
  );
}

/** Name with `\c` or `\DDD` escapes; each octet is written plain when it may be, `\c` when printable, else `\DDD`. */
function escapedName(text: string): string | undefined {
  let out = '';
  let labelOctets = 0;
  let nameOctets = 0;
  for (let i = 0; i < text.length; i++) {
    let octet = text.charCodeAt(i);
    if (octet === dot) {
      if (labelOctets === 0) return undefined;
      nameOctets += labelOctets + 1;
      labelOctets = 0;
      if (i < text.length - 1) out += '.';
      continue;
    }
    if (octet === backslash) {
      const isDecimal = i + 3 < text.length && allDigits(text, i + 1, i + 4);
      octet = isDecimal ? Number(text.slice(i + 1, i + 4)) : text.charCodeAt(i + 1);
      i += isDecimal ? 3 : 1;
      if (Number.isNaN(octet) || octet > 255) return undefined;
    } else if (!isPlain(octet | 0x20) && octet !== asterisk && octet !== underscore) return undefined;
    if (octet >= 0x41 && octet <= 0x5a) octet += 0x20;
    // A wildcard is a whole first label; a star elsewhere stays escaped, else the result were no name.
    const isWildcard =
      octet === asterisk && out === '' && text.charCodeAt(i + 1) === dot && i + 2 < text.length;
    if (isPlain(octet) || isWildcard) {
      out += String.fromCharCode(octet);
    } else if (octet > 0x20 && octet < 0x7f) out += `\\${String.fromCharCode(octet)}`;
    else out += `\\${String(octet).padStart(3, '0')}`;
    labelOctets += 1;
    if (labelOctets > labelOctetsMax) return undefined;
  }
  return nameOctets + labelOctets > nameOctetsMax ? undefined : out;
}

const icannOnly = {
  allowPrivateDomains: false,
  extractHostname: false,
  validateHostname: false,
  detectIp: true,
} as const;

/**
 * Newest answer: a name of a feed is asked for by its normaliser, by the filter for strangers and by the lookalike index in
 * turn. A cache, so results do not depend on it.
 */
let lastName = '';
let lastDomain: string | undefined;

/**
 * Registrable domain of a canonical name: public suffix (ICANN section of the list) plus one label; an unknown TLD counts
 * as a suffix of one label. Undefined: the name is itself a public suffix, an address or the root.
 */
export function registrableDomain(name: string): string | undefined {
  if (name === lastName) return lastDomain;
  const host = name.startsWith('*.') ? name.slice(2) : name;
  const domain = getDomain(host, icannOnly) ?? undefined;
  lastName = name;
  // The same text where it is the same name: comparing it with itself costs nothing.
  lastDomain = domain === name ? name : domain;
  return lastDomain;
}

/** The name with its A-labels as U-labels (RFC 5891), for people; a label that does not decode stays as it is. */
export function unicodeName(name: string): string {
  if (!name.includes('xn--')) return name;
  return name
    .split('.')
    .map((label) => (label.startsWith('xn--') ? (decodePunycode(label.slice(4)) ?? label) : label))
    .join('.');
}
