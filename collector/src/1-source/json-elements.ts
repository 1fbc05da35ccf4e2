/**
 * The elements of a JSON array as the texts they arrived in: numbers beyond 2^53 keep their digits and the raw hash is
 * that of the vendor's own bytes.
 */
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';

const elementsMax = 100_000;

/**
 * Texts of the elements of the array at `member` of the top-level object, or of the top-level array when `member` is
 * undefined, in their order. An absent member is an empty list. `not_json` when the text is cut or no such shape.
 */
export function jsonElements(text: string, member?: string): Outcome<readonly string[]> {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    return failed('not_json', 'the answer is no complete JSON document');
  }
  let at = 0;
  if (member !== undefined) {
    if (typeof whole !== 'object' || whole === null || Array.isArray(whole))
      return failed('not_json', 'the answer is no JSON object');
    const value = (whole as Record<string, unknown>)[member];
    if (value === undefined || value === null) return succeeded([]);
    if (!Array.isArray(value)) return failed('not_json', `${member} of the answer is no list`);
    at = memberStart(text, member);
  } else if (!Array.isArray(whole)) return failed('not_json', 'the answer is no JSON list');
  return elementsFrom(text, text.indexOf('[', at));
}

/** Offset after the colon of a member of the top-level object. The text is known to be valid JSON that has it. */
function memberStart(text: string, member: string): number {
  let depth = 0;
  let found = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      const end = stringEnd(text, at);
      if (depth === 1 && isKey(text, end) && JSON.parse(text.slice(at, end)) === member) found = end;
      at = end - 1;
    } else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return found;
}

function isKey(text: string, from: number): boolean {
  let at = from;
  while (text.charCodeAt(at) <= 0x20) at += 1;
  return text.charCodeAt(at) === 0x3a;
}

/** Offset after the closing quote of the string that opens at `at`. */
function stringEnd(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code === 0x5c) end += 2;
    else if (code === 0x22) return end + 1;
    else end += 1;
  }
  return end;
}

function elementsFrom(text: string, open: number): Outcome<readonly string[]> {
  const elements: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let at = open; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = stringEnd(text, at) - 1;
    else if (code === 0x5b || code === 0x7b) depth += 1;
    else if (code === 0x2c && depth === 1) {
      elements.push(text.slice(start, at).trim());
      start = at + 1;
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1;
      if (depth > 0) continue;
      const last = text.slice(start, at).trim();
      if (last !== '') elements.push(last);
      break;
    }
    if (elements.length > elementsMax)
      return failed('too_many_keys', `the answer has over ${elementsMax} records`);
  }
  return succeeded(elements);
}
