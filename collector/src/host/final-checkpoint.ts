/** The last checkpoint of a process: as much as fits into the time a stop may take, in parts, so that nothing else is held up. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CheckpointTaker } from './checkpoint-taker.ts';

/**
 * Half of what a clean stop may take. A collector that catches up with a long log changes more in a second than it saves in
 * one: what is left then is read from the log again by the next start.
 */
const saveAtStopMs = 4_000;

/** What is needed of `CheckpointTaker`. Its methods throw what SQLite throws. */
export type FinalTaker = Pick<CheckpointTaker, 'isOpen' | 'part' | 'abandon'>;

/**
 * Finishes the checkpoint that is open, then takes one of this moment, which `begin` begins, as far as there is time. False:
 * this moment is not saved, and what was saved before counts.
 */
export async function finalCheckpoint(
  taker: FinalTaker,
  begin: () => void,
  nowMs: () => number,
): Promise<boolean> {
  const deadlineMs = nowMs() + saveAtStopMs;
  const isWritten = async (): Promise<boolean> => {
    while (nowMs() < deadlineMs) {
      if (taker.part()) return true;
      await nextTurn();
    }
    taker.abandon();
    return false;
  };
  if (taker.isOpen && !(await isWritten())) return false;
  begin();
  return await isWritten();
}
