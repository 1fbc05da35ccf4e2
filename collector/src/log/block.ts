/**
 * Bytes of a segment file.
 *
 * Segment header, 64 bytes, little-endian: magic `ZWSG`, u16 version, u16 header length, u64 first sequence, 8 bytes
 * salt, f64 created (epoch ms), then of the segment before: u64 first sequence, u64 length, 8 bytes salt (all zero for
 * the first), 4 bytes zero, u32 CRC-32C of bytes 0-59. The back reference makes a missing, shortened or swapped segment
 * visible without reading it.
 *
 * Block = one commit. Header, 48 bytes: magic `ZWLB`, u16 version, u16 header length, u32 payload length, u32 record
 * count, u64 first sequence, f64 committed (epoch ms), 8 bytes salt of the segment, 4 bytes zero, u32 CRC-32C over
 * bytes 0-43 and the payload. Payload: records, each u32 length and bytes.
 *
 * The random salt is what makes "a valid block after a bad one" a proof of damage: without it a sender could smuggle a
 * well-formed block inside a record and turn a harmless torn tail into a refusal to start (SQLite salts its WAL frames
 * for a related reason, sqlite.org/fileformat2.html section 4.1).
 */
import { crc32c } from './crc32c.ts';

/** Layout version this code writes and reads. */
export const blockVersion = 1;
/** Bytes before the first block of a segment. */
export const segmentHeaderBytes = 64;
/** Bytes before the payload of a block. */
export const blockHeaderBytes = 48;
/** Bytes before each record. */
export const recordHeaderBytes = 4;
/** Largest payload a block may have; a longer length field is damage by definition. */
export const payloadBytesLimit = 256 * 1024 * 1024;

const segmentMagic = 0x4753575a;
const blockMagic = 0x424c575a;
const saltBytes = 8;

/** First bytes of a block as they lie on disk: `ZWLB`. */
export const blockMagicBytes = Buffer.from('ZWLB', 'latin1');

/** One record to append: bytes, or a head and a body that are written behind each other without an own copy. */
export type LogRecord = Uint8Array | readonly [head: Uint8Array, body: Uint8Array];

/** Who a segment is and what came before it. Sequences are counts of records since the log began. */
export interface SegmentHeader {
  readonly firstSequence: number;
  /** 16 hex characters. */
  readonly salt: string;
  readonly createdAtMs: number;
  /** Absent for the very first segment. */
  readonly previous?: { readonly firstSequence: number; readonly bytes: number; readonly salt: string };
}

/** What stands in front of a block's payload. */
export interface BlockHeader {
  readonly payloadBytes: number;
  readonly records: number;
  readonly firstSequence: number;
  readonly committedAtMs: number;
}

function writeU64(into: Buffer, value: number, offset: number): void {
  into.writeUInt32LE(value % 0x1_0000_0000, offset);
  into.writeUInt32LE(Math.floor(value / 0x1_0000_0000), offset + 4);
}

function readU64(from: Buffer, offset: number): number {
  return from.readUInt32LE(offset) + from.readUInt32LE(offset + 4) * 0x1_0000_0000;
}

/** Bytes of a segment header. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const out = Buffer.alloc(segmentHeaderBytes);
  out.writeUInt32LE(segmentMagic, 0);
  out.writeUInt16LE(blockVersion, 4);
  out.writeUInt16LE(segmentHeaderBytes, 6);
  writeU64(out, header.firstSequence, 8);
  out.write(header.salt, 16, saltBytes, 'hex');
  out.writeDoubleLE(header.createdAtMs, 24);
  if (header.previous) {
    writeU64(out, header.previous.firstSequence, 32);
    writeU64(out, header.previous.bytes, 40);
    out.write(header.previous.salt, 48, saltBytes, 'hex');
  }
  out.writeUInt32LE(crc32c(out, 0, 60), 60);
  return out;
}

/** Reads a segment header; a sentence when it cannot be one. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | string {
  if (bytes.length < segmentHeaderBytes) return `only ${bytes.length} of ${segmentHeaderBytes} header bytes`;
  if (bytes.readUInt32LE(0) !== segmentMagic) return 'does not start with the segment mark ZWSG';
  if (bytes.readUInt32LE(60) !== crc32c(bytes, 0, 60)) return 'segment header has a wrong checksum';
  const version = bytes.readUInt16LE(4);
  if (version !== blockVersion) return `segment layout ${version} is not known to this version`;
  const previousBytes = readU64(bytes, 40);
  return {
    firstSequence: readU64(bytes, 8),
    salt: bytes.toString('hex', 16, 24),
    createdAtMs: bytes.readDoubleLE(24),
    ...(previousBytes > 0 && {
      previous: {
        firstSequence: readU64(bytes, 32),
        bytes: previousBytes,
        salt: bytes.toString('hex', 48, 56),
      },
    }),
  };
}

/** Length of a record in bytes, without its length field. */
export function recordBytes(record: LogRecord): number {
  return record instanceof Uint8Array ? record.length : record[0].length + record[1].length;
}

