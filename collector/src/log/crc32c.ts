/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, RFC 3720 appendix B.4): detects every burst of up to 32 bits
 * and, unlike a plain sum, shifted or zeroed sectors. `node:zlib` only has CRC-32 (IEEE).
 */
const polynomial = 0x82f63b78;

const tableCount = 16;

/** Tables of 256 entries behind each other: table k advances a byte that has k more bytes after it. */
const tables = (() => {
  const out = new Int32Array(tableCount * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    out[byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    let crc = out[byte] as number;
    for (let table = 1; table < tableCount; table++) {
      crc = (crc >>> 8) ^ (out[crc & 0xff] as number);
      out[table * 256 + byte] = crc;
    }
  }
  return out;
})();

/**
 * Checksum of `bytes[start, end)` as an unsigned 32-bit number. `previous` continues the checksum of the bytes before;
 * 0 starts a new one. Slicing-by-16: sixteen bytes a round, independent of alignment and host byte order.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, previous = 0): number {
  const table = tables;
  let crc = ~previous;
  let at = start;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const last = end - 16; at <= last; at += 16) {
    const a = view.getInt32(at, true) ^ crc;
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    crc =
      table[3840 + (a & 0xff)]! ^
      table[3584 + ((a >>> 8) & 0xff)]! ^
      table[3328 + ((a >>> 16) & 0xff)]! ^
      table[3072 + (a >>> 24)]! ^
      table[2816 + (b & 0xff)]! ^
      table[2560 + ((b >>> 8) & 0xff)]! ^
      table[2304 + ((b >>> 16) & 0xff)]! ^
      table[2048 + (b >>> 24)]! ^
      table[1792 + (c & 0xff)]! ^
      table[1536 + ((c >>> 8) & 0xff)]! ^
      table[1280 + ((c >>> 16) & 0xff)]! ^
      table[1024 + (c >>> 24)]! ^
      table[768 + (d & 0xff)]! ^
      table[512 + ((d >>> 8) & 0xff)]! ^
      table[256 + ((d >>> 16) & 0xff)]! ^
      table[d >>> 24]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ table[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
