/**
 * Sigma string values: `*` any run, `?` one character, `\` escapes both and itself; comparison ignores case unless the
 * `cased` modifier says otherwise (Sigma specification 2.1, "Escaping" and "Wildcards").
 */

/** Any run of characters, any one character, or any one of the dashes of the `windash` modifier. */
export type Wildcard = 'any' | 'one' | 'dash';

/** One piece of a pattern: literal text or a wildcard. */
export type PatternPart = string | { readonly wildcard: Wildcard };

/** A string value of a rule, split at its wildcards. Adjacent literals are joined. */
export type Pattern = readonly PatternPart[];

/** A test on the text of one event value. */
export type TextTest = (text: string) => boolean;

const any: PatternPart = { wildcard: 'any' };
const one: PatternPart = { wildcard: 'one' };
const dash: PatternPart = { wildcard: 'dash' };
const dashes = '-/\u2013\u2014\u2015';

/** Splits a rule's string at its unescaped wildcards. A backslash before anything but `*`, `?` and `\` stands for itself. */
export function parsePattern(text: string): Pattern {
  const parts: PatternPart[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') parts.push(literal);
    literal = '';
  };
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    const next = text.charAt(i + 1);
    if (char === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next;
      i += 1;
    } else if (char === '*' || char === '?') {
      flush();
      parts.push(char === '*' ? any : one);
    } else literal += char;
  }
  flush();
  return parts;
}

/** The text of a pattern without wildcards; undefined when it has any. */
export function literalText(pattern: Pattern): string | undefined {
  if (pattern.length === 0) return '';
  const [first] = pattern;
  return pattern.length === 1 && typeof first === 'string' ? first : undefined;
}

/** Opens a pattern at its sides: what `contains` (both), `startswith` (end) and `endswith` (start) mean. */
export function openPattern(pattern: Pattern, atStart: boolean, atEnd: boolean): Pattern {
  const opened = [...pattern];
  if (atStart && !isWildcard(opened[0], 'any')) opened.unshift(any);
  if (atEnd && !isWildcard(opened.at(-1), 'any')) opened.push(any);
  return opened;
}

/** Replaces every dash or slash that opens a command-line option (`\B[-/]\b`) by "any dash or slash": `windash`. */
export function anyDash(pattern: Pattern): Pattern {
  return pattern.flatMap((part) => {
    if (typeof part !== 'string') return [part];
    const pieces: PatternPart[] = [];
    let literal = '';
    for (let i = 0; i < part.length; i++) {
      const char = part.charAt(i);
      const opensOption =
        (char === '-' || char === '/') && !isWordChar(part.charAt(i - 1)) && isWordChar(part.charAt(i + 1));
      if (opensOption) {
        if (literal !== '') pieces.push(literal);
        literal = '';
        pieces.push(dash);
      } else literal += char;
    }
    if (literal !== '') pieces.push(literal);
    return pieces;
  });
}

/** Compiles a pattern to a test. Time is bounded by text length times pattern length; there is no back-tracking tree. */
export function compilePattern(pattern: Pattern, cased: boolean): TextTest {
  if (cased) return compileExact(pattern);
  const folded = compileFolded(pattern);
  return (text) => folded(text.toLowerCase());
}

/** The same for text that is in lower case already. */
export function compileFolded(pattern: Pattern): TextTest {
  return compileExact(pattern.map((part) => (typeof part === 'string' ? part.toLowerCase() : part)));
}

function compileExact(pattern: Pattern): TextTest {
  const [a, b, c] = pattern;
  if (pattern.length === 0) return (text) => text === '';
  if (pattern.length === 1 && typeof a === 'string') return (text) => text === a;
  if (pattern.length === 1 && isWildcard(a, 'any')) return () => true;
  if (pattern.length === 2 && isWildcard(a, 'any') && typeof b === 'string')
    return (text) => text.endsWith(b);
  if (pattern.length === 2 && typeof a === 'string' && isWildcard(b, 'any'))
    return (text) => text.startsWith(a);
  if (pattern.length === 3 && isWildcard(a, 'any') && typeof b === 'string' && isWildcard(c, 'any'))
    return (text) => text.includes(b);
  return compileGlob(pattern);
}

/** Greedy matching of the pieces between `*`: first piece anchored, last piece anchored, the others leftmost. */
function compileGlob(pattern: Pattern): TextTest {
  const units: string[] = pattern.flatMap((part) =>
    typeof part === 'string' ? Array.from(part) : [part.wildcard],
  );
  const isLiteral = pattern.flatMap((part) =>
    typeof part === 'string' ? Array.from(part, () => true) : [false],
  );
  return (text) => {
    const chars = Array.from(text);
    let at = 0;
    let unit = 0;
    let starUnit = -1;
    let starAt = 0;
    while (at < chars.length) {
      const wanted = units[unit];
      if (unit < units.length && !isLiteral[unit] && wanted === 'any') {
        starUnit = unit;
        starAt = at;
        unit += 1;
      } else if (unit < units.length && accepts(wanted, isLiteral[unit] === true, chars[at] ?? '')) {
        unit += 1;
        at += 1;
      } else if (starUnit >= 0) {
        unit = starUnit + 1;
        starAt += 1;
        at = starAt;
      } else return false;
    }
    while (unit < units.length && !isLiteral[unit] && units[unit] === 'any') unit += 1;
    return unit === units.length;
  };
}

function accepts(unit: string | undefined, literal: boolean, char: string): boolean {
  if (literal) return unit === char;
  return unit === 'one' || (unit === 'dash' && dashes.includes(char));
}

function isWildcard(part: PatternPart | undefined, wildcard: Wildcard): boolean {
  return typeof part === 'object' && part.wildcard === wildcard;
}

function isWordChar(char: string): boolean {
  return /^[\p{L}\p{N}_]$/u.test(char);
}
