/** Telling a full disk, which passes, from a broken one, which does not. */

// https://www.sqlite.org/rescode.html: SQLITE_FULL, and the two ways in which a shared-memory file finds no room.
const sqliteFull = new Set([13, 4874, 5386]);

/** True when `error` says that there is no space: of the log, of SQLite or of the system. */
export function isDiskFull(error: unknown): boolean {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (code === 'disk_full' || code === 'ENOSPC' || code === 'EDQUOT') return true;
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' && sqliteFull.has(errcode);
}

/** Does `work` again after each `pause` as long as there is no space for it; rejects with anything else and when `pause` does. */
export async function whenThereIsSpace<T>(
  work: () => T | Promise<T>,
  pause: () => Promise<void>,
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      await pause();
    }
  }
}