/** What a block needs besides its records. */
export interface BlockStamp {
  readonly firstSequence: number;
  readonly committedAtMs: number;
  readonly salt: string;
}

/** Writes one block into `into` (which must be large enough) and returns its length in bytes. */
export function encodeBlock(
  into: Buffer,
  batches: readonly (readonly LogRecord[])[],
  stamp: BlockStamp,
): number {
  let at = blockHeaderBytes;
  let records = 0;
  for (const batch of batches) {
    for (const record of batch) {
      into.writeUInt32LE(recordBytes(record), at);
      at += recordHeaderBytes;
      if (record instanceof Uint8Array) {
        into.set(record, at);
        at += record.length;
      } else {
        into.set(record[0], at);
        into.set(record[1], at + record[0].length);
        at += record[0].length + record[1].length;
      }
    }
    records += batch.length;
  }
  into.writeUInt32LE(blockMagic, 0);
  into.writeUInt16LE(blockVersion, 4);
  into.writeUInt16LE(blockHeaderBytes, 6);
  into.writeUInt32LE(at - blockHeaderBytes, 8);
  into.writeUInt32LE(records, 12);
  writeU64(into, stamp.firstSequence, 16);
  into.writeDoubleLE(stamp.committedAtMs, 24);
  into.write(stamp.salt, 32, saltBytes, 'hex');
  into.writeUInt32LE(0, 40);
  into.writeUInt32LE(crc32c(into, blockHeaderBytes, at, crc32c(into, 0, 44)), 44);
  return at;
}

/** Reads a block header at `offset` of `bytes`, without checking the payload; a sentence when it cannot be one. */
export function decodeBlockHeader(bytes: Buffer, offset: number, salt: string): BlockHeader | string {
  if (bytes.readUInt32LE(offset) !== blockMagic) return 'no block mark ZWLB';
  if (bytes.readUInt16LE(offset + 4) !== blockVersion) return 'unknown block layout';
  if (bytes.readUInt16LE(offset + 6) !== blockHeaderBytes) return 'wrong block header length';
  if (bytes.toString('hex', offset + 32, offset + 40) !== salt) return 'block belongs to another segment';
  const payloadBytes = bytes.readUInt32LE(offset + 8);
  const records = bytes.readUInt32LE(offset + 12);
  if (payloadBytes > payloadBytesLimit) return 'impossible payload length';
  if (records === 0 || records * recordHeaderBytes > payloadBytes) return 'impossible record count';
  return {
    payloadBytes,
    records,
    firstSequence: readU64(bytes, offset + 16),
    committedAtMs: bytes.readDoubleLE(offset + 24),
  };
}

/** True when the checksum of the whole block at `offset` is right. `bytes` must hold all of it. */
export function isBlockIntact(bytes: Buffer, offset: number, header: BlockHeader): boolean {
  const payload = offset + blockHeaderBytes;
  const crc = crc32c(bytes, payload, payload + header.payloadBytes, crc32c(bytes, offset, offset + 44));
  return crc === bytes.readUInt32LE(offset + 44);
}

/** Records of an intact block as views into `bytes`, from the `skip`-th on. */
export function recordsOfBlock(bytes: Buffer, offset: number, header: BlockHeader, skip = 0): Buffer[] {
  const out: Buffer[] = [];
  let at = offset + blockHeaderBytes;
  for (let i = 0; i < header.records; i++) {
    const length = bytes.readUInt32LE(at);
    at += recordHeaderBytes;
    if (i >= skip) out.push(bytes.subarray(at, at + length));
    at += length;
  }
  return out;
}
