/** Lower-case RFC 4648 base32 without padding. */
const codes = Array.from('abcdefghijklmnopqrstuvwxyz234567', (letter) => letter.charCodeAt(0));
const written: number[] = [];

function hexValue(code: number): number {
  return code < 0x3a ? code - 0x30 : (code | 0x20) - 0x57;
}

/** First `length` base32 characters of a hex string, fewer when it is shorter. Event ids use 26 (130 bits). */
export function base32OfHex(hex: string, length: number): string {
  let bits = 0;
  let buffer = 0;
  let count = 0;
  for (let i = 0; i < hex.length && count < length; i++) {
    buffer = ((buffer << 4) | hexValue(hex.charCodeAt(i))) & 0xfff;
    bits += 4;
    if (bits < 5) continue;
    bits -= 5;
    written[count++] = codes[(buffer >> bits) & 31] as number;
  }
  if (written.length !== count) written.length = count;
  // One flat text: it becomes a key at once, and a text put together from pieces would be put together again for that.
  return String.fromCharCode.apply(null, written);
}
