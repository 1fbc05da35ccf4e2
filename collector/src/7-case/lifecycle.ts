/** What people say about cases, and what follows. Words that cannot be followed stay in the story with the reason. */
import type { Case, TimelineEntry } from '../contract/case.ts';
import type { Directive } from '../contract/step.ts';
import { formatInstant } from '../leaf/time.ts';
import { approve, confirmed, executed, propose, reject, type ActionOutcome } from './actions.ts';
import { merge, reopen, split } from './bundling.ts';
import { stateName, type CaseRecord, type ProposedAction } from './case-record.ts';
import { playbookOf } from './case-view.ts';
import { lookAgain } from './expiry.ts';
import { shown, shownWithin } from './narrative.ts';
import { countDisposition } from './precision.ts';
import { tell } from './story.ts';
import { approveSuppression, endSuppression, readSuppression, startSuppression } from './suppression.ts';
import { editCase, readCase, readFinding, type Turn } from './turn.ts';

/** A directive that could not be followed and names no case it could be written into. */
export interface Refusal {
  readonly at: string;
  readonly type: string;
  readonly by: string;
  readonly reasons: readonly string[];
}

const refusalsMax = 100;

function refuse(turn: Turn, directive: Directive, reasons: readonly string[]): void {
  const list = turn.state.edit<Refusal[]>(stateName.refused, () => []);
  list.push({ at: formatInstant(turn.nowMs), type: directive.type, by: directive.by, reasons });
  if (list.length > refusalsMax) list.shift();
}

function textOf(directive: Directive, field: string): string {
  const value = directive.data[field];
  return typeof value === 'string' ? value : '';
}

function say(
  turn: Turn,
  caseId: string,
  directive: Directive,
  text: string,
  kind: TimelineEntry['kind'] = 'person',
): void {
  const entry: TimelineEntry = {
    at: formatInstant(turn.nowMs),
    kind,
    plane: 'pipeline',
    text: `${shown(directive.by)} ${text}.`,
    ref: turn.cause,
    actor_id: directive.by,
  };
  tell(turn, caseId, entry);
}

/** States a case may be in for a person to move it into the state named. */
export const stateMoves: Readonly<Record<string, readonly Case['state'][]>> = {
  acknowledged: ['new', 'reopened'],
  contained: ['new', 'acknowledged', 'reopened'],
  closed: ['new', 'acknowledged', 'contained', 'reopened'],
  reopened: ['closed', 'acknowledged', 'contained'],
};

function mayBecome(turn: Turn, record: CaseRecord, directive: Directive, next: string): boolean {
  if (stateMoves[next]?.includes(record.state) === true) return true;
  say(turn, record.id, directive, `asked for state ${next}, which does not follow ${record.state}`);
  return false;
}

function dispositionOf(directive: Directive): Case['disposition'] {
  const value = directive.data['disposition'];
  return value === 'true_positive' || value === 'false_positive' || value === 'benign_positive'
    ? value
    : null;
}

function judge(turn: Turn, caseId: string, directive: Directive): void {
  const disposition = dispositionOf(directive);
  if (disposition === null) return;
  const record = editCase(turn, caseId);
  countDisposition(turn, record, disposition);
  record.disposition = disposition;
}

function close(turn: Turn, caseId: string, directive: Directive): void {
  judge(turn, caseId, directive);
  const record = editCase(turn, caseId);
  record.state = 'closed';
  record.closedMs = turn.nowMs;
  lookAgain(turn, stateName.case(caseId), turn.nowMs + turn.settings.retention.forgottenMs);
  const verdict =
    record.disposition === null ? 'without a verdict' : `as ${record.disposition.replaceAll('_', ' ')}`;
  const reason = textOf(directive, 'reason');
  say(turn, caseId, directive, `closed the case ${verdict}${reason === '' ? '' : `: ${shown(reason)}`}`);
}

function actOn(turn: Turn, caseId: string, directive: Directive): void {
  const record = editCase(turn, caseId);
  const id = textOf(directive, 'action_id');
  const verb = directive.type.slice('action.'.length);
  const step = textOf(directive, 'step');
  if (Array.isArray(directive.data['looked'])) {
    noteLooks(turn, record, directive, directive.data['looked']);
    return;
  }
  if (id === '' && step !== '') {
    doStep(turn, record, directive, step);
    return;
  }
  let outcome: ActionOutcome;
  let action: ProposedAction | undefined;
  if (verb === 'proposed') {
    const what = shown(textOf(directive, 'what'));
    const destructive = directive.data['destructive'] !== false;
    outcome =
      id === '' || what === ''
        ? { ok: false, reason: 'action_id and what are required' }
        : propose(record, {
            id,
            what,
            destructive,
            by: directive.by,
            atMs: turn.nowMs,
            planned: directive.data['plan'] !== undefined,
            step,
          });
    if (outcome.ok) turn.state.put(stateName.action(id), caseId);
  } else {
    action = record.proposals.find((each) => each.action_id === id);
    const { by } = directive;
    if (action === undefined)
      outcome = { ok: false, reason: `no action ${shown(id)} was proposed in this case` };
    else if (verb === 'approved') outcome = approve(action, by, turn.nowMs);
    else if (verb === 'rejected') outcome = reject(action, by);
    else if (verb === 'executed') outcome = executed(action, by, resultOf(directive));
    else outcome = confirmed(action, by, shown(textOf(directive, 'witness') || by));
  }
  const text = outcome.ok ? outcome.text : `could not be followed (${verb} ${shown(id)}): ${outcome.reason}`;
  say(turn, caseId, directive, text, outcome.ok ? 'action' : 'person');
  const done = action?.step ?? step;
  if (outcome.ok && verb === 'executed' && done !== '')
    noteStep(turn, record, done, 'prepared', directive.by, resultOf(directive));
}

