/** Runs the case keeper as the last operator, keyed by tenant. */
import type { CaseKeeper, CaseResult, Message } from '../contract/step.ts';
import type { Operator, OperatorResult } from './operator.ts';

function toResult(result: CaseResult, messages: readonly Message[]): OperatorResult {
  return { messages, timers: result.timers ?? [], findings: result.findings, cases: result.cases };
}

/** An operator around a case keeper; it forwards the annotated events, which leave the engine. */
export function caseOperator(keeper: CaseKeeper): Operator {
  return {
    name: 'case',
    keysOf: (message) => [message.tenant],
    step: (state, _key, message, _primary, context) =>
      toResult(keeper.step(state, message, context), message.kind === 'event' ? [message] : []),
    due: (state, key, timer, context) => toResult(keeper.due(state, key, timer, context), []),
  };
}
