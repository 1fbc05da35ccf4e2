/**
 * Resume positions of sources. A position is an entry of the log itself, in the same commit as the records it covers,
 * so "stored" and "acknowledged" cannot come apart. The map is a checkpoint's copy plus the entries behind it.
 */
import type { Cursor } from '../contract/component.ts';
import { decodeLogEntry, isCursorEntry } from './entry-codec.ts';
import type { SegmentedLog } from './segmented-log.ts';

/** Newest position of each source, by configuration id. */
export class SourceCursors {
  readonly #positions: Map<string, Cursor>;

  constructor(known: Iterable<readonly [string, Cursor]> = []) {
    this.#positions = new Map(known);
  }

  /** Position of a source; undefined before its first commit. */
  get(source: string): Cursor | undefined {
    return this.#positions.get(source);
  }

  /** Notes a durable position. */
  set(source: string, position: Cursor): void {
    this.#positions.set(source, position);
  }

  /** Pairs sorted by source: what a checkpoint stores (positions must outlive the segments they stand in). */
  snapshot(): (readonly [string, Cursor])[] {
    return [...this.#positions].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/**
 * Positions at the durable end of `log`: those a checkpoint knew, overwritten by the entries from `fromSequence` (the
 * checkpoint's log position) on. Rejects like `SegmentedLog.read`.
 */
export async function recoverSourceCursors(
  log: SegmentedLog,
  fromSequence: number,
  known: Iterable<readonly [string, Cursor]> = [],
): Promise<SourceCursors> {
  const cursors = new SourceCursors(known);
  for await (const batch of log.batches(Math.max(fromSequence, log.firstSequence)))
    for (const record of batch.records) {
      if (!isCursorEntry(record)) continue;
      const entry = decodeLogEntry(record);
      if (entry.ok && entry.value.kind === 'cursor') cursors.set(entry.value.source, entry.value.position);
    }
  return cursors;
}