function resultOf(directive: Directive): string {
  const result = textOf(directive, 'result');
  return result === '' ? '' : shownWithin(result, stepResultCharsMax);
}

function noteStep(
  turn: Turn,
  record: CaseRecord,
  step: string,
  mode: 'automatic' | 'prepared' | 'manual',
  by: string,
  result = '',
): void {
  const known = record.steps.find((each) => each.step === step);
  const done = { done_at_ms: turn.nowMs, by, ...(result === '' ? {} : { result }) };
  if (known === undefined) record.steps.push({ step, mode, ...done });
  else if (mode === 'automatic') Object.assign(known, done);
}

const looksMax = 32;
/** Longest note: as long as the API takes one. What people write down is never cut in silence. */
const noteCharsMax = 2000;
/** Longest result of a step. */
export const stepResultCharsMax = 1500;

/**
 * Results of automatic steps, several at once: `looked` is a list of `{ step, result }`. Only the collector itself looks; what
 * a person did by hand is told one by one. A result that is as before says nothing again.
 */
function noteLooks(turn: Turn, record: CaseRecord, directive: Directive, looked: readonly unknown[]): void {
  const playbook = playbookOf(turn, record) ?? '';
  const steps = turn.settings.playbooks.get(playbook)?.steps ?? [];
  for (const each of looked.slice(0, looksMax)) {
    const { step: id, result } = (typeof each === 'object' && each !== null ? each : {}) as Record<
      string,
      unknown
    >;
    const step = steps.find((one) => one.id === id && one.mode === 'automatic');
    if (step === undefined || typeof result !== 'string' || directive.by !== 'system') continue;
    const text = shownWithin(result, stepResultCharsMax);
    if (record.steps.find((one) => one.step === step.id)?.result === text) continue;
    noteStep(turn, record, step.id, 'automatic', directive.by, text);
    tell(turn, record.id, {
      at: formatInstant(turn.nowMs),
      kind: 'action',
      plane: 'pipeline',
      text: `Checked, ${step.id.replaceAll('_', ' ')}: ${text}`,
      ref: `${turn.cause}/${step.id}`,
      actor_id: directive.by,
    });
  }
}

/** A step without a proposal: automatic and manual ones only, and only steps of the case's playbook. */
function doStep(turn: Turn, record: CaseRecord, directive: Directive, stepId: string): void {
  const playbook = playbookOf(turn, record) ?? '';
  const step = turn.settings.playbooks.get(playbook)?.steps.find((each) => each.id === stepId);
  if (step === undefined) {
    say(
      turn,
      record.id,
      directive,
      `named step ${shown(stepId)}, which playbook ${shown(playbook)} does not have`,
    );
    return;
  }
  if (step.mode === 'prepared') {
    say(turn, record.id, directive, `named step ${shown(stepId)}, which needs a proposal and an approval`);
    return;
  }
  const result = textOf(directive, 'result');
  noteStep(turn, record, stepId, step.mode, directive.by, resultOf(directive));
  say(turn, record.id, directive, `did step ${stepId}${result === '' ? '' : `: ${shown(result)}`}`, 'action');
}

function caseOf(turn: Turn, id: string): CaseRecord | undefined {
  let record = readCase(turn, id);
  for (let hops = 0; hops < 16 && record?.mergedInto != null; hops++)
    record = readCase(turn, record.mergedInto);
  return record;
}

/**
 * The case a directive is about. People name a case by the id they were shown; when a straggler has given it another one
 * since, its findings still say which case is meant.
 */
function caseMeant(turn: Turn, directive: Directive, id: string, findings: string): CaseRecord | undefined {
  const found = caseOf(turn, id);
  if (found !== undefined) return found;
  const ids = directive.data[findings];
  if (!Array.isArray(ids)) return undefined;
  for (const each of ids) {
    const caseId = typeof each === 'string' ? readFinding(turn, each)?.caseId : undefined;
    const record = caseId === undefined || caseId === null ? undefined : caseOf(turn, caseId);
    if (record !== undefined) return record;
  }
  return undefined;
}

