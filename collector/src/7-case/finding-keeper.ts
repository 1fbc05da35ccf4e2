/** One finding from draft to verdict: severity, suppression, case, page; and again when more becomes known. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FindingDraft } from '../contract/finding.ts';
import { compareSeverity } from '../contract/severity.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { formatInstant } from '../leaf/time.ts';
import { attach, caseFor, merge, reopen } from './bundling.ts';
import { stateName, withSorted, type CaseRecord, type FindingRecord } from './case-record.ts';
import { witnessesBeside } from './case-view.ts';
import { compositeCeiling } from './composite.ts';
import { addFindingSignal } from './risk-signals.ts';
import { linkId, lookAgain } from './expiry.ts';
import { findingEntry } from './finding-entry.ts';
import { isAtLeast } from './links.ts';
import { eventEntry, keyEvidence, shown } from './narrative.ts';
import { pageDecision } from './page-decision.ts';
import { remember, remembered, type RememberedEvent } from './recent-events.ts';
import { judge, type Judgement } from './severity.ts';
import { retell, tell } from './story.ts';
import { countHit, suppressionFor } from './suppression.ts';
import { editCase, editFinding, readCase, readFinding, type Turn } from './turn.ts';

/** What came of a draft. `newlyHidden`: a suppression hid it for the first time. */
export interface Kept {
  readonly changed: boolean;
  readonly newlyHidden: boolean;
}

const unchanged: Kept = { changed: false, newlyHidden: false };
const domainsMax = 16;

/**
 * Highest importance among the names a finding is about, in the inventory of the moment; undefined when unclassified. A
 * composite risk was added up about one entity, whose importance it says itself: other names of the case are evidence.
 */
function tierOf(turn: Turn, draft: FindingDraft): number | undefined {
  if (draft.detection === 'S04') return draft.context.tier;
  const { inventory } = turn.context;
  let tier = draft.context.tier;
  const consider = (found: number | undefined): void => {
    if (found !== undefined && (tier === undefined || found < tier)) tier = found;
  };
  for (const domain of draft.domains) consider(inventory.domain(turn.tenant, domain)?.tier);
  if (tier === undefined && draft.domains.length === 0 && draft.registrar_account !== undefined)
    for (const each of inventory.domainsOfAccount(turn.tenant, draft.registrar_account)) consider(each.tier);
  return tier;
}

function verdict(
  turn: Turn,
  draft: FindingDraft,
  tier: number | undefined,
  approvedLater: boolean,
): Judgement {
  const { inventory } = turn.context;
  const facts = {
    approvedLater,
    sum: draft.detection === 'S04',
    ...(tier === undefined ? {} : { tier }),
    tierOf: (domain: string) => inventory.domain(turn.tenant, domain)?.tier,
  };
  const judged = judge(draft, facts);
  if (draft.detection !== 'S04') return judged;
  const ceiling = compositeCeiling(draft, tier);
  if (compareSeverity(judged.severity, ceiling) <= 0) return judged;
  return {
    ...judged,
    severity: ceiling,
    terms: [...judged.terms, `composite risk ${draft.risk_points}: at most ${ceiling}`],
  };
}

function ownerOf(turn: Turn, draft: FindingDraft): { owner: string | null; team: string | null } {
  const first = draft.domain ?? draft.domains[0];
  const domain = first === undefined ? undefined : turn.context.inventory.domain(turn.tenant, first);
  return { owner: domain?.owner ?? draft.owner ?? null, team: domain?.team ?? draft.team ?? null };
}

function newRecord(turn: Turn, draft: FindingDraft): FindingRecord {
  return {
    draft,
    revision: 0,
    severity: 'informational',
    score: 0,
    terms: [],
    overrides: [],
    state: 'open',
    suppressionId: null,
    caseId: null,
    owner: null,
    team: null,
    tier: null,
    completedMs: turn.decidedMs,
    explainedBy: null,
    warmup: turn.context.warmup || draft.context.warmup === true,
  };
}

