/** Reads durable records by sequence, while the log is being written. */
import { recordsOfBlock, segmentHeaderBytes } from './block.ts';
import { BlockScanner, isFound } from './block-scanner.ts';
import type { Disk, DiskFile } from './disk.ts';
import { LogError } from './log-error.ts';
import type { Segment } from './recovery.ts';

/** Consecutive records. `next` is where to go on; `skipped` > 0: that many asked-for records were already deleted. */
export interface LogBatch {
  readonly firstSequence: number;
  readonly records: readonly Buffer[];
  readonly next: number;
  readonly skipped: number;
}

/** Block boundary known to hold a sequence. */
interface Mark {
  readonly sequence: number;
  readonly offset: number;
}

/** A shared read handle; it is closed when it `isGone` and the last of its `users` is done. */
interface OpenFile {
  readonly opened: Promise<DiskFile>;
  users: number;
  isGone: boolean;
}

async function closeQuietly(file: OpenFile): Promise<void> {
  const opened = await file.opened.catch(() => undefined);
  await opened?.close();
}

const markEveryBytes = 256 * 1024;
const marksMax = 4096;
const openFilesMax = 8;
const chunkBytesMin = 64 * 1024;
const chunkBytesMax = 1024 * 1024;

/** Keeps few file handles and, per segment, a sparse index that grows with reading and writing. */
export class SegmentReader {
  readonly #disk: Disk;
  readonly #files = new Map<string, OpenFile>();
  readonly #marks = new Map<string, Mark[]>();
  /** Where a sequential reader will go on: sequence to block boundary. */
  readonly #resume = new Map<number, Mark>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Notes a block boundary so that later reads need not walk there. */
  mark(path: string, sequence: number, offset: number): void {
    const marks = this.#marks.get(path) ?? [];
    if (marks.length === 0) this.#marks.set(path, marks);
    const last = marks.at(-1);
    if (marks.length < marksMax && (last === undefined || offset >= last.offset + markEveryBytes))
      marks.push({ sequence, offset });
  }

  #nearest(segment: Segment, from: number): Mark {
    const resumed = this.#resume.get(from);
    if (resumed && resumed.offset <= segment.bytes && from > segment.firstSequence) return resumed;
    const marks = this.#marks.get(segment.path) ?? [];
    let low = 0;
    let high = marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((marks[middle]?.sequence ?? Infinity) <= from) low = middle + 1;
      else high = middle;
    }
    return marks[low - 1] ?? { sequence: segment.firstSequence, offset: segmentHeaderBytes };
  }

  #take(path: string): OpenFile {
    const known = this.#files.get(path);
    const file = known ?? { opened: this.#disk.open(path, 'read'), users: 0, isGone: false };
    if (!known) file.opened.catch(() => this.#files.delete(path));
    // Newest last, so that the first key is the longest unused one.
    this.#files.delete(path);
    this.#files.set(path, file);
    file.users++;
    return file;
  }

  async #release(file: OpenFile): Promise<void> {
    file.users--;
    if (file.isGone && file.users === 0) await closeQuietly(file);
    for (const [path, one] of this.#files) {
      if (this.#files.size <= openFilesMax) return;
      if (one.users === 0) await this.forget(path);
    }
  }

  /**
   * Whole blocks of one segment from record `from` until `maxBytes` are reached (at least one block, so a batch can be
   * larger by one block). Throws `LogError` `log_damaged` when a block there is not intact.
   */
  async read(segment: Segment, from: number, maxBytes: number): Promise<{ records: Buffer[]; next: number }> {
    // Taken together now: the writer moves both after each commit.
    const end = segment.bytes;
    const endSequence = segment.endSequence;
    const file = this.#take(segment.path);
    try {
      return await this.#readFrom(await file.opened, segment, from, { end, endSequence, maxBytes });
    } finally {
      await this.#release(file);
    }
  }

  async #readFrom(
    file: DiskFile,
    segment: Segment,
    from: number,
    { end, endSequence, maxBytes }: { end: number; endSequence: number; maxBytes: number },
  ): Promise<{ records: Buffer[]; next: number }> {
    const start = this.#nearest(segment, from);
    const chunkBytes = Math.min(chunkBytesMax, Math.max(chunkBytesMin, maxBytes));
    const scanner = new BlockScanner(file, segment.salt, { ...start, end }, chunkBytes);
    const records: Buffer[] = [];
    let bytes = 0;
    while (scanner.sequence < endSequence && (bytes < maxBytes || records.length === 0)) {
      const step = await scanner.next(true);
      if (step === undefined || !isFound(step)) {
        const where = step?.offset ?? end;
        throw new LogError(
          'log_damaged',
          `${segment.path} is damaged at byte ${where}: ${step?.reason ?? 'records are missing at its end'}. Restore this file from a copy, or start from a checkpoint behind it`,
          `${segment.path}:${where}`,
        );
      }
      this.mark(segment.path, step.header.firstSequence, step.offset);
      if (scanner.sequence <= from) continue;
      records.push(
        ...recordsOfBlock(step.bytes, step.at, step.header, Math.max(0, from - step.header.firstSequence)),
      );
      bytes += step.header.payloadBytes;
    }
    this.#resume.delete(from);
    this.#resume.set(scanner.sequence, { sequence: scanner.sequence, offset: scanner.offset });
    if (this.#resume.size > 64) for (const key of this.#resume.keys()) if (this.#resume.delete(key)) break;
    return { records, next: scanner.sequence };
  }

  /** Closes the handle of a segment that is going away or was rotated out, once nobody reads through it. */
  async forget(path: string): Promise<void> {
    const file = this.#files.get(path);
    this.#files.delete(path);
    if (file === undefined) return;
    file.isGone = true;
    if (file.users === 0) await closeQuietly(file);
  }

  /** Drops the index of a deleted segment. */
  async remove(path: string): Promise<void> {
    this.#marks.delete(path);
    await this.forget(path);
  }

  /** Closes everything. */
  async close(): Promise<void> {
    for (const path of this.#files.keys()) await this.forget(path);
  }
}
