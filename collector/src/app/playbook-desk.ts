/**
 * The automatic steps of playbooks: for every open case they run by themselves, only read, and their results enter the
 * stream as directives, so that a replay tells the same story. Steps with `every_s` are looked at again and speak when
 * their result changes.
 */
import { createHash } from 'node:crypto';
import type { Case } from '../contract/case.ts';
import type { Surroundings } from '../contract/component.ts';
import { severities } from '../contract/severity.ts';
import type { StepProgress } from '../7-case/case-record.ts';
import { stepResultCharsMax } from '../7-case/lifecycle.ts';
import { shownWithin } from '../7-case/narrative.ts';
import type { Playbook, PlaybookStep } from '../7-case/playbook.ts';
import { stepsOfCase } from '../7-case/readers.ts';
import { isOver } from './api-cases.ts';
import { caseNamed } from './api-changes.ts';
import { caseState } from './api-parts.ts';
import { automaticSteps } from './automatic-steps/step-list.ts';
import type { StepSubject } from './automatic-steps/step-subject.ts';
import { shippedPlaybooks } from './case-keeper.ts';
import type { Collector } from './collector.ts';

/** What the desk works with. */
export interface PlaybookDeskParts {
  readonly collector: Collector;
  readonly around: Surroundings;
  /** Absent: the shipped ones. */
  readonly playbooks?: readonly Playbook[];
}

const lookEveryMs = 1000;
/** Cases looked at in one turn: a flood of cases must not keep the process from its work. */
const casesPerTurn = 25;
/** A case settles first: findings that follow within seconds may change its playbook. */
const settleMs = 2000;
const againMs = 5000;

/** As the keeper will store it, so that the same result is known again. */
function bounded(result: string | undefined): string | undefined {
  return result === undefined ? undefined : shownWithin(result, stepResultCharsMax);
}

interface Plan {
  readonly playbook: string;
  /** Names, accounts and people the steps looked at: a case that grows is looked at again. */
  readonly about: string;
  readonly dueMs: Map<string, number>;
}

/** Runs the automatic steps. `run` works until its signal aborts. */
export class PlaybookDesk {
  readonly #parts: PlaybookDeskParts;
  readonly #playbooks: ReadonlyMap<string, Playbook>;
  readonly #plans = new Map<string, Plan>();

  constructor(parts: PlaybookDeskParts) {
    this.#parts = parts;
    this.#playbooks = new Map((parts.playbooks ?? shippedPlaybooks()).map((each) => [each.id, each]));
  }

  async run(signal: AbortSignal): Promise<void> {
    const { around, collector } = this.#parts;
    while (!signal.aborted) {
      if (collector.ready())
        // What fails here (a full disk) is tried again at the next turn.
        await this.turn().catch((error: unknown) => around.log('error', `playbooks: ${String(error)}`));
      await around.sleep(lookEveryMs, signal).catch(() => undefined);
    }
  }

  /** One round over the cases that are due, worst first. */
  async turn(): Promise<void> {
    const { collector, around } = this.#parts;
    const nowMs = around.nowMs();
    const due: { readonly about: Case; readonly steps: readonly PlaybookStep[]; readonly plan: Plan }[] = [];
    const { cases } = collector.host.book;
    for (const about of cases.values()) {
      if (isOver(about) || about.playbook === null || about.drill) {
        this.#plans.delete(about.case_id);
        continue;
      }
      const plan = this.#planOf(about, nowMs);
      if (plan === undefined) continue;
      const steps = this.#dueSteps(plan, nowMs);
      if (steps.length > 0) due.push({ about, steps, plan });
    }
    for (const id of this.#plans.keys()) if (!cases.has(id)) this.#plans.delete(id);
    due.sort((a, b) => severities.indexOf(b.about.severity) - severities.indexOf(a.about.severity) || 0);
    for (const { about, steps, plan } of due.slice(0, casesPerTurn))
      await this.#look(about, steps, plan, nowMs);
  }

  #planOf(about: Case, nowMs: number): Plan | undefined {
    const playbook = this.#playbooks.get(about.playbook ?? '');
    if (playbook === undefined) return undefined;
    const known = this.#plans.get(about.case_id);
    const scope = [about.domains, about.registrar_accounts, about.actors].join('|');
    if (known?.playbook === playbook.id && known.about === scope) return known;
    const grown = known?.playbook === playbook.id;
    const done = new Map(this.#progressOf(about).map((each) => [each.step, each]));
    const dueMs = new Map<string, number>();
    for (const step of playbook.steps) {
      if (step.mode !== 'automatic' || !automaticSteps.has(step.id)) continue;
      const before = done.get(step.id)?.done_at_ms ?? undefined;
      if (before === undefined || grown) dueMs.set(step.id, nowMs + settleMs);
      else if (step.every_s !== undefined) dueMs.set(step.id, before + step.every_s * 1000);
    }
    const plan: Plan = { playbook: playbook.id, about: scope, dueMs };
    this.#plans.set(about.case_id, plan);
    return plan;
  }

  #progressOf(about: Case): StepProgress[] {
    const { collector } = this.#parts;
    const state = caseState({ collector }, about.tenant);
    if (state === undefined) return [];
    const ids = collector.host.engine.publication.engineCaseIds(about.case_id);
    return ids.flatMap((id) => [...stepsOfCase(state, id)]);
  }

  #dueSteps(plan: Plan, nowMs: number): PlaybookStep[] {
    const playbook = this.#playbooks.get(plan.playbook);
    return (playbook?.steps ?? []).filter(({ id }) => (plan.dueMs.get(id) ?? Infinity) <= nowMs);
  }

  async #look(about: Case, steps: readonly PlaybookStep[], plan: Plan, nowMs: number): Promise<void> {
    const { collector, around } = this.#parts;
    const { findings } = collector.host.book;
    const subject: StepSubject = {
      collector,
      about,
      findings: about.finding_ids.flatMap((id) => findings.get(id) ?? []),
      nowMs,
    };
    const before = new Map(this.#progressOf(about).map((each) => [each.step, each.result]));
    const looked: { step: string; result: string }[] = [];
    for (const step of steps) {
      const result = this.#resultOf(step, subject);
      if (result === undefined) {
        plan.dueMs.set(step.id, nowMs + againMs);
        continue;
      }
      if (step.every_s === undefined) plan.dueMs.delete(step.id);
      else plan.dueMs.set(step.id, nowMs + step.every_s * 1000);
      if (before.get(step.id) !== result) looked.push({ step: step.id, result });
    }
    if (looked.length === 0) return;
    const key = createHash('sha256').update(JSON.stringify(looked)).digest('hex').slice(0, 16);
    try {
      await collector.direct({
        id: `playbook/${about.case_id}/${nowMs}/${key}`,
        type: 'action.executed',
        tenant: about.tenant,
        by: 'system',
        data: { ...caseNamed({ collector }, about), looked },
      });
    } catch (error) {
      for (const { step } of looked) plan.dueMs.set(step, nowMs + againMs);
      around.log('error', `playbook of ${about.case_id}: ${String(error)}`);
    }
  }

  /** A step that breaks says so in the case: a silent one would look as if nobody had looked. */
  #resultOf(step: PlaybookStep, subject: StepSubject): string | undefined {
    try {
      return bounded(automaticSteps.get(step.id)?.(subject));
    } catch (error) {
      this.#parts.around.log('error', `step ${step.id} of ${subject.about.case_id}: ${String(error)}`);
      return 'it could not be done: the collector has a fault here, its log says which';
    }
  }
}
