/**
 * What has been said to the outside. A finding or case goes out when its content differs from what was said last;
 * repeating a statement is silent, correcting it raises the revision. The preliminary lane speaks first, the sealed
 * lane has the last word.
 */
import { canonicalJson } from '../leaf/canonical-json.ts';
import { CaseNames } from './case-names.ts';
import { DirtyRows } from './dirty-rows.ts';
import { RecalledWords, type RecalledWord } from './recalled-words.ts';
import {
  holderOf,
  retraction,
  rowOf,
  statementId,
  withRevision,
  type EarlyWord,
  type Published,
  type SaidRow,
  type SaidRowBody,
} from './statement.ts';

interface Said {
  digest: string;
  revision: number;
  /** Order time behind the newest statement. */
  timeMs: number;
  /** Said by the preliminary lane and not yet settled by the sealed one. */
  open?: Published;
  /** What may still change it (`holderOf`); undefined: an older version did not say. */
  heldBy?: string;
  /** The sealed lane has said it, now or before: it does not vanish with what the preliminary lane made of it. */
  isSealed: boolean;
  /** The newest sealed word, which holds once more when the preliminary lane takes its own back. Unknown: see `wordOf`. */
  sealed?: Published;
}

const forgetEveryMs = 86_400_000;

/** How a publication goes about it. */
export interface PublicationOptions {
  /**
   * True: a case that turns out to begin with another finding keeps the id people were given. Which that is depends on
   * what was said when, so a host that can have two owners of a task says false: there a case said early under another
   * id is merged into the one that holds its findings. Default true.
   */
  readonly keepsGivenIds?: boolean;
}

/** Ledger of statements by id. */
export class Publication {
  readonly #said = new Map<string, Said>();
  readonly #names = new CaseNames((publicId) => this.#isTaken(`c/${publicId}`));
  #doomed = new Set<string>();
  /** Cases a predecessor was about to say early and our own preliminary lane has not said. */
  readonly #foretold = new Set<string>();
  readonly #open = new Set<string>();
  readonly #recalled = new RecalledWords();
  readonly #sha256: (text: string) => string;
  readonly #keepsGivenIds: boolean;
  /** Rows for checkpoints, by id: digest, revision and order time. Absent: nobody needs them. */
  rows: DirtyRows | undefined;
  #forgotMs = -Infinity;
  #pending: Published[] = [];
  #early: EarlyWord[] = [];
  /** What was said last under `f/<finding id>` or `c/<case id>`, from wherever a host keeps that; asked for what a restart forgot. */
  wordOf: (id: string) => Published | undefined = () => undefined;
  /** Revisions are at least this: a host that can be succeeded passes its position, so that a successor's are higher. */
  revisionFloor = 0;

  constructor(sha256: (text: string) => string, { keepsGivenIds = true }: PublicationOptions = {}) {
    this.#sha256 = sha256;
    this.#keepsGivenIds = keepsGivenIds;
  }

  /** From now on changes are known row by row. */
  trackRows(): void {
    this.rows = new DirtyRows((id) => {
      const said = this.#said.get(id);
      if (said === undefined) return undefined;
      return JSON.stringify(rowOf(id, said).slice(1));
    });
  }

  /** Puts back a row of a checkpoint. */
  restoreRow(id: string, text: string): void {
    this.restore([[id, ...(JSON.parse(text) as SaidRowBody)]]);
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
    return this.#names.publicId(caseId);
  }

  /** Names the engine may know a public case by, the likeliest first: the reverse of `publicCaseId`. */
  engineCaseIds(publicId: string): string[] {
    return this.#names.engineIds(publicId);
  }

  /** The preliminary lane's word. */
  preliminary(given: Published, timeMs: number): void {
    this.#nameCase(given, [...this.#doomed, ...this.#foretold]);
    const statement = this.#names.renamed(given);
    const id = statementId(statement);
    this.#doomed.delete(id);
    this.#foretold.delete(id);
    const said = this.#edit(id, timeMs);
    this.#recallSealed(id, said);
    said.timeMs = Math.max(said.timeMs, timeMs);
    said.open = statement;
    this.#open.add(id);
    this.#say(said, statement, true);
  }

  /** The sealed lane's word: settles everything up to its time. */
  sealed(given: Published, timeMs: number): void {
    this.#nameCase(given, this.#open);
    const statement = this.#names.renamed(given);
    const id = statementId(statement);
    const said = this.#edit(id, timeMs);
    said.isSealed = true;
    said.sealed = statement;
    if (said.open !== undefined && timeMs < said.timeMs) return;
    said.timeMs = Math.max(said.timeMs, timeMs);
    this.#settle(id, said, statement);
  }

  /** Before the first early word over a sealed one that a restart forgot: what was said last is that word. */
  #recallSealed(id: string, said: Said): void {
    if (!said.isSealed || said.sealed !== undefined || said.open !== undefined) return;
    const word = this.wordOf(id);
    if (word !== undefined && this.#digestOf(word) === said.digest) said.sealed = word;
  }

