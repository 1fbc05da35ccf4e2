/** Byte ranges of list elements in a JSON file, so that each becomes a record with the bytes the source wrote. */

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; at < bytes.length; at++) {
    const code = bytes[at];
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
  }
  return at;
}

function endOfString(bytes: Uint8Array, from: number): number {
  for (let i = from + 1; i < bytes.length; i++) {
    if (bytes[i] === backslash) i += 1;
    else if (bytes[i] === quote) return i + 1;
  }
  return -1;
}

/** End of the value at `from`: its brackets are balanced and its strings closed; -1 when the text ends first. */
function endOfValue(bytes: Uint8Array, from: number): number {
  let depth = 0;
  for (let i = from; i < bytes.length;) {
    const code = bytes[i];
    if (code === quote) {
      i = endOfString(bytes, i);
      if (i < 0) return -1;
      if (depth === 0) return i;
      continue;
    }
    if (code === openBrace || code === openBracket) depth += 1;
    else if (code === closeBrace || code === closeBracket) {
      if (depth === 0) return i;
      depth -= 1;
      if (depth === 0) return i + 1;
    } else if (code === comma && depth === 0) return i;
    i += 1;
  }
  return -1;
}

/** Start of the array under `member` of the top-level object, or -1. */
function startOfMember(bytes: Uint8Array, from: number, member: string): number {
  let at = skipSpace(bytes, from + 1);
  while (at < bytes.length && bytes[at] === quote) {
    const keyEnd = endOfString(bytes, at);
    if (keyEnd < 0) return -1;
    const key = Buffer.from(bytes.subarray(at + 1, keyEnd - 1)).toString('utf8');
    at = skipSpace(bytes, keyEnd);
    if (bytes[at] !== 0x3a) return -1;
    at = skipSpace(bytes, at + 1);
    if (key === member) return bytes[at] === openBracket ? at : -1;
    at = skipSpace(bytes, endOfValue(bytes, at));
    if (bytes[at] !== comma) return -1;
    at = skipSpace(bytes, at + 1);
  }
  return -1;
}

/**
 * Elements of a top-level array, or of the array under the first of `members` that a top-level object has. Undefined: the
 * file is no such list. Where the list breaks, the rest of the file is its last element, whose fault is found when it is
 * parsed; the elements before it stand. A comma before the closing bracket is no element, a missing one parts two.
 */
export function splitJsonList(bytes: Uint8Array, members: readonly string[] = []): Uint8Array[] | undefined {
  const start = skipSpace(bytes, markBytes(bytes));
  let at = bytes[start] === openBracket ? start : -1;
  if (bytes[start] === openBrace)
    for (const member of members) if (at < 0) at = startOfMember(bytes, start, member);
  if (at < 0) return undefined;
  const elements: Uint8Array[] = [];
  at = skipSpace(bytes, at + 1);
  for (;;) {
    if (bytes[at] === closeBracket) return elements;
    const end = endOfValue(bytes, at);
    if (end <= at) return [...elements, bytes.subarray(at)];
    elements.push(bytes.subarray(at, end));
    at = skipSpace(bytes, end);
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1);
  }
}

/**
 * JSON values that stand one after the other, on a line each or over many lines, with or without commas between. From the
 * place where no value can be told any more, the rest is the last element. Nothing is looked for behind `valuesMax` values.
 */
export function splitJsonValues(bytes: Uint8Array, valuesMax = Infinity): Uint8Array[] {
  const values: Uint8Array[] = [];
  for (let at = skipSpace(bytes, markBytes(bytes)); at < bytes.length && values.length < valuesMax;) {
    const isComposite = bytes[at] === openBrace || bytes[at] === openBracket;
    const end = isComposite ? endOfValue(bytes, at) : -1;
    if (end <= at) return [...values, bytes.subarray(at)];
    values.push(bytes.subarray(at, end));
    at = skipSpace(bytes, end);
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1);
  }
  return values;
}

/** Length of a leading UTF-8 byte order mark. */
function markBytes(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
