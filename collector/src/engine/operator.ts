/** Operators: keyed pure steps between which messages flow. The list of them is the pipeline after enrichment. */
import type { Case } from '../contract/case.ts';
import type { Finding } from '../contract/finding.ts';
import type { Message, StateView, StepContext, TimerRequest } from '../contract/step.ts';

/** A timer of an operator; `key`: of another key than the step's own, in the same shard. */
export type OperatorTimer = TimerRequest & { readonly key?: string };

/** What one step of an operator produced. `messages` go to the next operator; the rest leaves the engine. */
export interface OperatorResult {
  readonly messages: readonly Message[];
  readonly timers: readonly OperatorTimer[];
  readonly findings: readonly Finding[];
  readonly cases: readonly Case[];
  /** Things left out, by name (contract/step.ts, DetectResult). Absent: none. */
  readonly counters?: Readonly<Record<string, number>>;
}

/** Result of a step with nothing to say. */
export const nothing: OperatorResult = { messages: [], timers: [], findings: [], cases: [] };

/**
 * One stage of keyed state. A message goes to every key of `keysOf`; the first key is the primary one and forwards it.
 * With no key the message passes by unchanged. Keys start with the tenant and decide the shard.
 */
export interface Operator {
  readonly name: string;
  keysOf(message: Message): readonly string[];
  /** `primary`: this key is the one that forwards the message itself. */
  step(
    state: StateView,
    key: string,
    message: Message,
    primary: boolean,
    context: StepContext,
  ): OperatorResult;
  due(state: StateView, key: string, timer: string, context: StepContext): OperatorResult;
}
