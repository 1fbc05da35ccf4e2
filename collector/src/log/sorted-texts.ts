/**
 * Texts in the order of their times, however many: kept in a private SQLite file in the directory for temporary files, which
 * is gone when it is closed or the process ends. Memory stays at the size of its page cache.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';

const rowsOfTransaction = 10_000;
const cacheKibibytes = 16_384;

/** Takes texts in any order, then gives them in order of time and, within a moment, of id. */
export class SortedTexts {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  #size = 0;

  constructor() {
    // An empty path is a file of its own that SQLite removes.
    this.#database = new DatabaseSync('');
    this.#database.exec(`
      PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -${cacheKibibytes}; PRAGMA temp_store = FILE;
      CREATE TABLE texts (time REAL NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL,
        PRIMARY KEY (time, id, number)) WITHOUT ROWID;
      BEGIN;`);
    this.#insert = this.#database.prepare('INSERT INTO texts VALUES (?, ?, ?, ?)');
  }

  /** Texts taken. */
  get size(): number {
    return this.#size;
  }

  /** Takes a text; the same again stands twice. Throws what SQLite throws when the disk is full. */
  add(timeMs: number, id: string, text: string): void {
    this.#insert.run(timeMs, id, this.#size++, text);
    if (this.#size % rowsOfTransaction === 0) this.#database.exec('COMMIT; BEGIN;');
  }

  /** Every text, in order. */
  *inOrder(): Generator<string> {
    const select = this.#database.prepare('SELECT text FROM texts ORDER BY time, id, number');
    for (const row of select.iterate()) yield row['text'] as string;
  }

  close(): void {
    this.#database.close();
  }
}
