/** Change facts of a domain: creation, joining of witnesses, reversal, forgetting. */
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import { factsStateName } from '../contract/ledger.ts';
import type { ChangeFact, ChangeState } from '../contract/ledger.ts';
import type { StateView, StepContext } from '../contract/step.ts';
import { ledgerConstants } from './constants.ts';
import { comparable, recordTypeOf, sameValue, storable } from '../leaf/control-value.ts';
import { followedAlias } from '../leaf/approved-alias.ts';
import { isOneRecord } from './effective-value.ts';
import { isInside } from './witnesses.ts';

/** Recent facts of a domain, oldest first, with the number forgotten for lack of room. */
export interface FactList {
  list: ChangeFact[];
  evicted: number;
}

/** What a source told about a control, as far as facts care. */
export interface Telling {
  readonly event: CanonicalEvent;
  readonly atMs: number;
  /** When it happened, which is before `atMs` when it came late. */
  readonly actMs: number;
  readonly earliestMs: number;
  readonly described: { readonly kind: 'change' | 'state'; readonly value: EventValue | undefined };
}

/** The list for adding to and taking from it; its facts are changed by `editFact` alone. */
function editFacts(state: StateView): FactList {
  return state.edit<FactList>(factsStateName, () => ({ list: [], evicted: 0 }));
}

/**
 * One fact for changing in place. All others are frozen: whoever copies the state shares what is frozen, and the list of a busy
 * name, a hundred facts long, is copied for nearly every change.
 */
export function editFact(state: StateView, index: number): ChangeFact | undefined {
  const { list } = editFacts(state);
  for (let i = 0; i < list.length; i++) if (i !== index) Object.freeze(list[i]);
  const fact = list[index];
  if (fact === undefined || !Object.isFrozen(fact)) return fact;
  const own: ChangeFact = {
    ...fact,
    kinds: fact.kinds.map(([kind, confidence]) => [kind, confidence]),
    ids: [...fact.ids],
  };
  list[index] = own;
  return own;
}

/** Drops facts nobody spoke about for some days. */
export function pruneFacts(state: StateView, nowMs: number): void {
  const facts = state.get<FactList>(factsStateName);
  if (facts === undefined) return;
  const oldest = nowMs - ledgerConstants.factKeepMs;
  if (facts.list.every((fact) => lastWordMs(fact) >= oldest)) return;
  const edited = editFacts(state);
  // What `get` returned belongs to somebody else: the elements kept must be those of the edited list.
  edited.list = edited.list.filter((fact) => lastWordMs(fact) >= oldest);
  if (edited.list.length === 0 && edited.evicted === 0) state.delete(factsStateName);
}

function lastWordMs(fact: ChangeFact): number {
  return Math.max(fact.atMs, fact.endMs ?? 0);
}

/** Who says so, from the kinds of its witnesses. */
export function stateOf(fact: ChangeFact): ChangeState {
  const inside = fact.explainedBy !== undefined || fact.kinds.some(([kind]) => isInside(kind));
  const outside = fact.kinds.some(([kind]) => !isInside(kind));
  if (inside && outside) return 'agreed';
  return inside ? 'claimed' : 'observed';
}

/** A new fact with its first witness. Id: hash of tenant, domain, control, value and epoch. */
export function factDraft(
  told: Telling,
  control: string,
  value: EventValue | undefined,
  old: EventValue | undefined,
  epoch: number,
  context: StepContext,
): ChangeFact {
  const { event } = told;
  const text = comparable(control, value ?? null);
  const id = context
    .sha256(`${event.tenant}\n${event.domain ?? ''}\n${control}\n${String(epoch)}\n${text}`)
    .slice(0, 32);
  const fact: ChangeFact = {
    id,
    control,
    value: storable(value),
    ...(old === undefined ? {} : { old: storable(old) }),
    atMs: told.actMs,
    earliestMs: told.earliestMs,
    epoch,
    state: 'observed',
    kinds: [[event.source_kind, event.confidence]],
    ids: [event.event_id],
    approval: 'not_found',
  };
  noteAlias(fact, event);
  noteInside(fact, event);
  fact.state = stateOf(fact);
  return fact;
}

function noteAlias(fact: ChangeFact, event: CanonicalEvent): void {
  const alias = fact.alias ?? followedAlias(fact.control, event);
  if (alias !== undefined) fact.alias = alias;
}

function noteInside(fact: ChangeFact, event: CanonicalEvent): void {
  if (isInside(event.source_kind)) {
    fact.explainedBy ??= event.event_id;
    if (event.deployment_correlation_id !== undefined) fact.deployment = true;
  }
  if (fact.actor === undefined && event.actor_id !== 'unknown') fact.actor = event.actor_id;
  if (fact.account === undefined && event.registrar_account !== undefined)
    fact.account = event.registrar_account;
}

/**
 * Finds the fact this telling is about and adds its source as witness. `news`: this kind of source had not reported it
 * yet. `current`: the value is the one in force. Undefined when it is a change, or a state, of its own.
 */
