/** Runs the detector as an operator: an event goes to every grouping some rule wants it under. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { DetectResult, DetectScope, Detector, Message, StepContext } from '../contract/step.ts';
import { principalOf } from './annotate-operator.ts';
import { nothing, type Operator, type OperatorResult } from './operator.ts';

const separator = '|';

function groupOf(scope: DetectScope, event: CanonicalEvent): string | undefined {
  if (scope === 'domain') return event.domain;
  if (scope === 'principal') return principalOf(event);
  if (scope === 'tenant') return '';
  if (event.registrar_account !== undefined) return event.registrar_account;
  return (event.enrich?.['registrar_account'] as { id?: string } | undefined)?.id;
}

function findingMessages(
  result: DetectResult,
  tenant: string,
  cause: Message | undefined,
  context: StepContext,
): Message[] {
  return result.findings.map((draft) => ({
    kind: 'finding',
    timeMs: context.nowMs,
    id: `${draft.finding_id}/${cause?.id ?? context.nowMs}`,
    tenant,
    ingestMs: Math.max(context.nowMs, cause?.ingestMs ?? context.nowMs),
    ...(context.late ? { late: true } : {}),
    ...(context.warmup ? { warmup: true } : {}),
    draft,
  }));
}

/** An operator around a detector. `current` gives the rules valid at a moment, so that they can be replaced mid-stream. */
export function detectOperator(current: (timeMs: number) => Detector): Operator {
  return {
    name: 'detect',
    keysOf(message) {
      if (message.kind !== 'event') return [];
      const keys: string[] = [];
      for (const scope of current(message.timeMs).scopesOf(message.event)) {
        const group = groupOf(scope, message.event);
        if (group !== undefined) keys.push(message.tenant + separator + scope + separator + group);
      }
      return keys;
    },
    step(state, key, message, primary, context): OperatorResult {
      if (message.kind !== 'event') return nothing;
      const scope = key.split(separator, 2)[1] as DetectScope;
      const result = current(message.timeMs).step(state, scope, message.event, context);
      const findings = findingMessages(result, message.tenant, message, context);
      return {
        ...nothing,
        messages: primary ? [message, ...findings] : findings,
        timers: result.timers ?? [],
        ...(result.counters === undefined ? {} : { counters: result.counters }),
      };
    },
    due(state, key, timer, context): OperatorResult {
      const [tenant = '', scope] = key.split(separator, 2);
      const result = current(context.nowMs).due(state, scope as DetectScope, timer, context);
      return {
        ...nothing,
        messages: findingMessages(result, tenant, undefined, context),
        timers: result.timers ?? [],
        ...(result.counters === undefined ? {} : { counters: result.counters }),
      };
    },
  };
}
