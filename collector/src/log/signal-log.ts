/**
 * The durable queue between engine and sinks: signals in a log of their own, read by each sink with its own cursor.
 * Record: u8 version, UTF-8 JSON of the signal.
 */
import type { Signal } from '../contract/component.ts';
import type { Outcome } from '../contract/outcome.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { CursorStore } from './cursor-store.ts';
import type { SegmentedLog } from './segmented-log.ts';

const version = 1;
const versionByte = Buffer.from([version]);

/** Bytes of a signal. */
export function encodeSignal(signal: Signal): readonly [Uint8Array, Uint8Array] {
  return [versionByte, Buffer.from(JSON.stringify(signal))];
}

/** Reads a signal; fails with `bad_wire_format`. */
export function decodeSignal(bytes: Buffer): Outcome<Signal> {
  if (bytes[0] !== version) return failed('bad_wire_format', `signal version ${bytes[0]} is not ${version}`);
  try {
    return succeeded(JSON.parse(bytes.toString('utf8', 1)) as Signal);
  } catch (error) {
    return failed('bad_wire_format', `signal cannot be read: ${String(error)}`);
  }
}

/** Signals with the position each one ends at, so that a reader can stop between any two. */
export interface SignalBatch {
  readonly signals: readonly { readonly signal: Signal; readonly next: number }[];
  readonly next: number;
  /** Signals retention had deleted before this reader came, and records that could not be read: report them. */
  readonly lost: number;
}

/** Reading and writing signals; `position` values are sequences of the log. */
export class SignalLog {
  readonly #log: SegmentedLog;
  readonly #cursors: CursorStore;

  constructor(log: SegmentedLog, cursors: CursorStore) {
    this.#log = log;
    this.#cursors = cursors;
  }

  /** Stores signals in one atomic commit; rejects like `SegmentedLog.append`. */
  async append(signals: readonly Signal[]): Promise<void> {
    await this.#log.append(signals.map(encodeSignal));
  }

  /** Position behind the newest durable signal. */
  get end(): number {
    return this.#log.nextSequence;
  }

  /** Where a reader goes on; a new reader starts at the oldest signal kept. */
  position(reader: string): number {
    return this.#cursors.get(reader) ?? this.#log.firstSequence;
  }

  /** Durably notes that everything below `position` is dealt with. */
  advance(reader: string, position: number): void {
    this.#cursors.set(reader, position);
  }

  /** Signals from `position`, about `maxBytes` of them. */
  async read(position: number, maxBytes: number): Promise<SignalBatch> {
    const batch = await this.#log.read(position, maxBytes);
    const signals: { signal: Signal; next: number }[] = [];
    let lost = batch.skipped;
    for (const [index, record] of batch.records.entries()) {
      const decoded = decodeSignal(record);
      if (decoded.ok) signals.push({ signal: decoded.value, next: batch.firstSequence + index + 1 });
      else lost++;
    }
    return { signals, next: batch.next, lost };
  }

  /** Resolves when a signal at `position` is durable; rejects when `signal` aborts. */
  waitFor(position: number, signal: AbortSignal): Promise<void> {
    return this.#log.waitFor(position, signal);
  }
}
