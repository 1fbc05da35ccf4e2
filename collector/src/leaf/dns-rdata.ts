/**
 * RDATA to presentation form, one row per type: names lower case without final dot, character strings of TXT joined and
 * quoted once, addresses as RFC 5952 writes them. A type without a row comes out as RFC 3597 `\# length hex`.
 */
import { takeName } from './dns-name.ts';
import { recordTypeName } from './dns-codes.ts';
import {
  base64Text,
  spoil,
  takeBytes,
  takeRest,
  takeU16,
  takeU32,
  takeU8,
  upperHex,
  wireCursor,
  type WireCursor,
} from './wire-cursor.ts';
import { ipv4Text, ipv6Text } from './address-octets.ts';
import { base32hexText } from './base32hex.ts';
import { serviceParameters } from './dns-service-parameters.ts';
import { formatInstant } from './time.ts';

type Presenter = (cursor: WireCursor) => string;

function quoted(bytes: Uint8Array): string {
  let text = '"';
  for (const octet of bytes) {
    if (octet === 0x22 || octet === 0x5c) text += `\\${String.fromCharCode(octet)}`;
    else if (octet < 0x20 || octet > 0x7e) text += `\\${String(octet).padStart(3, '0')}`;
    else text += String.fromCharCode(octet);
  }
  return `${text}"`;
}

function characterString(cursor: WireCursor): Uint8Array {
  return takeBytes(cursor, takeU8(cursor));
}

function joinedStrings(cursor: WireCursor): string {
  const parts: number[] = [];
  if (cursor.at >= cursor.end) spoil(cursor, 'TXT without a character string');
  while (cursor.at < cursor.end) for (const octet of characterString(cursor)) parts.push(octet);
  return quoted(Uint8Array.from(parts));
}

/** Mnemonics of the types in an NSEC-style bitmap (RFC 4034 section 4.1.2), in code order. */
function typeBitmap(cursor: WireCursor): string {
  const names: string[] = [];
  let last = -1;
  while (cursor.at < cursor.end) {
    const window = takeU8(cursor);
    const length = takeU8(cursor);
    if (window <= last || length < 1 || length > 32) spoil(cursor, 'type bitmap is damaged');
    last = window;
    takeBytes(cursor, length).forEach((octet, index) => {
      for (let bit = 0; bit < 8; bit++)
        if ((octet & (0x80 >> bit)) !== 0) names.push(recordTypeName(window * 256 + index * 8 + bit));
    });
  }
  return names.join(' ');
}

/** `YYYYMMDDHHmmSS` of RRSIG times (RFC 4034 section 3.2), seconds since 1970 in 32-bit serial arithmetic read as unsigned. */
function signatureTime(seconds: number): string {
  return formatInstant(seconds * 1000)
    .replace(/[-:T]/g, '')
    .slice(0, 14);
}

const host: Presenter = (c) => takeName(c);
const preferenceHost: Presenter = (c) => `${takeU16(c)} ${takeName(c)}`;
const digest: Presenter = (c) => `${takeU16(c)} ${takeU8(c)} ${takeU8(c)} ${upperHex(takeRest(c))}`;
const key: Presenter = (c) => `${takeU16(c)} ${takeU8(c)} ${takeU8(c)} ${base64Text(takeRest(c))}`;
const tlsa: Presenter = (c) => `${takeU8(c)} ${takeU8(c)} ${takeU8(c)} ${upperHex(takeRest(c))}`;
const salt = (c: WireCursor): string => upperHex(takeBytes(c, takeU8(c))) || '-';
const service: Presenter = (c) => {
  const parts = [`${takeU16(c)}`, takeName(c), ...serviceParameters(c)];
  return parts.join(' ');
};

