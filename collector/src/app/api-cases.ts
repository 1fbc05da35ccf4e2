/** Cases and findings. */
import { notFound, value, type ApiHandler, type ApiCall } from '../api/api-endpoint.ts';
import { newestFirst, pageOf } from '../api/page.ts';
import type { CaseSummary, ProposalView } from '../contract/api.ts';
import type { Case } from '../contract/case.ts';
import type { Finding } from '../contract/finding.ts';
import { severities } from '../contract/severity.ts';
import { instantMs } from '../host/instant-ms.ts';
import { formatInstant } from '../leaf/time.ts';
import { approvalsNeeded, expiresMs } from '../7-case/actions.ts';
import type { ProposedAction } from '../7-case/case-record.ts';
import { isHeld, stepsOfCase } from '../7-case/readers.ts';
import { shownAction } from './api-actions.ts';
import {
  caseFor,
  caseState,
  proposalsOf,
  shownCase,
  shownFinding,
  shownPerson,
  shownText,
  type ApiParts,
} from './api-parts.ts';
import { shippedPlaybooks } from './case-keeper.ts';

/** True for cases nobody has to work on any more. */
export function isOver({ state }: Pick<Case, 'state'>): boolean {
  return state === 'closed' || state === 'merged';
}

/** One line of the queue. */
export function caseSummary(found: Case): CaseSummary {
  const { case_id, tenant, title, kind, severity, state, disposition, domains, detections } = found;
  const { team, owner, assignee, notify, opened_at, updated_at, paged_at, clock, drill } = found;
  return {
    case_id,
    tenant,
    title,
    kind,
    severity,
    state,
    disposition,
    domains,
    detections,
    team,
    owner,
    assignee,
    notify,
    opened_at,
    updated_at,
    paged_at,
    clock,
    drill,
  };
}

const urgencies = new WeakMap<Case, string>();

function urgency(found: Case): string {
  const known = urgencies.get(found);
  if (known !== undefined) return known;
  const key = urgencyOf(found);
  // A case is never changed, only replaced by its next revision.
  urgencies.set(found, key);
  return key;
}

/** Open before closed, severe before harmless, drills last among equals, then the newest. */
function urgencyOf(found: Case): string {
  const rank = severities.length - severities.indexOf(found.severity);
  const updated = newestFirst(instantMs(found.updated_at));
  return `${isOver(found) ? 1 : 0}${rank}${found.drill ? 1 : 0}${updated} ${found.case_id}`;
}

function listOf(query: URLSearchParams, name: string): ReadonlySet<string> | undefined {
  const text = query.get(name);
  return text === null || text === '' ? undefined : new Set(text.split(','));
}

function wanted(call: ApiCall): (found: Case) => boolean {
  const states = listOf(call.query, 'state');
  const levels = listOf(call.query, 'severity');
  const teams = listOf(call.query, 'team');
  const domain = call.query.get('domain');
  const q = (call.query.get('q') ?? '').toLowerCase();
  const tenants = new Set(call.tenants);
  return (found) =>
    tenants.has(found.tenant) &&
    (states === undefined || states.has(found.state) || (states.has('open') && !isOver(found))) &&
    (levels === undefined || levels.has(found.severity)) &&
    (teams === undefined || teams.has(found.team ?? '')) &&
    (domain === null || domain === '' || found.domains.includes(domain)) &&
    (q === '' ||
      found.title.toLowerCase().includes(q) ||
      found.case_id.includes(q) ||
      found.domains.some((name) => name.includes(q)));
}

function summaryFor(call: ApiCall): (found: Case) => CaseSummary {
  // Names of people in a title come from actors and assignee; the story is not part of a summary.
  return (found) => caseSummary(shownCase(call, { ...found, timeline: [], summary: '', actions: [] }));
}

function findingsOf(parts: ApiParts, found: Case): Finding[] {
  const { findings } = parts.collector.host.book;
  return found.finding_ids.flatMap((id) => findings.get(id) ?? []);
}

