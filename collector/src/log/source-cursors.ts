/**
 * Resume positions of sources. A position is an entry of the log itself, in the same commit as the records it covers,
 * so "stored" and "acknowledged" cannot come apart. The map is a checkpoint's copy plus the entries behind it.
 */
import type { Cursor } from '../contract/component.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
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

const checkpointName = 'source-cursors';

/**
 * Stores the positions outside the log. Call it before retention: the newest position of a source that seldom speaks
 * may stand in the very segment that is deleted next. Throws what SQLite throws; delete nothing then.
 */
export function saveSourceCursors(store: CheckpointStore, log: SegmentedLog, cursors: SourceCursors): void {
  // The end is read first: a position that becomes durable in between is found again by reading from there.
  const position = log.nextSequence;
  store.save(checkpointName, { position, meta: cursors.snapshot(), upserts: [] });
}

/** Positions as stored by `saveSourceCursors`, brought up to the durable end of `log`. Rejects like `SegmentedLog.read`. */
export function loadSourceCursors(store: CheckpointStore, log: SegmentedLog): Promise<SourceCursors> {
  const head = store.head(checkpointName);
  // A log that is shorter than the stored position was replaced: its own entries are all there is to believe.
  if (head === undefined || head.position > log.nextSequence)
    return recoverSourceCursors(log, log.firstSequence);
  return recoverSourceCursors(log, head.position, head.meta as [string, Cursor][]);
}
