/**
 * Opening SQLite files the way durable state needs it: WAL with `synchronous=FULL` (NORMAL may lose the last commits at
 * a power cut, sqlite.org/pragma.html#pragma_synchronous) and a library without the WAL-reset corruption bug, which
 * 3.52.0 fixed (sqlite.org/wal.html#walresetbug).
 */
import { DatabaseSync } from 'node:sqlite';
import type { Outcome } from '../contract/outcome.ts';
import { failed, succeeded } from '../contract/outcome.ts';

const oldestLibrary = [3, 52, 0] as const;

/** Why this SQLite library must not be used, or undefined when it may. `version` like `3.53.4`. */
export function sqliteRefusal(version: string | undefined): string | undefined {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version ?? '');
  const needed = oldestLibrary.join('.');
  if (!parts) return `this Node.js has no SQLite of a known version; ${needed} or newer is needed`;
  for (const [index, wanted] of oldestLibrary.entries()) {
    const found = Number(parts[index + 1]);
    if (found > wanted) return undefined;
    if (found < wanted)
      return `SQLite ${version} can corrupt a database in WAL mode; ${needed} or newer is needed (Node.js 24.21 has it)`;
  }
  return undefined;
}

/** Which file it is and how its tables look. `schema` runs once, in the transaction that stamps the version. */
export interface SqliteFile {
  readonly path: string;
  /** Names the content in messages: `checkpoint`, `quarantine`. */
  readonly what: string;
  /** Four ASCII letters stored as `application_id`, so that one store never opens another's file. */
  readonly mark: string;
  readonly version: number;
  readonly schema: string;
  /** Bytes of a page of a new file; SQLite's 4,096 when absent. An existing file keeps what it has. */
  readonly pageBytes?: number;
}

/**
 * Opens or creates a store. Fails with `bad_configuration` when the library is too old, the file belongs to another
 * store or was written by a newer version; with `disk_fault` or `log_damaged` when the file cannot be read.
 */
export function openSqlite(file: SqliteFile): Outcome<DatabaseSync> {
  const refusal = sqliteRefusal(process.versions.sqlite);
  if (refusal !== undefined) return failed('bad_configuration', refusal, file.path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file.path, { timeout: 5_000 });
    const mark = Buffer.from(file.mark, 'latin1').readInt32BE(0);
    const stored = pragma(database, 'application_id');
    const version = pragma(database, 'user_version');
    const problem = problemOf(file, mark, stored, version);
    if (problem !== undefined) {
      database.close();
      return failed('bad_configuration', problem, file.path);
    }
    if (version === 0 && file.pageBytes !== undefined) database.exec(`PRAGMA page_size = ${file.pageBytes}`);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    if (version === 0)
      database.exec(
        `BEGIN IMMEDIATE; ${file.schema}; PRAGMA application_id = ${mark}; PRAGMA user_version = ${file.version}; COMMIT;`,
      );
    return succeeded(database);
  } catch (error) {
    if (database?.isOpen) database.close();
    const text = error instanceof Error ? error.message : String(error);
    const damaged = /malformed|not a database|corrupt/i.test(text);
    return failed(
      damaged ? 'log_damaged' : 'disk_fault',
      `${file.what} store ${file.path} cannot be opened: ${text}`,
      file.path,
    );
  }
}

function problemOf(file: SqliteFile, mark: number, stored: number, version: number): string | undefined {
  if (version === 0 && stored === 0) return undefined;
  if (stored !== mark)
    return `${file.path} is no ${file.what} store; move it away or correct the data directory`;
  if (version > file.version)
    return `${file.what} store ${file.path} has layout ${version}, this program knows up to ${file.version}: it was written by a newer version, use that one`;
  if (version < file.version)
    return `${file.what} store ${file.path} has layout ${version}, this program writes ${file.version} and has no step between them`;
  return undefined;
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}

/** Runs `work` in one transaction that takes the write lock at once; rolls back and throws on when `work` throws. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
