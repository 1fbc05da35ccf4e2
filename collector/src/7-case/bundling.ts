/** Which case a finding belongs to: join, open, merge, split. */
import { maxSeverity } from '../contract/severity.ts';
import { base32OfHex } from '../leaf/base32.ts';
import { formatInstant } from '../leaf/time.ts';
import { stateName, withAllSorted, withSorted, type CaseRecord, type FindingRecord } from './case-record.ts';
import { classesOfDraft, isControlPlane } from './change-class.ts';
import { linkedCases, linkId, lookAgain, unlink } from './expiry.ts';
import { accountOf, isAtLeast, isIncident, linksOf, suspectOf, type Link } from './links.ts';
import { shown } from './narrative.ts';
import { findingEntry } from './finding-entry.ts';
import { countDisposition } from './precision.ts';
import { tell } from './story.ts';
import { editCase, editFinding, readCase, readFinding, type Turn } from './turn.ts';

function reaches(turn: Turn, record: CaseRecord, link: Link, finding: FindingRecord): boolean {
  if (record.state === 'merged' || record.drill !== finding.draft.drill) return false;
  if (record.state === 'closed') {
    const reopens = record.disposition === 'true_positive' && link.kind === 'domain' && isIncident(finding);
    return reopens && turn.nowMs - (record.closedMs ?? 0) <= turn.settings.retention.reopenMs;
  }
  if (turn.nowMs - record.lastActivityMs > link.windowMs) return false;
  return !link.needsHigh || isAtLeast(record.severity, 'high') || isAtLeast(finding.severity, 'high');
}

/** Older first; the id decides between cases of the same moment. */
function byAge(a: CaseRecord, b: CaseRecord): number {
  return a.openedMs - b.openedMs || (a.id < b.id ? -1 : 1);
}

/** Cases the finding is tied to, oldest first; open ones before closed ones. */
function tiedCases(turn: Turn, finding: FindingRecord, links: readonly Link[]): CaseRecord[] {
  const found = new Map<string, CaseRecord>();
  for (const link of links.filter(({ asks }) => asks))
    for (const record of linkedCases(turn, link.name))
      if (reaches(turn, record, link, finding)) found.set(record.id, record);
  const tied = [...found.values()].sort(byAge);
  const open = tied.filter((record) => record.state !== 'closed');
  return open.length > 0 ? open : tied.slice(-1);
}

function anchorOf(finding: FindingRecord): string {
  const { draft } = finding;
  const prefix = draft.drill ? 'drill|' : '';
  if (draft.domain !== undefined) return `${prefix}domain|${draft.domain}`;
  if (draft.domains.length === 1) return `${prefix}domain|${draft.domains[0]}`;
  if (draft.registrar_account !== undefined) return `${prefix}account|${draft.registrar_account}`;
  if (draft.actor_id !== undefined && draft.actor_id !== 'unknown') return `${prefix}actor|${draft.actor_id}`;
  return `${prefix}${draft.domains.length > 0 ? `domain|${draft.domains[0]}` : `rule|${draft.detection}`}`;
}

/** A new case for an entity: its id depends on tenant, entity and how many cases that entity had before. */
function openCase(turn: Turn, anchor: string, drill: boolean): CaseRecord {
  const name = stateName.generation(anchor);
  const generation = turn.state.get<number>(name) ?? 0;
  turn.state.put(name, generation + 1);
  const digest = turn.context.sha256(['case', turn.tenant, anchor, String(generation)].join('|'));
  const record: CaseRecord = {
    id: `case-${base32OfHex(digest, 16)}`,
    tenant: turn.tenant,
    drill,
    openedMs: turn.decidedMs,
    revision: -1,
    state: 'new',
    stateBefore: null,
    disposition: null,
    severity: 'informational',
    history: [],
    domains: [],
    accounts: [],
    actors: [],
    suspects: [],
    findings: [],
    detections: [],
    planes: [],
    leading: '',
    lastActivityMs: turn.nowMs,
    updatedMs: turn.decidedMs,
    closedMs: null,
    paged: null,
    waiting: [],
    assignee: null,
    mergedInto: null,
    apart: [],
    indexed: [],
    proposals: [],
    steps: [],
    held: false,
    unsaid: false,
    omitted: 0,
    perKind: {},
  };
  turn.state.put(stateName.case(record.id), record);
  turn.state.put(stateName.story(record.id), []);
  return record;
}

