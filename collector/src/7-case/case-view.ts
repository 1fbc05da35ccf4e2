/** From what the keeper remembers to what everybody sees. */
import type { Case, TimelineEntry } from '../contract/case.ts';
import type { Evidence, Finding, FindingDraft } from '../contract/finding.ts';
import { compareSeverity } from '../contract/severity.ts';
import { formatInstant } from '../leaf/time.ts';
import { approvalsNeeded } from './actions.ts';
import type { CaseRecord, FindingRecord } from './case-record.ts';
import { classesOfDraft } from './change-class.ts';
import { deadlineOf, type Deadline } from './clock.ts';
import { isAtLeast, isIncident } from './links.ts';
import {
  changeWords,
  deedOf,
  effectSentence,
  headline,
  intentClause,
  keyEvidence,
  objectOf,
  phraseOf,
  shown,
  utc,
  whenWords,
  witnessName,
} from './narrative.ts';
import { isWeakAlone, pageDecision } from './page-decision.ts';
import { stepSentence } from './playbook.ts';
import { timelineOf } from './story.ts';
import { readFinding, type Turn } from './turn.ts';

/** The judged finding as contract object. */
export function findingView(id: string, record: FindingRecord): Finding {
  const { suppressible: _suppressible, filtered_by: _filter, context: _context, ...facts } = record.draft;
  const finding: Finding = {
    ...facts,
    finding_id: id,
    revision: record.revision,
    // Whether the watermark has passed it is for the engine to say (engine/publication.ts).
    preliminary: false,
    severity: record.severity,
    severity_score: record.score,
    severity_terms: record.terms,
    overrides: record.overrides,
    state: record.state,
    case_id: record.caseId,
  };
  if (record.suppressionId !== null) finding.suppression_id = record.suppressionId;
  if (record.owner !== null) finding.owner = record.owner;
  if (record.team !== null) finding.team = record.team;
  return finding;
}

function kindOf(leading: FindingRecord | undefined): string {
  if (leading === undefined) return 'unknown';
  const { draft } = leading;
  const classes = classesOfDraft(draft, false);
  if (draft.plane === 'pipeline') return 'pipeline';
  if (draft.detection === 'Q04' || draft.detection === 'R13' || draft.detection === 'R14')
    return 'availability';
  if (draft.plane === 'cert') return 'certificate';
  if (classes.has('transfer') || classes.has('unlock') || classes.has('holder')) return 'transfer';
  if (classes.has('delegation') || classes.has('ds') || classes.has('claimed')) return 'delegation';
  if (classes.has('mx') || draft.plane === 'mail') return 'mail';
  const ofRecord = keyEvidence(draft)?.record_type !== undefined;
  if (draft.plane === 'dns' || draft.plane === 'query' || ofRecord) return 'records';
  if (draft.plane === 'intel') return 'lookalike';
  if (draft.detection === 'S01') return 'posture';
  return draft.plane === 'score' ? 'composite' : 'account';
}

function likelihoodWords(leading: FindingRecord | undefined): string {
  const value = leading?.draft.likelihood ?? 0;
  const share = value.toFixed(2);
  if (leading !== undefined && isApprovedRecord(leading))
    return `unlikely to be hostile (${share} before approval)`;
  if (value >= 0.8) return `very likely hostile (${share})`;
  if (value >= 0.6) return `likely hostile (${share})`;
  return value >= 0.35 ? `possibly hostile (${share})` : `probably harmless by itself (${share})`;
}

function isApprovedRecord(record: FindingRecord): boolean {
  return record.draft.context.approval_state === 'approved' || record.explainedBy !== null;
}

/** Who saw what the leading finding is about: evidence and story of the same name. A sum of findings saw nothing itself. */
function witnessesOf(
  findings: readonly FindingRecord[],
  timeline: readonly TimelineEntry[],
  leading: FindingRecord,
): string[] {
  const kinds = new Set<string>();
  const { domain } = leading.draft;
  for (const line of timeline)
    if (line.source_kind !== undefined && line.domain === domain)
      if (line.kind === 'observation' || line.kind === 'claim') kinds.add(line.source_kind);
  for (const { draft } of findings)
    if (draft.detection !== 'S04' && draft.domain === domain)
      for (const evidence of draft.evidence) kinds.add(evidence.source_kind);
  if (kinds.size > 1) kinds.delete('pipeline');
  return [...kinds].sort().map(witnessName);
}

