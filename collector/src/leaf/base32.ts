/** Lower-case RFC 4648 base32 without padding. */
const letters = 'abcdefghijklmnopqrstuvwxyz234567';
const codes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
/** Value of a hex digit by its code. */
const hexValues = new Uint8Array(128);
for (const [value, digit] of Array.from('0123456789abcdef').entries()) {
  hexValues[digit.charCodeAt(0)] = value;
  hexValues[digit.toUpperCase().charCodeAt(0)] = value;
}

function hexValue(hex: string, at: number): number {
  return hexValues[hex.charCodeAt(at)] as number;
}

/** Code of five bits of `word`, from bit `from` on. */
function code(word: number, from: number): number {
  return codes[(word >> from) & 31] as number;
}

/** Twenty bits: five hex digits. */
function word(hex: string, at: number): number {
  return (
    (hexValue(hex, at) << 16) |
    (hexValue(hex, at + 1) << 12) |
    (hexValue(hex, at + 2) << 8) |
    (hexValue(hex, at + 3) << 4) |
    hexValue(hex, at + 4)
  );
}

const idLength = 26;
/** Hex digits that are read for an id. */
const idDigits = 35;

/** First `length` base32 characters of a hex string, fewer when it is shorter. Event ids use 26 (130 bits). */
export function base32OfHex(hex: string, length: number): string {
  if (length === idLength && hex.length >= idDigits) return idOfHex(hex);
  let text = '';
  for (let at = 0; at < length && (at + 1) * 5 <= hex.length * 4; at++) {
    const from = Math.floor((at * 5) / 4);
    // Five bits lie in two digits, which hold eight.
    const pair = (hexValue(hex, from) << 4) | (from + 1 < hex.length ? hexValue(hex, from + 1) : 0);
    text += letters.charAt((pair >> (3 - ((at * 5) % 4))) & 31);
  }
  return text;
}

/**
 * The 26 characters of an id, written in one go: an id becomes a key at once, and a text put together from pieces would be put
 * together again for that.
 */
function idOfHex(hex: string): string {
  const [a, b, c] = [word(hex, 0), word(hex, 5), word(hex, 10)];
  const [d, e, f, g] = [word(hex, 15), word(hex, 20), word(hex, 25), word(hex, 30)];
  // prettier-ignore
  return String.fromCharCode(
    code(a, 15), code(a, 10), code(a, 5), code(a, 0), code(b, 15), code(b, 10), code(b, 5), code(b, 0),
    code(c, 15), code(c, 10), code(c, 5), code(c, 0), code(d, 15), code(d, 10), code(d, 5), code(d, 0),
    code(e, 15), code(e, 10), code(e, 5), code(e, 0), code(f, 15), code(f, 10), code(f, 5), code(f, 0),
    code(g, 15), code(g, 10),
  );
}
