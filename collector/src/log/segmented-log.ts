/**
 * Append-only durable log of opaque byte records. A record has a sequence number (0, 1, 2 … without gaps) and is
 * acknowledged after `fdatasync`. What queues up while one `fdatasync` runs goes into the next block, so the size of a
 * commit follows the load and no timer adds latency.
 *
 * A failing `fdatasync` ends the log (state `failed`) and is never repeated: the kernel may have dropped the dirty pages
 * and report success the next time (PostgreSQL's lesson, `data_sync_retry`). A full disk only rejects (`disk_full`);
 * the next append tries again.
 */
import { randomBytes } from 'node:crypto';
import type { Outcome } from '../contract/outcome.ts';
import type { LogRecord } from './block.ts';
import { payloadBytesLimit, recordBytes, recordHeaderBytes } from './block.ts';
import type { Disk } from './disk.ts';
import { systemCode } from './disk.ts';
import { LogError, failureOf } from './log-error.ts';
import type { Segment, TornTail } from './recovery.ts';
import { recoverSegments } from './recovery.ts';
import type { LogBatch } from './segment-reader.ts';
import { LogTail } from './log-tail.ts';
import { SegmentReader } from './segment-reader.ts';
import { SegmentWriter } from './segment-writer.ts';

/** `full`: the last append found no space, the next may succeed. `failed`: the disk failed, only a restart helps. */
export type LogState = 'open' | 'full' | 'failed' | 'closed';

/** How to open a log. Sizes in bytes, times in milliseconds. */
export interface LogOptions {
  readonly directory: string;
  readonly disk: Disk;
  /** Wall clock, epoch milliseconds; stamped on commits, used only for retention by age. */
  readonly nowMs: () => number;
  /** A segment that reached this is closed. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** A segment older than this is closed at the next append, so that retention by age can work. Default one day. */
  readonly segmentAgeMs?: number;
  /** Upper bound of one commit, unless a single append is larger. Default 4 MiB. */
  readonly blockBytesMax?: number;
  /** Newest blocks kept in memory for readers that follow closely; 0 keeps none. Default 4 MiB. */
  readonly tailBytesMax?: number;
  /** `all` checks every block at opening. Default `tail`. */
  readonly verify?: 'tail' | 'all';
  /** 16 hex characters nobody outside can guess; default from the system's random source. */
  readonly salt?: () => string;
}

interface Waiting {
  readonly records: readonly LogRecord[];
  readonly bytes: number;
  readonly resolve: (firstSequence: number) => void;
  readonly reject: (error: LogError) => void;
}

/** A log that is open. One process and one instance per directory (see data-lock.ts). */
export class SegmentedLog {
  /** Tails cut at opening; report them: they are commits nobody was told about, or, after damage, more. */
  readonly torn: readonly TornTail[];
  readonly #options: Required<LogOptions>;
  readonly #segments: Segment[];
  readonly #reader: SegmentReader;
  #state: LogState = 'open';
  #nextSequence: number;
  readonly #writer: SegmentWriter;
  readonly #tail: LogTail;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #pumping: Promise<void> | undefined;
  #fault: LogError | undefined;
  readonly #durableListeners = new Set<() => void>();
  readonly #stateListeners = new Set<(state: LogState) => void>();

