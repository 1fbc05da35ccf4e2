/**
 * The newest durable blocks in memory. The engine follows the log at a few milliseconds' distance; reading the same bytes
 * back from the file and checking them again would cost more than writing them did. What is durable was written from
 * these very bytes; a restart reads and checks the file.
 */
import { blockHeaderBytes, decodeBlockHeader, recordsOfBlock, type BlockHeader } from './block.ts';

interface TailBlock {
  readonly header: BlockHeader;
  readonly bytes: Buffer;
}

/** Consecutive blocks up to the durable end, oldest dropped first. */
export class LogTail {
  readonly #bytesMax: number;
  #blocks: TailBlock[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Takes a block that is durable now. A block larger than the whole tail empties it. */
  add(firstSequence: number, bytes: Buffer, salt: string): void {
    if (this.#bytesMax === 0) return;
    const header = decodeBlockHeader(bytes, 0, salt);
    if (typeof header === 'string' || header.firstSequence !== firstSequence) return this.#clear();
    this.#blocks.push({ header, bytes });
    this.#bytes += bytes.length;
    while (this.#bytes > this.#bytesMax) this.#bytes -= this.#blocks.shift()?.bytes.length ?? this.#bytes;
  }

  #clear(): void {
    this.#blocks = [];
    this.#bytes = 0;
  }

  /** Whole blocks from sequence `start` on, until `maxBytes`; undefined when the tail does not reach back that far. */
  read(
    start: number,
    maxBytes: number,
    nextSequence: number,
  ): { records: readonly Buffer[]; next: number } | undefined {
    const first = this.#blocks[0];
    if (first === undefined || start < first.header.firstSequence || start >= nextSequence) return undefined;
    let index = this.#blocks.length - 1;
    while ((this.#blocks[index] as TailBlock).header.firstSequence > start) index--;
    let records: Buffer[] = [];
    let next = start;
    let bytes = 0;
    for (; index < this.#blocks.length && (bytes === 0 || bytes < maxBytes); index++) {
      const block = this.#blocks[index] as TailBlock;
      const end = block.header.firstSequence + block.header.records;
      if (next >= end || end > nextSequence) break;
      const found = recordsOfBlock(block.bytes, 0, block.header, next - block.header.firstSequence);
      records = records.length === 0 ? found : records.concat(found);
      bytes += block.bytes.length - blockHeaderBytes;
      next = end;
    }
    return next === start ? undefined : { records, next };
  }
}
