/**
 * What has been said to the outside. A finding or case goes out when its content differs from what was said last;
 * repeating a statement is silent, correcting it raises the revision. The preliminary lane speaks first, the sealed
 * lane has the last word.
 */
import type { Case } from '../contract/case.ts';
import type { Finding } from '../contract/finding.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { DirtyRows } from './dirty-rows.ts';

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

/** Id of a statement: `f/<finding id>`, `c/<case id>`. */
export function statementId(statement: Published): string {
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

/** A statement an earlier life made after its last checkpoint, until this life has said the same or something else. */
interface Recalled {
  readonly statement: Published;
  readonly digest: string;
  readonly revision: number;
  readonly timeMs: number;
  /** The newest word of this life about it, when it differs. */
  current?: Published;
}

/** Ledger of statements by id. */
export class Publication {
  readonly #said = new Map<string, Said>();
  /**
   * Public id of cases that the engine calls otherwise now. A straggler can make another finding the first of a case and
   * so change its key; people, tickets and pages keep the id they were given.
   */
  readonly #publicIds = new Map<string, string>();
  #doomed = new Set<string>();
  readonly #open = new Set<string>();
  readonly #recalled = new Map<string, Recalled>();
  readonly #sha256: (text: string) => string;
  /** Rows for checkpoints, by id: digest, revision and order time. Absent: nobody needs them. */
  rows: DirtyRows | undefined;
  #pending: Published[] = [];
  /** Revisions are at least this: a host that can be succeeded passes its position, so that a successor's are higher. */
  revisionFloor = 0;

  constructor(sha256: (text: string) => string) {
    this.#sha256 = sha256;
  }

  /** From now on changes are known row by row. */
  trackRows(): void {
    this.rows = new DirtyRows((id) => {
      const said = this.#said.get(id);
      return said === undefined ? undefined : JSON.stringify([said.digest, said.revision, said.timeMs]);
    });
  }

  /** Puts back a row of a checkpoint. */
  restoreRow(id: string, text: string): void {
    const [digest, revision, timeMs] = JSON.parse(text) as [string, number, number];
    this.#said.set(id, { digest, revision, timeMs });
  }

  /** Announces what the next words of the preliminary lane no longer hold: `f/<finding id>`, `c/<case id>`. */
  announceTakeBack(ids: Iterable<string>): void {
    this.#doomed = new Set([...ids].map((id) => this.#publicKey(id)));
  }

  /** Takes back what was announced and has not been said again under any id. */
  takeBackAnnounced(): void {
    for (const id of this.#doomed) this.#takeBack(id);
    this.#doomed.clear();
  }

  /** Public id of a case of the engine. */
  publicCaseId(caseId: string): string {
    return this.#publicIds.get(caseId) ?? caseId;
  }

  /** Names the engine may know a public case by, the likeliest first: the reverse of `publicCaseId`. */
  engineCaseIds(publicId: string): string[] {
    const others = [...this.#publicIds].filter(([, known]) => known === publicId).map(([caseId]) => caseId);
    return [...others.reverse(), publicId];
  }

  /** The preliminary lane's word. */
  preliminary(given: Published, timeMs: number): void {
    this.#adopt(given, this.#doomed);
    const statement = this.#renamed(given);
    const id = statementId(statement);
    this.#doomed.delete(id);
    const said = this.#edit(id, timeMs);
    said.timeMs = Math.max(said.timeMs, timeMs);
    said.open = statement;
    this.#open.add(id);
    this.#say(said, statement, true);
  }

  /** The sealed lane's word: settles everything up to its time. */
  sealed(given: Published, timeMs: number): void {
    this.#adopt(given, this.#open);
    const statement = this.#renamed(given);
    const id = statementId(statement);
    const said = this.#edit(id, timeMs);
    if (said.open !== undefined && timeMs < said.timeMs) {
      said.sealed = statement;
      return;
    }
    said.timeMs = Math.max(said.timeMs, timeMs);
    this.#settle(id, said, statement);
  }

  #edit(id: string, timeMs: number): Said {
    this.rows?.touch(id);
    let said = this.#said.get(id);
    if (said === undefined) {
      said = { digest: '', revision: -1, timeMs };
      this.#said.set(id, said);
    }
    return said;
  }

  /** A case under an unknown id that holds findings of one about to vanish is that case. */
  #adopt(statement: Published, candidates: ReadonlySet<string>): void {
    if (statement.kind !== 'case' || this.#said.has(this.#publicKey(statementId(statement)))) return;
    const { case_id: caseId, tenant, finding_ids: findingIds } = statement.case;
    for (const candidate of candidates) {
      const holder = this.#said.get(candidate);
      // Another sealed case waits under this id already: two cases under one name would be one case too few.
      if (holder?.sealed !== undefined) continue;
      const known = holder?.open;
      if (known?.kind !== 'case' || known.case.tenant !== tenant) continue;
      if (!known.case.finding_ids.some((id) => findingIds.includes(id))) continue;
      this.#publicIds.set(caseId, known.case.case_id);
      return;
    }
  }

  #publicKey(id: string): string {
    return id.startsWith('c/') ? `c/${this.publicCaseId(id.slice(2))}` : id;
  }

  #renamed(statement: Published): Published {
    if (this.#publicIds.size === 0) return statement;
    if (statement.kind === 'case') {
      const { case_id: caseId, merged_into: mergedInto } = statement.case;
      const publicId = this.publicCaseId(caseId);
      if (publicId === caseId && (mergedInto === null || !this.#publicIds.has(mergedInto))) return statement;
      return {
        kind: 'case',
        case: {
          ...statement.case,
          case_id: publicId,
          merged_into: mergedInto === null ? null : this.publicCaseId(mergedInto),
        },
      };
    }
    const { case_id: caseId } = statement.finding;
    if (caseId === null || !this.#publicIds.has(caseId)) return statement;
    return { kind: 'finding', finding: { ...statement.finding, case_id: this.publicCaseId(caseId) } };
  }

  #takeBack(id: string): void {
    const said = this.#said.get(id);
    if (said?.open === undefined) return;
    this.#settle(id, said, said.sealed ?? retraction(said.open));
  }

  /** The watermark has passed: what only the preliminary lane said is replaced by the sealed word, or retracted. */
  passed(watermarkMs: number): void {
    for (const id of this.#open) {
      const said = this.#said.get(id);
      if (said === undefined || said.timeMs >= watermarkMs) continue;
      this.#takeBack(id);
    }
    for (const [id, recalled] of this.#recalled)
      if (recalled.timeMs < watermarkMs && !this.#open.has(id)) this.#reconcile(id, recalled);
  }

  /**
   * Something an earlier life told the outside after its last checkpoint, `timeMs` its ingest clock then. This life reads the
   * same log in other portions and may never come to say it: then its own word, or `before` (that of the checkpoint), or else a
   * retraction is said under a higher revision.
   */
  recall(statement: Published, timeMs: number, before?: Published): void {
    const { revision } = statement.kind === 'case' ? statement.case : statement.finding;
    const id = statementId(statement);
    const digest = this.#digestOf(statement);
    if (this.#said.get(id)?.digest === digest || (this.#recalled.get(id)?.revision ?? -1) >= revision) return;
    this.#recalled.set(id, {
      statement,
      digest,
      revision,
      timeMs,
      ...(before !== undefined && { current: before }),
    });
  }

  /** Whether something recalled still waits for this life's word. */
  get hasRecalled(): boolean {
    return this.#recalled.size > 0;
  }

  #reconcile(id: string, { statement, revision, timeMs, current }: Recalled): void {
    this.#recalled.delete(id);
    const word = current ?? retraction(statement);
    const said = this.#edit(id, timeMs);
    if (said.revision > revision && said.digest === this.#digestOf(word)) return;
    said.revision = Math.max(said.revision, revision);
    said.digest = '';
    this.#say(said, word, false);
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
      if (timeMs < beforeMs && open === undefined) {
        this.rows?.touch(id);
        this.#said.delete(id);
      }
  }

  /** Everything said, for checkpoints: id, digest, revision, order time. */
  snapshot(): [id: string, digest: string, revision: number, timeMs: number][] {
    return [...this.#said].map(([id, { digest, revision, timeMs }]) => [id, digest, revision, timeMs]);
  }

  /** What only the preliminary lane has said so far, for checkpoints of a host whose lanes do not run again from a log. */
  unsettled(): Published[] {
    return [...this.#open].flatMap((id) => this.#said.get(id)?.open ?? []);
  }

  /** Ids of what `unsettled` holds: `f/<finding id>`, `c/<public case id>`. */
  unsettledIds(): string[] {
    return [...this.#open];
  }

  /** Puts back unsettled statements; after `restore`. */
  restoreUnsettled(statements: Iterable<Published>): void {
    for (const statement of statements) {
      const id = statementId(statement);
      const said = this.#said.get(id);
      if (said === undefined) continue;
      said.open = statement;
      this.#open.add(id);
    }
  }

  /** Public ids that differ, for checkpoints. */
  publicIds(): (readonly [caseId: string, publicId: string])[] {
    return [...this.#publicIds];
  }

  /** Puts back public ids. */
  restorePublicIds(pairs: Iterable<readonly [string, string]>): void {
    for (const [caseId, publicId] of pairs) this.#publicIds.set(caseId, publicId);
  }

  /** Puts back a snapshot. */
  restore(snapshot: readonly (readonly [string, string, number, number])[]): void {
    for (const [id, digest, revision, timeMs] of snapshot) this.#said.set(id, { digest, revision, timeMs });
  }

  #settle(id: string, said: Said, statement: Published): void {
    this.rows?.touch(id);
    delete said.open;
    delete said.sealed;
    this.#open.delete(id);
    this.#say(said, statement, false);
  }

  #say(said: Said, statement: Published, preliminary: boolean): void {
    const digest = this.#digestOf(statement);
    const recalled = this.#recalled.size === 0 ? undefined : this.#recalled.get(statementId(statement));
    if (recalled !== undefined) {
      if (recalled.digest === digest) this.#recalled.delete(statementId(statement));
      else recalled.current = statement;
    }
    if (digest === said.digest) return;
    said.digest = digest;
    said.revision = Math.max(said.revision + 1, this.revisionFloor);
    if (recalled?.digest === digest) said.revision = Math.max(said.revision, recalled.revision);
    this.#pending.push(withRevision(statement, said.revision, preliminary));
  }

  #digestOf(statement: Published): string {
    return this.#sha256(canonicalJson(withRevision(statement, 0, false)));
  }
}
