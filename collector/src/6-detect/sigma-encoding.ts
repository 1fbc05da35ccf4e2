/** Encodings of the Sigma modifiers `base64`, `base64offset`, `utf16le` (`wide`), `utf16be` and `utf16`. RFC 4648, RFC 2781. */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** UTF-8 bytes of a text. */
export function utf8Bytes(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

/** UTF-16 bytes of a text. `bom` puts FF FE (little endian) in front, as the plain `utf16` modifier does. */
export function utf16Bytes(text: string, order: 'le' | 'be', bom = false): number[] {
  const bytes: number[] = bom ? [0xff, 0xfe] : [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (order === 'le') bytes.push(unit & 0xff, unit >> 8);
    else bytes.push(unit >> 8, unit & 0xff);
  }
  return bytes;
}

/** Base64 with padding. */
export function base64(bytes: readonly number[]): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    out += alphabet.charAt(a >> 2) + alphabet.charAt(((a & 3) << 4) | ((b ?? 0) >> 4));
    out += b === undefined ? '=' : alphabet.charAt(((b & 15) << 2) | ((c ?? 0) >> 6));
    out += c === undefined ? '=' : alphabet.charAt(c & 63);
  }
  return out;
}

/** The three forms that `bytes` take inside longer base64 text, less the characters that depend on the neighbours. */
export function base64Offsets(bytes: readonly number[]): string[] {
  const skipAtStart = [0, 2, 3];
  const skipAtEnd = [0, 3, 2];
  return skipAtStart.map((skip, offset) => {
    const encoded = base64([...Array.from({ length: offset }, () => 32), ...bytes]);
    return encoded.slice(skip, encoded.length - (skipAtEnd[(bytes.length + offset) % 3] ?? 0));
  });
}
