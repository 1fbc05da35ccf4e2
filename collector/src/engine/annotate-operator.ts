/** Runs the annotators of one scope as an operator. */
import type { CanonicalEvent } from '../contract/event.ts';
import type {
  Annotation,
  Annotator,
  EntityKey,
  Message,
  Scope,
  StateView,
  StepContext,
} from '../contract/step.ts';
import { derivedMessage, type EnrichDerived } from './derived-event.ts';
import { limits } from '../contract/limits.ts';
import { nothing, type Operator, type OperatorResult, type OperatorTimer } from './operator.ts';
import type { NeighbourView } from './sealed-state.ts';
import {
  clearState,
  forgetStrangers,
  heardStranger,
  isStranger,
  isStrangerList,
  strangerTimer,
  type StrangersGone,
} from './strangers.ts';

const separator = '|';

/** Builds the key of an entity: scope is implied by the operator, the tenant comes first. */
export function entityKey(tenant: string, id: string): string {
  return tenant + separator + id;
}

function parseKey(scope: Scope, key: string): EntityKey {
  const cut = key.indexOf(separator);
  return { scope, tenant: key.slice(0, cut), id: key.slice(cut + 1) };
}

/** The principal behind an event: the inventory's id when an alias was resolved, else the actor as the source named it. */
export function principalOf(event: CanonicalEvent): string | undefined {
  const actor = event.enrich?.['actor'] as { principal?: string } | undefined;
  if (actor?.principal !== undefined) return actor.principal;
  return event.actor_id === 'unknown' ? undefined : event.actor_id;
}

function accountOf(event: CanonicalEvent): string | undefined {
  if (event.registrar_account !== undefined) return event.registrar_account;
  const domain = event.enrich?.['domain'] as { registrar_account?: string } | undefined;
  return domain?.registrar_account;
}

function idOf(scope: Scope, event: CanonicalEvent): string | undefined {
  if (scope === 'principal') return principalOf(event);
  if (scope === 'account') return accountOf(event);
  return scope === 'domain' ? event.domain : '';
}

function intentKeys(scope: Scope, message: Extract<Message, { kind: 'intent' }>): string[] {
  if (scope === 'organisation') return [entityKey(message.tenant, '')];
  const field = scope === 'principal' ? 'principal' : scope;
  const ids = new Set<string>();
  for (const change of message.intent.changes) {
    const id = change[field];
    if (id !== undefined) ids.add(id);
  }
  return [...ids].sort().map((id) => entityKey(message.tenant, id));
}

const directiveField: Readonly<Record<Scope, string | undefined>> = {
  domain: 'domains',
  account: 'accounts',
  principal: 'actors',
  organisation: undefined,
};

/**
 * A verdict on a case concerns the entities it names and the organisation, what history taught the entity it names; every
 * other word is for the case keeper alone.
 */
function directiveKeys(
  scope: Scope,
  { tenant, directive }: Extract<Message, { kind: 'directive' }>,
): string[] {
  const isLearned = directive.type === 'baseline.learned';
  if (!isLearned && directive.type !== 'case.disposition' && directive.type !== 'case.closed') return [];
  const field = directiveField[scope];
  if (field === undefined)
    return isLearned && directive.data['organisation'] !== true ? [] : [entityKey(tenant, '')];
  const named: unknown = directive.data[field];
  const ids = Array.isArray(named) ? named.filter((id) => typeof id === 'string') : [];
  return [...new Set(ids)].sort().map((id) => entityKey(tenant, id));
}

/** Index from event type to the annotators that want it; filled as types are met. */
function interestIndex(annotators: readonly Annotator[]): (eventType: string) => readonly Annotator[] {
  const known = new Map<string, readonly Annotator[]>();
  return (eventType) => {
    let found = known.get(eventType);
    if (found === undefined) {
      found = annotators.filter(
        ({ wants }) =>
          wants === undefined ||
          wants.some((want) => eventType === want || (want.endsWith('.') && eventType.startsWith(want))),
      );
      known.set(eventType, found);
    }
    return found;
  };
}

/** The event of a message while annotators add to it: copied at the first addition, then changed in place. */
interface Growing {
  current: Message;
  /** Own copy; undefined until something was added. */
  event: CanonicalEvent | undefined;
  features: Record<string, unknown> | undefined;
}

function grow(growing: Growing, { fields, features }: Annotation): void {
  if (fields === undefined && features === undefined) return;
  let { event } = growing;
  if (event === undefined) {
    if (growing.current.kind !== 'event') return;
    event = { ...growing.current.event };
    growing.event = event;
    growing.current = { ...growing.current, event };
  }
  if (fields !== undefined) Object.assign(event, fields);
  if (features === undefined) return;
  if (growing.features === undefined) {
    growing.features = { ...event.feature };
    event.feature = growing.features;
  }
  for (const name in features) growing.features[name] = features[name];
}

/** What an annotator spoke about: the entity, its state, the message (absent for timers) and the time. */
interface Moment {
  readonly entity: EntityKey;
  readonly state: StateView;
  readonly cause: Message | undefined;
  readonly context: StepContext;
}

/** What did not fit into a bounded value so far. */
function evictedOf(state: StateView, name: string): number {
  return state.get<{ evicted?: number }>(name)?.evicted ?? 0;
}

/**
 * An operator that runs `annotators` in list order on the keys of `scope`. `strangersMax`: entities of a tenant that no
 * inventory knows and of whom something is remembered, about.
 */
