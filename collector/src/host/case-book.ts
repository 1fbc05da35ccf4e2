/** Newest published state of cases, findings, scores and their evidence, for the API, the console and the gauges. */
import type { Case } from '../contract/case.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Finding } from '../contract/finding.ts';
import type { Intent } from '../contract/inventory.ts';
import type { ControlScore } from '../contract/score.ts';
import { DirtyRows } from '../engine/dirty-rows.ts';
import { PackedMap } from '../engine/packed-map.ts';
import type { Published } from '../engine/statement.ts';
import { enterJournal, isJournalled, journalForm, type DomainJournal } from './domain-journal.ts';
import { RecentEvents } from './recent-events.ts';
import { ScoreShelf } from './score-shelf.ts';

const keptFindings = 50_000;
const keptEvidence = 100_000;
/** Bytes of raw records and rows of checkpoints that evidence may be made of: a flood of large records must not fill the memory. */
const evidenceBytesMax = 64 * 1024 * 1024;
const keptClosedCases = 10_000;
const keptIntents = 10_000;
const keptJournals = 50_000;
/** Rows of words that rows of scores name. They sort before those, so that they are put back first. */
const wordKind = 'saying';

/** Book of what was last said. Bounded: oldest closed cases and findings without an open case leave first. */
export class CaseBook {
  readonly cases = new Map<string, Case>();
  readonly findings = new Map<string, Finding>();
  readonly scores = new ScoreShelf((number) => this.#rows?.touch(`${wordKind}/${number}`));
  /** Events that findings and timelines stand on, by event id. */
  readonly evidence = new PackedMap<CanonicalEvent>();
  /** Log sequence of the record each event of `evidence` came in; absent when it is not known. */
  readonly positions = new Map<string, number>();
  /** Approvals that entered the log, by `tenant|id`. */
  readonly intents = new Map<string, Intent>();
  /** Certificates and changes heard of, by `tenant|domain`. */
  readonly journals = new PackedMap<DomainJournal>(journalForm);
  readonly #recent = new RecentEvents();
  /** Size of each event of `evidence`, in the same order, and of all of them. */
  readonly #evidenceBytes = new Map<string, number>();
  #evidenceBytesSum = 0;
  #rows: DirtyRows | undefined;

  /** From now on changes are known row by row; `rows` gives them. */
  trackRows(): DirtyRows {
    this.#rows ??= new DirtyRows((id, resting) => this.#textOf(id, resting));
    return this.#rows;
  }

  /** Takes an annotated event, so that it can be shown when something comes to stand on it. */
  event(event: CanonicalEvent, sequence?: number): void {
    if (isJournalled(event)) this.#enter(event);
    this.#recent.add(event, sequence);
  }

  #enter(event: CanonicalEvent): void {
    const key = `${event.tenant}|${event.domain ?? ''}`;
    const journal = this.journals.get(key) ?? { certificates: [], changes: [] };
    this.#rows?.touch(`journal/${key}`);
    if (!enterJournal(journal, event)) return;
    this.journals.set(key, journal);
    if (this.journals.size > keptJournals) this.#drop('journal', this.journals.keys().next().value);
  }

  /** Takes a statement. */
  take(published: Published): void {
    if (published.kind === 'case') {
      this.#put(`case/${published.case.case_id}`, published.case);
      for (const { ref } of published.case.timeline) this.#keepEvidence(ref);
    } else {
      this.#put(`finding/${published.finding.finding_id}`, published.finding);
      for (const id of published.finding.evidence_event_ids) this.#keepEvidence(id);
    }
  }

  /** What was said last under `f/<finding id>` or `c/<case id>`; undefined when it is not in the book. */
  published(id: string): Published | undefined {
    const [kind, key] = split(id);
    if (kind === 'f') {
      const finding = this.findings.get(key);
      return finding && { kind: 'finding', finding };
    }
    const found = this.cases.get(key);
    return found && { kind: 'case', case: found };
  }

