/**
 * Actions from proposal to confirmation. People decide in the stream, where every approval is checked; this desk looks
 * first, waits for the decision, carries out what was approved and nothing else, and asks an independent witness.
 */
import { randomUUID } from 'node:crypto';
import type { ActionPlan, ActionView, RecordSet } from '../contract/api.ts';
import type { Case } from '../contract/case.ts';
import type { Surroundings } from '../contract/component.ts';
import { ledgerControl, viewSource } from '../contract/ledger.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { recordControl, sameValue } from '../leaf/control-value.ts';
import { registrableDomain } from '../leaf/domain-name.ts';
import { formatInstant } from '../leaf/time.ts';
import { isTransient, type Executor, type FixedPlan, type Preview } from '../8-sink/action/executor.ts';
import { expiresMs, proposalLifeMs } from '../7-case/actions.ts';
import type { ProposedAction } from '../7-case/case-record.ts';
import type { ActionStore, StoredAction } from './action-store.ts';
import { domainState, proposalsOf } from './api-parts.ts';
import { fixedPlan } from './action-plan.ts';
import { caseNamed } from './api-changes.ts';
import type { Collector } from './collector.ts';
import { sha256Hex } from './digest.ts';

/** What the desk works with. */
export interface ActionDeskParts {
  readonly collector: Collector;
  readonly store: ActionStore;
  readonly executors: readonly Executor[];
  readonly around: Surroundings;
  /** Whether a person may approve in a tenant now; absent: who approved once still may. */
  readonly mayApprove?: (tenant: string, person: string) => boolean;
}

/** A proposal as a person makes it. */
export interface Proposal {
  readonly case: Case;
  readonly what?: string;
  readonly plan: ActionPlan;
  readonly destructive?: boolean;
  readonly by: string;
  readonly step?: string;
}

const leaseMs = 60_000;
const lookEveryMs = 500;
const attemptsMax = 6;
const firstPauseMs = 2000;
const previewTimeoutMs = 15_000;
/** What is approved at the last minute still has time to be done. */
const afterExpiryMs = 3_600_000;

/** Mark at the end of the approved sentence: approvals are for exactly this plan. */
function planMark(plan: FixedPlan, executor: string): string {
  return `[plan ${sha256Hex(canonicalJson({ executor, plan })).slice(0, 12)}]`;
}

function sentenceOf(plan: FixedPlan, executor: string): string {
  if (plan.kind === 'lock_transfer')
    return `switch the transfer lock of ${plan.domain} on through ${executor}`;
  if (plan.kind === 'notify') return `notify through ${executor}: ${plan.text}`;
  const names = plan.records.map(({ name, type }) => `${name} ${type}`);
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return `set ${names.slice(0, 5).join(', ')}${more} in zone ${plan.zone} through ${executor}`;
}

/** The desk. `run` works until its signal aborts; everything else answers at once. */
export class ActionDesk {
  readonly #parts: ActionDeskParts;
  readonly #executors: ReadonlyMap<string, Executor>;

  constructor(parts: ActionDeskParts) {
    this.#parts = parts;
    this.#executors = new Map(parts.executors.map((executor) => [executor.id, executor]));
  }

