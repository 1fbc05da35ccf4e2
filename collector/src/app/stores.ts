/** Everything the collector keeps on disk, opened in one place and in order: lock first. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Outcome } from '../contract/outcome.ts';
import { openCheckpointStore, type CheckpointStore } from '../log/checkpoint-store.ts';
import { openCursorStore, type CursorStore } from '../log/cursor-store.ts';
import { lockDataDirectory, type DataLock } from '../log/data-lock.ts';
import { nodeDisk, type Disk } from '../log/disk.ts';
import { openQuarantine, type Quarantine } from '../log/quarantine.ts';
import { openLog, type SegmentedLog } from '../log/segmented-log.ts';
import { SignalLog } from '../log/signal-log.ts';
import { UnusableInput } from './unusable-input.ts';

/** Open stores of one data directory. */
export interface Stores {
  readonly directory: string;
  readonly log: SegmentedLog;
  readonly signalSegments: SegmentedLog;
  readonly signals: SignalLog;
  readonly cursors: CursorStore;
  readonly checkpoints: CheckpointStore;
  readonly quarantine: Quarantine;
  close(): Promise<void>;
}

function usable<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  const { code, path, message } = outcome.failure;
  throw new UnusableInput([`${path === '' ? code : path}: ${message}`]);
}

/** Creates the data directory with what is missing above it; throws UnusableInput when it cannot. */
export async function makeDataDirectory(directory: string): Promise<void> {
  try {
    await makeMissing(directory);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === 'EEXIST' || code === 'ENOTDIR'
        ? 'a file stands in the way; name a directory'
        : `${message}; choose a directory this user may write to`;
    throw new UnusableInput([`${directory}: cannot be created: ${reason}`]);
  }
}

/** Like `mkdir` with `recursive`, which never returns where the system creates nothing (/proc). */
async function makeMissing(directory: string): Promise<void> {
  const known = await stat(directory).catch(() => undefined);
  if (known?.isDirectory() === true) return;
  const parent = dirname(directory);
  if (parent !== directory) await makeMissing(parent);
  try {
    await mkdir(directory, { mode: 0o750 });
  } catch (error) {
    // Another process was quicker.
    if (!(await stat(directory).catch(() => undefined))?.isDirectory()) throw error;
  }
}

/**
 * Opens or creates the stores below `directory`; throws UnusableInput with the reason when one cannot be used. `disk`
 * holds the logs; the simulator passes its own.
 */
export async function openStores(
  directory: string,
  nowMs: () => number,
  disk: Disk = nodeDisk(),
): Promise<Stores> {
  await makeDataDirectory(directory);
  const lock: DataLock = usable(lockDataDirectory(directory));
  const log = usable(await openLog({ directory: join(directory, 'log'), disk, nowMs }));
  const signalSegments = usable(await openLog({ directory: join(directory, 'signals'), disk, nowMs }));
  const cursors = usable(openCursorStore(join(directory, 'cursors.sqlite')));
  const checkpoints = usable(openCheckpointStore(join(directory, 'checkpoints.sqlite'), nowMs));
  const quarantine = usable(openQuarantine(join(directory, 'quarantine.sqlite'), nowMs));
  return {
    directory,
    log,
    signalSegments,
    signals: new SignalLog(signalSegments, cursors),
    cursors,
    checkpoints,
    quarantine,
    async close() {
      await log.close();
      await signalSegments.close();
      cursors.close();
      checkpoints.close();
      quarantine.close();
      lock.release();
    },
  };
}
