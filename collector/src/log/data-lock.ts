/**
 * One collector per data directory: two writers would destroy each other's log. An open SQLite transaction holds the
 * lock, because the system releases it when the process ends in any way, so a stale lock file cannot exist.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Outcome } from '../contract/outcome.ts';
import { failed, succeeded } from '../contract/outcome.ts';

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Held until `release` or the end of the process. */
export interface DataLock {
  release(): void;
}

/** Takes the lock of an existing data directory; fails with `bad_configuration` while another process holds it. */
export function lockDataDirectory(directory: string): Outcome<DataLock> {
  const path = `${directory}/lock`;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    const held = database;
    return succeeded({ release: () => held.close() });
  } catch (error) {
    if (database?.isOpen) database.close();
    const text = error instanceof Error ? error.message : String(error);
    if (/locked|busy/i.test(text))
      return failed(
        'bad_configuration',
        `another process uses the data directory ${directory}; stop it or choose another`,
        directory,
      );
    if (existsSync(directory) && !(isWritable(directory) && (isWritable(path) || !existsSync(path))))
      return failed(
        'bad_configuration',
        `this user may only read ${isWritable(directory) ? path : directory}; let it write there (chown, mount without ro) or choose another data directory`,
        isWritable(directory) ? path : directory,
      );
    return failed('disk_fault', `the lock file ${path} cannot be used: ${text}`, path);
  }
}