function register(turn: Turn, record: CaseRecord, name: string): void {
  if (linkId(turn, name, record.id)) record.indexed = withSorted(record.indexed, name);
}

function raise(turn: Turn, record: CaseRecord, finding: FindingRecord): void {
  if (finding.state !== 'open') return;
  const raised = maxSeverity(record.severity, finding.severity);
  if (raised === record.severity && record.history.length > 0) return;
  record.severity = raised;
  const at = formatInstant(Math.max(turn.decidedMs, record.openedMs));
  record.history.push({ at, severity: raised });
}

function lead(turn: Turn, record: CaseRecord, id: string, finding: FindingRecord): void {
  const leading = readFinding(turn, record.leading);
  if (record.leading === id) return;
  if (
    leading === undefined ||
    leading.state !== 'open' ||
    finding.score > leading.score ||
    outranks(finding, leading)
  )
    if (finding.state === 'open' || leading === undefined) record.leading = id;
}

function outranks(a: FindingRecord, b: FindingRecord): boolean {
  if (a.severity === b.severity) return false;
  return isAtLeast(a.severity, b.severity) && b.draft.detection !== 'S04';
}

/** Puts a judged finding into a case and lets the case learn from it. The finding must be in the state. */
export function attach(turn: Turn, caseId: string, findingId: string): void {
  const known = readFinding(turn, findingId);
  if (known === undefined) return;
  if (known.caseId !== caseId) editFinding(turn, findingId).caseId = caseId;
  const finding = readFinding(turn, findingId) as FindingRecord;
  const record = editCase(turn, caseId);
  const { draft } = finding;
  record.findings = withSorted(record.findings, findingId);
  record.detections = withSorted(record.detections, draft.detection);
  record.domains = withAllSorted(record.domains, draft.domains);
  const account = accountOf(turn, draft);
  if (account !== undefined) record.accounts = withSorted(record.accounts, account);
  for (const mailbox of draft.context.mailboxes ?? [])
    for (const { id } of turn.context.inventory.accountsOfMailbox(turn.tenant, mailbox))
      record.accounts = withSorted(record.accounts, id);
  if (draft.actor_id !== undefined && draft.actor_id !== 'unknown')
    record.actors = withSorted(record.actors, draft.actor_id);
  record.planes = withSorted(record.planes, draft.plane);
  if (isIncident(finding)) {
    const suspect = suspectOf(turn, draft);
    if (suspect !== undefined) record.suspects = withSorted(record.suspects, suspect);
  }
  for (const link of linksOf(turn, finding)) if (link.registers) register(turn, record, link.name);
  // What is small or approved is kept with the case, but keeps it no longer alive: else every case would end as one.
  const isNews = finding.state === 'open' && isAtLeast(finding.severity, 'medium');
  if (isNews || record.history.length === 0)
    record.lastActivityMs = Math.max(record.lastActivityMs, turn.nowMs);
  raise(turn, record, finding);
  lead(turn, record, findingId, finding);
}

/** Medium and worse; and low where somebody changed the control plane of an important name, approved or not: for the digest. */
function deservesCase(finding: FindingRecord): boolean {
  if (isAtLeast(finding.severity, 'medium')) return true;
  if (!isAtLeast(finding.severity, 'low') || (finding.tier ?? 0) > 1) return false;
  return isControlPlane(classesOfDraft(finding.draft, false));
}

