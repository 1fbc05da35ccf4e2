const alphabet = '0123456789abcdefghijklmnopqrstuv';

/** Base32 with the extended hex alphabet, without padding, lower case: hashed owner names of NSEC3 (RFC 5155 section 3.3). */
export function base32hexText(bytes: Uint8Array): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const octet of bytes) {
    buffer = (buffer << 8) | octet;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(buffer >> bits) & 31]!;
    }
    buffer &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + alphabet[(buffer << (5 - bits)) & 31]!;
}
