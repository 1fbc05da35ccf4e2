/** Lower-case RFC 4648 base32 without padding. */
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Two characters of every ten bits: five hex digits make two of them. */
const pairs: readonly string[] = Array.from(
  { length: 1024 },
  (_, bits) => alphabet.charAt(bits >> 5) + alphabet.charAt(bits & 31),
);

function hexValue(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  // Behind the end there are only zero bits.
  if (Number.isNaN(code)) return 0;
  return code < 0x3a ? code - 0x30 : (code | 0x20) - 0x57;
}

/** First `length` base32 characters of a hex string, which must be long enough. Event ids use 26 (130 bits). */
export function base32OfHex(hex: string, length: number): string {
  let out = '';
  for (let at = 0; out.length < length; at += 5) {
    const bits =
      (hexValue(hex, at) << 16) |
      (hexValue(hex, at + 1) << 12) |
      (hexValue(hex, at + 2) << 8) |
      (hexValue(hex, at + 3) << 4) |
      hexValue(hex, at + 4);
    out += pairs[bits >> 10] ?? '';
    out += pairs[bits & 1023] ?? '';
  }
  return out.length === length ? out : out.slice(0, length);
}