function listed(words: readonly string[]): string {
  if (words.length <= 1) return words[0] ?? 'nobody';
  return `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
}

/** A conclusion carries the time it was drawn; the same change fact seen directly carries the time it happened. */
function seenDirectly(
  evidence: Evidence | undefined,
  findings: readonly FindingRecord[],
): Evidence | undefined {
  if (evidence?.change_fact_id === undefined || !evidence.event_type.startsWith('derived.')) return evidence;
  for (const { draft } of findings)
    for (const each of draft.evidence)
      if (each.change_fact_id === evidence.change_fact_id && !each.event_type.startsWith('derived.'))
        return each;
  return evidence;
}

function summaryOf(
  record: CaseRecord,
  findings: readonly FindingRecord[],
  leading: FindingRecord,
  next: string,
  timeline: readonly TimelineEntry[],
): string {
  const { draft } = leading;
  const evidence = seenDirectly(keyEvidence(draft), findings);
  const sentences: string[] = [];
  const deed = evidence === undefined ? undefined : deedOf(evidence);
  if (evidence === undefined) sentences.push(`${shown(draft.title)}: ${shown(draft.summary)}`);
  else if (deed === undefined) {
    const object = objectOf(evidence);
    const what = `${object === '' ? '' : `${object}: `}${phraseOf(evidence.event_type)}${changeWords(evidence)}`;
    sentences.push(`${capital(what)} ${whenWords(evidence)} (${draft.detection}, ${shown(draft.title)}).`);
  } else {
    const before =
      evidence.old_value === undefined || changeWords(evidence) === ''
        ? ''
        : `; before: ${shown(evidence.old_value)}`;
    sentences.push(`${deed} ${whenWords(evidence)}${before} (${draft.detection}, ${shown(draft.title)}).`);
  }
  const seenBy = witnessesOf(findings, timeline, leading);
  if (seenBy.length > 0) sentences.push(`Seen by ${listed(seenBy)}.`);
  const approved = isApprovedRecord(leading);
  const meant = approved
    ? leading.explainedBy === null
      ? 'It was approved'
      : `It was explained later by ${shown(leading.explainedBy)}`
    : capital(intentClause(draft.context.approval_state));
  const actor = actorTold(draft, evidence, timeline);
  const who = actor === undefined ? 'who did it is unknown' : `done by ${shown(actor)}`;
  sentences.push(`${meant}; ${who}.`);
  const spread = record.domains.length > 1 ? ` on ${record.domains.length} domains` : '';
  const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  sentences.push(
    `${capital(record.severity)}: ${count}${spread}, ${likelihoodWords(leading)}. ${effectSentence(draft.effect)}`,
  );
  if (next !== '') sentences.push(`Next: ${next}`);
  return sentences.join(' ');
}

/**
 * Who did it; a correlation over several people names nobody, the deed it tells of may. Only who stands in the
 * timeline: the veil of a reader without access to personal data is made from there.
 */
function actorTold(
  draft: FindingDraft,
  evidence: Evidence | undefined,
  timeline: readonly TimelineEntry[],
): string | undefined {
  const named = (id: string | undefined): id is string => id !== undefined && id !== 'unknown';
  if (named(draft.actor_id)) return draft.actor_id;
  const doer = evidence?.actor_id;
  return named(doer) && timeline.some((line) => line.actor_id === doer) ? doer : undefined;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const modeWords = { automatic: 'automatic', prepared: 'needs approval', manual: 'manual' } as const;

/** Prescribed steps of the case's playbook as sentences, done ones marked; and the first step a person has to take. */
function actionsOf(
  turn: Turn,
  record: CaseRecord,
  playbookId: string | undefined,
): { actions: string[]; next: string } {
  const playbook = playbookId === undefined ? undefined : turn.settings.playbooks.get(playbookId);
  if (playbook === undefined) return { actions: [], next: '' };
  const facts: Record<string, string> = {};
  if (record.domains.length > 0) facts['domain'] = shown(record.domains);
  if (record.actors.length > 0) facts['actor'] = shown(record.actors);
  for (const id of record.accounts) {
    facts['registrar_account'] = shown(id);
    const contact = turn.context.inventory.account(turn.tenant, id)?.emergency_contact;
    if (contact !== undefined) facts['registrar_emergency_contact'] = shown(contact);
  }
  let next = '';
  const actions = playbook.steps.map((step) => {
    const progress = record.steps.find((each) => each.step === step.id);
    const sentence = stepSentence(step, facts);
    if (progress?.done_at_ms === undefined || progress.done_at_ms === null) {
      if (next === '' && step.mode !== 'automatic') next = sentence;
      return `[${modeWords[step.mode]}] ${sentence}`;
    }
    return `[done ${utc(formatInstant(progress.done_at_ms))}] ${sentence}`;
  });
  return { actions, next };
}

/** Open proposals as sentences: what, by whom, how many approvals are there and needed. */
function proposalsOf(record: CaseRecord): string[] {
  return record.proposals.map((each) => {
    const count = `${each.approvals.length} of ${approvalsNeeded(each)} approvals`;
    return `[${each.state} ${each.action_id}] ${each.what} (by ${shown(each.proposed_by)}, ${count})`;
  });
}

function deadlineOfCase(record: CaseRecord, findings: readonly FindingRecord[]): Deadline | undefined {
  let nearest: Deadline | undefined;
  for (const finding of findings) {
    if (!isIncident(finding)) continue;
    const deadline = deadlineOf(finding.draft);
    if (deadline === undefined || deadline.deadlineMs <= record.updatedMs) continue;
    if (nearest === undefined || deadline.deadlineMs < nearest.deadlineMs) nearest = deadline;
  }
  return nearest;
}

/** Source kinds of the sure, open findings of a case other than `except`. */
export function witnessesBeside(findings: ReadonlyMap<string, FindingRecord>, except: string): Set<string> {
  const kinds = new Set<string>();
  for (const [id, finding] of findings)
    if (id !== except && finding.state === 'open' && !finding.warmup && !isWeakAlone(finding))
      for (const kind of finding.draft.context.source_kinds) kinds.add(kind);
  return kinds;
}

function notifyOf(record: CaseRecord, findings: ReadonlyMap<string, FindingRecord>): Case['notify'] {
  if (record.state === 'closed' || record.state === 'merged') return 'none';
  let loudest: Case['notify'] = 'none';
  for (const [id, finding] of findings) {
    if (finding.state !== 'open' || finding.warmup) continue;
    const decision = pageDecision(finding, isWeakAlone(finding) ? witnessesBeside(findings, id) : new Set());
    if (decision === 'page') return 'page';
    if (isAtLeast(finding.severity, 'medium')) loudest = 'ticket';
    else if (loudest === 'none' && compareSeverity(finding.severity, 'low') >= 0) loudest = 'digest';
  }
  return loudest;
}

/** A sum of findings leads the severity, but one of its parts tells the story. */
function telling(
  list: readonly FindingRecord[],
  leading: FindingRecord | undefined,
): FindingRecord | undefined {
  if (leading?.draft.detection !== 'S04') return leading;
  let best: FindingRecord | undefined;
  for (const each of list) {
    if (each.draft.detection === 'S04' || each.state !== 'open') continue;
    if (best === undefined || compareSeverity(each.severity, best.severity) > 0) best = each;
  }
  return best ?? leading;
}

function findingsOf(turn: Turn, record: CaseRecord): Map<string, FindingRecord> {
  const findings = new Map<string, FindingRecord>();
  for (const id of record.findings) {
    const finding = readFinding(turn, id);
    if (finding !== undefined) findings.set(id, finding);
  }
  return findings;
}

function leadingOf(
  turn: Turn,
  record: CaseRecord,
  findings: ReadonlyMap<string, FindingRecord>,
): FindingRecord | undefined {
  const list = [...findings.values()];
  return telling(list, findings.get(record.leading) ?? list[0] ?? readFinding(turn, record.leading));
}

/** Playbook of a case as everybody sees it: that of the finding that tells its story; undefined when that has none. */
export function playbookOf(turn: Turn, record: CaseRecord): string | undefined {
  return leadingOf(turn, record, findingsOf(turn, record))?.draft.playbook;
}

/** The case as contract object. */
export function caseView(turn: Turn, record: CaseRecord): Case {
  const findings = findingsOf(turn, record);
  const list = [...findings.values()];
  const leading = leadingOf(turn, record, findings);
  const playbook = leading?.draft.playbook;
  const { actions, next } = actionsOf(turn, record, playbook);
  const deadline = deadlineOfCase(record, list);
  const timeline = timelineOf(turn, record);
  const named =
    leading?.owner === null || leading === undefined ? list.find((each) => each.owner !== null) : leading;
  return {
    case_id: record.id,
    revision: record.revision,
    tenant: record.tenant,
    title: `${record.drill ? '[DRILL] ' : ''}${leading === undefined ? 'Case without findings' : headline(leading.draft, isApprovedRecord(leading))}`,
    kind: kindOf(leading),
    severity: record.severity,
    severity_history: record.history.map((each) => ({ ...each })),
    state: record.state,
    disposition: record.disposition,
    domains: record.domains,
    registrar_accounts: record.accounts,
    actors: record.actors,
    finding_ids: record.findings,
    detections: record.detections,
    opened_at: formatInstant(record.openedMs),
    updated_at: formatInstant(record.updatedMs),
    paged_at: record.paged === null ? null : formatInstant(record.paged.atMs),
    paged_by: record.paged?.by ?? null,
    notify: notifyOf(record, findings),
    owner: named?.owner ?? null,
    team: named?.team ?? leading?.team ?? null,
    assignee: record.assignee,
    summary:
      leading === undefined
        ? ''
        : summaryOf(record, list.length === 0 ? [leading] : list, leading, next, timeline),
    likelihood: likelihoodWords(leading),
    effect: leading === undefined ? '' : effectSentence(leading.draft.effect),
    playbook: playbook ?? null,
    actions: [...actions, ...proposalsOf(record)],
    timeline,
    clock:
      deadline === undefined
        ? null
        : { deadline: formatInstant(deadline.deadlineMs), what: deadline.what, basis: deadline.basis },
    merged_into: record.mergedInto,
    drill: record.drill,
  };
}
