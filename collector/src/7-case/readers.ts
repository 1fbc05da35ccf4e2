/** What hosts and the API read from a tenant's case state between steps. Nothing here changes anything. */
import type { SuppressionView } from '../contract/api.ts';
import type { StateView } from '../contract/step.ts';
import { formatInstant } from '../leaf/time.ts';
import { stateName, type CaseRecord, type ProposedAction, type StepProgress } from './case-record.ts';
import type { RememberedEvent } from './recent-events.ts';
import { suppressions, type Suppression } from './suppression.ts';

type Reads = Pick<StateView, 'get'>;

function stateOf(suppression: Suppression, nowMs: number): 'waiting' | 'active' | 'ended' | 'expired' {
  if (suppression.ended)
    return suppression.expiresMs !== null && suppression.expiresMs <= nowMs ? 'expired' : 'ended';
  return suppression.approvals.length < suppression.approvalsNeeded ? 'waiting' : 'active';
}

/** Suppressions of a tenant with what they hid, in id order. Costs time in proportion to the state. */
export function suppressionViews(state: StateView, tenant: string, nowMs: number): SuppressionView[] {
  return suppressions(state).map((each) => ({
    id: each.id,
    tenant,
    scope: { [each.scope.kind]: each.scope.value },
    reason: each.reason,
    ticket: each.ticket,
    owner: each.owner,
    approver: each.approvals.length === 0 ? null : each.approvals.join(', '),
    created_at: formatInstant(each.createdMs),
    expires_at: each.expiresMs === null ? null : formatInstant(each.expiresMs),
    state: stateOf(each, nowMs),
    hits: each.hits,
    would_have_paged: each.wouldHavePaged,
    created_by: each.createdBy,
    approvals: each.approvals.length,
    approvals_needed: each.approvalsNeeded,
    regrets: each.regrets,
  }));
}

/** Proposed actions of a case, in the order they were proposed; empty when the case is unknown. */
export function proposalsOfCase(state: Reads, caseId: string): readonly ProposedAction[] {
  return state.get<CaseRecord>(stateName.case(caseId))?.proposals ?? [];
}

/** Steps of the playbook that were done; empty when none was, or the case is unknown. */
export function stepsOfCase(state: Reads, caseId: string): readonly StepProgress[] {
  return state.get<CaseRecord>(stateName.case(caseId))?.steps ?? [];
}

/** Case an action was proposed in; undefined when nobody proposed it. */
export function caseOfAction(state: Reads, actionId: string): string | undefined {
  return state.get<string>(stateName.action(actionId));
}

/** True while a case is under legal hold. */
export function isHeld(state: Reads, caseId: string): boolean {
  return state.get<CaseRecord>(stateName.case(caseId))?.held === true;
}

/** What the keeper remembers about an account or a person of the last days, oldest first. `id` of a person as the inventory has it. */
export function memoryOf(
  state: Reads,
  kind: 'account' | 'actor' | 'domain',
  id: string,
): readonly RememberedEvent[] {
  return state.get<readonly RememberedEvent[]>(stateName.memory(kind, id)) ?? [];
}