  /** Looks what the plan would change and enters the proposal. Fails with the reason why it cannot be carried out. */
  async propose(proposal: Proposal): Promise<Outcome<string>> {
    const { collector, store, around } = this.#parts;
    const { case: about, by } = proposal;
    const executor = this.#executors.get(proposal.plan.executor);
    if (executor === undefined)
      return failed('bad_field', `there is no executor ${proposal.plan.executor}`, '/plan/executor');
    const fixed = fixedPlan(proposal.plan, about, collector.tables.inventory.latest());
    if (!fixed.ok) return fixed;
    const plan = fixed.value;
    if (!executor.kinds.includes(plan.kind))
      return failed('bad_field', `${executor.id} cannot do ${plan.kind}`, '/plan/kind');
    const preview = await executor.preview(plan, AbortSignal.timeout(previewTimeoutMs));
    if (!preview.ok)
      return failed(preview.failure.code, `the dry run failed: ${preview.failure.message}`, '/plan');
    const id = randomUUID();
    const what = `${proposal.what ?? sentenceOf(plan, executor.id)} ${planMark(plan, executor.id)}`;
    const destructive = plan.kind === 'set_records' || proposal.destructive === true;
    const nowMs = around.nowMs();
    store.add({
      id,
      tenant: about.tenant,
      caseId: about.case_id,
      findingIds: about.finding_ids,
      what,
      executor: executor.id,
      plan,
      preview: preview.value,
      destructive,
      proposedBy: by,
      proposedAtMs: nowMs,
    });
    await collector.direct({
      id: `action.proposed/${id}`,
      type: 'action.proposed',
      tenant: about.tenant,
      by,
      data: {
        ...caseNamed(this.#parts, about),
        action_id: id,
        what,
        destructive,
        plan,
        ...(proposal.step === undefined ? {} : { step: proposal.step }),
      },
    });
    return succeeded(id);
  }

  /** One action as the API shows it; undefined when it is of another tenant or only a sentence without a plan. */
  view(tenant: string, id: string): ActionView | undefined {
    const found = this.#parts.store.get(id);
    return found === undefined || found.tenant !== tenant ? undefined : viewOf(found);
  }

  /** Actions of these tenants, newest first. */
  list(tenants: readonly string[]): ActionView[] {
    return this.#parts.store
      .all()
      .filter(({ tenant }) => tenants.includes(tenant))
      .map(viewOf);
  }

  /** Works until `signal` aborts. What an earlier process left under way is taken up again. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, around, collector } = this.#parts;
    store.releaseLeases();
    // Before the stream has caught up it may not know yet that an approval was taken back.
    while (!collector.ready() && !signal.aborted) await around.sleep(50, signal).catch(() => undefined);
    while (!signal.aborted) {
      // What fails here (a full disk) is tried again: nothing was told that has not happened.
      await this.turn(signal).catch((error: unknown) => around.log('error', `actions: ${String(error)}`));
      await around.sleep(lookEveryMs, signal).catch(() => undefined);
    }
  }

  /** One round: decisions, attempts, word to the stream, witnesses. */
  async turn(signal: AbortSignal): Promise<void> {
    const { store, around } = this.#parts;
    for (const action of store.inState('proposed')) this.#readDecision(action);
    for (let due = store.lease(around.nowMs(), leaseMs); due !== undefined;) {
      await this.#attempt(due, signal);
      due = signal.aborted ? undefined : store.lease(around.nowMs(), leaseMs);
    }
    for (const action of store.untold()) await this.#tell(action);
    for (const action of store.inState('executed')) await this.#askWitness(action);
  }

  #caseOf(action: StoredAction): Case | undefined {
    const { cases, findings } = this.#parts.collector.host.book;
    const known = cases.get(action.caseId);
    if (known !== undefined && known.merged_into === null) return known;
    const merged = known?.merged_into ?? undefined;
    const moved = action.findingIds
      .map((id) => findings.get(id)?.case_id)
      .find((id) => id !== undefined && id !== null);
    return cases.get(merged ?? moved ?? '') ?? known;
  }

  #proposalOf(action: StoredAction): ProposedAction | undefined {
    const about = this.#caseOf(action);
    const candidates = about === undefined ? [] : proposalsOf(this.#parts, about);
    return candidates.find(({ action_id: id }) => id === action.id);
  }

  #readDecision(action: StoredAction): void {
    // Where several collectors share an engine, only the one that surely holds the tenant acts.
    if (!this.#parts.collector.host.mayAct(action.tenant)) return;
    const proposal = this.#proposalOf(action);
    // Not the sentence that stands here: then the approval is not for this plan.
    if (proposal === undefined || proposal.what !== action.what) return;
    if (!proposal.what.endsWith(planMark(action.plan, action.executor))) return;
    const { store, around } = this.#parts;
    if (proposal.state === 'approved') store.decide(action.id, 'approved');
    else if (proposal.state === 'rejected') store.decide(action.id, 'rejected');
    else if (around.nowMs() > expiresMs(proposal)) store.decide(action.id, 'expired');
  }