const presenters: ReadonlyMap<number, Presenter> = new Map<number, Presenter>([
  [1, (c) => ipv4Text(takeBytes(c, 4))],
  [2, host],
  [5, host],
  [
    6,
    (c) =>
      `${takeName(c)} ${takeName(c)} ${takeU32(c)} ${takeU32(c)} ${takeU32(c)} ${takeU32(c)} ${takeU32(c)}`,
  ],
  [12, host],
  [13, (c) => `${quoted(characterString(c))} ${quoted(characterString(c))}`],
  [14, (c) => `${takeName(c)} ${takeName(c)}`],
  [15, preferenceHost],
  [16, joinedStrings],
  [17, (c) => `${takeName(c)} ${takeName(c)}`],
  [18, preferenceHost],
  [28, (c) => ipv6Text(takeBytes(c, 16))],
  [33, (c) => `${takeU16(c)} ${takeU16(c)} ${takeU16(c)} ${takeName(c)}`],
  [
    35,
    (c) =>
      `${takeU16(c)} ${takeU16(c)} ${quoted(characterString(c))} ${quoted(characterString(c))} ${quoted(characterString(c))} ${takeName(c)}`,
  ],
  [36, preferenceHost],
  [39, host],
  [43, digest],
  [44, (c) => `${takeU8(c)} ${takeU8(c)} ${upperHex(takeRest(c))}`],
  [
    46,
    (c) =>
      `${recordTypeName(takeU16(c))} ${takeU8(c)} ${takeU8(c)} ${takeU32(c)} ${signatureTime(takeU32(c))} ${signatureTime(takeU32(c))} ${takeU16(c)} ${takeName(c)} ${base64Text(takeRest(c))}`,
  ],
  [47, (c) => [takeName(c), typeBitmap(c)].filter((part) => part !== '').join(' ')],
  [48, key],
  [
    50,
    (c) => {
      const head = `${takeU8(c)} ${takeU8(c)} ${takeU16(c)} ${salt(c)}`;
      const next = base32hexText(takeBytes(c, takeU8(c)));
      return [head, next, typeBitmap(c)].filter((part) => part !== '').join(' ');
    },
  ],
  [51, (c) => `${takeU8(c)} ${takeU8(c)} ${takeU16(c)} ${salt(c)}`],
  [52, tlsa],
  [53, tlsa],
  [59, digest],
  [60, key],
  [61, (c) => base64Text(takeRest(c))],
  [62, (c) => `${takeU32(c)} ${takeU16(c)} ${typeBitmap(c)}`.trimEnd()],
  [63, (c) => `${takeU32(c)} ${takeU8(c)} ${takeU8(c)} ${upperHex(takeRest(c))}`],
  [64, service],
  [65, service],
  [99, joinedStrings],
  [256, (c) => `${takeU16(c)} ${takeU16(c)} ${quoted(takeRest(c))}`],
  [
    257,
    (c) => {
      const flags = takeU8(c);
      const tag = String.fromCharCode(...characterString(c));
      if (!/^[A-Za-z0-9]+$/.test(tag)) spoil(c, 'CAA tag has another character than letters and digits');
      return `${flags} ${tag.toLowerCase()} ${quoted(takeRest(c))}`;
    },
  ],
  [32769, digest],
]);

/**
 * Presentation form of the RDATA between `from` and `to`. `problem` is set when the RDATA is cut, too long for its type,
 * or damaged; the text is worthless then. An empty RDATA is '' (UPDATE uses it, RFC 2136 section 2.5).
 */
export function rdataText(
  message: Uint8Array,
  type: number,
  from: number,
  to: number,
): { readonly text: string; readonly problem?: string } {
  if (from === to) return { text: '' };
  const presenter = presenters.get(type);
  if (presenter === undefined) return { text: `\\# ${to - from} ${upperHex(message.subarray(from, to))}` };
  const cursor = wireCursor(message, from, to);
  const text = presenter(cursor);
  if (cursor.problem === undefined && cursor.at !== to) spoil(cursor, 'RDATA is longer than its type allows');
  const problem = cursor.problem;
  return problem === undefined ? { text } : { text, problem: `${recordTypeName(type)} RDATA: ${problem}` };
}
