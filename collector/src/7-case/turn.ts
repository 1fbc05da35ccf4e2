/** One step of the keeper: what it may read, what it changes, and what it will say. */
import type { Case } from '../contract/case.ts';
import type { Finding } from '../contract/finding.ts';
import type { CaseResult, StateView, StepContext, TimerRequest } from '../contract/step.ts';
import type { Playbook } from './playbook.ts';
import type { CompositeRisk } from './risk-signals.ts';
import {
  freezeLists,
  stateName,
  type CaseRecord,
  type FindingRecord,
  type Retention,
} from './case-record.ts';

/** What a keeper was made with. */
export interface KeeperSettings {
  readonly compositeRisk: CompositeRisk;
  readonly playbooks: ReadonlyMap<string, Playbook>;
  readonly retention: Retention;
}

/** A step in progress. `decidedMs` is the ingest time of the message, or the due time of the timer. */
export interface Turn {
  readonly state: StateView;
  readonly context: StepContext;
  readonly settings: KeeperSettings;
  readonly tenant: string;
  readonly nowMs: number;
  readonly decidedMs: number;
  /** Id of the message or name of the timer: what lines without an event of their own stand on. */
  readonly cause: string;
  readonly changedFindings: Set<string>;
  readonly changedCases: Set<string>;
  readonly timers: Map<string, number | null>;
}

/** Starts a step. */
export function turnOf(
  state: StateView,
  context: StepContext,
  settings: KeeperSettings,
  about: { tenant: string; decidedMs: number; cause: string },
): Turn {
  return {
    state,
    context,
    settings,
    ...about,
    nowMs: context.nowMs,
    changedFindings: new Set(),
    changedCases: new Set(),
    timers: new Map(),
  };
}

/** Case for reading; undefined when it was forgotten or never was. */
export function readCase(turn: Turn, id: string): CaseRecord | undefined {
  return turn.state.get<CaseRecord>(stateName.case(id));
}

/** Case for changing; it will be written out at the end of the step. It must exist. */
export function editCase(turn: Turn, id: string): CaseRecord {
  turn.changedCases.add(id);
  const record = turn.state.edit<CaseRecord>(stateName.case(id), () => {
    throw new Error(`case ${id} is not in the state`);
  });
  freezeLists(record);
  return record;
}

/** Finding for reading; undefined when it was forgotten or never was. */
export function readFinding(turn: Turn, id: string): FindingRecord | undefined {
  return turn.state.get<FindingRecord>(stateName.finding(id));
}

/** Finding for changing: raises its revision once per step and writes it out at the end. It must exist. */
export function editFinding(turn: Turn, id: string): FindingRecord {
  const record = turn.state.edit<FindingRecord>(stateName.finding(id), () => {
    throw new Error(`finding ${id} is not in the state`);
  });
  if (!turn.changedFindings.has(id)) {
    turn.changedFindings.add(id);
    record.revision++;
  }
  return record;
}

/** The result of the step, in id order. */
export function resultOf(turn: Turn, findings: readonly Finding[], cases: readonly Case[]): CaseResult {
  const timers: TimerRequest[] = [...turn.timers].map(([name, atMs]) => ({ name, atMs }));
  return timers.length === 0 ? { findings, cases } : { findings, cases, timers };
}

/** Nothing to say. */
export const silent: CaseResult = { findings: [], cases: [] };
