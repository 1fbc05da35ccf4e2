/** Walks the blocks of one segment file in order, in large reads. */
import type { BlockHeader } from './block.ts';
import { blockHeaderBytes, decodeBlockHeader, isBlockIntact } from './block.ts';
import type { DiskFile } from './disk.ts';

/** A block found intact. `bytes` holds it from `at` on and is never reused, so views into it stay valid. */
export interface FoundBlock {
  readonly header: BlockHeader;
  /** Offset in the file. */
  readonly offset: number;
  readonly bytes: Buffer;
  readonly at: number;
}

/** Where a segment stops being readable and why. `expected` is the sequence the next block should have had. */
export interface BadBlock {
  readonly offset: number;
  readonly reason: string;
  readonly expected: number;
}

/** Where a walk begins: a block boundary, the sequence expected there, and the byte behind the last readable one. */
export interface ScanRange {
  readonly offset: number;
  readonly sequence: number;
  readonly end: number;
}

/** Reads ahead in a file and hands out consecutive bytes. */
export class BlockScanner {
  readonly #file: DiskFile;
  readonly #salt: string;
  readonly #end: number;
  readonly #chunkBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #start: number;
  /** Offset of the next block. */
  offset: number;
  /** Sequence the next block must have. */
  sequence: number;

  constructor(file: DiskFile, salt: string, range: ScanRange, chunkBytes: number) {
    this.#file = file;
    this.#salt = salt;
    this.#end = range.end;
    this.#chunkBytes = chunkBytes;
    this.#start = range.offset;
    this.offset = range.offset;
    this.sequence = range.sequence;
  }

  async #ensure(length: number): Promise<number> {
    const at = this.offset - this.#start;
    const have = this.#bytes.length - at;
    if (have >= length) return have;
    const want = Math.min(Math.max(length, this.#chunkBytes), this.#end - this.offset);
    const fresh = Buffer.allocUnsafeSlow(want);
    if (have > 0) this.#bytes.copy(fresh, 0, at);
    const kept = Math.max(0, have);
    const got = await this.#file.read(fresh.subarray(kept), this.offset + kept);
    this.#bytes = fresh.subarray(0, kept + got);
    this.#start = this.offset;
    return kept + got;
  }

  /**
   * The next block; undefined at the end; the bad place when the bytes there are no intact block. With `intact` false
   * the checksum is not computed and the payload not read: for finding a position, never for delivering.
   */
  async next(intact = true): Promise<FoundBlock | BadBlock | undefined> {
    const left = this.#end - this.offset;
    if (left === 0) return undefined;
    const bad = (reason: string): BadBlock => ({ offset: this.offset, reason, expected: this.sequence });
    if (left < blockHeaderBytes) return bad(`${left} bytes are too few for a block`);
    if ((await this.#ensure(blockHeaderBytes)) < blockHeaderBytes)
      return bad('file ends inside a block header');
    const header = decodeBlockHeader(this.#bytes, this.offset - this.#start, this.#salt);
    if (typeof header === 'string') return bad(header);
    const length = blockHeaderBytes + header.payloadBytes;
    if (length > left) return bad('block is longer than the file');
    if (header.firstSequence !== this.sequence)
      return bad(`block starts at record ${header.firstSequence} instead of ${this.sequence}`);
    if (intact) {
      if ((await this.#ensure(length)) < length) return bad('file ends inside a block');
      if (!isBlockIntact(this.#bytes, this.offset - this.#start, header)) return bad('wrong checksum');
    }
    const found = { header, offset: this.offset, bytes: this.#bytes, at: this.offset - this.#start };
    this.offset += length;
    this.sequence += header.records;
    return found;
  }
}

/** True when a scan step found a block. */
export function isFound(step: FoundBlock | BadBlock): step is FoundBlock {
  return 'header' in step;
}
