/** UTF-8 and JSON faults with their position, the same on every engine: parser messages differ and quote the input. */

/** Offset of the first byte that breaks UTF-8 (RFC 3629: no overlong forms, no surrogates), or -1. Slow path only. */
export function utf8FaultOffset(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length;) {
    const lead = bytes[i] ?? 0;
    if (lead < 0x80) {
      i += 1;
      continue;
    }
    const count =
      lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
    if (count === 0) return i;
    const second = bytes[i + 1] ?? 0;
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return i;
    for (let k = 2; k <= count; k++) if (((bytes[i + k] ?? 0) & 0xc0) !== 0x80) return i;
    i += count + 1;
  }
  return -1;
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** End of the string that opens at `at`, or minus (offset + 1) of the fault. */
function endOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) return i + 1;
    if (code < 0x20) return -i - 1;
    if (code !== 0x5c) continue;
    i += 1;
    const escape = text.charAt(i);
    if (escape === 'u') {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(i + 1, i + 5))) return -i - 1;
      i += 4;
    } else if (escape === '' || !'"\\/bfnrt'.includes(escape)) return -i - 1;
  }
  return -text.length - 1;
}

function endOfNumber(text: string, at: number): number {
  let i = at;
  if (text.charCodeAt(i) === 0x2d) i += 1;
  if (!isDigit(text.charCodeAt(i))) return -i - 1;
  if (text.charCodeAt(i) === 0x30) i += 1;
  else while (isDigit(text.charCodeAt(i))) i += 1;
  if (text.charCodeAt(i) === 0x2e) {
    i += 1;
    if (!isDigit(text.charCodeAt(i))) return -i - 1;
    while (isDigit(text.charCodeAt(i))) i += 1;
  }
  if ((text.charCodeAt(i) | 0x20) === 0x65) {
    i += 1;
    if (text.charCodeAt(i) === 0x2b || text.charCodeAt(i) === 0x2d) i += 1;
    if (!isDigit(text.charCodeAt(i))) return -i - 1;
    while (isDigit(text.charCodeAt(i))) i += 1;
  }
  return i;
}

/** End of the string, number or word at `at`, or minus (offset + 1) of the fault. */
function endOfScalar(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === 0x22) return endOfString(text, at);
  if (code === 0x2d || isDigit(code)) return endOfNumber(text, at);
  for (const word of ['true', 'false', 'null']) if (text.startsWith(word, at)) return at + word.length;
  return -at - 1;
}

/** Offset of the first character at which text stops being JSON (RFC 8259); -1 when all of it is. Slow path only. */
export function jsonFaultOffset(text: string): number {
  const open: string[] = [];
  let expects: 'value' | 'first' | 'key' | 'after' = 'value';
  let i = 0;
  for (;;) {
    while (isSpace(text.charCodeAt(i))) i += 1;
    if (i >= text.length) return expects === 'after' && open.length === 0 ? -1 : text.length;
    const mark = text.charAt(i);
    const inside = open.at(-1);
    if (expects === 'after') {
      if (mark === ',' && inside !== undefined) expects = inside === '{' ? 'key' : 'value';
      else if ((mark === '}' && inside === '{') || (mark === ']' && inside === '[')) open.pop();
      else return i;
      i += 1;
    } else if (expects === 'first' && (mark === '}' || mark === ']') && (mark === '}') === (inside === '{')) {
      open.pop();
      expects = 'after';
      i += 1;
    } else if (expects === 'key' || (expects === 'first' && inside === '{')) {
      if (mark !== '"') return i;
      i = endOfString(text, i);
      if (i < 0) return -i - 1;
      while (isSpace(text.charCodeAt(i))) i += 1;
      if (text.charAt(i) !== ':') return i;
      i += 1;
      expects = 'value';
    } else if (mark === '{' || mark === '[') {
      open.push(mark);
      expects = 'first';
      i += 1;
    } else {
      i = endOfScalar(text, i);
      if (i < 0) return -i - 1;
      expects = 'after';
    }
  }
}

/** Index of the quote that ends the string opened at `at`; the length of the text when none does. */
function closingQuote(text: string, at: number): number {
  for (let i = text.indexOf('"', at + 1); i >= 0; i = text.indexOf('"', i + 1)) {
    let escapes = 0;
    while (text.charCodeAt(i - 1 - escapes) === 0x5c) escapes += 1;
    if (escapes % 2 === 0) return i;
  }
  return text.length;
}

/**
 * True when JSON text holds more than `max` members of objects and elements of lists, of every depth, a repeated key each time.
 * Of text that is no JSON it says something about its commas and brackets. Builds nothing.
 */
export function hasMoreMembers(text: string, max: number): boolean {
  let count = 0;
  let opened = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isSpace(code)) continue;
    const closes = code === 0x5d || code === 0x7d;
    // The first member of a list or object has no comma before it.
    if (code === 0x2c || (opened && !closes)) {
      count += 1;
      if (count > max) return true;
    }
    opened = code === 0x5b || code === 0x7b;
    if (code === 0x22) i = closingQuote(text, i);
  }
  return false;
}

/** `line L, column C` (both from 1, columns in UTF-16 units) of an offset. */
export function positionOf(text: string, offset: number): string {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return `line ${line}, column ${offset - lineStart + 1}`;
}
