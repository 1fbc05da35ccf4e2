/**
 * The change ledger of a domain: claims and observations of the same change are joined to one change fact, previous
 * values come from own state where the feed lacks them (`old_from: state`).
 */
import { sourceKinds } from '../contract/event.ts';
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import { changeFacts, controlStatePrefix, factsStateName, viewSource } from '../contract/ledger.ts';
import type { ChangeFact, LedgerControl, LedgerView } from '../contract/ledger.ts';
import type { Annotation, Annotator, StateView, StepContext, TimerRequest } from '../contract/step.ts';
import { parseInstant } from '../leaf/time.ts';
import { describeChange } from './change-description.ts';
import type { ChangeDescription } from './change-description.ts';
import { ledgerConstants } from './constants.ts';
import { addFact, editFact, factDraft, pruneFacts, witnessFact } from './facts.ts';
import { propagationMs } from './propagation.ts';
import { effectiveValue, isOneRecord } from './effective-value.ts';
import { sameValue, setDifference, storable } from '../leaf/control-value.ts';
import { isInside, isOutside, observingKinds } from './witnesses.ts';

const dayMs = 86_400_000;
const pruneTimer = 'ledger.prune';
const unseenTimer = 'ledger.unseen/';

interface Told {
  readonly event: CanonicalEvent;
  /** Turn of the event, which decides what is in force. */
  readonly atMs: number;
  /** When it happened: before its turn for an event that came late. */
  readonly actMs: number;
  readonly earliestMs: number;
  readonly lane: 'said' | 'seen';
  readonly described: ChangeDescription;
}

/** Annotator of the change ledger; sets old value, `change_fact_id`, links and `feature.change`. */
export const changeLedger: Annotator = {
  name: 'ledger',
  scope: 'domain',
  wants: ['registrar.domain.', 'dns.', 'dnsquery.answer.'],
  step(state, message, context) {
    if (message.kind !== 'event') return {};
    const { event } = message;
    const described = describeChange(event);
    if (described === undefined) return {};
    const earliest =
      event.timestamp_earliest === undefined ? undefined : parseInstant(event.timestamp_earliest);
    const happened = context.late ? parseInstant(event.timestamp) : undefined;
    const actMs = Math.min(happened?.ms ?? message.timeMs, message.timeMs);
    const told: Told = {
      event,
      atMs: message.timeMs,
      actMs,
      earliestMs: Math.min(earliest?.ms ?? actMs, actMs),
      lane: isOutside(event.source_kind) ? 'seen' : 'said',
      described,
    };
    if (isRepeated(state, told)) {
      confirm(state, told);
      return unchanged(described.control, { repeated: true });
    }
    for (const [control, value] of described.also)
      if (isWorthKeeping(state, control, value)) setView(state, control, told, value);
    return record(state, told, context);
  },
  bounded: [factsStateName],
  timersOf: (state) => [pruneTimer, ...changeFacts(state).map(({ id }) => unseenTimer + id)],
  due(state, timer, _key, context) {
    if (timer === pruneTimer) pruneFacts(state, context.nowMs);
    else if (timer.startsWith(unseenTimer)) contradict(state, timer.slice(unseenTimer.length));
    return {};
  },
};

function confirm(state: StateView, told: Told): void {
  const name = controlStatePrefix + told.described.control;
  const view = state.edit<LedgerControl>(name, () => ({}))[told.lane];
  if (view !== undefined) view[2] = told.atMs;
}

function unchanged(control: string, more: FeatureOf<'change'>): Annotation {
  return { features: { change: { control, changed: false, ...more } satisfies FeatureOf<'change'> } };
}

/** The usual case, decided before anything is looked up: the source sees what it saw before. */
function isRepeated(state: StateView, told: Told): boolean {
  if (told.described.kind !== 'state') return false;
  const view = state.get<LedgerControl>(controlStatePrefix + told.described.control)?.[told.lane];
  if (view === undefined || view[2] > told.atMs || viewSource(view) !== told.event.source_kind) return false;
  const { value } = told.described;
  if (!Array.isArray(value) || !Array.isArray(view[0])) return value === view[0];
  const known = view[0];
  return value.length === known.length && value.every((item, index) => item === known[index]);
}