function onCase(turn: Turn, record: CaseRecord, directive: Directive): void {
  const { id } = record;
  const verb = directive.type.slice('case.'.length);
  switch (verb) {
    case 'acknowledged':
    case 'contained':
      if (!mayBecome(turn, record, directive, verb)) return;
      editCase(turn, id).state = verb;
      say(turn, id, directive, verb === 'contained' ? 'says it is contained' : 'acknowledged the case');
      return;
    case 'closed':
      if (mayBecome(turn, record, directive, 'closed')) close(turn, id, directive);
      return;
    case 'reopened':
      if (mayBecome(turn, record, directive, 'reopened')) reopen(turn, id, `asked by ${shown(directive.by)}`);
      return;
    case 'disposition':
      judge(turn, id, directive);
      say(turn, id, directive, `says: ${shown(textOf(directive, 'disposition')).replaceAll('_', ' ')}`);
      return;
    case 'assigned':
      editCase(turn, id).assignee = textOf(directive, 'assignee') || null;
      say(turn, id, directive, `assigned the case to ${shown(textOf(directive, 'assignee') || null)}`);
      return;
    case 'note':
      say(turn, id, directive, `noted: ${shownWithin(textOf(directive, 'text'), noteCharsMax)}`);
      return;
    case 'notified':
      say(
        turn,
        id,
        directive,
        `notified ${shown(textOf(directive, 'receiver') || 'the team')}`,
        'notification',
      );
      return;
    case 'held':
    case 'released':
      editCase(turn, id).held = verb === 'held';
      if (verb === 'released')
        lookAgain(turn, stateName.case(id), turn.nowMs + turn.settings.retention.forgottenMs);
      say(turn, id, directive, verb === 'held' ? 'put the case under legal hold' : 'lifted the legal hold');
      return;
    case 'merge':
      mergeWith(turn, record, directive);
      return;
    case 'split': {
      const ids = directive.data['finding_ids'];
      const list = Array.isArray(ids) ? ids.filter((each) => typeof each === 'string').sort() : [];
      if (split(turn, id, list, directive.by) === undefined)
        say(turn, id, directive, 'asked to split, but that would take no finding or all of them');
      return;
    }
  }
}

function mergeWith(turn: Turn, record: CaseRecord, directive: Directive): void {
  const other = caseMeant(turn, directive, textOf(directive, 'with'), 'with_finding_ids');
  if (other === undefined || other.id === record.id || other.drill !== record.drill) {
    say(
      turn,
      record.id,
      directive,
      'asked to merge with a case that does not exist, is this one, or is a drill',
    );
    return;
  }
  const [older, younger] =
    record.openedMs < other.openedMs || (record.openedMs === other.openedMs && record.id < other.id)
      ? [record, other]
      : [other, record];
  merge(turn, older.id, younger.id, `asked by ${shown(directive.by)}`);
}

/**
 * Follows one directive. Fields in `data`: `case_id` always, except for an action proposed before, which knows its case; `disposition`, `reason`, `assignee`, `text`, `receiver`,
 * `with` (merge), `finding_ids` (split), `case_finding_ids` and `with_finding_ids` (findings of the cases named, for when their ids have changed), `action_id`, `what`, `destructive`, `step`, `result`, `witness`. A merged case is
 * followed to its survivor. For suppressions see `readSuppression`; `suppression_id` names one to end.
 */
export function follow(turn: Turn, directive: Directive): void {
  if (directive.type === 'suppression.created') {
    const read = readSuppression(directive, textOf(directive, 'suppression_id') || turn.cause, turn.nowMs);
    if (read.ok) startSuppression(turn, read.suppression);
    else refuse(turn, directive, read.problems);
    return;
  }
  if (directive.type === 'suppression.approved') {
    const refused = approveSuppression(turn, textOf(directive, 'suppression_id'), directive.by);
    if (refused !== undefined) refuse(turn, directive, [`suppression_id: ${refused}`]);
    return;
  }
  if (directive.type === 'suppression.expired') {
    endSuppression(turn, textOf(directive, 'suppression_id'));
    return;
  }
  const action = directive.type.startsWith('action.') ? textOf(directive, 'action_id') : '';
  const known = action === '' ? undefined : turn.state.get<string>(stateName.action(action));
  const named = textOf(directive, 'case_id') || (known ?? '');
  const record = caseMeant(turn, directive, named, 'case_finding_ids');
  if (record === undefined) {
    refuse(turn, directive, [`case_id: there is no case ${shown(textOf(directive, 'case_id'))}`]);
    return;
  }
  const before = turn.state.get<readonly TimelineEntry[]>(stateName.story(record.id)) ?? [];
  if (before.some((line) => line.ref === turn.cause)) return;
  const touched = editCase(turn, record.id);
  // Looking by itself and being told are no signs of life: they must not keep a quiet case joined to what comes later.
  if (directive.data['looked'] === undefined && directive.type !== 'case.notified')
    touched.lastActivityMs = Math.max(touched.lastActivityMs, turn.nowMs);
  if (directive.type.startsWith('action.')) actOn(turn, record.id, directive);
  else onCase(turn, touched, directive);
}

/** Directives of a tenant that could not be followed, oldest first, at most the last 100. */
export function refusals(state: { get<T>(name: string): T | undefined }): readonly Refusal[] {
  return state.get<readonly Refusal[]>(stateName.refused) ?? [];
}
