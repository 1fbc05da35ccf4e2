/** Writes blocks behind each other, opens the next segment when the current one is full, and judges disk errors. */
import type { LogRecord } from './block.ts';
import {
  blockHeaderBytes,
  encodeBlock,
  encodeSegmentHeader,
  recordBytes,
  recordHeaderBytes,
  segmentHeaderBytes,
} from './block.ts';
import type { Disk, DiskFile } from './disk.ts';
import { isOutOfSpace } from './disk.ts';
import { LogError } from './log-error.ts';
import type { Segment } from './recovery.ts';
import { segmentName } from './recovery.ts';

/** What the writer needs to know; see `LogOptions`. */
export interface WriterOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly nowMs: () => number;
  readonly segmentBytes: number;
  readonly segmentAgeMs: number;
  readonly blockBytesMax: number;
  readonly salt: () => string;
}

/** The writing half of a log. Calls of `commit` must not overlap. */
export class SegmentWriter {
  readonly #options: WriterOptions;
  readonly #segments: Segment[];
  readonly #onBlock: (segment: Segment, firstSequence: number, offset: number, block: Buffer) => void;
  #file: DiskFile | undefined;

  /** `segments` is shared with the log and grows here; `onBlock` hears of each durable block and may keep its bytes. */
  constructor(
    options: WriterOptions,
    segments: Segment[],
    onBlock: (segment: Segment, firstSequence: number, offset: number, block: Buffer) => void,
  ) {
    this.#options = options;
    this.#segments = segments;
    this.#onBlock = onBlock;
  }

  /**
   * Writes one block that starts with `firstSequence` and resolves with that sequence when it is durable. Throws
   * `LogError`: `disk_full` (nothing changed) or `disk_fault` (never call again).
   */
  async commit(lists: readonly (readonly LogRecord[])[], firstSequence: number): Promise<number> {
    let payload = 0;
    for (const records of lists)
      for (const record of records) payload += recordHeaderBytes + recordBytes(record);
    const { segment, file } = await this.#writable(blockHeaderBytes + payload, firstSequence);
    const block = Buffer.allocUnsafeSlow(blockHeaderBytes + payload);
    const committedAtMs = this.#options.nowMs();
    const length = encodeBlock(block, lists, { firstSequence, committedAtMs, salt: segment.salt });
    try {
      await file.write(block, segment.bytes);
    } catch (error) {
      if (!isOutOfSpace(error)) throw this.#faultOf('write', segment.path, error);
      await file.truncate(segment.bytes).catch((again: unknown) => {
        throw this.#faultOf('truncate', segment.path, again);
      });
      throw this.#fullOf(segment.path, error);
    }
    await file.datasync().catch((error: unknown) => {
      throw this.#faultOf('fdatasync', segment.path, error);
    });
    this.#onBlock(segment, firstSequence, segment.bytes, block);
    segment.bytes += length;
    segment.endSequence = firstSequence + lists.reduce((sum, records) => sum + records.length, 0);
    segment.lastCommitAtMs = committedAtMs;
    return firstSequence;
  }

  #faultOf(what: string, path: string, error: unknown): LogError {
    const message = `${what} of ${path} failed (${String(error)}); nothing more is accepted. Check the device, then start again`;
    return new LogError('disk_fault', message, path, error);
  }

  #fullOf(path: string, error: unknown): LogError {
    return new LogError(
      'disk_full',
      `no space left for ${path}; free some, intake resumes by itself`,
      path,
      error,
    );
  }

  async #writable(length: number, firstSequence: number): Promise<{ segment: Segment; file: DiskFile }> {
    const current = this.#segments.at(-1);
    const { segmentBytes, segmentAgeMs, nowMs, disk } = this.#options;
    if (current) {
      const isEmpty = current.bytes === segmentHeaderBytes;
      const isFull = current.bytes + length > segmentBytes;
      const isOld = nowMs() - current.createdAtMs > segmentAgeMs;
      if (isEmpty || (!isFull && !isOld)) {
        this.#file ??= await disk.open(current.path, 'write').catch((error: unknown) => {
          throw this.#faultOf('open', current.path, error);
        });
        return { segment: current, file: this.#file };
      }
    }
    return this.#roll(current, firstSequence);
  }

  async #roll(
    previous: Segment | undefined,
    firstSequence: number,
  ): Promise<{ segment: Segment; file: DiskFile }> {
    const { directory, disk, nowMs, salt } = this.#options;
    const path = `${directory}/${segmentName(firstSequence)}`;
    const createdAtMs = nowMs();
    const header = {
      firstSequence,
      salt: salt(),
      createdAtMs,
      ...(previous && {
        previous: { firstSequence: previous.firstSequence, bytes: previous.bytes, salt: previous.salt },
      }),
    };
    let file: DiskFile | undefined;
    try {
      file = await disk.open(path, 'create');
      await file.write(encodeSegmentHeader(header), 0);
    } catch (error) {
      if (!isOutOfSpace(error)) throw this.#faultOf('creation', path, error);
      await this.#abandon(file, path);
      throw this.#fullOf(path, error);
    }
    try {
      await file.datasync();
      await disk.syncDirectory(directory);
    } catch (error) {
      throw this.#faultOf('sync', path, error);
    }
    await this.#file?.close().catch(() => undefined);
    this.#file = file;
    const segment: Segment = {
      path,
      firstSequence,
      salt: header.salt,
      createdAtMs,
      bytes: segmentHeaderBytes,
      endSequence: firstSequence,
      lastCommitAtMs: createdAtMs,
    };
    this.#segments.push(segment);
    return { segment, file };
  }

  async #abandon(file: DiskFile | undefined, path: string): Promise<void> {
    if (file === undefined) return;
    try {
      await file.close();
      await this.#options.disk.unlink(path);
    } catch (error) {
      throw this.#faultOf('removal', path, error);
    }
  }

  /** Closes the open segment; what was committed is durable already. */
  async close(): Promise<void> {
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }
}
