/**
 * Bytes of a JSON record to an object, with limits. Repeated keys: the last one counts, as RFC 8259 section 4 observes and
 * every common parser does; the raw bytes are kept, so nothing is hidden. A `__proto__` key is an ordinary own member.
 */
import { limits } from '../contract/limits.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { Outcome } from '../contract/outcome.ts';
import { hasMoreMembers, jsonFaultOffset, positionOf, utf8FaultOffset } from './json-text.ts';

/** An object as it came out of JSON. */
export type JsonObject = { readonly [key: string]: unknown };

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Newest decoding: the raw block of an event needs the text its normaliser has just read. A cache, so results are the same. */
let lastBytes: Uint8Array | undefined;
let lastText = '';

/** Text of these very bytes when they were decoded last and start with no byte order mark, which decoding drops. */
export function decodedText(bytes: Uint8Array): string | undefined {
  return bytes === lastBytes && bytes[0] !== 0xef ? lastText : undefined;
}

/** Text of UTF-8 bytes without a leading byte order mark; `not_utf8` with the offset of the first wrong byte. */
export function decodeUtf8(bytes: Uint8Array): Outcome<string> {
  try {
    const text = decoder.decode(bytes);
    lastBytes = bytes;
    lastText = text;
    return succeeded(text);
  } catch {
    const offset = utf8FaultOffset(bytes);
    return failed('not_utf8', `byte ${offset} is not UTF-8; expected UTF-8 text`);
  }
}

/**
 * Parses one record that has to be a JSON object. `bytesMax` bounds the input (default: the record limit). Failures:
 * `too_large`, `not_utf8`, `not_json` (with line and column), `too_deep`, `too_many_keys`, `not_an_object`.
 */
export function parseJsonRecord(
  bytes: Uint8Array,
  bytesMax: number = limits.recordBytesMax,
): Outcome<JsonObject> {
  const parsed = parseJson(bytes, bytesMax);
  if (!parsed.ok) return parsed;
  const value = parsed.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return failed('not_an_object', `expected one JSON object, got ${nameOfKind(value)}`);
  return { ok: true, value: value as JsonObject };
}

/** Parses any JSON value under the same limits; for formats whose records are arrays. */
export function parseJson(bytes: Uint8Array, bytesMax: number = limits.recordBytesMax): Outcome<unknown> {
  if (bytes.length > bytesMax)
    return failed('too_large', `record has ${bytes.length} bytes; at most ${bytesMax} are accepted`);
  const decoded = decodeUtf8(bytes);
  return decoded.ok ? parseJsonText(decoded.value) : decoded;
}

/** Parses JSON text (for JSON inside JSON) under the depth and key limits. */
export function parseJsonText(text: string): Outcome<unknown> {
  // Counted before it is built: an object of a million keys costs seconds, its commas a few milliseconds.
  if (text.length > smallTextMax && hasMoreMembers(text, limits.jsonKeysMax)) return tooManyKeys;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const offset = jsonFaultOffset(text);
    if (offset >= text.length)
      return failed('not_json', `JSON ends early at ${positionOf(text, text.length)}; the record was cut`);
    return failed('not_json', `not JSON at ${positionOf(text, Math.max(offset, 0))} (offset ${offset})`);
  }
  if (mayBeDeep(text) && typeof value === 'object' && value !== null && isDeeper(value, limits.jsonDepthMax))
    return failed('too_deep', `nesting is deeper than ${limits.jsonDepthMax} levels`);
  return { ok: true, value };
}

/** A shorter text cannot hold more members than the limit: each takes two characters at least. */
const smallTextMax = limits.jsonKeysMax * 2;

const tooManyKeys = failed('too_many_keys', `more than ${limits.jsonKeysMax} keys and elements`);

/** No more opening brackets than levels allowed: cannot be too deep. Scans for a byte, far cheaper than a walk. */
function mayBeDeep(text: string): boolean {
  if (text.length <= limits.jsonDepthMax) return false;
  let left: number = limits.jsonDepthMax;
  for (let at = text.indexOf('{'); at >= 0 && left >= 0; at = text.indexOf('{', at + 1)) left -= 1;
  for (let at = text.indexOf('['); at >= 0 && left >= 0; at = text.indexOf('[', at + 1)) left -= 1;
  return left < 0;
}

/** Whether anything lies more than `levels` deep, `node` being the first; the call stack is never deeper than that. */
function isDeeper(node: object, levels: number): boolean {
  if (levels === 0) return true;
  if (Array.isArray(node)) {
    for (const member of node as readonly unknown[])
      if (typeof member === 'object' && member !== null && isDeeper(member, levels - 1)) return true;
    return false;
  }
  // What JSON.parse makes inherits nothing that could be listed.
  for (const name in node) {
    const member = (node as JsonObject)[name];
    if (typeof member === 'object' && member !== null && isDeeper(member, levels - 1)) return true;
  }
  return false;
}

function nameOfKind(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
