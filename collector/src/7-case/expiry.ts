/** Forgetting without scanning: names are noted in the hour in which they may go, one timer per hour. */
import { stateName, type CaseRecord, type FindingRecord } from './case-record.ts';
import { readCase, type Turn } from './turn.ts';

const hourMs = 3_600_000;
const timerPrefix = 'expire:';

/** Notes that state `name` may be looked at again at `atMs`, event time. */
export function lookAgain(turn: Turn, name: string, atMs: number): void {
  const hour = Math.ceil(atMs / hourMs);
  const slot = `${hour}:${bucketOf(name)}`;
  const list = turn.state.edit<{ names: string[] }>(stateName.expiry(slot), () => ({ names: [] }));
  if (list.names.length === 0) turn.timers.set(timerPrefix + slot, hour * hourMs);
  list.names.push(name);
}

const buckets = 64;

/** Spreads the names of an hour, so that noting one more copies and sorts little. */
function bucketOf(name: string): number {
  let sum = 0;
  for (let i = 0; i < name.length; i++) sum = (sum * 31 + name.charCodeAt(i)) % 65_521;
  return sum % buckets;
}

/** True when the timer belongs here. */
export function isExpiryTimer(timer: string): boolean {
  return timer.startsWith(timerPrefix);
}

/** Looks at everything noted for an hour: forgets what is old, notes the rest for later. */
export function expire(turn: Turn, timer: string): void {
  const name = stateName.expiry(timer.slice(timerPrefix.length));
  const list = turn.state.get<{ names: string[] }>(name);
  turn.state.delete(name);
  for (const each of new Set(list?.names)) {
    const keepUntilMs = keptUntil(turn, each);
    if (keepUntilMs === undefined) continue;
    if (keepUntilMs > turn.nowMs) lookAgain(turn, each, keepUntilMs);
    else forget(turn, each);
  }
}

/** Undefined: nothing is stored under the name, or it is kept for good. */
function keptUntil(turn: Turn, name: string): number | undefined {
  const { retention } = turn.settings;
  if (name.startsWith('mem:') || name.startsWith('risk:')) {
    const list = turn.state.get<readonly { ms: number }[]>(name);
    const newest = list?.[list.length - 1];
    return newest === undefined ? undefined : newest.ms + retention.memoryMs;
  }
  if (name.startsWith('find:')) {
    const finding = turn.state.get<FindingRecord>(name);
    if (finding === undefined || finding.caseId !== null) return undefined;
    return finding.completedMs + retention.forgottenMs;
  }
  if (name.startsWith('auto:')) {
    const days = turn.state.get<{ days: number[] }>(name)?.days ?? [];
    return ((days[days.length - 1] ?? 0) + 30) * 24 * hourMs;
  }
  if (name.startsWith('case:')) {
    const record = turn.state.get<CaseRecord>(name);
    if (record === undefined || record.closedMs === null || record.held) return undefined;
    return record.closedMs + retention.forgottenMs;
  }
  return undefined;
}

function forget(turn: Turn, name: string): void {
  const { state } = turn;
  if (name.startsWith('find:')) forgetFacts(turn, name.slice('find:'.length));
  if (name.startsWith('case:')) {
    const record = state.get<CaseRecord>(name);
    for (const each of record?.indexed ?? []) unlink(turn, each, record?.id ?? '');
    for (const id of record?.findings ?? []) {
      forgetFacts(turn, id);
      state.delete(stateName.finding(id));
    }
    for (const each of record?.proposals ?? []) state.delete(stateName.action(each.action_id));
    state.delete(stateName.story(name.slice('case:'.length)));
  }
  state.delete(name);
}

function forgetFacts(turn: Turn, findingId: string): void {
  const finding = turn.state.get<FindingRecord>(stateName.finding(findingId));
  for (const evidence of finding?.draft.evidence ?? [])
    if (evidence.change_fact_id !== undefined)
      unlink(turn, stateName.fact(evidence.change_fact_id), findingId);
}

/** Takes one id out of a list of ids kept under a name; an empty list is removed. */
export function unlink(turn: Turn, name: string, id: string): void {
  const ids = turn.state.get<readonly string[]>(name);
  if (ids === undefined) return;
  const rest = ids.filter((each) => each !== id);
  if (rest.length === 0) turn.state.delete(name);
  else turn.state.put(name, rest);
}

/** Adds one id to a list of ids kept under a name; true when it was new. */
export function linkId(turn: Turn, name: string, id: string): boolean {
  const ids = turn.state.get<readonly string[]>(name) ?? [];
  if (ids.includes(id)) return false;
  turn.state.put(name, [...ids, id].sort());
  return true;
}

/** Cases registered under a link name that still exist, in id order. */
export function linkedCases(turn: Turn, name: string): CaseRecord[] {
  const found: CaseRecord[] = [];
  for (const id of turn.state.get<readonly string[]>(name) ?? []) {
    const record = readCase(turn, id);
    if (record !== undefined) found.push(record);
  }
  return found;
}
