/** `Intake` of contract/component.ts over the durable log. */
import type { Cursor, Intake, Surroundings } from '../contract/component.ts';
import { encodeLogEntry } from './entry-codec.ts';
import type { LogEntry } from './entry-codec.ts';
import { failureOf } from './log-error.ts';
import type { SegmentedLog } from './segmented-log.ts';
import type { SourceCursors } from './source-cursors.ts';

/** What the intake reports; both optional, for self-telemetry. */
export interface IntakeObserver {
  readonly onAccepted?: (records: number, bytes: number) => void;
  readonly onRefused?: (code: string) => void;
}

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
  const write = (entries: readonly LogEntry[]) => log.append(entries.map(encodeLogEntry));
  const settleOwed = () => {
    if (owed.length === 0) return;
    const entries = owed;
    owed = [];
    write(entries).catch(() => {
      owed = [...entries, ...owed];
    });
  };
  return {
    async accept(records, cursor?: { source: string; position: Cursor }) {
      // Blind time that is still owed stands in the same commit: a position that moved past it would hide it for good.
      const settled = owed;
      owed = [];
      const entries: LogEntry[] = [
        ...settled,
        ...records.map((record) => ({ kind: 'raw', record }) as const),
      ];
      if (cursor) entries.push({ kind: 'cursor', atMs: around.nowMs(), ...cursor });
      try {
        await write(entries);
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
      write([entry]).catch((error: unknown) => {
        owed.push(entry);
        const { message } = failureOf(error);
        around.log('warn', `blind time of ${source.id} could not be written yet: ${message}`, {
          source: source.id,
        });
      });
    },
  };
}
