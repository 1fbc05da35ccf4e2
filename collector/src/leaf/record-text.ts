/** What record data of all types is made of: character strings (RFC 1035 section 5.1), whole numbers, white space. */

/** True for the code of a blank, a tab or a line end. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** Digits without leading zeros; undefined for anything else and for more than ten of them. */
export function wholeNumber(word: string): string | undefined {
  if (word.length === 0 || word.length > 10) return undefined;
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  return word.length > 1 && word.startsWith('0') ? String(Number(word)) : word;
}

/** Printable ASCII without quote and backslash; the same as one quoted string. */
const plainText = /^[ !#-[\]-~]*$/u;
const plainQuoted = /^"[ !#-[\]-~]*"$/u;

/**
 * TXT: quoted strings are joined (RFC 7208 section 3.3) and their escapes undone; text without a leading quote is taken as
 * it is, the way provider APIs give it. Written once in quotes with `\"`, `\\` and `\DDD` for octets outside ASCII.
 */
export function canonicalText(value: string): string {
  const trimmed = value.trim();
  // Nearly every text: nothing in it needs an escape.
  if (plainText.test(trimmed)) return `"${trimmed}"`;
  if (plainQuoted.test(trimmed)) return trimmed;
  const octets = trimmed.startsWith('"') ? quotedOctets(trimmed) : undefined;
  return quoted(octets ?? utf8(trimmed));
}

const encoder = new TextEncoder();

function utf8(text: string): Uint8Array | number[] {
  return encoder.encode(text);
}

/** Octets of `"…" "…"`; undefined when a quote stays open or something stands between the strings. */
function quotedOctets(text: string): number[] | undefined {
  const octets: number[] = [];
  let isInside = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      isInside = !isInside;
    } else if (!isInside) {
      if (!isSpace(code)) return undefined;
    } else if (code === 0x5c && i + 1 < text.length) {
      const decimal = wholeNumber(text.slice(i + 1, i + 4));
      if (decimal !== undefined && i + 3 < text.length && Number(decimal) < 256) {
        octets.push(Number(decimal));
        i += 3;
      } else octets.push(...utf8(text.charAt((i += 1))));
    } else if (code < 0x80) octets.push(code);
    else {
      const point = String.fromCodePoint(text.codePointAt(i) ?? 0);
      octets.push(...utf8(point));
      i += point.length - 1;
    }
  }
  return isInside ? undefined : octets;
}

function quoted(octets: Uint8Array | number[]): string {
  let out = '"';
  for (const octet of octets) {
    if (octet === 0x22 || octet === 0x5c) out += `\\${String.fromCharCode(octet)}`;
    else if (octet >= 0x20 && octet < 0x7f) out += String.fromCharCode(octet);
    else out += `\\${String(octet).padStart(3, '0')}`;
  }
  return `${out}"`;
}
