/** Text from outside, safe to print: it can neither begin a line, move the cursor nor hide. */

// Control, format (bidirectional, zero-width, tag) and separator characters, lone surrogates, and letters without a shape.
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u3164\uffa0]/gu;

/** Characters that act or cannot be seen become `\u{…}`. */
export function printable(text: string): string {
  return text.replace(unsafe, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same characters as spaces, for text in which nobody needs to see that they were there. */
export function spaced(text: string): string {
  return text.replace(unsafe, ' ');
}

/** `printable` for text of several lines, whose line feeds are ours. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