  #keepEvidence(id: string): void {
    const known = this.evidence.has(id) ? undefined : this.#recent.get(id);
    if (known === undefined) return;
    this.#rows?.touch(`evidence/${id}`);
    this.evidence.set(id, known.event);
    this.#weigh(id, known.event.raw.size);
    if (known.sequence !== undefined) {
      this.#rows?.touch(`position/${id}`);
      this.positions.set(id, known.sequence);
    }
    while (this.evidence.size > keptEvidence || this.#evidenceBytesSum > evidenceBytesMax) {
      const oldest = this.evidence.keys().next().value;
      this.#drop('evidence', oldest);
      this.#drop('position', oldest);
    }
  }

  #weigh(id: string, bytes: number): void {
    this.#evidenceBytesSum += bytes - (this.#evidenceBytes.get(id) ?? 0);
    this.#evidenceBytes.set(id, bytes);
  }

  /** Takes an approval; the same id again replaces it. */
  takeIntent(intent: Intent): void {
    this.#put(`intent/${intent.tenant}|${intent.id}`, intent);
  }

  /** Takes a score; false when nothing but its time changed. */
  takeScore(score: ControlScore): boolean {
    const key = `${score.tenant}|${score.domain}`;
    if (this.scores.says(key, score)) return false;
    this.#rows?.touch(`score/${key}`);
    this.scores.set(key, score);
    return true;
  }

  /** Puts back a row of a checkpoint. */
  restore(id: string, text: string): void {
    const [kind, key] = split(id);
    if (kind === 'evidence') {
      this.evidence.setText(key, text);
      this.#weigh(key, text.length);
    } else if (kind === 'journal') this.journals.setText(key, text);
    else if (kind === wordKind) this.scores.setWord(Number(key), JSON.parse(text) as string);
    else if (kind === 'score') this.#restoreScore(key, text);
    else this.#mapOf(kind).set(key, JSON.parse(text) as Case);
  }

  #restoreScore(key: string, text: string): void {
    // Checkpoints of older versions hold the score itself.
    if (text.startsWith('{')) this.scores.set(key, JSON.parse(text) as ControlScore);
    else this.scores.setText(key, text);
  }

  #textOf(id: string, resting: boolean): string | undefined {
    const [kind, key] = split(id);
    if (kind === 'evidence') return this.evidence.textOf(key, resting);
    if (kind === 'journal') return this.journals.textOf(key, resting);
    if (kind === 'score') return this.scores.textOf(key);
    const body = kind === wordKind ? this.scores.wordAt(Number(key)) : this.#mapOf(kind).get(key);
    return body === undefined ? undefined : JSON.stringify(body);
  }

  #mapOf(kind: string): Map<string, Case | Finding | Intent | number> {
    const maps: Readonly<Record<string, ReadonlyMap<string, unknown>>> = {
      case: this.cases,
      finding: this.findings,
      position: this.positions,
      intent: this.intents,
    };
    return (maps[kind] ?? this.cases) as Map<string, Case | Finding | Intent | number>;
  }

  #put(id: string, body: Case | Finding | Intent): void {
    const [kind, key] = split(id);
    const map = this.#mapOf(kind);
    this.#rows?.touch(id);
    map.delete(key);
    map.set(key, body);
    if (kind === 'finding' && map.size > keptFindings) this.#drop('finding', map.keys().next().value);
    if (kind === 'intent' && map.size > keptIntents) this.#drop('intent', map.keys().next().value);
    if (kind === 'case' && map.size > keptClosedCases) {
      for (const [oldest, found] of this.cases) {
        if (found.state !== 'closed' && found.state !== 'merged') continue;
        this.#drop('case', oldest);
        break;
      }
    }
  }

  #drop(kind: string, key: string | undefined): void {
    if (key === undefined) return;
    this.#rows?.touch(`${kind}/${key}`);
    if (kind === 'evidence') {
      this.evidence.delete(key);
      this.#evidenceBytesSum -= this.#evidenceBytes.get(key) ?? 0;
      this.#evidenceBytes.delete(key);
    } else if (kind === 'journal') this.journals.delete(key);
    else this.#mapOf(kind).delete(key);
  }
}

function split(id: string): [string, string] {
  const cut = id.indexOf('/');
  return [id.slice(0, cut), id.slice(cut + 1)];
}
