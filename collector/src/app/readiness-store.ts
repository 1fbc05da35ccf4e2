/** What the last dry runs of restores said, so that a restart forgets nothing and asks no provider twice a day. */
import type { DatabaseSync } from 'node:sqlite';
import { succeeded, type Outcome } from '../contract/outcome.ts';
import { openSqlite } from '../log/sqlite.ts';

const schema = `
CREATE TABLE dry_run (
  tenant TEXT NOT NULL, domain TEXT NOT NULL, part TEXT NOT NULL, state TEXT NOT NULL, at_ms INTEGER NOT NULL,
  detail TEXT NOT NULL, changes TEXT NOT NULL, PRIMARY KEY (tenant, domain, part)
) STRICT`;

/** A part of a restore that an executor can carry out. */
export type ExecutedPart = 'records' | 'lock';

/** Result of one dry run. `changes`: what a restore would change now. */
export interface DryRun {
  readonly state: 'ready' | 'drifted' | 'not_ready';
  readonly atMs: number;
  readonly detail: string;
  readonly changes: readonly string[];
}

/** The newest dry run of every part of every domain. */
export interface ReadinessStore {
  get(tenant: string, domain: string, part: ExecutedPart): DryRun | undefined;
  put(tenant: string, domain: string, part: ExecutedPart, run: DryRun): void;
  /** Forgets domains for which `isKnown` says no. */
  forget(isKnown: (tenant: string, domain: string) => boolean): void;
  close(): void;
}

function dryRunOf(row: Record<string, unknown>): DryRun {
  return {
    state: String(row['state']) as DryRun['state'],
    atMs: Number(row['at_ms']),
    detail: String(row['detail']),
    changes: JSON.parse(String(row['changes'])) as string[],
  };
}

function storeOver(database: DatabaseSync): ReadinessStore {
  const one = database.prepare('SELECT * FROM dry_run WHERE tenant = ? AND domain = ? AND part = ?');
  const write = database.prepare(
    `INSERT INTO dry_run VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, domain, part)
     DO UPDATE SET state = excluded.state, at_ms = excluded.at_ms, detail = excluded.detail, changes = excluded.changes`,
  );
  return {
    get: (tenant, domain, part) => {
      const row = one.get(tenant, domain, part);
      return row === undefined ? undefined : dryRunOf(row);
    },
    put: (tenant, domain, part, { state, atMs, detail, changes }) => {
      write.run(tenant, domain, part, state, Math.trunc(atMs), detail, JSON.stringify(changes));
    },
    forget: (isKnown) => {
      for (const row of database.prepare('SELECT DISTINCT tenant, domain FROM dry_run').all()) {
        const tenant = String(row['tenant']);
        const domain = String(row['domain']);
        if (!isKnown(tenant, domain))
          database.prepare('DELETE FROM dry_run WHERE tenant = ? AND domain = ?').run(tenant, domain);
      }
    },
    close: () => database.close(),
  };
}

/** Opens or creates the store; fails like `openSqlite`. */
export function openReadinessStore(path: string): Outcome<ReadinessStore> {
  const opened = openSqlite({ path, what: 'restore readiness', mark: 'ZWRR', version: 1, schema });
  return opened.ok ? succeeded(storeOver(opened.value)) : opened;
}