/** Registry lock and hold are off for most domains: their absence is kept only where there was something before. */
function isWorthKeeping(state: StateView, control: string, value: EventValue): boolean {
  if (control !== 'registry_lock' && control !== 'hold') return true;
  return value === 'enabled' || state.get<LedgerControl>(controlStatePrefix + control) !== undefined;
}

function setView(state: StateView, control: string, told: Told, value: EventValue): void {
  const known = state.get<LedgerControl>(controlStatePrefix + control);
  const view = known?.[told.lane];
  const unchanged = view !== undefined && sameValue(control, view[0], value);
  if (unchanged && view[2] >= told.atMs) return;
  const first = known?.said === undefined && known?.seen === undefined && told.described.kind === 'state';
  const next: LedgerView = [
    unchanged ? view[0] : storable(value),
    unchanged ? view[1] : first ? -Math.floor(told.atMs / dayMs) : told.atMs,
    told.atMs,
    sourceKinds.indexOf(told.event.source_kind),
  ];
  state.edit<LedgerControl>(controlStatePrefix + control, () => ({}))[told.lane] = next;
}

function record(state: StateView, told: Told, context: StepContext): Annotation {
  const { described, event } = told;
  const { control } = described;
  const known = state.get<LedgerControl>(controlStatePrefix + control);
  const own = known?.[told.lane];
  const other = known?.[told.lane === 'said' ? 'seen' : 'said'];
  const prior = own ?? (described.kind === 'change' ? other : undefined);
  const single = isOneRecord(event);
  const { value, partial } = effectiveValue(described, event, prior?.[0]);
  const joined = witnessFact(state, control, value, told, context);
  if (joined !== undefined) {
    if (joined.current && value !== undefined && !partial) setView(state, control, told, value);
    return annotate(told, joined.fact, joined.fact.old, joined.news, context, []);
  }
  const isState = described.kind === 'state';
  if (isState && (prior === undefined || sameValue(control, prior[0], value))) {
    if (value !== undefined) setView(state, control, told, value);
    return unchanged(control, prior === undefined && other === undefined ? { first_look: true } : {});
  }
  const stale = own !== undefined && own[2] > told.atMs;
  // One record of a set says nothing of the set before, unless the set is not known at all.
  const old =
    event.old_known === true && (!single || partial) ? event.old_value : partial ? undefined : prior?.[0];
  const ledger = state.edit<LedgerControl>(controlStatePrefix + control, () => ({}));
  const epoch = ledger.epoch ?? 0;
  const fact = factDraft(told, control, value, old, epoch, context);
  ledger.epoch = epoch + 1;
  if (partial) fact.partial = true;
  if (prior !== undefined && old !== undefined && sameValue(control, prior[0], old))
    fact.oldSinceMs = stoodSinceMs(prior);
  const reverted = addFact(state, fact, context.nowMs, stale || isOvertaken(state, control, told));
  if (!stale && value !== undefined && !partial) setView(state, control, told, value);
  return annotate(told, fact, old, true, context, reverted);
}

/** It came late, and what stands now happened after it. */
function isOvertaken(state: StateView, control: string, { actMs, atMs }: Told): boolean {
  if (actMs === atMs) return false;
  return changeFacts(state).some(
    (fact) => fact.control === control && fact.endMs === undefined && fact.earliestMs > actMs,
  );
}

/** Latest moment since which a value is known to stand: for a first look the end of its day. */
function stoodSinceMs(view: LedgerView): number {
  return view[1] < 0 ? (1 - view[1]) * dayMs : view[1];
}

