/**
 * Dead letters: records no normaliser could read and batches an endpoint refused, kept with their bytes until a person
 * re-drives or discards them.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Outcome } from '../contract/outcome.ts';
import { succeeded } from '../contract/outcome.ts';
import { inTransaction, openSqlite } from './sqlite.ts';

const schema = `
CREATE TABLE letter (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, source TEXT NOT NULL,
  received_at_ms INTEGER NOT NULL, code TEXT NOT NULL, path TEXT NOT NULL, message TEXT NOT NULL,
  normaliser TEXT NOT NULL, content_type TEXT NOT NULL, bytes BLOB NOT NULL, meta TEXT NOT NULL,
  state TEXT NOT NULL, changed_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX letter_by_state ON letter (state, number);
CREATE INDEX letter_by_cause ON letter (source, code, state)`;

/** `open`: waits for a person; `redriven`: put into the log again; `discarded`: a person said it is worthless. */
export type LetterState = 'open' | 'redriven' | 'discarded';

/** What is put aside. `id` is the same for the same bytes of the same source, so a repetition is stored once. */
export interface DeadLetter {
  readonly id: string;
  readonly tenant: string;
  /** Feed name, or `sink:<id>` for what an endpoint refused. */
  readonly source: string;
  /** Epoch milliseconds. */
  readonly receivedAtMs: number;
  readonly code: string;
  /** Where in the record; '' for all of it. */
  readonly path: string;
  readonly message: string;
  /** `name@version` of the mapping code that failed; '' for sinks. */
  readonly normaliser: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** The rest of the raw record (instance, verified, meta): plain JSON. */
  readonly meta: unknown;
}

/** A stored letter. `number` grows with each new one and is the paging position. */
export interface StoredLetter extends DeadLetter {
  readonly number: number;
  readonly state: LetterState;
  readonly changedAtMs: number;
}

/** Which letters; absent members do not filter. `after` is the `number` of the last one seen. */
export interface LetterFilter {
  readonly state?: LetterState;
  readonly tenant?: string;
  /** Any of these; empty: none. */
  readonly tenants?: readonly string[];
  readonly source?: string;
  readonly code?: string;
  readonly after?: number;
  /** At most 1,000; default 100. */
  readonly limit?: number;
}

/** How many letters a source has for a cause. */
export interface LetterCount {
  readonly source: string;
  readonly code: string;
  readonly state: LetterState;
  readonly count: number;
}

function letterOf(row: Record<string, unknown>): StoredLetter {
  const text = (name: string) => String(row[name]);
  return {
    number: Number(row['number']),
    id: text('id'),
    tenant: text('tenant'),
    source: text('source'),
    receivedAtMs: Number(row['received_at_ms']),
    code: text('code'),
    path: text('path'),
    message: text('message'),
    normaliser: text('normaliser'),
    contentType: text('content_type'),
    bytes: row['bytes'] as Uint8Array,
    meta: JSON.parse(text('meta')) as unknown,
    state: text('state') as LetterState,
    changedAtMs: Number(row['changed_at_ms']),
  };
}

function conditionOf(filter: LetterFilter): { condition: string; values: SQLInputValue[] } {
  const conditions = ['number > ?'];
  const values: SQLInputValue[] = [filter.after ?? 0];
  for (const name of ['state', 'tenant', 'source', 'code'] as const) {
    const wanted = filter[name];
    if (wanted === undefined) continue;
    conditions.push(`${name} = ?`);
    values.push(wanted);
  }
  if (filter.tenants !== undefined) {
    conditions.push(`tenant IN (${filter.tenants.map(() => '?').join(', ')})`);
    values.push(...filter.tenants);
  }
  return { condition: conditions.join(' AND '), values };
}

/** The store. Calls are synchronous and durable when they return; they throw what SQLite throws. */
export class Quarantine {
  readonly #database: DatabaseSync;
  readonly #nowMs: () => number;
  readonly #insert: StatementSync;