export function witnessFact(
  state: StateView,
  control: string,
  value: EventValue | undefined,
  told: Telling,
  context: StepContext,
): { fact: ChangeFact; news: boolean; current: boolean } | undefined {
  const facts = state.get<FactList>(factsStateName);
  if (facts === undefined) return undefined;
  let newest = true;
  for (let index = facts.list.length - 1; index >= 0; index -= 1) {
    const fact = facts.list[index];
    if (fact === undefined || fact.control !== control) continue;
    const current = newest;
    newest = false;
    const witnessed = fact.kinds.some(([kind]) => kind === told.event.source_kind);
    // Asked before values are compared: that is dear, and a busy control has dozens of facts that are over.
    if (!current && (witnessed || told.earliestMs > (fact.endMs ?? 0) + lagMs(told.event, context))) continue;
    if (!isSame(fact, value, told)) continue;
    if (current && witnessed && fact.ids.includes(told.event.event_id)) return { fact, news: false, current };
    const edited = editFact(state, index);
    if (edited === undefined) return undefined;
    addWitness(edited, told);
    return { fact: edited, news: !witnessed && told.described.kind === 'change', current };
  }
  return undefined;
}

/** Same value, or a claim about single records that together explain the difference of the set. */
function isSame(fact: ChangeFact, value: EventValue | undefined, told: Telling): boolean {
  if (value === undefined) return told.described.kind === 'change' && fact.value === null;
  if (fact.partial === true && !isInside(told.event.source_kind)) return showsNamed(fact, value);
  if (sameValue(fact.control, fact.value, value)) return true;
  return (
    isInside(told.event.source_kind) &&
    recordTypeOf(fact.control) !== undefined &&
    (told.event.old_known !== true || isOneRecord(told.event)) &&
    coversDifference(fact, told.event)
  );
}

/** The set seen has what the claim added and lacks what it removed; a claim that names nothing is never seen. */
function showsNamed(fact: ChangeFact, seen: EventValue): boolean {
  const added = Array.isArray(fact.value) ? fact.value : [];
  const removed = Array.isArray(fact.old) ? fact.old : [];
  if (!Array.isArray(seen) || added.length + removed.length === 0) return false;
  return added.every((item) => seen.includes(item)) && removed.every((item) => !seen.includes(item));
}

/** What came must be named as new and what went as old: taking away what was added just now is another change. */
function coversDifference(fact: ChangeFact, event: CanonicalEvent): boolean {
  if (!Array.isArray(fact.value) || !Array.isArray(fact.old)) return false;
  const namedNew = new Set(Array.isArray(event.new_value) ? event.new_value : []);
  const namedOld = new Set(Array.isArray(event.old_value) ? event.old_value : []);
  const old = new Set(fact.old);
  const now = new Set(fact.value);
  const added = fact.value.filter((item) => !old.has(item));
  const removed = fact.old.filter((item) => !now.has(item));
  const unnamed = [
    ...added.filter((item) => !namedNew.has(item)),
    ...removed.filter((item) => !namedOld.has(item)),
  ];
  // An update that does not tell the value before explains one that went, together with the one that came.
  const isReplacement =
    isOneRecord(event) &&
    event.event_type === 'dns.record.updated' &&
    event.old_value === undefined &&
    added.every((item) => namedNew.has(item)) &&
    added.length > 0;
  return added.length + removed.length > 0 && unnamed.length <= (isReplacement ? 1 : 0);
}

function addWitness(fact: ChangeFact, told: Telling): void {
  const { event } = told;
  const witness = fact.kinds.find(([kind]) => kind === event.source_kind);
  if (witness === undefined) fact.kinds.push([event.source_kind, event.confidence]);
  else witness[1] = Math.max(witness[1], event.confidence);
  if (fact.ids.length < ledgerConstants.factEventIdsMax && !fact.ids.includes(event.event_id))
    fact.ids.push(event.event_id);
  // Who looked after it was known to have happened cannot say that it happened later.
  const narrowed =
    told.earliestMs <= fact.atMs ? Math.max(fact.earliestMs, told.earliestMs) : fact.earliestMs;
  if (told.described.kind === 'change') fact.atMs = Math.min(fact.atMs, told.actMs);
  fact.earliestMs = Math.min(fact.atMs, narrowed);
  noteAlias(fact, event);
  noteInside(fact, event);
  if (fact.state !== 'reverted') fact.state = stateOf(fact);
}

function lagMs(event: CanonicalEvent, context: StepContext): number {
  const status = context.sources.status(event.tenant, event.source_kind, context.nowMs);
  return status === undefined
    ? ledgerConstants.lagDefaultMs
    : ledgerConstants.lagIntervals * status.intervalMs;
}

/**
 * Appends a fact and ends the one before it; returns event ids of facts it reverts. `stale`: it was overtaken already,
 * so it ends nothing and is over itself.
 */
export function addFact(state: StateView, fact: ChangeFact, nowMs: number, stale: boolean): string[] {
  pruneFacts(state, nowMs);
  const facts = editFacts(state);
  const reverted: string[] = [];
  if (stale) fact.endMs = fact.atMs;
  else {
    for (let index = 0; index < facts.list.length; index++) {
      const known = facts.list[index] as ChangeFact;
      if (known.control !== fact.control || known.endMs !== undefined) continue;
      const earlier = editFact(state, index) as ChangeFact;
      earlier.endMs = fact.atMs;
      if (earlier.old === undefined || !sameValue(fact.control, earlier.old, fact.value)) continue;
      earlier.state = 'reverted';
      reverted.push(...earlier.ids.slice(0, ledgerConstants.factLinksMax));
    }
  }
  if (facts.list.length >= ledgerConstants.factsMax) {
    facts.list.shift();
    facts.evicted += 1;
  }
  facts.list.push(fact);
  return reverted;
}
