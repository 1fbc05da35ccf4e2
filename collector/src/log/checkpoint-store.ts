/** Engine checkpoints: log position, meta data and changed state rows in one transaction. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Outcome } from '../contract/outcome.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import { inTransaction, openSqlite } from './sqlite.ts';

const schema = `
CREATE TABLE checkpoint (
  name TEXT PRIMARY KEY, position INTEGER NOT NULL, meta TEXT NOT NULL, saved_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE state (
  checkpoint TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (checkpoint, key)
) STRICT, WITHOUT ROWID`;

/**
 * A row larger than a quarter of a page has a page of its own, and a page is what SQLite writes: state of a domain is one or
 * two kilobytes.
 */
const pageBytes = 16 * 1024;

/**
 * So many characters of rows may wait in SQLite's write-ahead log. It would carry them into the file itself within the commit that goes
 * over its limit: as long as the commit again, in the same turn of the loop.
 */
const carriedCharsMax = 8 * 1024 * 1024;

/** Changes since the last save. `value` of a row is JSON text; a removed key needs not exist. */
export interface CheckpointChange {
  /** Next log sequence to read after this state. */
  readonly position: number;
  /** Engine's own data (watermarks, digests, source cursors): plain JSON. */
  readonly meta: unknown;
  readonly upserts: Iterable<readonly [key: string, value: string]>;
  readonly deletes?: Iterable<string>;
  /** Replace all rows instead of changing some. */
  readonly whole?: boolean;
}

/** A row of a checkpoint; text undefined: the row is gone. */
export type CheckpointRow = readonly [key: string, text: string | undefined];

/**
 * A change that is written in parts, so that no part takes long. Nothing of it counts before `commit`. Every method throws
 * what SQLite throws; then `abandon` it.
 */
export interface CheckpointWriter {
  /** Puts and removes rows. */
  put(rows: Iterable<CheckpointRow>): void;
  /** Makes the change durable, with its position and meta data. */
  commit(position: number, meta: unknown): void;
  /** Forgets the change. */
  abandon(): void;
}

/** A stored checkpoint without its rows. */
export interface CheckpointHead {
  readonly position: number;
  readonly meta: unknown;
  readonly savedAtMs: number;
}

/** Named checkpoints in one file. */
export class CheckpointStore {
  readonly #database: DatabaseSync;
  readonly #nowMs: () => number;
  readonly #putHead: StatementSync;
  readonly #putRow: StatementSync;
  readonly #deleteRow: StatementSync;
  readonly #deleteRows: StatementSync;
  /** Characters of rows committed since `carry`. */
  #waitingChars = 0;
  /** Ends the change that is being written, when somebody else has to write. */
  #hurry: (() => void) | undefined;
  /** Resolved when it has ended. */
  #closed: PromiseWithResolvers<void> | undefined;