function shownProposal(parts: ApiParts, call: ApiCall, found: Case, proposal: ProposedAction): ProposalView {
  const { executed_by: executedBy, result, step } = proposal;
  const { tenant } = found;
  const words = shownText(call, found);
  const action = parts.actions.view(tenant, proposal.action_id);
  const expired = proposal.state === 'proposed' && parts.around.nowMs() > expiresMs(proposal);
  return {
    action_id: proposal.action_id,
    what: words(proposal.what),
    destructive: proposal.destructive,
    proposed_by: shownPerson(call, tenant, proposal.proposed_by),
    proposed_at_ms: proposal.proposed_at_ms,
    expires_at: formatInstant(expiresMs(proposal)),
    approvals: proposal.approvals.map((id) => shownPerson(call, tenant, id)),
    approvals_needed: approvalsNeeded(proposal),
    state: expired ? 'expired' : proposal.state,
    ...(step === undefined ? {} : { step }),
    ...(executedBy === undefined ? {} : { executed_by: shownPerson(call, tenant, executedBy) }),
    ...(result === undefined ? {} : { result: words(result) }),
    action: action === undefined ? null : shownAction(call, action),
  };
}

function detailOf(parts: ApiParts, call: ApiCall, found: Case): unknown {
  const playbook = shippedPlaybooks().find(({ id }) => id === found.playbook);
  const shown = shownCase(call, found);
  const state = caseState(parts, found.tenant);
  const engineIds = parts.collector.host.engine.publication.engineCaseIds(found.case_id);
  const done = engineIds.flatMap((id) => (state === undefined ? [] : stepsOfCase(state, id)));
  const { tenant } = found;
  const words = shownText(call, found);
  const proposals = proposalsOf(parts, found).map((each) => shownProposal(parts, call, found, each));
  const stepDone = (id: string): unknown => {
    const each = done.find(({ step }) => step === id);
    if (each === undefined) return null;
    const { by, result, ...progress } = each;
    return {
      ...progress,
      by: by === null ? null : shownPerson(call, tenant, by),
      ...(result === undefined ? {} : { result: words(result) }),
    };
  };
  return {
    case: shown,
    findings: findingsOf(parts, found).map((each) => shownFinding(call, each)),
    playbook:
      playbook === undefined
        ? null
        : {
            ...playbook,
            steps: playbook.steps.map((step) => ({ ...step, done: stepDone(step.id) })),
          },
    proposals,
    legal_hold: state !== undefined && engineIds.some((id) => isHeld(state, id)),
    notifications: shown.timeline.filter(({ kind }) => kind === 'notification'),
  };
}

function findingWanted(call: ApiCall): (found: Finding) => boolean {
  const states = listOf(call.query, 'state');
  const levels = listOf(call.query, 'severity');
  const rules = listOf(call.query, 'detection');
  const domain = call.query.get('domain');
  const inCase = call.query.get('case');
  const tenants = new Set(call.tenants);
  return (found) =>
    tenants.has(found.tenant) &&
    (states === undefined || states.has(found.state)) &&
    (levels === undefined || levels.has(found.severity)) &&
    (rules === undefined || rules.has(found.detection)) &&
    (domain === null || domain === '' || found.domains.includes(domain)) &&
    (inCase === null || inCase === '' || found.case_id === inCase);
}

/** Handlers of cases and findings. */
export function caseHandlers(parts: ApiParts): Record<string, ApiHandler> {
  const { book } = parts.collector.host;
  return {
    'GET /cases': (call) => {
      const list = [...book.cases.values()].filter(wanted(call));
      return value(pageOf(list, urgency, call.page, summaryFor(call)));
    },
    'GET /cases/{id}': (call) => {
      const found = caseFor(parts, call, call.params['id'] ?? '');
      return found === undefined ? notFound : value(detailOf(parts, call, found));
    },
    'GET /findings': (call) => {
      const list = [...book.findings.values()].filter(findingWanted(call));
      const key = (found: Finding): string =>
        `${newestFirst(instantMs(found.last_seen))} ${found.finding_id}`;
      return value(pageOf(list, key, call.page, (found) => shownFinding(call, found)));
    },
  };
}
