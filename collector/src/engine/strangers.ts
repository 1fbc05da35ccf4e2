/**
 * Names, accounts and people that no inventory knows: what is remembered about them goes when they are not heard of any
 * more. Who only ever failed, such as the user names somebody tries out, goes after a day. And there are only so many of them:
 * strangers are listed by tenant and shard, and a list that is full lets go of the one that would go next. A list shares the
 * shard of its members, so whatever the partitions, one operator has them all and meets them in the same order.
 */
import { limits } from '../contract/limits.ts';
import type { EntityKey, Message, StateView, StepContext } from '../contract/step.ts';
import type { OperatorTimer } from './operator.ts';
import type { NeighbourView } from './sealed-state.ts';
import { shardOf } from './shard.ts';

/** Timer of a list that lets go of strangers, and of a stranger in checkpoints of older versions; no annotator has this name. */
export const strangerTimer = 'stranger/forget';

const olderStateName = 'stranger';
const listName = 'strangers';
const listMark = '|strangers/';
const dayMs = 86_400_000;
/** As long as the longest rule looks back (R17, R19). */
const keptMs = 120 * dayMs;
const failedKeptMs = dayMs;

/** Strangers of a tenant and shard: until when each is remembered, and when the timer is due. */
interface StrangerList {
  untilMs: Record<string, number>;
  nextMs: number;
}

/** What became of strangers in a step. */
export interface StrangersGone {
  /** Ids of entities whose state is to be forgotten: by time, or for lack of room. */
  readonly forgotten: readonly string[];
  readonly evicted: readonly string[];
  readonly timers: readonly OperatorTimer[];
}

const nobody: StrangersGone = { forgotten: [], evicted: [], timers: [] };

/** True when the inventory of the moment has no such entity. An organisation is no stranger. */
export function isStranger({ scope, tenant, id }: EntityKey, { inventory }: StepContext): boolean {
  if (scope === 'domain') return inventory.domain(tenant, id) === undefined;
  if (scope === 'account') return inventory.account(tenant, id) === undefined;
  return scope === 'principal' && inventory.principal(tenant, id) === undefined;
}

/** True for the key of a list of strangers, which is no entity. */
export function isStrangerList({ id }: EntityKey): boolean {
  return id.startsWith(listMark);
}

const listKeys = new Map<string, readonly string[]>();
const tenantsKept = 1000;

/** Key of the list that a stranger belongs to: a key of the same tenant that falls into the same shard. */
function listKeyOf(tenant: string, key: string): string {
  let keys = listKeys.get(tenant);
  if (keys === undefined) {
    const found: string[] = [];
    for (let n = 0, left: number = limits.shards; left > 0; n++) {
      const candidate = `${tenant}|${listMark}${String(n)}`;
      const shard = shardOf(candidate);
      if (found[shard] !== undefined) continue;
      found[shard] = candidate;
      left--;
    }
    if (listKeys.size >= tenantsKept) listKeys.clear();
    keys = found;
    listKeys.set(tenant, keys);
  }
  return keys[shardOf(key)] as string;
}

function keyOf({ tenant }: EntityKey, id: string): string {
  return `${tenant}|${id}`;
}

/** Notes that a stranger was heard of. `max`: strangers of a tenant, over all its lists. */
export function heardStranger(
  state: StateView & Partial<NeighbourView>,
  entity: EntityKey,
  message: Message,
  context: StepContext,
  max: number,
): StrangersGone {
  const failed = message.kind === 'event' && ['failure', 'attempt'].includes(message.event.outcome);
  const older = state.get<number>(olderStateName);
  if (older !== undefined) state.delete(olderStateName);
  const untilMs = Math.max(older ?? 0, message.timeMs + (failed ? failedKeptMs : keptMs));
  const listKey = listKeyOf(entity.tenant, keyOf(entity, entity.id));
  const listState = state.beside?.(listKey);
  if (listState === undefined) return nobody;
  const known = listState.get<StrangerList>(listName);
  const knownMs =
    known !== undefined && Object.hasOwn(known.untilMs, entity.id) ? known.untilMs[entity.id] : undefined;
  if (knownMs !== undefined && knownMs >= untilMs - failedKeptMs / 2) return nobody;
  const list = listState.edit<StrangerList>(listName, () => ({ untilMs: {}, nextMs: Infinity }));
  if (entity.id !== '__proto__') list.untilMs[entity.id] = untilMs;
  const evicted = evict(list, entity, context, Math.max(1, Math.ceil(max / limits.shards)));
  const timers: OperatorTimer[] = [];
  if (!(list.nextMs <= untilMs)) {
    list.nextMs = untilMs;
    timers.push({ key: listKey, name: strangerTimer, atMs: untilMs });
  }
  if (older !== undefined) timers.push({ name: strangerTimer, atMs: null });
  return { forgotten: [], evicted, timers };
}

/** Takes the ones that would go next off a list that is too long; those the inventory knows by now only leave the list. */
function evict(list: StrangerList, entity: EntityKey, context: StepContext, max: number): string[] {
  const evicted: string[] = [];
  for (let ids = Object.keys(list.untilMs); ids.length > max; ids = Object.keys(list.untilMs)) {
    const next = ids.reduce((a, b) => (isBefore(list, b, a) ? b : a));
    delete list.untilMs[next];
    if (isStranger({ ...entity, id: next }, context)) evicted.push(next);
  }
  return evicted;
}

function isBefore({ untilMs }: StrangerList, a: string, b: string): boolean {
  const [first, second] = [untilMs[a] ?? 0, untilMs[b] ?? 0];
  return first === second ? a < b : first < second;
}

/** The timer of a list is due: who was not heard of since, and is not known by now, is forgotten. */
export function forgetStrangers(state: StateView, entity: EntityKey, context: StepContext): StrangersGone {
  if (!isStrangerList(entity)) return forgetOlder(state, entity, context);
  const list = state.edit<StrangerList>(listName, () => ({ untilMs: {}, nextMs: Infinity }));
  const forgotten: string[] = [];
  let nextMs = Infinity;
  for (const id of Object.keys(list.untilMs).sort()) {
    const untilMs = list.untilMs[id] ?? 0;
    if (untilMs > context.nowMs) nextMs = Math.min(nextMs, untilMs);
    else {
      delete list.untilMs[id];
      if (isStranger({ ...entity, id }, context)) forgotten.push(id);
    }
  }
  list.nextMs = nextMs;
  if (nextMs === Infinity) state.delete(listName);
  const timers = nextMs === Infinity ? [] : [{ name: strangerTimer, atMs: nextMs }];
  return { forgotten, evicted: [], timers };
}

/** A stranger of an older version, which has a timer of its own and stands on no list. */
function forgetOlder(state: StateView, entity: EntityKey, context: StepContext): StrangersGone {
  const untilMs = state.get<number>(olderStateName);
  if (untilMs === undefined) return nobody;
  if (untilMs > context.nowMs) return { ...nobody, timers: [{ name: strangerTimer, atMs: untilMs }] };
  state.delete(olderStateName);
  return isStranger(entity, context) ? { ...nobody, forgotten: [entity.id] } : nobody;
}

/** Removes everything remembered about an entity. */
export function clearState(state: StateView): void {
  for (const name of state.names()) if (name !== listName) state.delete(name);
}
