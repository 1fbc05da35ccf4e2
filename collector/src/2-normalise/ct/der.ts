/** A small reader for DER (X.690), as far as certificates need it: no copies, every length checked, no recursion. */

/** One element: its tag octet, where its content starts and ends, and where it began. */
export interface DerElement {
  readonly tag: number;
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

/** Element at `at` inside `limit`; undefined for a long tag, an indefinite or over-long length, or one that ends outside. */
export function derElement(bytes: Uint8Array, at: number, limit: number): DerElement | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || at + 2 > limit || (tag & 0x1f) === 0x1f) return undefined;
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3 || start + count > limit) return undefined;
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0);
    start += count;
  }
  const end = start + length;
  return end > limit ? undefined : { tag, from: at, start, end };
}

/** Elements between two offsets in order; undefined when one of them is broken. */
export function derChildren(bytes: Uint8Array, start: number, end: number): DerElement[] | undefined {
  const found: DerElement[] = [];
  for (let at = start; at < end;) {
    const element = derElement(bytes, at, end);
    if (element === undefined) return undefined;
    found.push(element);
    at = element.end;
  }
  return found;
}

/** True when the element's content is exactly these octets. */
export function hasContent(bytes: Uint8Array, element: DerElement, expected: readonly number[]): boolean {
  if (element.end - element.start !== expected.length) return false;
  for (let i = 0; i < expected.length; i++) if (bytes[element.start + i] !== expected[i]) return false;
  return true;
}

/** Encodes an element with a definite length of the shortest form. */
export function encodeDer(tag: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : length < 0x10000
          ? [tag, 0x82, length >> 8, length & 0xff]
          : [tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  const out = new Uint8Array(head.length + length);
  out.set(head);
  let at = head.length;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