  async #attempt(action: StoredAction, signal: AbortSignal): Promise<void> {
    const { store, around } = this.#parts;
    const executor = this.#executors.get(action.executor);
    if (executor === undefined) {
      store.finish(
        action.id,
        'failed',
        `executor ${action.executor} is not configured any more`,
        around.nowMs(),
      );
      return;
    }
    const { id, tenant, caseId, plan, preview } = action;
    if (!this.#parts.collector.host.mayAct(tenant)) {
      store.retry(id, 'another collector holds this tenant', around.nowMs() + firstPauseMs);
      return;
    }
    const proposal = this.#proposalOf(action);
    if (proposal?.state === 'rejected') {
      store.withdraw(id);
      return;
    }
    const refused = this.#refusal(action, proposal);
    if (refused !== undefined) {
      store.finish(id, 'failed', refused, around.nowMs());
      around.log('warn', `action ${id}: ${refused}`);
      return;
    }
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(leaseMs - 10_000)]);
    const outcome = await executor.carryOut({ id, tenant, caseId, plan, before: preview.before }, bounded);
    // Stopping is no failure: the next process takes it up and finds out how far this one got.
    if (signal.aborted && !outcome.ok) return;
    if (outcome.ok) store.finish(id, 'executed', outcome.value, around.nowMs());
    else if (isTransient(outcome.failure.code) && action.attempts < attemptsMax)
      store.retry(id, outcome.failure.message, around.nowMs() + firstPauseMs * 2 ** (action.attempts - 1));
    else store.finish(id, 'failed', outcome.failure.message, around.nowMs());
    around.log(
      outcome.ok ? 'info' : 'warn',
      `action ${id}: ${outcome.ok ? outcome.value : outcome.failure.message}`,
    );
  }

  /** Why what was approved may not be done any more; undefined: it may. */
  #refusal(action: StoredAction, proposal: ProposedAction | undefined): string | undefined {
    const { mayApprove, around } = this.#parts;
    const again =
      action.attempts > 1
        ? 'an attempt was made before, so look what it changed, and propose it again'
        : 'nothing was done; propose it again';
    if (around.nowMs() > action.proposedAtMs + proposalLifeMs + afterExpiryMs)
      return `it was approved, but could not be carried out in time: ${again}`;
    const gone = proposal?.approvals.find((person) => mayApprove?.(action.tenant, person) === false);
    return gone === undefined ? undefined : `${gone} approved it and may not approve any more: ${again}`;
  }

  async #tell(action: StoredAction): Promise<void> {
    const { collector, store } = this.#parts;
    const about = this.#caseOf(action);
    if (about !== undefined) {
      const done = action.state !== 'failed';
      const data = done
        ? { action_id: action.id, result: action.result }
        : { text: `action ${action.id} failed: ${action.result ?? ''} (${action.what})` };
      await collector.direct({
        id: `action.finished/${action.id}`,
        type: done ? 'action.executed' : 'case.note',
        tenant: action.tenant,
        by: 'system',
        data: { ...caseNamed(this.#parts, about), ...data },
      });
    }
    store.markTold(action.id);
  }

  async #askWitness(action: StoredAction): Promise<void> {
    const { collector, store } = this.#parts;
    const witness = this.#witnessOf(action);
    const about = witness === undefined ? undefined : this.#caseOf(action);
    if (witness === undefined || about === undefined) return;
    await collector.direct({
      id: `action.confirmed/${action.id}`,
      type: 'action.confirmed',
      tenant: action.tenant,
      by: 'system',
      data: { ...caseNamed(this.#parts, about), action_id: action.id, witness },
    });
    store.confirm(action.id, witness);
  }

  /** A source that looks from outside and has seen every wanted value after the action; undefined until there is one. */
  #witnessOf({ plan, preview, tenant, executedAtMs }: StoredAction): string | undefined {
    if (plan.kind === 'notify' || executedAtMs === null) return undefined;
    const name = plan.kind === 'lock_transfer' ? plan.domain : plan.zone;
    const domain = registrableDomain(name) ?? name;
    const state = domainState(this.#parts, tenant, domain);
    if (state === undefined) return undefined;
    const wanted: (readonly [string, unknown])[] =
      plan.kind === 'lock_transfer'
        ? [['lock', 'enabled']]
        : changedSets(plan.records, preview).map((set) => [recordControl(set.name, set.type), set.values]);
    let witness: string | undefined;
    for (const [control, value] of wanted) {
      const seen = ledgerControl(state, control)?.seen;
      if (seen === undefined || seen[2] < executedAtMs || !sameValue(control, seen[0], value))
        return undefined;
      witness = viewSource(seen);
    }
    return witness;
  }
}

/** Sets the action had to change: nobody reports again what stayed as it was. All of them when nothing had to change. */
function changedSets(records: readonly RecordSet[], { before }: Preview): readonly RecordSet[] {
  const then = 'records' in before ? before.records : [];
  const changed = records.filter(({ name, type, values }) => {
    const known = then.find((set) => set.name === name && set.type === type);
    return known === undefined || !sameValue(recordControl(name, type), known.values, values);
  });
  return changed.length === 0 ? records : changed;
}

function viewOf(action: StoredAction): ActionView {
  const { id, tenant, what, plan, destructive, state, attempts, result, preview, executor } = action;
  return {
    id,
    tenant,
    case_id: action.caseId,
    what,
    plan: { executor, ...plan },
    destructive,
    proposed_by: action.proposedBy,
    proposed_at: formatInstant(action.proposedAtMs),
    dry_run: dryRunOf(preview),
    state,
    attempts,
    executed_at: action.executedAtMs === null ? null : formatInstant(action.executedAtMs),
    result,
    confirmed_by: action.confirmedBy,
  };
}

function dryRunOf(preview: Preview): string[] {
  return preview.changes.length === 0 ? ['nothing would change'] : [...preview.changes];
}
