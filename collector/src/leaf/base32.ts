/** Lower-case RFC 4648 base32 without padding. */
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** First `length` base32 characters of a lower-case hex string. Event ids use 26 (130 bits). */
export function base32OfHex(hex: string, length: number): string {
  let out = '';
  let bits = 0;
  let buffer = 0;
  for (let i = 0; i < hex.length && out.length < length; i++) {
    const code = hex.charCodeAt(i);
    buffer = ((buffer << 4) | (code < 0x3a ? code - 0x30 : (code | 0x20) - 0x57)) & 0xfff;
    bits += 4;
    if (bits >= 5) {
      bits -= 5;
      out += alphabet.charAt((buffer >> bits) & 31);
    }
  }
  return out;
}
