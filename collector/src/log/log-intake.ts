/** `Intake` of contract/component.ts over the durable log. */
import type { Cursor, Intake, Surroundings } from '../contract/component.ts';
import { encodeLogEntry } from './entry-codec.ts';
import type { LogEntry } from './entry-codec.ts';
import { failureOf, LogError } from './log-error.ts';
import type { SegmentedLog } from './segmented-log.ts';
import type { SourceCursors } from './source-cursors.ts';

/** What the intake reports and asks; all optional. */
export interface IntakeObserver {
  readonly onAccepted?: (records: number, bytes: number) => void;
  readonly onRefused?: (code: string) => void;
  /** True while the engine holds as much as it may of what waits: records are refused. Absent: it never does. */
  readonly isEngineFull?: () => boolean;
}

function ignored(): void {}

/**
 * Intake that writes to `log`. `accept` commits records and position in one block; heartbeats and gaps are queued behind
 * them and, when the log cannot take them, reported once per cause (a later heartbeat says the same anyway; a gap is
 * kept and written with the next success).
 */
export function createIntake(
  log: SegmentedLog,
  cursors: SourceCursors,
  around: Pick<Surroundings, 'nowMs' | 'log'>,
  observer: IntakeObserver = {},
): Intake {
  let owed: LogEntry[] = [];
  const gapsUnderWay = new Set<Promise<unknown>>();
  const write = (entries: readonly LogEntry[]) => log.append(entries.map(encodeLogEntry));
  /** Writes blind time; what could not be written is owed. */
  const writeGaps = (entries: readonly LogEntry[], onFailure: (error: unknown) => void): void => {
    const writing = write(entries)
      .catch((error: unknown) => {
        owed = [...entries, ...owed];
        onFailure(error);
      })
      .finally(() => gapsUnderWay.delete(writing));
    gapsUnderWay.add(writing);
  };
  const settleOwed = () => {
    if (owed.length === 0) return;
    const entries = owed;
    owed = [];
    writeGaps(entries, () => {});
  };
  return {
    async accept(records, cursor?: { source: string; position: Cursor }) {
      if (records.length > 0 && observer.isEngineFull?.() === true) {
        observer.onRefused?.('engine_full');
        throw new LogError(
          'engine_full',
          'as much waits for stragglers as memory may hold (engine.waiting_mb); intake resumes by itself',
        );
      }
      // Blind time whose write still may fail must not be overtaken by a position behind it.
      if (gapsUnderWay.size > 0) await Promise.all(gapsUnderWay);
      // Blind time that is still owed stands in the same commit: a position that moved past it would hide it for good.
      const settled = owed;
      owed = [];
      const entries: LogEntry[] = [
        ...settled,
        ...records.map((record) => ({ kind: 'raw', record }) as const),
      ];
      if (cursor) entries.push({ kind: 'cursor', atMs: around.nowMs(), ...cursor });
      const writing = write(entries);
      if (settled.length > 0) {
        const settling = writing.then(ignored, ignored).finally(() => gapsUnderWay.delete(settling));
        gapsUnderWay.add(settling);
      }
      try {
        await writing;
      } catch (error) {
        owed = [...settled, ...owed];
        observer.onRefused?.(failureOf(error).code);
        throw error;
      }
      if (cursor) cursors.set(cursor.source, cursor.position);
      observer.onAccepted?.(
        records.length,
        records.reduce((sum, record) => sum + record.bytes.length, 0),
      );
    },
    cursor: (source) => cursors.get(source),
    heartbeat(source) {
      settleOwed();
      write([{ kind: 'heartbeat', atMs: around.nowMs(), source }]).catch((error: unknown) =>
        observer.onRefused?.(failureOf(error).code),
      );
    },
    gap(source, fromMs, toMs, reason) {
      const entry: LogEntry = { kind: 'gap', atMs: around.nowMs(), source, fromMs, toMs, reason };
      writeGaps([entry], (error) => {
        const { message } = failureOf(error);
        around.log('warn', `blind time of ${source.id} could not be written yet: ${message}`, {
          source: source.id,
        });
      });
    },
  };
}