  /** Use `openLog`. */
  constructor(
    options: Required<LogOptions>,
    recovery: { segments: Segment[]; nextSequence: number; torn: readonly TornTail[] },
  ) {
    this.#options = options;
    this.#segments = recovery.segments;
    this.#nextSequence = recovery.nextSequence;
    this.torn = recovery.torn;
    this.#reader = new SegmentReader(options.disk);
    this.#tail = new LogTail(options.tailBytesMax);
    this.#writer = new SegmentWriter(options, this.#segments, (segment, sequence, offset, block) => {
      this.#reader.mark(segment.path, sequence, offset);
      this.#tail.add(sequence, block, segment.salt);
    });
  }

  /** Why nothing is accepted any more; undefined while something is. */
  get fault(): LogError | undefined {
    return this.#fault;
  }

  get state(): LogState {
    return this.#state;
  }

  /** Sequence the next record will get; everything below it is durable. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Lowest sequence still stored; equals `nextSequence` when the log is empty. */
  get firstSequence(): number {
    return this.#segments[0]?.firstSequence ?? this.#nextSequence;
  }

  /** Durable bytes of all segments. */
  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Bytes waiting for their commit: what intake should bound. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Segments oldest first; a snapshot. */
  segments(): readonly Readonly<Segment>[] {
    return this.#segments.map((segment) => ({ ...segment }));
  }

  /** Calls `listener` after each commit; returns how to stop it. */
  onDurable(listener: () => void): () => void {
    this.#durableListeners.add(listener);
    return () => this.#durableListeners.delete(listener);
  }

  /** Calls `listener` at each change of state; returns how to stop it. */
  onState(listener: (state: LogState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /**
   * Stores the records next to each other in one atomic commit and resolves with the sequence of the first when they
   * are durable. Appends become durable in the order of the calls. Rejects with a `LogError`: `disk_full` (nothing was
   * stored, try again later), `disk_fault` (the log has failed; the records may or may not be there after a restart),
   * `too_large`.
   */
  append(records: readonly LogRecord[]): Promise<number> {
    const bytes = records.reduce((sum, record) => sum + recordHeaderBytes + recordBytes(record), 0);
    if (this.#state === 'failed' || this.#state === 'closed') return Promise.reject(this.#refusal());
    if (bytes > payloadBytesLimit)
      return Promise.reject(
        new LogError('too_large', `an append of ${bytes} bytes is larger than ${payloadBytesLimit}`),
      );
    if (records.length === 0) return Promise.resolve(this.#nextSequence);
    return new Promise((resolve, reject) => {
      this.#queue.push({ records, bytes, resolve, reject });
      this.#queuedBytes += bytes;
      this.#pumping ??= this.#pump();
    });
  }

  #refusal(): LogError {
    return this.#fault ?? new LogError('disk_fault', 'the log is closed', this.#options.directory);
  }

  #setState(state: LogState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#stateListeners) listener(state);
  }

  #takeBatch(): Waiting[] {
    let count = 0;
    let bytes = 0;
    for (const waiting of this.#queue) {
      if (count > 0 && bytes + waiting.bytes > this.#options.blockBytesMax) break;
      bytes += waiting.bytes;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #pump(): Promise<void> {
    // Appends of the same turn belong into the first block already.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      try {
        let sequence = await this.#writer.commit(
          batch.map((waiting) => waiting.records),
          this.#nextSequence,
        );
        this.#nextSequence = this.#segments.at(-1)?.endSequence ?? sequence;
        for (const waiting of batch) {
          this.#queuedBytes -= waiting.bytes;
          waiting.resolve(sequence);
          sequence += waiting.records.length;
        }
        this.#setState('open');
        for (const listener of this.#durableListeners) listener();
      } catch (error) {
        this.#rejectAll([...batch, ...this.#queue], error);
      }
    }
    this.#pumping = undefined;
  }

  #rejectAll(waiting: readonly Waiting[], error: unknown): void {
    const full = error instanceof LogError && error.code === 'disk_full';
    const reason =
      error instanceof LogError
        ? error
        : new LogError('disk_fault', `the log failed: ${String(error)}`, this.#options.directory, error);
    if (!full) this.#fault = reason;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#setState(full ? 'full' : 'failed');
    for (const one of waiting) one.reject(reason);
  }

  /**
   * Durable records from sequence `from` on, whole commits until `maxBytes` is reached (at least one commit). Empty when
   * there is nothing yet. Records are views that stay valid; copy what is kept long, a view holds the megabyte around it. Rejects with `log_damaged` when a block is not intact, or
   * when `from` lies beyond the end (the log was shortened behind a reader's back), and with the disk's error.
   */
  async read(from: number, maxBytes: number): Promise<LogBatch> {
    if (from > this.#nextSequence)
      throw new LogError(
        'log_damaged',
        `asked for record ${from}, but the log in ${this.#options.directory} ends before record ${this.#nextSequence}: it was shortened or replaced`,
        this.#options.directory,
      );
    const start = Math.max(from, this.firstSequence);
    const recent = this.#tail.read(start, maxBytes, this.#nextSequence);
    if (recent !== undefined)
      return { firstSequence: start, records: recent.records, next: recent.next, skipped: start - from };
    const segment = this.#segments.findLast((one) => one.firstSequence <= start && start < one.endSequence);
    if (segment === undefined)
      return { firstSequence: start, records: [], next: start, skipped: start - from };
    try {
      const { records, next } = await this.#reader.read(segment, start, maxBytes);
      return { firstSequence: start, records, next, skipped: start - from };
    } catch (error) {
      // Retention was faster than a reader that holds nothing: go on behind what it deleted.
      if (systemCode(error) === 'ENOENT' && !this.#segments.includes(segment))
        return this.read(from, maxBytes);
      throw error;
    }
  }

  /** All records from `from` up to the durable end at the time of the call, in batches of about `maxBytes`. */
  async *batches(from: number, maxBytes = 1024 * 1024): AsyncGenerator<LogBatch> {
    const end = this.#nextSequence;
    for (let at = from; at < end;) {
      const batch = await this.read(at, maxBytes);
      if (batch.records.length === 0) return;
      yield batch;
      at = batch.next;
    }
  }

  /** Resolves when a record with sequence `from` is durable; rejects when `signal` aborts or the log fails. */
  waitFor(from: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stops: (() => void)[] = [];
      const finish = (settle: () => void) => {
        for (const stop of stops) stop();
        settle();
      };
      const check = () => {
        if (signal.aborted) finish(() => reject(new DOMException('aborted', 'AbortError')));
        else if (this.#nextSequence > from) finish(resolve);
        else if (this.#state === 'failed' || this.#state === 'closed') finish(() => reject(this.#refusal()));
      };
      stops.push(this.onDurable(check), this.onState(check));
      signal.addEventListener('abort', check);
      stops.push(() => signal.removeEventListener('abort', check));
      check();
    });
  }

  /** Deletes the oldest closed segments while `isExpendable` agrees, each durably before the next. Returns how many. */
  async deleteOldest(isExpendable: (segment: Readonly<Segment>) => boolean): Promise<number> {
    let deleted = 0;
    for (;;) {
      const oldest = this.#segments[0];
      if (oldest === undefined || this.#segments.length === 1 || !isExpendable(oldest)) return deleted;
      // Readers must stop looking for it before it is gone.
      this.#segments.shift();
      await this.#options.disk.unlink(oldest.path).catch((error: unknown) => {
        this.#segments.unshift(oldest);
        throw error;
      });
      // Before the next one: a power cut may otherwise undo this removal only, and leave a hole.
      await this.#options.disk.syncDirectory(this.#options.directory);
      await this.#reader.remove(oldest.path);
      deleted++;
    }
  }

  /** Commits what is queued, then refuses everything and closes the files. */
  async close(): Promise<void> {
    await this.#pumping;
    if (this.#state !== 'failed') this.#setState('closed');
    await this.#writer.close();
    await this.#reader.close();
  }
}

/** Opens or creates the log in `directory`. Fails with `log_damaged` (file and offset in `path`) or `disk_fault`. */
export async function openLog(options: LogOptions): Promise<Outcome<SegmentedLog>> {
  const complete: Required<LogOptions> = {
    segmentBytes: 64 * 1024 * 1024,
    segmentAgeMs: 86_400_000,
    blockBytesMax: 4 * 1024 * 1024,
    tailBytesMax: 4 * 1024 * 1024,
    verify: 'tail',
    salt: () => randomBytes(8).toString('hex'),
    ...options,
  };
  try {
    await complete.disk.makeDirectory(complete.directory);
    const recovery = await recoverSegments(complete.disk, complete.directory, complete.verify);
    return { ok: true, value: new SegmentedLog(complete, recovery) };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}
