/**
 * What people's verdicts on cases mean for baselines: nothing that led to a confirmed case becomes usual (detection reference
 * 3, slow poisoning). One mechanism for all of them: an entity remembers the spans of its confirmed cases, and every baseline
 * leaves out, when it is *read*, what it met in one. Nothing is deleted, so a verdict counts the same however late it comes,
 * and can be taken back.
 */
import type { Annotator, Message, Scope, StateView } from '../contract/step.ts';
import { parseInstant } from '../leaf/time.ts';

const dayMs = 86_400_000;
const stateName = 'confirmed';
/** A login or reset of the intruder may be this much older than the first finding (I01 and I02 look back as far). */
const leadMs = 3 * dayMs;
/** A case that nobody closes must not keep its entities from learning for good. */
const openMaxMs = 30 * dayMs;
/** Longer than any baseline looks back. */
const keptMs = 400 * dayMs;
const namesMax = 1024;
/** Cases remembered for one entity, and for an organisation. */
const casesMax = { entity: 32, organisation: 128 } as const;

/** Time in which a confirmed case ran, epoch ms: from three days before it was opened until it was closed, 30 days at most while it stays open. */
export interface HostileSpan {
  readonly fromMs: number;
  /** While the case is open: 30 days after it was opened. */
  readonly untilMs: number;
}

/** What is known of one case about the entity. */
interface KnownCase {
  id: string;
  openedMs: number;
  /** Absent while it is open. */
  closedMs?: number;
  confirmed: boolean;
  /** Only for an organisation: names of domains and people the case is about, sorted. */
  of?: string[];
}

interface KnownCases {
  list: KnownCase[];
  evicted: number;
}

function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
}

function lastMs({ openedMs, closedMs }: KnownCase): number {
  return closedMs ?? openedMs;
}

/** Takes a verdict, or the end of a case. Others than `case.disposition` and `case.closed` say nothing about baselines. */
function note(state: StateView, message: Message, scope: Scope): void {
  if (message.kind !== 'directive') return;
  const { type, data } = message.directive;
  if (type !== 'case.disposition' && type !== 'case.closed') return;
  const opened = typeof data['opened_at'] === 'string' ? parseInstant(data['opened_at']) : undefined;
  if (opened === undefined) return;
  const id = typeof data['case_id'] === 'string' ? data['case_id'] : opened.ms.toString();
  const cases = state.edit<KnownCases>(stateName, () => ({ list: [], evicted: 0 }));
  let known = cases.list.find((each) => each.id === id);
  if (known === undefined) {
    known = { id, openedMs: opened.ms, confirmed: false };
    cases.list.push(known);
  }
  known.openedMs = Math.min(known.openedMs, opened.ms);
  if (type === 'case.closed') known.closedMs = message.timeMs;
  if (typeof data['disposition'] === 'string') known.confirmed = data['disposition'] === 'true_positive';
  if (scope === 'organisation') {
    const names = [...(known.of ?? []), ...namesIn(data['domains']), ...namesIn(data['actors'])];
    known.of = [...new Set(names)].sort().slice(0, namesMax);
  }
  prune(cases, scope, message.timeMs);
}

/** Old cases go; of too many first the ones that nobody confirmed, then the oldest. */
function prune(cases: KnownCases, scope: Scope, nowMs: number): void {
  cases.list = cases.list.filter((each) => lastMs(each) > nowMs - keptMs);
  const max = scope === 'organisation' ? casesMax.organisation : casesMax.entity;
  while (cases.list.length > max) {
    const worth = (each: KnownCase): number => (each.confirmed ? keptMs : 0) + lastMs(each);
    const least = cases.list.reduce((a, b) => (worth(b) < worth(a) ? b : a));
    cases.list.splice(cases.list.indexOf(least), 1);
    cases.evicted += 1;
  }
}

const none: readonly HostileSpan[] = [];

function spanOf({ openedMs, closedMs }: KnownCase): HostileSpan {
  return { fromMs: openedMs - leadMs, untilMs: closedMs ?? openedMs + openMaxMs };
}

/** Spans of the confirmed cases of a domain, an account or a person; nearly always none. */
export function hostileSpans(state: StateView): readonly HostileSpan[] {
  const cases = state.get<KnownCases>(stateName);
  if (cases === undefined) return none;
  return cases.list.filter(({ confirmed }) => confirmed).map(spanOf);
}

/** Spans of an organisation's confirmed cases, by the name of each domain and person they are about. */
export function hostileSpansByName(state: StateView): ReadonlyMap<string, readonly HostileSpan[]> {
  const byName = new Map<string, HostileSpan[]>();
  for (const known of state.get<KnownCases>(stateName)?.list ?? []) {
    if (!known.confirmed) continue;
    for (const name of known.of ?? []) byName.set(name, [...(byName.get(name) ?? []), spanOf(known)]);
  }
  return byName;
}

/** True when some part of `[fromMs, toMs]` lies in a span. */
export function isHostile(spans: readonly HostileSpan[], fromMs: number, toMs: number): boolean {
  return spans.some((span) => span.fromMs <= toMs && span.untilMs >= fromMs);
}

/** True when some part of a UTC day lies in a span, or less than `afterMs` after one. */
export function isHostileDay(spans: readonly HostileSpan[], day: number, afterMs = 0): boolean {
  return spans.length > 0 && isHostile(spans, day * dayMs - afterMs, (day + 1) * dayMs - 1);
}

/** Milliseconds of `[fromMs, toMs]` that lie on days of which some part is in a span. */
export function hostileDaysMs(spans: readonly HostileSpan[], fromMs: number, toMs: number): number {
  if (spans.length === 0) return 0;
  let sum = 0;
  for (let day = Math.floor(fromMs / dayMs); day * dayMs < toMs; day++)
    if (isHostileDay(spans, day)) sum += Math.min(toMs, (day + 1) * dayMs) - Math.max(fromMs, day * dayMs);
  return sum;
}

function keeper(scope: Scope): Annotator {
  return {
    name: `confirmed-${scope}`,
    scope,
    wants: [],
    bounded: [stateName],
    step(state, message) {
      note(state, message, scope);
      return {};
    },
  };
}

/** Annotators that remember the cases of an entity, one per scope. */
export const confirmedCases: readonly Annotator[] = [
  keeper('principal'),
  keeper('account'),
  keeper('domain'),
  keeper('organisation'),
];