/** Finds or opens the case of a finding; undefined when it needs none (low, suppressed or warm-up, and nothing to join). */
export function caseFor(turn: Turn, finding: FindingRecord): string | undefined {
  const links = linksOf(turn, finding);
  const tied = tiedCases(turn, finding, links);
  const first = tied[0];
  if (first !== undefined) {
    if (isIncident(finding))
      for (const other of tied.slice(1))
        if (!first.apart.includes(other.id)) merge(turn, first.id, other.id, 'one finding concerns both');
    if (first.state === 'closed')
      reopen(turn, first.id, 'the same domain shows new signs within the recovery time');
    return first.id;
  }
  if (finding.warmup || finding.state !== 'open' || !deservesCase(finding)) return undefined;
  return openCase(turn, anchorOf(finding), finding.draft.drill).id;
}

/** Opens a closed, acknowledged or contained case again. */
export function reopen(turn: Turn, caseId: string, why: string): void {
  const record = editCase(turn, caseId);
  record.state = 'reopened';
  countDisposition(turn, record, null);
  record.disposition = null;
  record.closedMs = null;
  tell(turn, caseId, {
    at: formatInstant(turn.nowMs),
    kind: 'revision',
    plane: 'pipeline',
    text: `Case reopened: ${why}.`,
    ref: `${turn.cause}/reopened`,
  });
}

/** Folds one case into another: the survivor takes findings, story, links, page and people's work. */
export function merge(turn: Turn, survivorId: string, otherId: string, why: string): void {
  const from = readCase(turn, otherId);
  if (survivorId === otherId || from === undefined || from.state === 'merged') return;
  const other = editCase(turn, otherId);
  const survivor = editCase(turn, survivorId);
  // First of all: verdicts are taken back from the findings they were given for.
  settleState(turn, survivor, other, otherId);
  for (const list of ['domains', 'accounts', 'actors', 'suspects', 'findings', 'detections'] as const)
    survivor[list] = withAllSorted(survivor[list], other[list]);
  survivor.planes = withAllSorted(survivor.planes, other.planes);
  for (const id of other.findings)
    if (readFinding(turn, id) !== undefined) editFinding(turn, id).caseId = survivorId;
  const story = turn.state.get<readonly Parameters<typeof tell>[2][]>(stateName.story(otherId)) ?? [];
  for (const line of story) tell(turn, survivorId, line);
  for (const name of other.indexed) {
    unlink(turn, name, otherId);
    register(turn, survivor, name);
  }
  other.indexed = [];
  if (maxSeverity(survivor.severity, other.severity) !== survivor.severity) {
    survivor.severity = other.severity;
    survivor.history.push({ at: formatInstant(turn.decidedMs), severity: other.severity });
  }
  if (other.paged !== null && (survivor.paged === null || other.paged.atMs < survivor.paged.atMs))
    survivor.paged = { ...other.paged };
  survivor.waiting = withAllSorted(survivor.waiting, other.waiting);
  survivor.proposals.push(...other.proposals.map((each) => ({ ...each, approvals: [...each.approvals] })));
  for (const step of other.steps)
    if (!survivor.steps.some((each) => each.step === step.step)) survivor.steps.push({ ...step });
  survivor.assignee ??= other.assignee;
  // A legal hold is about the evidence, and the evidence moves.
  survivor.held ||= other.held;
  survivor.apart = withAllSorted(survivor.apart, other.apart).filter(
    (id) => id !== otherId && id !== survivorId,
  );
  survivor.lastActivityMs = Math.max(survivor.lastActivityMs, other.lastActivityMs);
  survivor.omitted += other.omitted;
  const leading = readFinding(turn, other.leading);
  if (leading !== undefined) lead(turn, survivor, other.leading, leading);
  other.stateBefore = other.state;
  other.state = 'merged';
  other.mergedInto = survivorId;
  other.closedMs = turn.nowMs;
  lookAgain(turn, stateName.case(otherId), turn.nowMs + turn.settings.retention.forgottenMs);
  // A merged case keeps no findings: the survivor owns them, and forgetting the shell must not forget them.
  other.findings = [];
  const line = (text: string, ref: string) =>
    ({ at: formatInstant(turn.nowMs), kind: 'revision', plane: 'pipeline', text, ref }) as const;
  tell(turn, survivorId, line(`Case ${otherId} joined: ${why}.`, `${turn.cause}/merged/${otherId}`));
  tell(turn, otherId, line(`Joined case ${survivorId}: ${why}.`, `${turn.cause}/merged/${otherId}`));
}