  #edit(id: string, timeMs: number): Said {
    this.rows?.touch(id);
    const known = this.#said.get(id);
    if (known !== undefined) return known;
    const said: Said = { digest: '', revision: -1, timeMs, isSealed: false };
    this.#said.set(id, said);
    return said;
  }

  /** True while something stands under an id: what was only preliminary and vanished leaves its id to others. */
  #isTaken(id: string): boolean {
    const said = this.#said.get(id);
    return said !== undefined && (said.isSealed || said.open !== undefined);
  }

  /** A case nobody was told of that holds findings of one about to vanish is that case, unless the sealed lane knows that one. */
  #nameCase(statement: Published, candidates: Iterable<string>): void {
    if (statement.kind !== 'case') return;
    const { case_id: caseId, tenant, finding_ids: findingIds } = statement.case;
    if (this.#said.has(`c/${this.publicCaseId(caseId)}`) && this.#names.speaks(caseId)) return;
    if (this.#keepsGivenIds)
      for (const candidate of candidates) {
        const said = this.#said.get(candidate);
        const known = said?.open;
        if (said?.isSealed !== false || known?.kind !== 'case' || known.case.tenant !== tenant) continue;
        if (!known.case.finding_ids.some((id) => findingIds.includes(id))) continue;
        this.#names.give(caseId, known.case.case_id);
        return;
      }
    this.#names.giveFree(caseId);
  }

  #publicKey(id: string): string {
    return id.startsWith('c/') ? `c/${this.publicCaseId(id.slice(2))}` : id;
  }

  #takeBack(id: string): void {
    const said = this.#said.get(id);
    if (said?.open === undefined) return;
    if (said.sealed !== undefined) this.#settle(id, said, said.sealed);
    else if (!said.isSealed) this.#settle(id, said, retraction(said.open, this.#holderNow(said.open)));
    else {
      // The sealed word is not known here any more: an update too many is better than a case closed by mistake.
      delete said.open;
      this.#open.delete(id);
      this.#foretold.delete(id);
    }
  }

  /** The case that holds the findings of one that vanishes; undefined: none does. */
  #holderNow(statement: Published): string | undefined {
    if (statement.kind === 'finding') return undefined;
    const { case_id: caseId, finding_ids: findingIds } = statement.case;
    return findingIds
      .map((id) => this.#said.get(`f/${id}`)?.heldBy ?? '')
      .find((holder) => holder !== '' && holder !== caseId && this.#isTaken(`c/${holder}`));
  }

  /** The watermark has passed: what only the preliminary lane said is replaced by the sealed word, or retracted. */
  passed(watermarkMs: number): void {
    for (const id of this.#open) {
      const said = this.#said.get(id);
      if (said === undefined || said.timeMs >= watermarkMs) continue;
      this.#takeBack(id);
    }
    for (const [id, recalled] of this.#recalled.takePassed(watermarkMs, (id) => this.#open.has(id)))
      this.#reconcile(id, recalled);
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
    if (this.#said.get(id)?.digest === digest) return;
    const word = { statement, digest, revision, timeMs };
    this.#recalled.add(id, before === undefined ? word : { ...word, current: before });
  }

  /** Whether something recalled still waits for this life's word. */
  get hasRecalled(): boolean {
    return this.#recalled.size > 0;
  }

  #reconcile(id: string, { statement, revision, timeMs, current }: RecalledWord): void {
    const said = this.#edit(id, timeMs);
    const word = current ?? said.sealed ?? retraction(statement);
    if (said.revision > revision && said.digest === this.#digestOf(word)) return;
    said.revision = Math.max(said.revision, revision);
    said.digest = '';
    this.#say(said, word, false);
  }

  /** Statements collected since the last call, in order. */
  take(): Published[] {
    const pending = this.#pending;
    this.#pending = [];
    this.#early = [];
    return pending;
  }

  /** The words of the preliminary lane among those that `take` will give. Call it before `take`. */
  takeEarly(): EarlyWord[] {
    const early = this.#early;
    this.#early = [];
    return early;
  }

  /**
   * Puts back an early word that a predecessor was about to say, or said, after its last checkpoint: what our own lanes say
   * too is said again under a higher revision, and the rest is taken back when the watermark passes it.
   */
  foretell({ word, timeMs, caseId }: EarlyWord): void {
    const id = statementId(word);
    const said = this.#edit(id, timeMs);
    const { revision } = word.kind === 'case' ? word.case : word.finding;
    // Two owners can give two words one revision; the one that is written last counts then.
    if (said.revision > revision || (said.revision === revision && said.digest === this.#digestOf(word)))
      return;
    if (word.kind === 'case' && caseId !== undefined && !said.isSealed)
      this.#names.give(caseId, word.case.case_id);
    said.revision = revision;
    // It was about to go out; whether it did nobody knows, so it will be said again.
    said.digest = '';
    said.timeMs = Math.max(said.timeMs, timeMs);
    said.open = word;
    this.#open.add(id);
    if (word.kind === 'case') this.#foretold.add(id);
  }

  /**
   * Forgets what was said before `beforeMs` and nothing can change any more: closed cases, and findings of none or of one
   * that is forgotten. Looks once a day of stream time, so that it costs nothing.
   */
  forget(beforeMs: number): void {
    if (beforeMs < this.#forgotMs + forgetEveryMs) return;
    this.#forgotMs = beforeMs;
    const old = [...this.#said].filter(
      ([id, { timeMs, open }]) => timeMs < beforeMs && open === undefined && !this.#recalled.has(id),
    );
    // Cases first: their findings go with them.
    for (const isCase of [true, false])
      for (const [id, { heldBy }] of old) {
        if (id.startsWith('c/') !== isCase || heldBy === undefined) continue;
        if (heldBy !== '' && (isCase || this.#said.has(`c/${heldBy}`))) continue;
        this.rows?.touch(id);
        this.#said.delete(id);
        if (isCase) this.#names.forget(id.slice(2));
      }
  }

  /** Everything said, for checkpoints. */
  snapshot(): SaidRow[] {
    return [...this.#said].map(([id, said]) => rowOf(id, said));
  }

  /** What only the preliminary lane has said so far, for checkpoints of a host whose lanes do not run again from a log. */
  unsettled(): Published[] {
    return [...this.#open].flatMap((id) => this.#said.get(id)?.open ?? []);
  }

  /** Ids of what `unsettled` holds: `f/<finding id>`, `c/<public case id>`. */
  unsettledIds(): string[] {
    return [...this.#open];
  }

  /** Sealed words that the preliminary lane has gone beyond, for checkpoints. */
  overtaken(): Published[] {
    return [...this.#open].flatMap((id) => this.#said.get(id)?.sealed ?? []);
  }

  /** Sealed words that the preliminary lane has gone beyond, or may: of findings and cases that can still change. */
  standing(): Published[] {
    return [...this.#said].flatMap(([id, said]) => {
      if (said.heldBy === '') return [];
      this.#recallSealed(id, said);
      return said.sealed ?? [];
    });
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

  /** Puts back what `overtaken` or `standing` gave; after `restore`. */
  restoreOvertaken(statements: Iterable<Published>): void {
    for (const statement of statements) {
      const said = this.#said.get(statementId(statement));
      if (said !== undefined) said.sealed = statement;
    }
  }

  /** Public ids that differ, for checkpoints. */
  publicIds(): (readonly [caseId: string, publicId: string])[] {
    return this.#names.pairs();
  }

  /** Puts back public ids. */
  restorePublicIds(pairs: Iterable<readonly [string, string]>): void {
    for (const [caseId, publicId] of pairs) this.#names.give(caseId, publicId);
  }

  /** Puts back a snapshot. */
  restore(snapshot: readonly SaidRow[]): void {
    for (const [id, digest, revision, timeMs, isSealed = true, heldBy] of snapshot)
      this.#said.set(id, { digest, revision, timeMs, isSealed, ...(heldBy !== undefined && { heldBy }) });
  }

  #settle(id: string, said: Said, statement: Published): void {
    this.rows?.touch(id);
    const { open } = said;
    delete said.open;
    this.#open.delete(id);
    this.#foretold.delete(id);
    // Equal words are kept once: the one that went out is held elsewhere too.
    if (!this.#say(said, statement, false) && open !== undefined && said.sealed === statement)
      said.sealed = open;
  }

  /** False when this is what was said last. */
  #say(said: Said, statement: Published, preliminary: boolean): boolean {
    const digest = this.#digestOf(statement);
    const recalled = this.#recalled.heard(statementId(statement), digest, statement);
    if (digest === said.digest) return false;
    said.digest = digest;
    said.heldBy = holderOf(statement);
    said.revision = Math.max(said.revision + 1, this.revisionFloor);
    if (recalled !== undefined) said.revision = Math.max(said.revision, recalled);
    const word = withRevision(statement, said.revision, preliminary);
    this.#pending.push(word);
    if (preliminary) this.#early.push(this.#earlyWord(word, said.timeMs));
    return true;
  }

  #earlyWord(word: Published, timeMs: number): EarlyWord {
    if (word.kind === 'finding') return { word, timeMs };
    const publicId = word.case.case_id;
    const [caseId = publicId] = this.#names.engineIds(publicId);
    return caseId === publicId ? { word, timeMs } : { word, timeMs, caseId };
  }

  #digestOf(statement: Published): string {
    return this.#sha256(canonicalJson(withRevision(statement, 0, false)));
  }
}
