/** Newest published state of cases, findings, scores and their evidence, for the API, the console and the gauges. */
import type { Case } from '../contract/case.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Finding } from '../contract/finding.ts';
import type { Intent } from '../contract/inventory.ts';
import type { ControlScore } from '../contract/score.ts';
import type { Published } from '../engine/publication.ts';
import { enterJournal, isJournalled, type DomainJournal } from './domain-journal.ts';

/** A stored thing of the book, for checkpoints. */
export type BookBody = Case | Finding | ControlScore | CanonicalEvent | Intent | DomainJournal | number;

const keptFindings = 50_000;
const keptEvidence = 100_000;
const recentEventsMax = 5_000;
/** Raw bytes of the recent events; an event takes about five times as much memory. */
const recentBytesMax = 8 * 1024 * 1024;
const keptClosedCases = 10_000;
const keptIntents = 10_000;
const keptJournals = 50_000;

/** Book of what was last said. Bounded: oldest closed cases and findings without an open case leave first. */
export class CaseBook {
  readonly cases = new Map<string, Case>();
  readonly findings = new Map<string, Finding>();
  readonly scores = new Map<string, ControlScore>();
  /** Events that findings and timelines stand on, by event id. */
  readonly evidence = new Map<string, CanonicalEvent>();
  /** Log sequence of the record each event of `evidence` came in; absent when it is not known. */
  readonly positions = new Map<string, number>();
  /** Approvals that entered the log, by `tenant|id`. */
  readonly intents = new Map<string, Intent>();
  /** Certificates and changes heard of, by `tenant|domain`. */
  readonly journals = new Map<string, DomainJournal>();
  readonly #recent = new Map<string, { readonly event: CanonicalEvent; readonly sequence?: number }>();
  #recentBytes = 0;
  readonly #dirty = new Set<string>();

  /** Takes an annotated event, so that it can be shown when something comes to stand on it. */
  event(event: CanonicalEvent, sequence?: number): void {
    if (isJournalled(event)) this.#enter(event);
    const before = this.#recent.get(event.event_id);
    if (before !== undefined) this.#recentBytes -= before.event.raw.size;
    this.#recent.set(event.event_id, sequence === undefined ? { event } : { event, sequence });
    this.#recentBytes += event.raw.size;
    if (this.#recent.size <= recentEventsMax && this.#recentBytes <= recentBytesMax) return;
    for (const [id, oldest] of this.#recent) {
      if (this.#recent.size <= recentEventsMax && this.#recentBytes <= recentBytesMax) break;
      this.#recent.delete(id);
      this.#recentBytes -= oldest.event.raw.size;
    }
  }

  #enter(event: CanonicalEvent): void {
    const key = `${event.tenant}|${event.domain ?? ''}`;
    const journal = this.journals.get(key) ?? { certificates: [], changes: [] };
    if (enterJournal(journal, event)) this.#put(`journal/${key}`, journal);
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

  #keepEvidence(id: string): void {
    const known = this.evidence.has(id) ? undefined : this.#recent.get(id);
    if (known === undefined) return;
    this.#put(`evidence/${id}`, known.event);
    if (known.sequence !== undefined) this.#put(`position/${id}`, known.sequence);
  }

  /** Takes an approval; the same id again replaces it. */
  takeIntent(intent: Intent): void {
    this.#put(`intent/${intent.tenant}|${intent.id}`, intent);
  }

  /** Takes a score; false when nothing but its time changed. */
  takeScore(score: ControlScore): boolean {
    const id = `${score.tenant}|${score.domain}`;
    const before = this.scores.get(id);
    const same =
      before !== undefined &&
      before.score === score.score &&
      before.coverage === score.coverage &&
      before.risk === score.risk &&
      JSON.stringify(before.risk_detail) === JSON.stringify(score.risk_detail) &&
      before.components.every((component, i) => component.reason === score.components[i]?.reason);
    if (same) return false;
    this.#put(`score/${id}`, score);
    return true;
  }

  /** Rows changed since the last call (`body` undefined: removed). */
  takeDirty(): (readonly [string, BookBody | undefined])[] {
    const rows = [...this.#dirty].map((id) => [id, this.#get(id)] as const);
    this.#dirty.clear();
    return rows;
  }

  /** Puts back rows of a checkpoint. */
  restore(id: string, body: unknown): void {
    this.#put(id, body as Case);
    this.#dirty.delete(id);
  }

  #get(id: string): BookBody | undefined {
    const [kind, key] = split(id);
    return this.#mapOf(kind).get(key);
  }

  #mapOf(kind: string): Map<string, BookBody> {
    const maps: Readonly<Record<string, ReadonlyMap<string, BookBody>>> = {
      case: this.cases,
      finding: this.findings,
      evidence: this.evidence,
      position: this.positions,
      intent: this.intents,
      journal: this.journals,
    };
    return (maps[kind] ?? this.scores) as Map<string, BookBody>;
  }

  #put(id: string, body: BookBody): void {
    const [kind, key] = split(id);
    const map = this.#mapOf(kind);
    map.delete(key);
    map.set(key, body);
    this.#dirty.add(id);
    if (kind === 'finding' && map.size > keptFindings) this.#drop('finding', map.keys().next().value);
    if (kind === 'evidence' && map.size > keptEvidence) {
      const oldest = map.keys().next().value;
      this.#drop('evidence', oldest);
      this.#drop('position', oldest);
    }
    if (kind === 'journal' && map.size > keptJournals) this.#drop('journal', map.keys().next().value);
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
    if (key === undefined || !this.#mapOf(kind).delete(key)) return;
    this.#dirty.add(`${kind}/${key}`);
  }
}

function split(id: string): [string, string] {
  const cut = id.indexOf('/');
  return [id.slice(0, cut), id.slice(cut + 1)];
}