/** Applies rubric, inventory and suppressions to a record whose draft or explanation is new. True when just hidden. */
function judgeRecord(turn: Turn, record: FindingRecord): boolean {
  const { draft } = record;
  const tier = tierOf(turn, draft);
  const judged = verdict(turn, draft, tier, record.explainedBy !== null);
  record.severity = judged.severity;
  record.score = judged.score;
  record.terms = [...judged.terms];
  record.overrides = [...judged.overrides];
  record.tier = tier ?? null;
  Object.assign(record, ownerOf(turn, draft));
  if (record.state === 'retracted') return false;
  const hidden = suppressionFor(turn, record);
  const newlyHidden = hidden !== undefined && record.state !== 'suppressed';
  record.state = hidden === undefined ? 'open' : 'suppressed';
  record.suppressionId = hidden ?? null;
  return newlyHidden;
}

function fingerprint(record: FindingRecord): string {
  const { draft, severity, terms, overrides, state, suppressionId, owner, team, explainedBy } = record;
  return canonicalJson([draft, severity, terms, overrides, state, suppressionId, owner, team, explainedBy]);
}

/** A draft that says approved where the earlier statement of the same finding did not. */
function approvedSince(known: FindingRecord, draft: FindingDraft): string | null {
  if (known.explainedBy !== null) return known.explainedBy;
  const now = draft.context.approval_state === 'approved';
  return now && known.draft.context.approval_state !== 'approved' ? 'a later approval' : null;
}

/** Takes a draft in: new, revised or repeated. A repetition changes nothing and says nothing. */
export function keepFinding(turn: Turn, draft: FindingDraft): Kept {
  const id = draft.finding_id;
  const stored = readFinding(turn, id);
  const known = stored === undefined ? undefined : snapshot(stored);
  const next: FindingRecord =
    known === undefined
      ? newRecord(turn, draft)
      : { ...known, draft, explainedBy: approvedSince(known, draft) };
  const newlyHidden = judgeRecord(turn, next);
  if (known !== undefined && fingerprint(known) === fingerprint(next)) return unchanged;
  if (known === undefined) {
    turn.state.put(stateName.finding(id), next);
    turn.changedFindings.add(id);
    lookAgain(turn, stateName.finding(id), turn.nowMs + turn.settings.retention.forgottenMs);
  } else {
    const record = editFinding(turn, id);
    const { revision } = record;
    Object.assign(record, next, { revision });
    record.completedMs = turn.decidedMs;
  }
  for (const evidence of draft.evidence)
    if (evidence.change_fact_id !== undefined) linkId(turn, stateName.fact(evidence.change_fact_id), id);
  if (newlyHidden && next.suppressionId !== null)
    countHit(turn, next.suppressionId, pageDecision({ ...next, state: 'open' }, new Set()) === 'page');
  addFindingSignal(turn, id, next);
  placeInCase(turn, id, known);
  return { changed: true, newlyHidden };
}

function memoryEntry(turn: Turn, id: string, record: FindingRecord): RememberedEvent | undefined {
  const evidence = keyEvidence(record.draft);
  return evidence === undefined ? undefined : { ms: turn.nowMs, ref: id, what: 'finding', evidence };
}

/**
 * A finding that grew belongs to another case now. The one it was alone in goes along; one that stands on more keeps it,
 * because a finding is in one case at a time.
 */
function movedFrom(
  turn: Turn,
  id: string,
  known: FindingRecord | undefined,
  caseId: string | undefined,
): string | undefined {
  const before = known?.caseId ?? undefined;
  const old = before === undefined ? undefined : readCase(turn, before);
  if (before === undefined || old === undefined || caseId === before || !old.findings.includes(id))
    return caseId;
  if (caseId === undefined || old.findings.length > 1) return before;
  merge(turn, caseId, before, 'its only finding concerns both');
  return caseId;
}