/** How far people are with two cases that become one: as far as with the one that is less far. */
function settleState(turn: Turn, survivor: CaseRecord, other: CaseRecord, otherId: string): void {
  const wasClosed = survivor.state === 'closed';
  if (wasClosed && other.state !== 'closed')
    reopen(turn, survivor.id, `case ${otherId}, which is open, joined it`);
  if (!wasClosed && other.state === 'closed') countDisposition(turn, other, null);
  const contained = survivor.state === 'contained';
  if (contained && other.state !== 'contained' && other.state !== 'closed') survivor.state = 'acknowledged';
}

/** Lines about what the findings stand on or about names that are the new case's alone; the old case keeps them too. */
function copyStory(turn: Turn, fromId: string, created: CaseRecord, moved: readonly string[]): void {
  const evidence = new Set(moved.flatMap((id) => readFinding(turn, id)?.draft.evidence_event_ids ?? []));
  const left = new Set(readCase(turn, fromId)?.domains);
  const own = new Set(created.domains.filter((domain) => !left.has(domain)));
  const story = turn.state.get<readonly Parameters<typeof tell>[2][]>(stateName.story(fromId)) ?? [];
  for (const line of story)
    if (
      line.kind !== 'finding' &&
      (evidence.has(line.ref) || (line.domain !== undefined && own.has(line.domain)))
    )
      tell(turn, created.id, { ...line });
}

/** Takes findings out into a case of their own; returns its id, or undefined when none of them is in the case. */
export function split(
  turn: Turn,
  caseId: string,
  findingIds: readonly string[],
  by: string,
): string | undefined {
  const record = readCase(turn, caseId);
  const moved = findingIds.filter((id) => record?.findings.includes(id));
  const first = readFinding(turn, moved[0] ?? '');
  if (record === undefined || first === undefined || moved.length >= record.findings.length) return undefined;
  const created = openCase(turn, anchorOf(first), record.drill);
  const old = editCase(turn, caseId);
  old.findings = old.findings.filter((id) => !moved.includes(id));
  old.waiting = old.waiting.filter((id) => !moved.includes(id));
  turn.changedCases.add(created.id);
  for (const id of moved) {
    attach(turn, created.id, id);
    tell(turn, created.id, findingEntry(id, readFinding(turn, id) as FindingRecord));
  }
  const { paged } = old;
  relearn(turn, caseId);
  const fresh = editCase(turn, created.id);
  fresh.held = old.held;
  // Somebody was woken up for what has now moved.
  if (paged !== null && moved.includes(paged.by)) fresh.paged = { ...paged };
  copyStory(turn, caseId, fresh, moved);
  old.apart = withSorted(old.apart, created.id);
  fresh.apart = withSorted(fresh.apart, caseId);
  const text = `${moved.length} findings were taken out into case ${created.id} by ${shown(by)}.`;
  const at = formatInstant(turn.nowMs);
  const line = {
    at,
    kind: 'person',
    plane: 'pipeline',
    text,
    ref: `${turn.cause}/split`,
    actor_id: by,
  } as const;
  tell(turn, caseId, line);
  tell(turn, created.id, line);
  return created.id;
}

/** Learns a case's names, people and links again from the findings left; its severity stays as high as it was. */
function relearn(turn: Turn, caseId: string): void {
  const record = editCase(turn, caseId);
  for (const name of record.indexed) unlink(turn, name, caseId);
  const { lastActivityMs } = record;
  Object.assign(record, {
    indexed: [],
    domains: [],
    accounts: [],
    actors: [],
    suspects: [],
    detections: [],
    planes: [],
    leading: '',
  });
  for (const id of record.findings) attach(turn, caseId, id);
  editCase(turn, caseId).lastActivityMs = lastActivityMs;
}
