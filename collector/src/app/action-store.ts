/** The outbox of actions: what was proposed, with its dry run, and a lease so that one attempt at a time is under way. */
import type { DatabaseSync } from 'node:sqlite';
import type { Outcome } from '../contract/outcome.ts';
import { succeeded } from '../contract/outcome.ts';
import type { FixedPlan, Preview } from '../8-sink/action/executor.ts';
import { openSqlite } from '../log/sqlite.ts';

const schema = `
CREATE TABLE action (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, case_id TEXT NOT NULL, finding_ids TEXT NOT NULL, what TEXT NOT NULL,
  executor TEXT NOT NULL, plan TEXT NOT NULL, preview TEXT NOT NULL, destructive INTEGER NOT NULL,
  proposed_by TEXT NOT NULL, proposed_at_ms INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  next_at_ms INTEGER NOT NULL DEFAULT 0, lease_until_ms INTEGER NOT NULL DEFAULT 0, executed_at_ms INTEGER,
  result TEXT, told INTEGER NOT NULL DEFAULT 0, confirmed_by TEXT
) STRICT;
CREATE INDEX action_by_state ON action (state, next_at_ms)`;

/**
 * How far an action got. `approved`: waits for its turn; `running`: an attempt holds the lease or died with it; `expired`:
 * nobody approved it in time.
 */
export type ActionState =
  'proposed' | 'approved' | 'running' | 'executed' | 'confirmed' | 'rejected' | 'failed' | 'expired';

/** What is stored when an action is proposed. */
export interface NewAction {
  readonly id: string;
  readonly tenant: string;
  /** Public case id, and its findings then. */
  readonly caseId: string;
  readonly findingIds: readonly string[];
  readonly what: string;
  readonly executor: string;
  readonly plan: FixedPlan;
  readonly preview: Preview;
  readonly destructive: boolean;
  readonly proposedBy: string;
  readonly proposedAtMs: number;
}

/** A stored action. `told`: the stream knows that it was executed or failed. */
export interface StoredAction extends NewAction {
  readonly state: ActionState;
  readonly attempts: number;
  readonly executedAtMs: number | null;
  readonly result: string | null;
  readonly told: boolean;
  readonly confirmedBy: string | null;
}

function actionOf(row: Record<string, unknown>): StoredAction {
  const text = (name: string): string => String(row[name]);
  const textOrNull = (name: string): string | null => {
    const found = row[name];
    return typeof found === 'string' ? found : null;
  };
  return {
    id: text('id'),
    tenant: text('tenant'),
    caseId: text('case_id'),
    findingIds: JSON.parse(text('finding_ids')) as string[],
    what: text('what'),
    executor: text('executor'),
    plan: JSON.parse(text('plan')) as FixedPlan,
    preview: JSON.parse(text('preview')) as Preview,
    destructive: row['destructive'] === 1,
    proposedBy: text('proposed_by'),
    proposedAtMs: Number(row['proposed_at_ms']),
    state: text('state') as ActionState,
    attempts: Number(row['attempts']),
    executedAtMs: row['executed_at_ms'] === null ? null : Number(row['executed_at_ms']),
    result: textOrNull('result'),
    told: row['told'] === 1,
    confirmedBy: textOrNull('confirmed_by'),
  };
}

/** The store; calls are synchronous and durable when they return. */
export class ActionStore {
  readonly #database: DatabaseSync;

  /** Use `openActionStore`. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Stores a proposal; the same id again changes nothing. */
  add(action: NewAction): void {
    this.#database
      .prepare(
        `INSERT INTO action (id, tenant, case_id, finding_ids, what, executor, plan, preview, destructive, proposed_by,
         proposed_at_ms, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'proposed') ON CONFLICT (id) DO NOTHING`,
      )
      .run(
        action.id,
        action.tenant,
        action.caseId,
        JSON.stringify(action.findingIds),
        action.what,
        action.executor,
        JSON.stringify(action.plan),
        JSON.stringify(action.preview),
        action.destructive ? 1 : 0,
        action.proposedBy,
        Math.trunc(action.proposedAtMs),
      );
  }

