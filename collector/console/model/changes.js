/** What changed, from what to what, seen by whom, meant or not: drawn from the findings of a case. Pure. */
import { comparePlanes, compareSeverityDown, eventPhrase } from './words.js';

/** @import { Finding, Evidence } from '../../src/contract/finding.ts' */

/**
 * One change with everybody who reported it.
 * @typedef {object} ChangeStory
 * @property {string} id change fact id, or event id when the ledger keeps no fact of it
 * @property {string} object record name and type, or the domain or account
 * @property {string} what
 * @property {unknown} old undefined: not known
 * @property {unknown} next undefined: not known
 * @property {boolean} hasValue false for a bare happening such as a certificate
 * @property {string} at
 * @property {string | undefined} earliest
 * @property {string | undefined} actor
 * @property {string} approval
 * @property {string[]} witnesses kinds of source, each once, sorted
 * @property {string} severity highest severity of a finding that stands on it
 * @property {string[]} eventIds
 */

/** @param {Evidence} evidence */
function objectOf(evidence) {
  if (evidence.record_name !== undefined)
    return evidence.record_type === undefined
      ? evidence.record_name
      : `${evidence.record_name} ${evidence.record_type}`;
  return evidence.domain ?? evidence.registrar_account ?? evidence.actor_id ?? '';
}

/** @param {string | undefined} actor */
function known(actor) {
  return actor === undefined || actor === 'unknown' ? undefined : actor;
}

/** @param {ChangeStory} story @param {Evidence} evidence @param {string} severity */
function join(story, evidence, severity) {
  if (!story.witnesses.includes(evidence.source_kind)) story.witnesses.push(evidence.source_kind);
  if (!story.eventIds.includes(evidence.event_id)) story.eventIds.push(evidence.event_id);
  story.old ??= evidence.old_value;
  story.next ??= evidence.new_value;
  story.actor ??= known(evidence.actor_id);
  if (compareSeverityDown(severity, story.severity) < 0) story.severity = severity;
  if (evidence.timestamp < story.at) story.at = evidence.timestamp;
  if (evidence.approval_state === 'approved') story.approval = 'approved';
}

/**
 * Changes behind findings that stand: those with values first, then the most severe, then the oldest. Sums and other
 * conclusions of the collector are no changes of their own.
 * @param {readonly Finding[]} findings
 * @returns {ChangeStory[]}
 */
export function changeStories(findings) {
  /** @type {Map<string, ChangeStory>} */
  const stories = new Map();
  for (const finding of findings) {
    if (finding.state === 'retracted') continue;
    for (const evidence of finding.evidence) {
      const derived = evidence.event_type.startsWith('derived.');
      if (derived && evidence.change_fact_id === undefined) continue;
      const id = evidence.change_fact_id ?? evidence.event_id;
      const story = stories.get(id);
      if (story !== undefined) {
        if (!derived) join(story, evidence, finding.severity);
        continue;
      }
      stories.set(id, {
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
        severity: finding.severity,
        eventIds: [evidence.event_id],
      });
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

/**
 * Kinds of source that speak about a case, outside witnesses and inside ones together.
 * @param {readonly ChangeStory[]} stories
 * @returns {string[]}
 */
export function witnessKinds(stories) {
  return [...new Set(stories.flatMap(({ witnesses }) => witnesses))]
    .filter((kind) => kind !== 'pipeline')
    .sort(comparePlanes);
}

/**
 * The approval that matters for the whole: one refused or missing approval outweighs any number of given ones.
 * @param {readonly ChangeStory[]} stories
 * @returns {string}
 */
export function approvalOf(stories) {
  const changes = stories.filter(({ hasValue }) => hasValue);
  const states = new Set((changes.length > 0 ? changes : stories).map(({ approval }) => approval));
  for (const state of ['rejected', 'not_found', 'pending', 'approved']) if (states.has(state)) return state;
  return 'not_checked';
}

/**
 * The finding that decided severity: worst severity, then the highest score, then the earliest.
 * @param {readonly Finding[]} findings
 * @returns {Finding | undefined}
 */
export function decidingFinding(findings) {
  return findings
    .filter(({ state }) => state === 'open')
    .sort(
      (a, b) =>
        compareSeverityDown(a.severity, b.severity) ||
        b.severity_score - a.severity_score ||
        (a.first_seen < b.first_seen ? -1 : Number(a.first_seen > b.first_seen)),
    )[0];
}

/**
 * A prescribed step as the case lists it: `[manual] Call the owner.`
 * @param {string} action
 * @returns {{ mode: string, text: string, done: boolean, missingFact: boolean }}
 */
export function playbookStep(action) {
  const match = /^\[([^\]]+)\]\s*(.*)$/s.exec(action);
  const mode = match?.[1] ?? '';
  const text = match?.[2] ?? action;
  return { mode, text, done: mode.startsWith('done'), missingFact: text.includes('[fact missing:') };
}
