/** What changed, from what to what, seen by whom, meant or not: drawn from the findings of a case. Pure. */
import type { Evidence, Finding } from '../api/shapes.ts';
import { comparePlanes, compareSeverityDown, eventPhrase } from './words.ts';

/** One change with everybody who reported it. */
export interface ChangeStory {
  /** Change fact id, or event id when the ledger keeps no fact of it. */
  readonly id: string;
  /** Record name and type, or the domain, account or person. */
  readonly object: string;
  readonly what: string;
  /** Undefined: not known. */
  readonly old: unknown;
  readonly next: unknown;
  /** False for a bare happening such as a sign-in. */
  readonly hasValue: boolean;
  readonly at: string;
  readonly earliest: string | undefined;
  readonly actor: string | undefined;
  readonly approval: string;
  /** Kinds of source, each once, sorted. */
  readonly witnesses: readonly string[];
  /** Highest severity of a finding that stands on it. */
  readonly severity: string;
  readonly eventIds: readonly string[];
}

type Growing = { -readonly [K in keyof ChangeStory]: ChangeStory[K] } & {
  witnesses: string[];
  eventIds: string[];
};

function objectOf(evidence: Evidence): string {
  if (evidence.record_name !== undefined)
    return evidence.record_type === undefined
      ? evidence.record_name
      : `${evidence.record_name} ${evidence.record_type}`;
  return evidence.domain ?? evidence.registrar_account ?? evidence.actor_id ?? '';
}

function known(actor: string | undefined): string | undefined {
  return actor === undefined || actor === 'unknown' ? undefined : actor;
}

function join(story: Growing, evidence: Evidence, severity: string): void {
  if (!story.witnesses.includes(evidence.source_kind)) story.witnesses.push(evidence.source_kind);
  if (!story.eventIds.includes(evidence.event_id)) story.eventIds.push(evidence.event_id);
  story.old ??= evidence.old_value;
  story.next ??= evidence.new_value;
  story.hasValue ||= evidence.old_value !== undefined || evidence.new_value !== undefined;
  story.actor ??= known(evidence.actor_id);
  if (compareSeverityDown(severity, story.severity) < 0) story.severity = severity;
  if (evidence.timestamp < story.at) story.at = evidence.timestamp;
  if (evidence.approval_state === 'approved') story.approval = 'approved';
}

function begin(id: string, evidence: Evidence, severity: string, derived: boolean): Growing {
  return {
    id,
    object: objectOf(evidence),
    what: eventPhrase(evidence.event_type),
    old: evidence.old_value,
    next: evidence.new_value,
    hasValue: evidence.old_value !== undefined || evidence.new_value !== undefined,
    at: evidence.timestamp,
    earliest: evidence.earliest,
    actor: known(evidence.actor_id),
    approval: evidence.approval_state,
    witnesses: derived ? [] : [evidence.source_kind],
    severity,
    eventIds: [evidence.event_id],
  };
}

/**
 * Changes behind findings that stand: those with values first, then the most severe, then the oldest. Sums and other
 * conclusions of the collector are no changes of their own.
 */
export function changeStories(findings: readonly Finding[]): readonly ChangeStory[] {
  const stories = new Map<string, Growing>();
  for (const finding of findings) {
    if (finding.state === 'retracted') continue;
    for (const evidence of finding.evidence) {
      const derived = evidence.event_type.startsWith('derived.');
      if (derived && evidence.change_fact_id === undefined) continue;
      const id = evidence.change_fact_id ?? evidence.event_id;
      const story = stories.get(id);
      if (story === undefined) stories.set(id, begin(id, evidence, finding.severity, derived));
      else if (!derived) join(story, evidence, finding.severity);
    }
  }
  for (const story of stories.values()) story.witnesses.sort();
  return [...stories.values()].sort(
    (a, b) =>
      Number(b.hasValue) - Number(a.hasValue) ||
      compareSeverityDown(a.severity, b.severity) ||
      (a.at < b.at ? -1 : Number(a.at > b.at)),
  );
}

/** Kinds of source that speak about a case, outside witnesses and inside ones together. */
export function witnessKinds(stories: readonly ChangeStory[]): readonly string[] {
  return [...new Set(stories.flatMap(({ witnesses }) => witnesses))]
    .filter((kind) => kind !== 'pipeline')
    .sort(comparePlanes);
}

/** The approval that matters for the whole: one refused or missing approval outweighs any number of given ones. */
export function approvalOf(stories: readonly ChangeStory[]): string {
  const changes = stories.filter(({ hasValue }) => hasValue);
  const states = new Set((changes.length > 0 ? changes : stories).map(({ approval }) => approval));
  for (const state of ['rejected', 'not_found', 'pending', 'approved']) if (states.has(state)) return state;
  return 'not_checked';
}

/** The finding that decided severity: worst severity, then the highest score, then the earliest. */
export function decidingFinding(findings: readonly Finding[]): Finding | undefined {
  return findings
    .filter(({ state }) => state === 'open')
    .sort(
      (a, b) =>
        compareSeverityDown(a.severity, b.severity) ||
        b.severity_score - a.severity_score ||
        (a.first_seen < b.first_seen ? -1 : Number(a.first_seen > b.first_seen)),
    )[0];
}
