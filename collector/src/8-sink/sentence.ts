/** Readable sentences for log bodies and terminals. Pure. */
import type { Case } from '../contract/case.ts';
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import type { Finding } from '../contract/finding.ts';
import type { ControlScore } from '../contract/score.ts';

const shownItemsMax = 6;

/** A value for people: sets joined, null as `(none)`, absent as `(unknown)`, long sets shortened with their number. */
export function shownValue(value: EventValue | undefined): string {
  if (value === undefined) return '(unknown)';
  if (value === null) return '(none)';
  if (!Array.isArray(value)) return String(value);
  if (value.length === 0) return '(empty)';
  const shown = value.slice(0, shownItemsMax).join(', ');
  return value.length > shownItemsMax ? `${shown} and ${value.length - shownItemsMax} more` : shown;
}

const approvals: Readonly<Record<string, string>> = {
  approved: 'approved',
  pending: 'approval pending',
  rejected: 'approval was refused',
  not_found: 'no approval found',
  not_checked: 'approval not checked',
};

/** What an event is about: record name and type, else domain, account or actor. */
function objectOf(event: CanonicalEvent): string {
  if (event.record_name !== undefined)
    return [event.record_name, event.record_type].filter(Boolean).join(' ');
  return (
    event.domain ?? event.zone ?? event.registrar_account ?? event.identity?.target_user ?? event.actor_id
  );
}

function changeOf(event: CanonicalEvent): string {
  if (event.new_value === undefined && event.old_value === undefined) return '';
  const old = event.old_known === false && event.old_value === undefined ? undefined : event.old_value;
  return `: ${event.attribute === undefined ? '' : `${event.attribute} `}${shownValue(old)} -> ${shownValue(event.new_value)}`;
}

/** One sentence about an event: what, on what, from what to what, said by whom, done by whom, meant or not. */
export function eventSentence(event: CanonicalEvent): string {
  const outcome = event.outcome === 'success' || event.outcome === 'unknown' ? '' : ` (${event.outcome})`;
  const actor = event.actor_id === 'unknown' ? 'an unknown actor' : event.actor_id;
  const approval = approvals[event.approval_state] ?? event.approval_state;
  return `${event.event_type}${outcome} on ${objectOf(event)}${changeOf(event)}; reported by ${event.source_system}, done by ${actor}, ${approval}`;
}

/** One sentence about a finding. */
export function findingSentence(finding: Finding): string {
  const state = finding.state === 'open' ? '' : ` [${finding.state}]`;
  const drill = finding.drill ? ' [drill]' : '';
  const preliminary = finding.preliminary ? ' (preliminary)' : '';
  const about = finding.domain ?? finding.registrar_account ?? finding.actor_id ?? finding.tenant;
  return `${finding.severity} ${finding.detection} ${finding.title} on ${about}${preliminary}${state}${drill}: ${finding.summary}`;
}

/** One sentence about a case. */
export function caseSentence(one: Case): string {
  const about = one.domains.length > 0 ? ` on ${shownValue([...one.domains])}` : '';
  return `${one.severity} case ${one.case_id} ${one.state}${about}${one.drill ? ' [drill]' : ''}: ${one.title}. ${one.summary}`;
}

/** One sentence about a control score. */
export function scoreSentence(score: ControlScore): string {
  const value = score.score === null ? 'unknown' : score.score.toFixed(0);
  const next = score.next_best_action === null ? '' : `; next: ${score.next_best_action}`;
  return `control score of ${score.domain} is ${value} with ${(score.coverage * 100).toFixed(0)} % known${next}`;
}