  /** Use `openQuarantine`. */
  constructor(database: DatabaseSync, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
    // A letter that fails again after a re-drive is open again, with the newer reason.
    this.#insert = database.prepare(`
      INSERT INTO letter (id, tenant, source, received_at_ms, code, path, message, normaliser, content_type, bytes,
        meta, state, changed_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)
      ON CONFLICT (id) DO UPDATE SET code = excluded.code, path = excluded.path, message = excluded.message,
        normaliser = excluded.normaliser, state = 'open', changed_at_ms = excluded.changed_at_ms
      WHERE state = 'redriven'`);
  }

  /** Stores letters in one commit; returns how many are new or open again. */
  add(letters: readonly DeadLetter[]): number {
    let changed = 0;
    inTransaction(this.#database, () => {
      for (const letter of letters) {
        const result = this.#insert.run(
          letter.id,
          letter.tenant,
          letter.source,
          Math.trunc(letter.receivedAtMs),
          letter.code,
          letter.path,
          letter.message,
          letter.normaliser,
          letter.contentType,
          letter.bytes,
          JSON.stringify(letter.meta ?? null),
          Math.trunc(this.#nowMs()),
        );
        changed += Number(result.changes);
      }
    });
    return changed;
  }

  /** Letters in order of arrival, one page. */
  list(filter: LetterFilter = {}): StoredLetter[] {
    const { condition, values } = conditionOf(filter);
    values.push(Math.max(1, Math.min(1_000, Math.trunc(filter.limit ?? 100))));
    return this.#database
      .prepare(`SELECT * FROM letter WHERE ${condition} ORDER BY number LIMIT ?`)
      .all(...values)
      .map(letterOf);
  }

  /** How many letters a filter lets through, whatever its `limit`. */
  count(filter: LetterFilter = {}): number {
    const { condition, values } = conditionOf(filter);
    const row = this.#database
      .prepare(`SELECT count(*) AS count FROM letter WHERE ${condition}`)
      .get(...values);
    return Number(row?.['count'] ?? 0);
  }

  /** One letter by id. */
  get(id: string): StoredLetter | undefined {
    const row = this.#database.prepare('SELECT * FROM letter WHERE id = ?').get(id);
    return row === undefined ? undefined : letterOf(row);
  }

  /** Counts by source, code and state, sorted. */
  counts(): LetterCount[] {
    return this.#database
      .prepare('SELECT source, code, state, count(*) AS count FROM letter GROUP BY 1, 2, 3 ORDER BY 1, 2, 3')
      .all()
      .map((row) => ({
        source: String(row['source']),
        code: String(row['code']),
        state: String(row['state']) as LetterState,
        count: Number(row['count']),
      }));
  }

  /** Marks letters in one commit; returns how many changed. Re-drive: append to the log first, mark second. */
  mark(ids: readonly string[], state: LetterState): number {
    const statement = this.#database.prepare(
      'UPDATE letter SET state = ?, changed_at_ms = ? WHERE id = ? AND state <> ?',
    );
    return inTransaction(this.#database, () => {
      let changed = 0;
      for (const id of ids)
        changed += Number(statement.run(state, Math.trunc(this.#nowMs()), id, state).changes);
      return changed;
    });
  }

  /** Deletes settled letters (never open ones) last changed before `beforeMs`; returns how many. */
  purge(beforeMs: number): number {
    const statement = this.#database.prepare(
      "DELETE FROM letter WHERE state <> 'open' AND changed_at_ms < ?",
    );
    return Number(statement.run(Math.trunc(beforeMs)).changes);
  }

  close(): void {
    this.#database.close();
  }
}

/** Opens or creates the store; fails like `openSqlite`. */
export function openQuarantine(path: string, nowMs: () => number): Outcome<Quarantine> {
  const opened = openSqlite({ path, what: 'quarantine', mark: 'ZWQU', version: 1, schema });
  return opened.ok ? succeeded(new Quarantine(opened.value, nowMs)) : opened;
}
