/** Deletes old segments by size and age, but never one that somebody still has to read. */
import type { SegmentedLog } from './segmented-log.ts';

/** How much to keep. Both bounds apply; absent means no bound. */
export interface RetentionPolicy {
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
}

/** What happened. `heldBytes`: bytes beyond the bounds that a reader still holds, 0 when within the bounds. */
export interface RetentionResult {
  readonly deletedSegments: number;
  readonly heldBytes: number;
}

/**
 * Applies `policy`. `holds` are sequences below which everything was read *and* durably noted (cursor store,
 * checkpoint): read them from those stores after their commit, so that the order is sync first, delete second. With no
 * holds at all nothing is deleted, since "no reader known" is more likely a mistake than a wish.
 */
export async function applyRetention(
  log: SegmentedLog,
  policy: RetentionPolicy,
  holds: readonly number[],
  nowMs: number,
): Promise<RetentionResult> {
  const floor = holds.length === 0 ? 0 : Math.min(...holds);
  const exceeds = (bytes: number, lastCommitAtMs: number) =>
    (policy.maxBytes !== undefined && bytes > policy.maxBytes) ||
    (policy.maxAgeMs !== undefined && nowMs - lastCommitAtMs > policy.maxAgeMs);
  let left = log.bytes;
  const deletedSegments = await log.deleteOldest((segment) => {
    if (segment.endSequence > floor || !exceeds(left, segment.lastCommitAtMs)) return false;
    left -= segment.bytes;
    return true;
  });
  let heldBytes = 0;
  for (const segment of log.segments().slice(0, -1)) {
    if (!exceeds(left, segment.lastCommitAtMs)) break;
    heldBytes += segment.bytes;
    left -= segment.bytes;
  }
  return { deletedSegments, heldBytes };
}
