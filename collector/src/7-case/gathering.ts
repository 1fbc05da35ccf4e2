/**
 * When a case that changed is written again. Every revision holds the whole case with all its lines, so one for every event of a
 * busy account, or for the eight hundredth finding of the same kind, would cost as much as all that was said before.
 */
import type { CaseRecord } from './case-record.ts';
import { readFinding, type Turn } from './turn.ts';

/** Timers of gathered cases: this and the id of the case. */
export const emitPrefix = 'emit:';

/** A case of so many findings says each of them at once. */
const fewFindings = 16;
/** Names that are news each. */
const fewDomains = 16;
/** A case of so many findings is written once in `gatherMs`, of twice as many once in twice the time. */
const findingsOfGather = 64;

/** Waits with the words of a case until its timer is due; a timer that runs is left alone. `afterMs` from the time of the step. */
function wait(turn: Turn, record: CaseRecord, afterMs: number): void {
  if (record.unsaid) return;
  record.unsaid = true;
  turn.timers.set(emitPrefix + record.id, turn.nowMs + afterMs);
}

/**
 * Events alone joined a case: told after a quarter of the time since its newest finding or word of a person, within bounds, so
 * that whoever is at work sees them at once.
 */
export function waitForEvents(turn: Turn, record: CaseRecord): void {
  const { gatherMs, gatherLatestMs } = turn.settings.retention;
  const age = Math.floor((turn.nowMs - record.lastActivityMs) / 4);
  wait(turn, record, Math.min(gatherLatestMs, Math.max(gatherMs, age)));
}

/** What somebody acts on: while it stays, a finding more is one more of what the case has many of. */
function standing(turn: Turn, record: CaseRecord): string {
  const first = readFinding(turn, record.leading);
  const { state, severity, leading, paged, waiting, detections, domains, assignee, mergedInto } = record;
  const names = Math.min(domains.length, fewDomains);
  const parts = [state, severity, leading, paged?.atMs, waiting.length, detections.length, names];
  return [...parts, assignee, mergedInto, first?.state, first?.severity, first?.explainedBy].join(' ');
}

/**
 * True when a finding changed a case that has many and nothing anybody acts on: severity, state, page, leading finding, kinds of
 * attack, how the leading one stands. It is told with the next ones, after a minute or, of a very large case, ten at the most.
 */
export function waitsForFindings(turn: Turn, record: CaseRecord): boolean {
  const { gatherMs, gatherLatestMs } = turn.settings.retention;
  const count = record.findings.length;
  if (count <= fewFindings || record.saidStanding !== standing(turn, record)) return false;
  wait(turn, record, Math.min(gatherLatestMs, gatherMs * Math.ceil(count / findingsOfGather)));
  return true;
}

/** The case is about to be written. */
export function noteSaid(turn: Turn, record: CaseRecord): void {
  record.unsaid = false;
  if (record.findings.length > fewFindings) record.saidStanding = standing(turn, record);
}
