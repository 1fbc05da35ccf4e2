/** Acceptance for sources that can wait: a full disk or engine pauses them. */
import { isHeldBack } from '../contract/error-codes.ts';
import type { Cursor, Intake, Surroundings } from '../contract/component.ts';
import type { RawRecord } from '../contract/raw-record.ts';

const pauseMs = 5000;

/** Takes the records as soon as there is space; false when `signal` aborted first. Rejects when the log failed for good. */
export async function acceptWhenPossible(
  intake: Intake,
  records: readonly RawRecord[],
  cursor: { source: string; position: Cursor } | undefined,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await intake.accept(records, cursor);
      return true;
    } catch (error) {
      if (!isHeldBack(error)) throw error;
      surroundings.log('warn', `paused: ${(error as Error).message}`, { source: cursor?.source });
      await surroundings.sleep(pauseMs, signal).catch(() => {});
    }
  }
  return false;
}
