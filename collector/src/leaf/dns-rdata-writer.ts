/** Record data from presentation form to the wire, for the types people restore: the reverse of dns-rdata.ts. */
import { recordTypeCode } from './dns-codes.ts';
import { nameToWire } from './dns-name.ts';
import { canonicalRecordData } from './record-data.ts';

type Part = 'u8' | 'u16' | 'name' | 'hex' | 'base64';

const layouts: Readonly<Record<string, readonly Part[]>> = {
  NS: ['name'],
  CNAME: ['name'],
  DNAME: ['name'],
  PTR: ['name'],
  MX: ['u16', 'name'],
  AFSDB: ['u16', 'name'],
  KX: ['u16', 'name'],
  SRV: ['u16', 'u16', 'u16', 'name'],
  DS: ['u16', 'u8', 'u8', 'hex'],
  TLSA: ['u8', 'u8', 'u8', 'hex'],
  SMIMEA: ['u8', 'u8', 'u8', 'hex'],
  SSHFP: ['u8', 'u8', 'hex'],
};

function u16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

function ipv4Octets(text: string): number[] | undefined {
  const parts = text.split('.').map(Number);
  return parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255)
    ? parts
    : undefined;
}

/** Octets of an address in the form of RFC 5952. */
function ipv6Octets(text: string): number[] | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const tail = dotted === null ? [] : ipv4Octets(dotted[2] ?? '');
  if (tail === undefined) return undefined;
  const words = dotted === null ? text : (dotted[1] ?? '').replace(/([^:]):$/, '$1');
  const [left = '', right] = words.split('::', 2);
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').flatMap((group) => u16(parseInt(group, 16)));
  const before = groups(left);
  const after = [...(right === undefined ? [] : groups(right)), ...tail];
  const missing = 16 - before.length - after.length;
  if (missing < 0 || (right === undefined && missing !== 0)) return undefined;
  return [...before, ...Array<number>(missing).fill(0), ...after];
}

/** Octets inside one quoted string of canonical text: printable ASCII, `\"`, `\\`, `\DDD`. */
function quotedOctets(text: string): number[] | undefined {
  const inside = /^"((?:[^"\\]|\\.)*)"$/s.exec(text)?.[1];
  if (inside === undefined) return undefined;
  const octets: number[] = [];
  for (let at = 0; at < inside.length; at++) {
    const code = inside.charCodeAt(at);
    if (code !== 0x5c) {
      octets.push(code & 0xff);
      continue;
    }
    const decimal = /^\d{3}/.exec(inside.slice(at + 1, at + 4))?.[0];
    octets.push(decimal === undefined ? inside.charCodeAt(at + 1) & 0xff : Number(decimal));
    at += decimal === undefined ? 1 : 3;
  }
  return octets.every((octet) => octet <= 255) ? octets : undefined;
}

function chunks(octets: readonly number[]): number[][] {
  const found: number[][] = [];
  for (let at = 0; at < octets.length || at === 0; at += 255) found.push(octets.slice(at, at + 255));
  return found;
}

/** A long text as the strings of at most 255 octets it has on the wire, each in quotes: what provider APIs expect. */
export function textStrings(value: string): string {
  const octets = quotedOctets(canonicalRecordData('TXT', value));
  if (octets === undefined) return value;
  const shown = (octet: number): string => {
    if (octet === 0x22 || octet === 0x5c) return `\\${String.fromCharCode(octet)}`;
    return octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, '0')}`;
  };
  return chunks(octets)
    .map((chunk) => `"${chunk.map(shown).join('')}"`)
    .join(' ');
}

function caaOctets(text: string): number[] | undefined {
  const match = /^(\d{1,3}) ([a-z0-9]{1,255}) (".*")$/s.exec(text);
  const value = quotedOctets(match?.[3] ?? '');
  const flags = Number(match?.[1] ?? 256);
  if (match === null || value === undefined || flags > 255) return undefined;
  const tag = Array.from(match[2] ?? '', (letter) => letter.charCodeAt(0));
  return [flags, tag.length, ...tag, ...value];
}

function partOctets(part: Part, word: string, rest: readonly string[]): number[] | undefined {
  if (part === 'name') {
    const name = nameToWire(word);
    return name === undefined ? undefined : [...name];
  }
  if (part === 'hex') {
    const hex = rest.join('');
    if (hex === '' || hex.length % 2 !== 0 || !/^[0-9A-Fa-f]+$/.test(hex)) return undefined;
    return [...hex.matchAll(/../g)].map(([pair]) => parseInt(pair, 16));
  }
  const value = Number(word);
  if (!/^\d+$/.test(word) || value > (part === 'u8' ? 255 : 65_535)) return undefined;
  return part === 'u8' ? [value] : u16(value);
}

function fieldOctets(layout: readonly Part[], text: string): number[] | undefined {
  const words = text.split(' ').filter((word) => word !== '');
  const octets: number[] = [];
  for (const [at, part] of layout.entries()) {
    const found = partOctets(part, words[at] ?? '', words.slice(at));
    if (found === undefined) return undefined;
    octets.push(...found);
    if (part === 'hex') return octets;
  }
  return words.length === layout.length ? octets : undefined;
}

/** RDATA octets (RFC 1035 section 3.3 and the type's own RFC; RFC 3597 form for others). Undefined: cannot be written. */
export function rdataOctets(type: string, value: string): Uint8Array | undefined {
  const generic = /^\\# (\d{1,5})((?: [0-9A-Fa-f]+)*)$/.exec(value.trim());
  const text = canonicalRecordData(type, value);
  let octets: number[] | undefined;
  if (recordTypeCode(type) === undefined) return undefined;
  if (generic !== null) {
    const hex = (generic[2] ?? '').replaceAll(' ', '');
    octets = [...hex.matchAll(/../g)].map(([pair]) => parseInt(pair, 16));
    if (hex.length !== 2 * Number(generic[1])) octets = undefined;
  } else if (type === 'A') octets = ipv4Octets(text);
  else if (type === 'AAAA') octets = text.includes(':') ? ipv6Octets(text) : undefined;
  else if (type === 'TXT' || type === 'SPF') {
    const plain = quotedOctets(text);
    octets = plain === undefined ? undefined : chunks(plain).flatMap((chunk) => [chunk.length, ...chunk]);
  } else if (type === 'CAA') octets = caaOctets(text);
  else {
    const layout = layouts[type];
    octets = layout === undefined ? undefined : fieldOctets(layout, text);
  }
  return octets === undefined || octets.length > 65_535 || octets.some((octet) => Number.isNaN(octet))
    ? undefined
    : Uint8Array.from(octets);
}