function annotate(
  told: Told,
  fact: ChangeFact,
  old: EventValue | undefined,
  news: boolean,
  context: StepContext,
  reverts: readonly string[],
): Annotation {
  const { event, described } = told;
  const fields: Partial<CanonicalEvent> = { change_fact_id: fact.id };
  let difference = { added: event.added, removed: event.removed };
  const single = isOneRecord(event) && fact.partial !== true;
  // From here on the event speaks of the whole set, as every other feed does.
  if (single) fields.new_value = fact.value;
  if ((event.old_known !== true || single) && old !== undefined && fact.partial !== true) {
    fields.old_value = old;
    fields.old_known = true;
    fields.old_from = 'state';
    const computed = setDifference(old, single ? fact.value : (event.new_value ?? described.value));
    if (computed !== undefined) {
      difference = computed;
      fields.added = computed.added;
      fields.removed = computed.removed;
      if (computed.truncated > 0) fields.truncated = computed.truncated;
    }
  }
  const others = fact.ids.filter((id) => id !== event.event_id).slice(0, ledgerConstants.factLinksMax);
  const links = [
    ...others.map((id) => ({ rel: 'corroborates', event_id: id })),
    ...reverts.map((id) => ({ rel: 'reverts', event_id: id })),
  ];
  if (links.length > 0) fields.links = [...(event.links ?? []), ...links];
  return {
    fields,
    features: { change: changeFeature(fact, told, difference, news) },
    timers: timersFor(fact, told, context),
  };
}

function changeFeature(
  fact: ChangeFact,
  told: Told,
  difference: { added: string[] | undefined; removed: string[] | undefined },
  news: boolean,
): FeatureOf<'change'> {
  const removed = difference.removed ?? [];
  const server = removed.filter((item) => item.startsWith('server') && item.endsWith('Prohibited'));
  const confidence = 1 - fact.kinds.reduce((left, [, c]) => left * (1 - c), 1);
  return {
    state: fact.state,
    changed: news,
    witnesses: fact.kinds.map(([kind]) => kind).sort(),
    inside: fact.explainedBy !== undefined,
    outside: fact.kinds.some(([kind]) => !isInside(kind)),
    confidence: Math.round(confidence * 1e6) / 1e6,
    epoch: fact.epoch,
    control: fact.control,
    ...(server.length > 0 ? { server_status_removed: server } : {}),
    ...(lockRemoved(told, removed) ? { lock_removed: true } : {}),
    ...((difference.added ?? []).some((item) => item === 'clientHold' || item === 'serverHold')
      ? { hold_added: true }
      : {}),
    ...(fact.control.startsWith('contact') && difference.added !== undefined
      ? { redacted_only: hidesOnly(difference.added) }
      : {}),
  };
}

function lockRemoved(told: Told, removed: readonly string[]): boolean {
  return (
    (told.described.control === 'lock' && told.described.value === 'disabled') ||
    removed.includes('clientTransferProhibited') ||
    removed.includes('serverTransferProhibited')
  );
}

/** Contact fields come as `name=value`; a change whose every new value is a redaction only hides (RFC 9537). */
function hidesOnly(added: readonly string[]): boolean {
  return added.every((item) => /^[^=]*=\s*(redacted|data protected|not disclosed|withheld)/iu.test(item));
}

function timersFor(fact: ChangeFact, told: Told, context: StepContext): TimerRequest[] {
  const timers: TimerRequest[] = [{ name: pruneTimer, atMs: context.nowMs + ledgerConstants.factKeepMs + 1 }];
  if (fact.state !== 'claimed') return timers;
  const { tenant } = told.event;
  const witness = observingKinds(fact.control)
    .map((kind) => context.sources.status(tenant, kind, context.nowMs))
    .find((status) => status?.alive === true);
  if (witness === undefined) return timers;
  const deadline = fact.atMs + 2 * witness.intervalMs + visibleAfterMs(fact.control, told.event);
  timers.push({ name: unseenTimer + fact.id, atMs: Math.max(deadline, context.nowMs) });
  return timers;
}

function visibleAfterMs(control: string, event: CanonicalEvent): number {
  if (control.startsWith('record:')) {
    const ttlMs = event.ttl_old === undefined ? ledgerConstants.ttlUnknownMs : event.ttl_old * 1000;
    return propagationMs('records', event.source_system) + ttlMs;
  }
  const isDelegation = control === 'nameservers' || control === 'ds' || control.startsWith('glue');
  return propagationMs(isDelegation ? 'delegation' : 'registration', event.domain ?? '');
}

function contradict(state: StateView, factId: string): void {
  const facts = state.get<{ list: ChangeFact[] }>(factsStateName);
  const index = facts?.list.findLastIndex((fact) => fact.id === factId) ?? -1;
  if (index < 0 || facts?.list[index]?.state !== 'claimed') return;
  const fact = editFact(state, index);
  if (fact !== undefined) fact.state = 'contradicted';
}
