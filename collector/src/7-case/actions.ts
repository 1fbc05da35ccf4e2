/** Proposed actions: who may say yes, and how far one got. State only; executing is somebody else's. */
import { formatInstant } from '../leaf/time.ts';
import type { CaseRecord, ProposedAction } from './case-record.ts';

/** Result of a request: done, or the reason why not, as the end of a sentence. */
export type ActionOutcome =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

const proposalsMax = 100;

/** A proposal, its dry run and the reasons for it are of the moment: approved it must be within this time. */
export const proposalLifeMs = 24 * 3_600_000;

/** When a proposal ends if nobody decides, epoch milliseconds. */
export function expiresMs(action: Pick<ProposedAction, 'proposed_at_ms'>): number {
  return action.proposed_at_ms + proposalLifeMs;
}

/** Persons have a realm; service tokens, the collector itself and empty names are nobody who may approve. */
export function isPerson(by: string): boolean {
  const realm = by.slice(0, Math.max(0, by.indexOf(':')));
  return realm !== '' && !['system', 'token', 'service', 'api'].includes(realm);
}

/** Approvals an action needs: two different people for destructive ones, one for others; the proposer never counts. */
export function approvalsNeeded(action: Pick<ProposedAction, 'destructive'>): number {
  return action.destructive ? 2 : 1;
}

/** Enters a proposal; the same id again changes nothing. `destructive` absent counts as destructive. */
export function propose(
  record: CaseRecord,
  proposal: {
    id: string;
    what: string;
    destructive: boolean;
    by: string;
    atMs: number;
    planned?: boolean;
    step?: string;
  },
): ActionOutcome {
  if (record.proposals.some((each) => each.action_id === proposal.id))
    return { ok: false, reason: 'it is proposed already' };
  if (record.proposals.length >= proposalsMax)
    return { ok: false, reason: 'the case has too many proposals' };
  record.proposals.push({
    action_id: proposal.id,
    what: proposal.what,
    destructive: proposal.destructive,
    proposed_by: proposal.by,
    proposed_at_ms: proposal.atMs,
    approvals: [],
    state: 'proposed',
    ...(proposal.planned === true ? { planned: true } : {}),
    ...(proposal.step === undefined || proposal.step === '' ? {} : { step: proposal.step }),
  });
  const eyes = proposal.destructive ? 'two other people' : 'one other person';
  return { ok: true, text: `proposed: ${proposal.what}; ${eyes} must approve` };
}

/** Counts an approval. Refused for the proposer, for service tokens, twice by one person, too late, and once it is decided. */
export function approve(action: ProposedAction, by: string, nowMs: number): ActionOutcome {
  if (action.state !== 'proposed') return { ok: false, reason: `it is ${action.state} already` };
  if (nowMs > expiresMs(action))
    return {
      ok: false,
      reason: `it expired at ${formatInstant(expiresMs(action))}, 24 hours after the proposal; look again and propose it anew`,
    };
  if (!isPerson(by)) return { ok: false, reason: 'only a person can approve, never a service token alone' };
  if (by === action.proposed_by) return { ok: false, reason: 'nobody approves their own proposal' };
  if (action.approvals.includes(by))
    return { ok: false, reason: 'this person approved it before; another one is needed' };
  action.approvals.push(by);
  const missing = approvalsNeeded(action) - action.approvals.length;
  if (missing > 0)
    return { ok: true, text: `approved once: ${action.what}; ${missing} more person must approve` };
  action.state = 'approved';
  return { ok: true, text: `approved: ${action.what}` };
}

/** Refuses a proposal for good; possible until it is executed. */
export function reject(action: ProposedAction, by: string): ActionOutcome {
  if (!isPerson(by)) return { ok: false, reason: 'only a person can reject' };
  if (action.state !== 'proposed' && action.state !== 'approved')
    return { ok: false, reason: `it is ${action.state} already` };
  action.state = 'rejected';
  return { ok: true, text: `rejected: ${action.what}` };
}

/**
 * Notes that an approved action was carried out: by the collector, or by a person when it is one in words. A person's word
 * about an action that the collector carries out itself would stop it from being done.
 */
export function executed(action: ProposedAction, by: string, result: string): ActionOutcome {
  if (action.state !== 'approved') return { ok: false, reason: `it is ${action.state}, not approved` };
  if (by !== 'system' && !isPerson(by))
    return { ok: false, reason: 'only a person can say that it was carried out' };
  if (by !== 'system' && action.planned === true)
    return { ok: false, reason: 'the collector carries it out itself' };
  action.state = 'executed';
  action.executed_by = by;
  if (result !== '') action.result = result;
  const came = result === '' ? '' : ` (${result})`;
  return { ok: true, text: `executed: ${action.what}${came}; waiting for an independent witness` };
}

/** Notes that an independent witness saw the effect: a source that looks from outside, or somebody who did not do it. */
export function confirmed(action: ProposedAction, by: string, witness: string): ActionOutcome {
  if (action.state !== 'executed') return { ok: false, reason: `it is ${action.state}, not executed` };
  if (by !== 'system' && !isPerson(by)) return { ok: false, reason: 'only a person can confirm it' };
  if (by !== 'system' && action.planned === true)
    return { ok: false, reason: 'a source that looks from outside confirms it' };
  if (by === action.executed_by && by !== 'system')
    return { ok: false, reason: 'whoever carried it out is no independent witness' };
  action.state = 'confirmed';
  return { ok: true, text: `confirmed by ${witness}: ${action.what}` };
}
