/** Intents of one entity: stored, bounded, forgotten some days after they ended. */
import type { Intent, IntentChange } from '../contract/inventory.ts';
import type { EntityKey, StateView } from '../contract/step.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { parseInstant } from '../leaf/time.ts';
import { ledgerConstants } from './constants.ts';
import type { IntentUse, StoredIntent } from './intent-match.ts';

/** State name of the intents of an entity. */
export const intentsStateName = 'intents';

/** Intents of an entity with the number forgotten for lack of room. */
export interface IntentList {
  list: StoredIntent[];
  evicted: number;
}

/** Intents known for this entity, oldest first. */
export function knownIntents(state: StateView): readonly StoredIntent[] {
  return state.get<IntentList>(intentsStateName)?.list ?? [];
}

function editIntents(state: StateView): IntentList {
  return state.edit<IntentList>(intentsStateName, () => ({ list: [], evicted: 0 }));
}

function isAbout(change: IntentChange, key: EntityKey): boolean {
  if (key.scope === 'domain') return change.domain === key.id;
  if (key.scope === 'account') return change.account === key.id;
  return key.scope === 'principal' && change.principal === key.id;
}

/** Stores the part of an intent that names this entity; a repeated id replaces. Undefined when nothing names it or a time is unreadable. */
export function storeIntent(
  state: StateView,
  intent: Intent,
  knownMs: number,
  key: EntityKey,
): StoredIntent | undefined {
  const from = parseInstant(intent.valid_from);
  const until = parseInstant(intent.valid_until);
  const changes = intent.changes.filter((change) => isAbout(change, key));
  if (from === undefined || until === undefined || changes.length === 0) return undefined;
  const intents = editIntents(state);
  const before = intents.list.findIndex((stored) => stored.id === intent.id);
  const stored: StoredIntent = {
    id: intent.id,
    fromMs: from.ms,
    untilMs: until.ms,
    knownMs: before >= 0 ? (intents.list[before]?.knownMs ?? knownMs) : knownMs,
    emergency: intent.emergency ?? false,
    changes: changes.map((change) => ({ ...change })),
    used: stillUsed(intents.list[before], changes),
  };
  if (before >= 0) intents.list.splice(before, 1, stored);
  else intents.list.push(stored);
  if (intents.list.length > ledgerConstants.intentsMax) {
    intents.list.shift();
    intents.evicted += 1;
  }
  return stored;
}

/** What was seen of an intent before it was told anew, by the changes it has now. */
function stillUsed(before: StoredIntent | undefined, changes: readonly IntentChange[]): StoredIntent['used'] {
  if (before === undefined) return [];
  const { used } = before;
  if (typeof used === 'boolean') return used;
  const seen = new Set(used.map((place) => canonicalJson(before.changes[place])));
  return [...changes.keys()].filter((place) => seen.has(canonicalJson(changes[place])));
}

/** Notes that the change at a place of this intent happened. */
export function markUsed(state: StateView, { intent: id, place }: IntentUse): void {
  const known = knownIntents(state).find((intent) => intent.id === id)?.used;
  if (known === undefined || known === true || (known !== false && known.includes(place))) return;
  const stored = editIntents(state).list.find((intent) => intent.id === id);
  if (stored === undefined) return;
  const used = typeof stored.used === 'boolean' ? [] : stored.used;
  stored.used = [...used, place].sort((a, b) => a - b);
}

/** Forgets intents that ended long enough ago that no witness can still report a change under them. */
export function pruneIntents(state: StateView, nowMs: number): void {
  const oldest = nowMs - ledgerConstants.intentKeepMs;
  if (knownIntents(state).every((intent) => intent.untilMs >= oldest)) return;
  const intents = editIntents(state);
  intents.list = intents.list.filter((intent) => intent.untilMs >= oldest);
  if (intents.list.length === 0 && intents.evicted === 0) state.delete(intentsStateName);
}
