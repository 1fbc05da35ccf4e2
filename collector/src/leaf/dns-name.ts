/** DNS names between wire and presentation form (RFC 1035 sections 3.1, 4.1.4 and 5.1). */
import { spoil, type WireCursor } from './wire-cursor.ts';

const nameOctetsMax = 255;

/** Presentation text of every octet inside a label, once with its case and once folded (RFC 4343). */
const plainOctets: string[] = [];
const foldedOctets: string[] = [];
for (let octet = 0; octet < 256; octet++) {
  const char = String.fromCharCode(octet);
  let text: string;
  if (octet <= 0x20 || octet >= 0x7f) text = `\\${String(octet).padStart(3, '0')}`;
  else text = '.\\"();@$'.includes(char) ? `\\${char}` : char;
  plainOctets.push(text);
  foldedOctets.push(octet >= 0x41 && octet <= 0x5a ? char.toLowerCase() : text);
}

/** How letters of a name are given: `folded` lower case for comparing, `native` as they stood on the wire (0x20). */
export type NameCase = 'folded' | 'native';

/**
 * Reads a name at the cursor, following compression pointers, and leaves the cursor behind it. Text without final dot,
 * the root is `.`. Refused: more than 255 octets, a pointer that does not lead backwards (so no loop can exist), reserved
 * label types.
 */
export function takeName(cursor: WireCursor, nameCase: NameCase = 'folded'): string {
  const table = nameCase === 'folded' ? foldedOctets : plainOctets;
  const { bytes } = cursor;
  let text = '';
  let octets = 1;
  let at = cursor.at;
  let end = cursor.end;
  let segmentStart = at;
  let after = -1;
  while (cursor.problem === undefined) {
    if (at >= end) return broken(cursor, 'name is cut short');
    const length = bytes[at]!;
    if (length === 0) {
      cursor.at = after === -1 ? at + 1 : after;
      return text === '' ? '.' : text;
    }
    if (length >= 0xc0) {
      if (at + 2 > end) return broken(cursor, 'compression pointer is cut short');
      const target = ((length & 0x3f) << 8) | bytes[at + 1]!;
      if (target >= segmentStart) return broken(cursor, 'compression pointer does not lead backwards');
      if (after === -1) after = at + 2;
      at = target;
      segmentStart = target;
      // A pointer may leave the RDATA it stands in; everything it can reach lies before the name it came from.
      end = bytes.length;
      continue;
    }
    if (length > 63) return broken(cursor, 'label type is reserved');
    octets += length + 1;
    if (octets > nameOctetsMax) return broken(cursor, 'name is longer than 255 octets');
    if (at + 1 + length > end) return broken(cursor, 'label is cut short');
    if (text !== '') text += '.';
    for (let i = at + 1; i <= at + length; i++) text += table[bytes[i]!]!;
    at += length + 1;
  }
  return '.';
}

function broken(cursor: WireCursor, problem: string): string {
  spoil(cursor, problem);
  return '.';
}

/**
 * Wire form of a presentation name without compression, with or without final dot. Undefined: an empty label, a label
 * over 63 or a name over 255 octets, a damaged escape, or a character that is not ASCII (use A-labels).
 */
export function nameToWire(text: string): Uint8Array | undefined {
  if (text === '.' || text === '') return text === '.' ? new Uint8Array(1) : undefined;
  const out = new Uint8Array(nameOctetsMax);
  let labelAt = 0;
  let at = 1;
  for (let i = 0; i < text.length;) {
    let octet = text.charCodeAt(i++);
    if (octet === 0x2e) {
      if (!closeLabel(out, labelAt, at)) return undefined;
      labelAt = at++;
      continue;
    }
    if (octet === 0x5c) {
      const digits = /^\d{3}/.exec(text.slice(i, i + 3));
      octet = digits === null ? text.charCodeAt(i) : Number(digits[0]);
      i += digits === null ? 1 : 3;
    }
    if (!(octet <= 255) || at >= nameOctetsMax) return undefined;
    out[at++] = octet;
  }
  if (at === labelAt + 1) return out.slice(0, labelAt + 1);
  if (!closeLabel(out, labelAt, at) || at >= nameOctetsMax) return undefined;
  return out.slice(0, at + 1);
}

function closeLabel(out: Uint8Array, labelAt: number, at: number): boolean {
  const length = at - labelAt - 1;
  if (length < 1 || length > 63) return false;
  out[labelAt] = length;
  return true;
}

/** True when `name` is `zone` or lies below it; both canonical, the root is `.`. */
export function isAtOrBelow(name: string, zone: string): boolean {
  return zone === '.' || name === zone || name.endsWith(`.${zone}`);
}
