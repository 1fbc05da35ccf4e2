/**
 * Names, accounts and people that no inventory knows: what is remembered about them goes when they are not heard of any
 * more. Who only ever failed, such as the user names somebody tries out, goes after a day.
 */
import type { EntityKey, Message, StateView, StepContext, TimerRequest } from '../contract/step.ts';

/** Timer that lets go of a stranger; no annotator has this name. */
export const strangerTimer = 'stranger/forget';

const stateName = 'stranger';
const dayMs = 86_400_000;
/** As long as the longest rule looks back (R17, R19). */
const keptMs = 120 * dayMs;
const failedKeptMs = dayMs;

/** True when the inventory of the moment has no such entity. An organisation is no stranger. */
export function isStranger({ scope, tenant, id }: EntityKey, { inventory }: StepContext): boolean {
  if (scope === 'domain') return inventory.domain(tenant, id) === undefined;
  if (scope === 'account') return inventory.account(tenant, id) === undefined;
  return scope === 'principal' && inventory.principal(tenant, id) === undefined;
}

/** Notes that a stranger was heard of; gives the timer that will forget it when it must be set anew. */
export function heardStranger(state: StateView, message: Message): TimerRequest[] {
  const failed = message.kind === 'event' && ['failure', 'attempt'].includes(message.event.outcome);
  const untilMs = message.timeMs + (failed ? failedKeptMs : keptMs);
  const known = state.get<number>(stateName);
  if (known !== undefined && known >= untilMs - failedKeptMs / 2) return [];
  state.put(stateName, untilMs);
  return known === undefined || known < message.timeMs ? [{ name: strangerTimer, atMs: untilMs }] : [];
}

/** The timer is due: forgets the entity, unless it was heard of since or is known now. True: it was forgotten. */
export function forgetStranger(
  state: StateView,
  key: EntityKey,
  context: StepContext,
): { forgotten: boolean; timers: TimerRequest[] } {
  const untilMs = state.get<number>(stateName);
  if (untilMs !== undefined && untilMs > context.nowMs)
    return { forgotten: false, timers: [{ name: strangerTimer, atMs: untilMs }] };
  if (!isStranger(key, context)) {
    state.delete(stateName);
    return { forgotten: false, timers: [] };
  }
  for (const name of state.names()) state.delete(name);
  return { forgotten: true, timers: [] };
}
