/** Reading vendor JSON without trusting its shape: every reader answers undefined or empty instead of throwing. */
import { canonicalIp } from '../leaf/ip-address.ts';
import { parseInstant } from '../leaf/time.ts';

/** A JSON object whose members may have any type. */
export type Fields = Readonly<Record<string, unknown>>;

const nothing: Fields = Object.freeze({});
// Not frozen: loops over lists of one layout are compiled to be several times as fast.
const noItems: readonly unknown[] = [];

/** The value when it is a JSON object, else undefined (arrays and null are not objects here). */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** The value when it is a JSON object, else an empty one: for members that are only looked at. */
export function fieldsOrNone(value: unknown): Fields {
  return fieldsOf(value) ?? nothing;
}

/** The value when it is a list; a single object counts as a list of one (some exports unwrap them); else empty. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  return fieldsOf(value) === undefined ? noItems : [value];
}

/** At most `max` UTF-16 units of a text, never ending in half a surrogate pair. */
export function clipped(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
}

/** Text or finite number as text, at most `max` units; undefined for empty text and every other type. */
export function textOf(value: unknown, max = 512): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : clipped(value, max);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return undefined;
}

/** Like `textOf`, but the fillers vendors write for "nothing" are undefined too: null, unknown, Not Available, <null>. */
export function nameOf(value: unknown, max = 512): string | undefined {
  const given = textOf(value, max);
  if (given === undefined) return undefined;
  const text = isTrimmed(given) ? given : given.trim();
  if (text === '') return undefined;
  switch (text) {
    case 'null':
    case '<null>':
    case '$null':
    case 'unknown':
    case 'Unknown':
    case 'UNKNOWN':
    case 'Not Available':
    case 'None':
      return undefined;
    default:
      return text;
  }
}

/** Whether a text begins and ends with a printable letter of ASCII; of others `trim` has to tell. */
function isTrimmed(text: string): boolean {
  const [begin, end] = [text.charCodeAt(0), text.charCodeAt(text.length - 1)];
  return begin > 0x20 && begin < 0x7f && end > 0x20 && end < 0x7f;
}

/** A login or mail address in comparison form: lower case when it holds an `@`, else as it is. */
export function loginOf(value: unknown): string | undefined {
  const name = nameOf(value);
  return name?.includes('@') === true ? name.toLowerCase() : name;
}

/** Canonical address of a field that may hold a port, brackets, `<null>` or plain text; undefined when it is no address. */
export function addressOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? canonicalIp(value) : undefined;
}

/** A finite number, also from decimal text of at most 20 characters; else undefined. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value === '' || value.length > 20) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** True for `true`, `"true"`, `"True"` and `"TRUE"`: feeds write booleans in all four ways. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === 'True' || value === 'TRUE';
}

/**
 * Instant of a text field; undefined when it is absent or unreadable. Tables of data lakes write `2026-11-21 16:00:00.123`, with
 * ` UTC` behind it or nothing: UTC both.
 */
export function instantOf(value: unknown): { ms: number; precision: 'ms' | 's' | 'm' | 'd' } | undefined {
  if (typeof value !== 'string') return undefined;
  const instant = parseInstant(value);
  if (instant !== undefined || value.charCodeAt(10) !== 0x20) return instant;
  return parseInstant(value.endsWith(' UTC') ? `${value.slice(0, -4)}Z` : `${value}Z`);
}