  /** Use `openCheckpointStore`. */
  constructor(database: DatabaseSync, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
    this.#putHead = database.prepare(
      'INSERT OR REPLACE INTO checkpoint (name, position, meta, saved_at_ms) VALUES (?, ?, ?, ?)',
    );
    this.#putRow = database.prepare('INSERT OR REPLACE INTO state (checkpoint, key, value) VALUES (?, ?, ?)');
    this.#deleteRow = database.prepare('DELETE FROM state WHERE checkpoint = ? AND key = ?');
    this.#deleteRows = database.prepare('DELETE FROM state WHERE checkpoint = ?');
    database.exec('PRAGMA wal_autocheckpoint = 0');
  }

  /** Enough was committed that `carry` should be called, in a turn of its own. */
  get isLaden(): boolean {
    return this.#waitingChars > carriedCharsMax;
  }

  /** Carries what was committed into the file. */
  carry(): void {
    this.#waitingChars = 0;
    try {
      this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      // It is durable where it is; the next time carries it too, and a disk that is broken tells the next commit.
    }
  }

  /** Saves a change durably and atomically; throws what SQLite throws, and then nothing has changed. */
  save(name: string, change: CheckpointChange): void {
    this.#hurry?.();
    inTransaction(this.#database, () => {
      if (change.whole) this.#deleteRows.run(name);
      for (const key of change.deletes ?? []) this.#deleteRow.run(name, key);
      for (const [key, value] of change.upserts) {
        this.#putRow.run(name, key, value);
        this.#waitingChars += value.length;
      }
      this.#putHead.run(
        name,
        change.position,
        JSON.stringify(change.meta ?? null),
        Math.trunc(this.#nowMs()),
      );
    });
    if (this.isLaden) this.carry();
  }

  /**
   * Begins a change of a checkpoint that is written in parts. `hurry` is called when another one must be written before it
   * is done: it has to commit or to abandon.
   */
  begin(name: string, hurry: () => void): CheckpointWriter {
    this.#hurry?.();
    this.#database.exec('BEGIN IMMEDIATE');
    this.#hurry = hurry;
    this.#closed = Promise.withResolvers();
    const end = (statement: 'COMMIT' | 'ROLLBACK'): void => {
      this.#hurry = undefined;
      this.#closed?.resolve();
      this.#closed = undefined;
      if (this.#database.isTransaction) this.#database.exec(statement);
    };
    return {
      put: (rows) => {
        for (const [key, text] of rows)
          if (text === undefined) this.#deleteRow.run(name, key);
          else {
            this.#putRow.run(name, key, text);
            this.#waitingChars += text.length;
          }
      },
      commit: (position, meta) => {
        this.#putHead.run(name, position, JSON.stringify(meta ?? null), Math.trunc(this.#nowMs()));
        end('COMMIT');
      },
      abandon: () => end('ROLLBACK'),
    };
  }

  /** Resolves when no change is being written in parts: who can wait holds nobody up, where `save` would end it in one go. */
  async whenClosed(): Promise<void> {
    await this.#closed?.promise;
  }

  /** Position and meta data; undefined when this checkpoint was never saved. */
  head(name: string): CheckpointHead | undefined {
    const row = this.#database
      .prepare('SELECT position, meta, saved_at_ms FROM checkpoint WHERE name = ?')
      .get(name);
    if (row === undefined) return undefined;
    return {
      position: Number(row['position']),
      meta: JSON.parse(String(row['meta'])) as unknown,
      savedAtMs: Number(row['saved_at_ms']),
    };
  }

  /** All rows of a checkpoint, sorted by key bytes. */
  *rows(name: string): Generator<readonly [key: string, value: string]> {
    const rows = this.#database
      .prepare('SELECT key, value FROM state WHERE checkpoint = ? ORDER BY key')
      .iterate(name);
    for (const row of rows) yield [String(row['key']), String(row['value'])];
  }

  /** Names of stored checkpoints with their positions: holds for retention. */
  positions(): readonly { readonly name: string; readonly position: number }[] {
    return this.#database
      .prepare('SELECT name, position FROM checkpoint ORDER BY name')
      .all()
      .map((row) => ({ name: String(row['name']), position: Number(row['position']) }));
  }

  /** Removes a checkpoint with its rows. */
  delete(name: string): void {
    this.#hurry?.();
    inTransaction(this.#database, () => {
      this.#deleteRows.run(name);
      this.#database.prepare('DELETE FROM checkpoint WHERE name = ?').run(name);
    });
  }

  /** SQLite's own check of the file; the sentence of the first problem, or undefined when it is sound. */
  problem(): string | undefined {
    const found = this.#database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    return found === 'ok' ? undefined : String(found);
  }

  close(): void {
    this.#database.close();
  }
}

/** Opens or creates the store. Fails like `openSqlite`, and with `log_damaged` when SQLite finds its file inconsistent. */
export function openCheckpointStore(path: string, nowMs: () => number): Outcome<CheckpointStore> {
  const opened = openSqlite({ path, what: 'checkpoint', mark: 'ZWCK', version: 1, schema, pageBytes });
  if (!opened.ok) return opened;
  try {
    const store = new CheckpointStore(opened.value, nowMs);
    const problem = store.problem();
    if (problem === undefined) return succeeded(store);
    store.close();
    return failed(
      'log_damaged',
      `checkpoint store ${path} is damaged (${problem}); move it away, the log will be replayed`,
      path,
    );
  } catch (error) {
    if (opened.value.isOpen) opened.value.close();
    return failed('log_damaged', `checkpoint store ${path} cannot be read: ${String(error)}`, path);
  }
}