function placeInCase(turn: Turn, id: string, known: FindingRecord | undefined): void {
  const record = readFinding(turn, id) as FindingRecord;
  const grew =
    known === undefined ||
    known.caseId === null ||
    readCase(turn, known.caseId) === undefined ||
    record.draft.domains.some((domain) => !known.draft.domains.includes(domain));
  const caseId = grew ? movedFrom(turn, id, known, caseFor(turn, record)) : (record.caseId ?? undefined);
  if (caseId === undefined) {
    const entry = memoryEntry(turn, id, record);
    if (entry !== undefined)
      for (const domain of record.draft.domains.slice(0, domainsMax)) remember(turn, 'domain', domain, entry);
    return;
  }
  const before = readCase(turn, caseId) as CaseRecord;
  const quietMs = turn.nowMs - before.lastActivityMs;
  const domainsBefore = [...before.domains];
  const suspectsBefore = [...before.suspects];
  attach(turn, caseId, id);
  const after = readCase(turn, caseId) as CaseRecord;
  for (const domain of after.domains)
    if (!domainsBefore.includes(domain)) recall(turn, caseId, remembered(turn, 'domain', domain));
  for (const suspect of after.suspects)
    if (!suspectsBefore.includes(suspect)) recall(turn, caseId, remembered(turn, 'actor', suspect));
  recallAccount(turn, caseId, record);
  tellFinding(turn, caseId, id, known);
  wakeUp(turn, caseId, id, quietMs);
}

/** Events of the account that name no domain: logins, tokens, delegates. Other names of the account stay out. */
function recallAccount(turn: Turn, caseId: string, record: FindingRecord): void {
  const account = record.draft.registrar_account;
  if (account === undefined) return;
  const entries = remembered(turn, 'account', account).filter((each) => each.evidence.domain === undefined);
  recall(turn, caseId, entries);
}

/** Tells what is remembered, and takes in findings that were too small for a case of their own. */
function recall(turn: Turn, caseId: string, entries: readonly RememberedEvent[]): void {
  for (const entry of entries) {
    if (entry.what !== 'finding') {
      tell(turn, caseId, eventEntry(entry), entry.what);
      continue;
    }
    const finding = readFinding(turn, entry.ref);
    if (finding === undefined || finding.draft.drill !== readCase(turn, caseId)?.drill) continue;
    if (finding.caseId === null && !finding.warmup) attach(turn, caseId, entry.ref);
    if (finding.caseId === null || finding.caseId === caseId)
      tell(turn, caseId, findingEntry(entry.ref, readFinding(turn, entry.ref) as FindingRecord));
  }
}

function tellFinding(turn: Turn, caseId: string, id: string, known: FindingRecord | undefined): void {
  const record = readFinding(turn, id) as FindingRecord;
  for (const evidence of record.draft.evidence) {
    if (evidence.event_type.startsWith('derived.')) continue;
    const entry: RememberedEvent = {
      ms: turn.nowMs,
      ref: evidence.event_id,
      what: evidence.event_type,
      evidence,
      ...(evidence.actor_id === undefined || evidence.actor_id === 'unknown'
        ? {}
        : { actor: evidence.actor_id }),
    };
    tell(turn, caseId, eventEntry(entry), evidence.event_type);
  }
  retell(turn, caseId, findingEntry(id, record));
  if (known === undefined) return;
  const was = `${known.severity}${known.state === 'open' ? '' : ` (${known.state})`}`;
  const is = `${record.severity}${record.state === 'open' ? '' : ` (${record.state})`}`;
  if (was === is && !turn.context.late) return;
  const why = record.explainedBy === null ? '' : `, explained by ${shown(record.explainedBy)}`;
  tell(turn, caseId, {
    at: formatInstant(turn.decidedMs),
    kind: 'revision',
    plane: record.draft.plane,
    text: `${record.draft.detection} corrected${turn.context.late ? ' by late evidence' : ''}: ${was} became ${is}${why}.`,
    ref: `${id}/revision-${record.revision}`,
    severity: record.severity,
  });
}

/**
 * Decides whether the case pages now. The page stands at the ingest time of the evidence that completed the decision;
 * where messages of different times complete it, the one that was there first. A page is never taken back.
 */
