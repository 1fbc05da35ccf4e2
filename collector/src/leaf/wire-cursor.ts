/**
 * Reading position in a binary message. The first problem sticks: every later read gives zero or nothing and moves no
 * further, so a reader checks once at its end instead of after each field.
 */
export interface WireCursor {
  readonly bytes: Uint8Array;
  at: number;
  /** First octet that may not be read; smaller than the message inside RDATA. */
  end: number;
  /** What was wrong first, with the octet it was met at; undefined while all is well. */
  problem: string | undefined;
}

/** Cursor over `bytes` from `at` up to `end`, by default all of it. */
export function wireCursor(bytes: Uint8Array, at = 0, end = bytes.length): WireCursor {
  return { bytes, at, end, problem: undefined };
}

/** Records the first problem with the position it was met at; later ones are followers and are left out. */
export function spoil(cursor: WireCursor, problem: string): void {
  cursor.problem ??= `${problem} at octet ${cursor.at}`;
  cursor.at = cursor.end;
}

/** Takes over a problem that another cursor met and that already names its octet. */
export function adoptProblem(cursor: WireCursor, problem: string): void {
  cursor.problem ??= problem;
  cursor.at = cursor.end;
}

function room(cursor: WireCursor, count: number): boolean {
  if (cursor.problem === undefined && cursor.at + count <= cursor.end) return true;
  spoil(cursor, `cut short: ${count} octet${count === 1 ? '' : 's'} expected`);
  return false;
}

/** Next octet, 0 after a problem. */
export function takeU8(cursor: WireCursor): number {
  return room(cursor, 1) ? cursor.bytes[cursor.at++]! : 0;
}

/** Next two octets, big endian, 0 after a problem. */
export function takeU16(cursor: WireCursor): number {
  if (!room(cursor, 2)) return 0;
  const value = (cursor.bytes[cursor.at]! << 8) | cursor.bytes[cursor.at + 1]!;
  cursor.at += 2;
  return value;
}

/** Next four octets, big endian and unsigned, 0 after a problem. */
export function takeU32(cursor: WireCursor): number {
  const high = takeU16(cursor);
  return high * 65_536 + takeU16(cursor);
}

/** View of the next `count` octets, not a copy; empty after a problem. */
export function takeBytes(cursor: WireCursor, count: number): Uint8Array {
  if (!room(cursor, count)) return new Uint8Array(0);
  const view = cursor.bytes.subarray(cursor.at, cursor.at + count);
  cursor.at += count;
  return view;
}

/** View of everything up to the end. */
export function takeRest(cursor: WireCursor): Uint8Array {
  return takeBytes(cursor, cursor.end - cursor.at);
}

const hexDigits = '0123456789ABCDEF';

/** Upper-case hexadecimal digits, as presentation formats of DNS write them. */
export function upperHex(bytes: Uint8Array): string {
  let text = '';
  for (const octet of bytes) text += hexDigits[octet >> 4]! + hexDigits[octet & 15]!;
  return text;
}

const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 with padding (RFC 4648 section 4). */
export function base64Text(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += base64Alphabet[group >> 18]! + base64Alphabet[(group >> 12) & 63]!;
    text += left > 1 ? base64Alphabet[(group >> 6) & 63]! : '=';
    text += left > 2 ? base64Alphabet[group & 63]! : '=';
  }
  return text;
}