  /** One action. */
  get(id: string): StoredAction | undefined {
    const row = this.#database.prepare('SELECT * FROM action WHERE id = ?').get(id);
    return row === undefined ? undefined : actionOf(row);
  }

  /** All actions, newest first. */
  all(): StoredAction[] {
    return this.#database
      .prepare('SELECT * FROM action ORDER BY proposed_at_ms DESC, id')
      .all()
      .map(actionOf);
  }

  /** Actions in a state, oldest first. */
  inState(state: ActionState): StoredAction[] {
    return this.#database
      .prepare('SELECT * FROM action WHERE state = ? ORDER BY proposed_at_ms, id')
      .all(state)
      .map(actionOf);
  }

  /** Finished actions the stream has not been told of. */
  untold(): StoredAction[] {
    return this.#database
      .prepare(
        "SELECT * FROM action WHERE told = 0 AND state IN ('executed', 'confirmed', 'failed') ORDER BY id",
      )
      .all()
      .map(actionOf);
  }

  /** People decided, or did not in time. */
  decide(id: string, state: 'approved' | 'rejected' | 'expired'): void {
    this.#database.prepare("UPDATE action SET state = ? WHERE id = ? AND state = 'proposed'").run(state, id);
  }

  /** Takes the oldest action that is due, or whose attempt died with its lease; undefined when there is none. */
  lease(nowMs: number, leaseMs: number): StoredAction | undefined {
    const row = this.#database
      .prepare(
        `UPDATE action SET state = 'running', lease_until_ms = ?, attempts = attempts + 1 WHERE id = (
           SELECT id FROM action WHERE (state = 'approved' AND next_at_ms <= ?) OR (state = 'running' AND lease_until_ms <= ?)
           ORDER BY proposed_at_ms, id LIMIT 1) RETURNING *`,
      )
      .get(Math.trunc(nowMs + leaseMs), Math.trunc(nowMs), Math.trunc(nowMs));
    return row === undefined ? undefined : actionOf(row);
  }

  /** Gives leases of a process that is gone back; called once at the start, when the data directory is locked. */
  releaseLeases(): void {
    this.#database.exec("UPDATE action SET lease_until_ms = 0 WHERE state = 'running'");
  }

  /** People took their approval back before anything was done. */
  withdraw(id: string): void {
    this.#database
      .prepare("UPDATE action SET state = 'rejected' WHERE id = ? AND state IN ('approved', 'running')")
      .run(id);
  }

  /** The attempt ended. */
  finish(id: string, state: 'executed' | 'failed', result: string, nowMs: number): void {
    this.#database
      .prepare(
        "UPDATE action SET state = ?, result = ?, executed_at_ms = ? WHERE id = ? AND state = 'running'",
      )
      .run(state, result, Math.trunc(nowMs), id);
  }

  /** The attempt failed for now. */
  retry(id: string, result: string, nextAtMs: number): void {
    this.#database
      .prepare(
        "UPDATE action SET state = 'approved', result = ?, next_at_ms = ? WHERE id = ? AND state = 'running'",
      )
      .run(result, Math.trunc(nextAtMs), id);
  }

  /** The stream knows. */
  markTold(id: string): void {
    this.#database.prepare('UPDATE action SET told = 1 WHERE id = ?').run(id);
  }

  /** A witness saw the effect. */
  confirm(id: string, witness: string): void {
    this.#database
      .prepare("UPDATE action SET state = 'confirmed', confirmed_by = ? WHERE id = ? AND state = 'executed'")
      .run(witness, id);
  }

  close(): void {
    this.#database.close();
  }
}

/** Opens or creates the store; fails like `openSqlite`. */
export function openActionStore(path: string): Outcome<ActionStore> {
  const opened = openSqlite({ path, what: 'action', mark: 'ZWAC', version: 1, schema });
  return opened.ok ? succeeded(new ActionStore(opened.value)) : opened;
}
