/** Reads the log in rounds that are short however large a commit is: between two of them the process answers and can stop. */
import type { LogBatch } from '../log/segment-reader.ts';
import type { SegmentedLog } from '../log/segmented-log.ts';

const readBytes = 1024 * 1024;
/** A quarter of a second for the dearest kind of record on a busy machine. */
const recordsMax = 1_024;

/** One reader's way through a log. */
export class LogRounds {
  readonly #log: Pick<SegmentedLog, 'read'>;
  #read: LogBatch | undefined;

  constructor(log: Pick<SegmentedLog, 'read'>) {
    this.#log = log;
  }

  /** Records from sequence `from` on, which stands behind the round before; empty at the end of the log. Rejects like `SegmentedLog.read`. */
  async next(from: number): Promise<LogBatch> {
    let batch = this.#read;
    if (batch === undefined || from < batch.firstSequence || from >= batch.next)
      batch = await this.#log.read(from, readBytes);
    const start = Math.max(0, from - batch.firstSequence);
    const records = batch.records.slice(start, start + recordsMax);
    const isLast = start + records.length === batch.records.length;
    this.#read = isLast ? undefined : batch;
    const firstSequence = batch.firstSequence + start;
    const next = isLast ? batch.next : firstSequence + records.length;
    return { firstSequence, records, next, skipped: batch.skipped };
  }
}