export function annotateOperator(
  scope: Scope,
  annotators: readonly Annotator[],
  enrich: EnrichDerived,
  strangersMax: number = limits.strangersMax,
): Operator {
  const mine = annotators.filter((annotator) => annotator.scope === scope);
  const interested = interestIndex(mine);
  const byName = new Map(mine.map((annotator) => [annotator.name, annotator]));
  const describers = mine.filter((annotator) => annotator.about !== undefined);
  const timerSetters = mine.filter((annotator) => annotator.timersOf !== undefined);

  function keysOf(message: Message): readonly string[] {
    if (message.kind === 'intent') return mine.length === 0 ? [] : intentKeys(scope, message);
    if (message.kind === 'directive') return mine.length === 0 ? [] : directiveKeys(scope, message);
    if (message.kind !== 'event' || interested(message.event.event_type).length === 0) return [];
    const id = idOf(scope, message.event);
    return id === undefined ? [] : [entityKey(message.tenant, id)];
  }

  /** Forgets what is remembered about strangers that go, with their timers. `own`: the step's own key and state. */
  function letGo(
    own: { readonly entity: EntityKey; readonly state: StateView & Partial<NeighbourView> },
    { forgotten, evicted, timers }: StrangersGone,
    counters: Map<string, number>,
  ): OperatorTimer[] {
    const all: OperatorTimer[] = [...timers];
    for (const id of [...forgotten, ...evicted]) {
      const key = entityKey(own.entity.tenant, id);
      const state = id === own.entity.id ? own.state : own.state.beside?.(key);
      if (state === undefined) continue;
      for (const setter of timerSetters)
        for (const timer of setter.timersOf?.(state) ?? [])
          all.push({ key, name: `${setter.name}/${timer}`, atMs: null });
      clearState(state);
    }
    if (forgotten.length > 0) counters.set(`${scope}_forgotten`, forgotten.length);
    if (evicted.length > 0) counters.set(`${scope}_evicted`, evicted.length);
    return all;
  }

  function step(
    state: StateView & Partial<NeighbourView>,
    key: string,
    message: Message,
    primary: boolean,
    context: StepContext,
  ): OperatorResult {
    const entity = parseKey(scope, key);
    const growing: Growing = { current: message, event: undefined, features: undefined };
    const derived: Message[] = [];
    const timers: OperatorTimer[] = [];
    const counters = new Map<string, number>();
    const runners = message.kind === 'event' ? interested(message.event.event_type) : mine;
    for (const annotator of runners) {
      const before = annotator.bounded?.map((name) => evictedOf(state, name));
      const annotation = annotator.step(state, growing.current, context, entity);
      annotator.bounded?.forEach((name, i) => {
        const by = evictedOf(state, name) - (before?.[i] ?? 0);
        if (by > 0) counters.set(`${name.replaceAll(/[.-]/gu, '_')}_evicted`, by);
      });
      grow(growing, annotation);
      collect(annotator, annotation, { entity, state, cause: message, context }, derived, timers);
    }
    if (message.kind !== 'directive' && isStranger(entity, context)) {
      const gone = heardStranger(state, entity, message, context, strangersMax);
      timers.push(...letGo({ entity, state }, gone, counters));
    }
    if (primary) derived.unshift(growing.current);
    return resultOf(derived, timers, counters);
  }

  function resultOf(
    messages: readonly Message[],
    timers: readonly OperatorTimer[],
    counters: ReadonlyMap<string, number>,
  ): OperatorResult {
    const { findings, cases } = nothing;
    if (counters.size === 0) return { messages, timers, findings, cases };
    return { messages, timers, findings, cases, counters: Object.fromEntries(counters) };
  }

  function collect(
    annotator: Annotator,
    annotation: Annotation,
    { entity: key, state, cause, context }: Moment,
    derived: Message[],
    timers: OperatorTimer[],
  ): void {
    for (const draft of annotation.derived ?? []) {
      let feature = draft.feature;
      for (const each of describers) feature = { ...each.about?.(state, key, context), ...feature };
      const told = feature === undefined ? draft : { ...draft, feature };
      derived.push(derivedMessage(told, { annotator: annotator.name, key, cause }, context, enrich));
    }
    if (annotation.timers !== undefined)
      for (const timer of annotation.timers)
        timers.push({ name: `${annotator.name}/${timer.name}`, atMs: timer.atMs });
  }

  function due(
    state: StateView & Partial<NeighbourView>,
    key: string,
    timer: string,
    context: StepContext,
  ): OperatorResult {
    const entity = parseKey(scope, key);
    if (timer === strangerTimer) {
      const counters = new Map<string, number>();
      const gone = forgetStrangers(state, entity, context);
      return resultOf([], letGo({ entity, state }, gone, counters), counters);
    }
    const cut = timer.indexOf('/');
    const annotator = byName.get(timer.slice(0, cut));
    if (annotator?.due === undefined || isStrangerList(entity)) return nothing;
    const derived: Message[] = [];
    const timers: OperatorTimer[] = [];
    const annotation = annotator.due(state, timer.slice(cut + 1), entity, context);
    collect(annotator, annotation, { entity, state, cause: undefined, context }, derived, timers);
    return { ...nothing, messages: derived, timers };
  }

  return { name: scope, keysOf, step, due };
}
