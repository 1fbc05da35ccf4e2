/** Durable positions of readers of a log: one per sink, one per engine. */
import type { StatementSync } from 'node:sqlite';
import type { DatabaseSync } from 'node:sqlite';
import type { Outcome } from '../contract/outcome.ts';
import { succeeded } from '../contract/outcome.ts';
import { openSqlite } from './sqlite.ts';

const schema = `CREATE TABLE cursor (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID`;

/** Named positions; each `set` is durable when it returns. */
export class CursorStore {
  readonly #database: DatabaseSync;
  readonly #upsert: StatementSync;
  readonly #remove: StatementSync;
  readonly #positions = new Map<string, number>();

  /** Use `openCursorStore`. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#upsert = database.prepare(
      'INSERT INTO cursor (name, position) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET position = excluded.position',
    );
    this.#remove = database.prepare('DELETE FROM cursor WHERE name = ?');
    for (const row of database.prepare('SELECT name, position FROM cursor').iterate())
      this.#positions.set(String(row['name']), Number(row['position']));
  }

  /** Next sequence a reader wants; undefined when it never read. */
  get(name: string): number | undefined {
    return this.#positions.get(name);
  }

  /** Moves a reader. Throws what SQLite throws (disk full, I/O error); the position is then unchanged. */
  set(name: string, position: number): void {
    this.#upsert.run(name, position);
    this.#positions.set(name, position);
  }

  /** Forgets a reader that no longer exists, so that it does not hold segments for ever. */
  delete(name: string): void {
    this.#remove.run(name);
    this.#positions.delete(name);
  }

  /** All positions, sorted by name. */
  all(): readonly { readonly name: string; readonly position: number }[] {
    return [...this.#positions]
      .map(([name, position]) => ({ name, position }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  close(): void {
    this.#database.close();
  }
}

/** Opens or creates the store; fails like `openSqlite`. */
export function openCursorStore(path: string): Outcome<CursorStore> {
  const opened = openSqlite({ path, what: 'cursor', mark: 'ZWCU', version: 1, schema });
  return opened.ok ? succeeded(new CursorStore(opened.value)) : opened;
}