function wakeUp(turn: Turn, caseId: string, trigger: string, quietMs: number): void {
  const record = editCase(turn, caseId);
  const finding = readFinding(turn, trigger) as FindingRecord;
  if (finding.state === 'open' && record.state === 'closed' && isAtLeast(finding.severity, 'high'))
    if (pageDecision(finding, new Set()) === 'page') reopen(turn, caseId, 'a finding of it got worse');
  const pool = new Map<string, FindingRecord>();
  for (const id of record.waiting.length > 0 ? record.findings : [trigger]) {
    const each = readFinding(turn, id);
    if (each !== undefined) pool.set(id, each);
  }
  for (const id of new Set([trigger, ...record.waiting])) {
    const each = pool.get(id);
    if (each === undefined) continue;
    let decision = pageDecision(each, new Set());
    if (decision === 'wait') decision = pageDecision(each, witnessesBeside(findingsOf(turn, record), id));
    if (decision === 'wait') record.waiting = withSorted(record.waiting, id);
    else record.waiting = record.waiting.filter((other) => other !== id);
    if (decision === 'page') page(turn, record, id, quietMs);
  }
}

function findingsOf(turn: Turn, record: CaseRecord): Map<string, FindingRecord> {
  const found = new Map<string, FindingRecord>();
  for (const id of record.findings) {
    const each = readFinding(turn, id);
    if (each !== undefined) found.set(id, each);
  }
  return found;
}

function page(turn: Turn, record: CaseRecord, by: string, quietMs: number): void {
  if (record.paged === null || turn.decidedMs < record.paged.atMs) {
    record.paged = { atMs: turn.decidedMs, by };
    return;
  }
  const settled = record.state === 'acknowledged' || record.state === 'contained';
  if (settled && quietMs > turn.settings.retention.linkedMs)
    reopen(turn, record.id, 'it had been quiet, and something page-worthy happened again');
}

/** Judges a stored finding again after its explanation changed, and tells its case. */
function settle(turn: Turn, id: string, before: FindingRecord): void {
  const record = editFinding(turn, id);
  judgeRecord(turn, record);
  if (record.caseId === null || readCase(turn, record.caseId) === undefined) return;
  editCase(turn, record.caseId);
  tellFinding(turn, record.caseId, id, before);
}

/** What a record said before this step changes it in place. */
function snapshot(record: FindingRecord): FindingRecord {
  return { ...record };
}

/**
 * Late explanations. An approved event of the same change fact approves that evidence; when all direct evidence of a
 * finding is approved its severity falls. A withdrawn "nobody explains it" withdraws the findings standing on it.
 */
export function explainFact(turn: Turn, event: CanonicalEvent): void {
  if (event.change_fact_id === undefined) return;
  const ids = turn.state.get<readonly string[]>(stateName.fact(event.change_fact_id));
  if (ids === undefined) return;
  const attribution = event.feature?.['attribution'] as
    { missing?: unknown; explained_by?: unknown } | undefined;
  const withdrawn = event.event_type === 'derived.attribution.missing' && attribution?.missing === false;
  if (!withdrawn && event.approval_state !== 'approved') return;
  for (const id of ids) {
    const known = readFinding(turn, id);
    if (known === undefined || known.state === 'retracted' || known.explainedBy !== null) continue;
    if (known.draft.context.strayed === true) continue;
    const stands = known.draft.evidence.some((each) => each.event_type === 'derived.attribution.missing');
    if (withdrawn && stands) {
      const before = snapshot(known);
      const by = attribution.explained_by;
      const record = editFinding(turn, id);
      record.state = 'retracted';
      record.explainedBy = typeof by === 'string' ? by : event.event_id;
      settle(turn, id, before);
    } else if (event.approval_state === 'approved') approveEvidence(turn, id, known, event);
  }
}

function approveEvidence(turn: Turn, id: string, known: FindingRecord, event: CanonicalEvent): void {
  const evidence = known.draft.evidence.map((each) =>
    each.change_fact_id === event.change_fact_id ? { ...each, approval_state: 'approved' } : each,
  );
  const direct = evidence.filter((each) => !each.event_type.startsWith('derived.'));
  const before = snapshot(known);
  const record = editFinding(turn, id);
  record.draft = { ...known.draft, evidence };
  if (direct.length > 0 && direct.every((each) => each.approval_state === 'approved'))
    record.explainedBy = event.change_request_id ?? event.event_id;
  settle(turn, id, before);
}
