/**
 * What has been said to the outside. A finding or case goes out when its content differs from what was said last;
 * repeating a statement is silent, correcting it raises the revision. The preliminary lane speaks first, the sealed
 * lane has the last word.
 */
import type { Case } from '../contract/case.ts';
import type { Finding } from '../contract/finding.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';

/** A statement that is due to the outside. */
export type Published =
  { readonly kind: 'finding'; readonly finding: Finding } | { readonly kind: 'case'; readonly case: Case };

interface Said {
  digest: string;
  revision: number;
  /** Order time behind the newest statement. */
  timeMs: number;
  /** Said by the preliminary lane and not yet settled by the sealed one. */
  open?: Published;
  /** What the sealed lane said while the preliminary lane was ahead. */
  sealed?: Published;
}

function idOf(statement: Published): string {
  return statement.kind === 'finding' ? `f/${statement.finding.finding_id}` : `c/${statement.case.case_id}`;
}

function withRevision(statement: Published, revision: number, preliminary: boolean): Published {
  if (statement.kind === 'case') return { kind: 'case', case: { ...statement.case, revision } };
  return { kind: 'finding', finding: { ...statement.finding, preliminary, revision } };
}

function retraction(statement: Published): Published {
  if (statement.kind === 'finding')
    return { kind: 'finding', finding: { ...statement.finding, state: 'retracted' } };
  return { kind: 'case', case: { ...statement.case, state: 'closed', notify: 'none' } };
}

/** Ledger of statements by id. */
export class Publication {
  readonly #said = new Map<string, Said>();
  readonly #open = new Set<string>();
  readonly #sha256: (text: string) => string;
  #pending: Published[] = [];

  constructor(sha256: (text: string) => string) {
    this.#sha256 = sha256;
  }

  /** The preliminary lane's word. */
  preliminary(statement: Published, timeMs: number): void {
    const id = idOf(statement);
    const said = this.#said.get(id) ?? { digest: '', revision: -1, timeMs };
    this.#said.set(id, said);
    said.timeMs = Math.max(said.timeMs, timeMs);
    said.open = statement;
    this.#open.add(id);
    this.#say(said, statement, true);
  }

  /** The sealed lane's word: settles everything up to its time. */
  sealed(statement: Published, timeMs: number): void {
    const id = idOf(statement);
    const said = this.#said.get(id) ?? { digest: '', revision: -1, timeMs };
    this.#said.set(id, said);
    if (said.open !== undefined && timeMs < said.timeMs) {
      said.sealed = statement;
      return;
    }
    said.timeMs = Math.max(said.timeMs, timeMs);
    this.#settle(id, said, statement);
  }

  /** The preliminary lane takes a statement back: a late comer changed the picture. */
  takeBack(id: string): void {
    const said = this.#said.get(id);
    if (said?.open === undefined) return;
    this.#settle(id, said, said.sealed ?? retraction(said.open));
  }

  /** The watermark has passed: what only the preliminary lane said is replaced by the sealed word, or retracted. */
  passed(watermarkMs: number): void {
    for (const id of this.#open) {
      const said = this.#said.get(id);
      if (said === undefined || said.timeMs >= watermarkMs) continue;
      this.takeBack(id);
    }
  }

  /** Statements collected since the last call, in order. */
  take(): Published[] {
    const pending = this.#pending;
    this.#pending = [];
    return pending;
  }

  /** Forgets settled statements older than `beforeMs`, bounding memory; a later repetition would be said again. */
  forget(beforeMs: number): void {
    for (const [id, { timeMs, open }] of this.#said)
      if (timeMs < beforeMs && open === undefined) this.#said.delete(id);
  }

  /** Everything said, for checkpoints: id, digest, revision, order time. */
  snapshot(): [id: string, digest: string, revision: number, timeMs: number][] {
    return [...this.#said].map(([id, { digest, revision, timeMs }]) => [id, digest, revision, timeMs]);
  }

  /** Puts back a snapshot. */
  restore(snapshot: readonly (readonly [string, string, number, number])[]): void {
    for (const [id, digest, revision, timeMs] of snapshot) this.#said.set(id, { digest, revision, timeMs });
  }

  #settle(id: string, said: Said, statement: Published): void {
    delete said.open;
    delete said.sealed;
    this.#open.delete(id);
    this.#say(said, statement, false);
  }

  #say(said: Said, statement: Published, preliminary: boolean): void {
    const digest = this.#sha256(canonicalJson(withRevision(statement, 0, false)));
    if (digest === said.digest) return;
    said.digest = digest;
    said.revision++;
    this.#pending.push(withRevision(statement, said.revision, preliminary));
  }
}
