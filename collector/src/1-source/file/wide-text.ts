/** Text files that Windows tools export: UTF-16 with a byte order mark. */

const decoders: ReadonlyMap<number, string> = new Map([
  [0xfffe, 'utf-16le'],
  [0xfeff, 'utf-16be'],
]);

/**
 * The bytes as UTF-8 when they begin with the mark of UTF-16 (RFC 2781 section 3.2), else as they are. Half a surrogate
 * pair becomes U+FFFD, as the encoding standard has it.
 */
export function asUtf8(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 2) return bytes;
  const encoding = decoders.get(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0));
  return encoding === undefined ? bytes : new TextEncoder().encode(new TextDecoder(encoding).decode(bytes));
}
