/** The coverage ledger: which kinds of source were blind, and how fresh the view on each control of a domain is. */
import type { FeatureOf } from '../contract/features.ts';
import { controlStatePrefix, heardSources, viewSource } from '../contract/ledger.ts';
import type { LedgerControl } from '../contract/ledger.ts';
import type { Annotator, StateView, StepContext } from '../contract/step.ts';
import { ledgerConstants } from './constants.ts';

const stateName = 'coverage';
const intervalsMax = 64;
const keepMs = 30 * 86_400_000;
const minuteMs = 60_000;

interface Coverage {
  /** Blind intervals, oldest first; end 0 while it lasts. */
  /** The id of the source is absent in states of older versions. */
  blind: [kind: string, fromMs: number, toMs: number, source?: string][];
  sessionMs?: number;
  evicted: number;
}

/** Annotator that keeps blind intervals per kind of source of a tenant and adds `feature.coverage` to pipeline events. */
export const coverageLedger: Annotator = {
  name: 'coverage',
  scope: 'organisation',
  wants: ['pipeline.source.', 'registrar.session.login_succeeded'],
  bounded: [stateName],
  step(state, message, context) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    if (event.event_type === 'registrar.session.login_succeeded') {
      const coverage = state.edit<Coverage>(stateName, empty);
      coverage.sessionMs = Math.max(coverage.sessionMs ?? 0, timeMs);
      return {};
    }
    if (event.event_type === 'pipeline.source.heartbeat') return {};
    const kind = event.attribute ?? event.source_instance ?? event.source_kind;
    const coverage = state.edit<Coverage>(stateName, empty);
    const source = event.source_instance ?? event.source_id ?? kind;
    if (event.event_type === 'pipeline.source.silent') open(coverage, kind, timeMs, source);
    if (event.event_type === 'pipeline.source.recovered') close(coverage, kind, timeMs, source);
    prune(coverage, timeMs);
    const session = coverage.sessionMs;
    const feature: FeatureOf<'coverage'> = {
      known: true,
      blind: blindKinds(state, timeMs),
      blind_min: Math.round(
        blindMs(state, kind, timeMs - ledgerConstants.sessionWindowMs, timeMs) / minuteMs,
      ),
      registrar_session_24h:
        session !== undefined && session > context.nowMs - ledgerConstants.sessionWindowMs,
    };
    return { features: { coverage: feature } };
  },
};

function empty(): Coverage {
  return { blind: [], evicted: 0 };
}

function running(coverage: Coverage, kind: string, source: string) {
  return coverage.blind.find(([name, , to, id = source]) => name === kind && to === 0 && id === source);
}

function open(coverage: Coverage, kind: string, atMs: number, source: string): void {
  if (running(coverage, kind, source) === undefined) coverage.blind.push([kind, atMs, 0, source]);
}

function close(coverage: Coverage, kind: string, atMs: number, source: string): void {
  const last = running(coverage, kind, source);
  if (last !== undefined) last[2] = Math.max(atMs, last[1]);
}

function prune(coverage: Coverage, nowMs: number): void {
  coverage.blind = coverage.blind.filter(([, , to]) => to === 0 || to > nowMs - keepMs);
  while (coverage.blind.length > intervalsMax) {
    // What still lasts is evicted last: it would be taken for over.
    const ended = coverage.blind.findIndex(([, , to]) => to !== 0);
    coverage.blind.splice(Math.max(0, ended), 1);
    coverage.evicted += 1;
  }
}

/** Source kinds blind at a moment, sorted. `state` is that of the organisation. */
export function blindKinds(state: StateView, atMs: number): string[] {
  const blind = state.get<Coverage>(stateName)?.blind ?? [];
  const kinds = blind.filter(([, from, to]) => from <= atMs && (to === 0 || to > atMs)).map(([kind]) => kind);
  return [...new Set(kinds)].sort();
}

/** Milliseconds in which a source of a kind was blind between two moments. `state` is that of the organisation. */
export function blindMs(state: StateView, kind: string, fromMs: number, toMs: number): number {
  const spans = (state.get<Coverage>(stateName)?.blind ?? [])
    .filter(([name]) => name === kind)
    .map(([, from, to]): [number, number] => [Math.max(from, fromMs), Math.min(to === 0 ? toMs : to, toMs)])
    .sort((a, b) => a[0] - b[0]);
  let sum = 0;
  let reachedMs = fromMs;
  for (const [from, to] of spans) {
    // What two sources missed at the same time was missed once.
    sum += Math.max(0, to - Math.max(from, reachedMs));
    reachedMs = Math.max(reachedMs, to);
  }
  return sum;
}

/** How fresh one control of a domain is. `ageMs`: since any witness confirmed it; `expectedMs`: cadence of that witness, absent when unknown. */
export interface ControlFreshness {
  readonly control: string;
  readonly kind: string;
  readonly ageMs: number;
  readonly expectedMs?: number;
  readonly alive: boolean;
}

/** Freshness of every control of a domain, by control name. `state` is that of the domain. */
export function readFreshness(state: StateView, tenant: string, context: StepContext): ControlFreshness[] {
  return state.names(controlStatePrefix).flatMap((name) => {
    const control = state.get<LedgerControl>(name);
    return [control?.said, control?.seen].flatMap((view) => {
      if (view === undefined) return [];
      const kind = viewSource(view);
      const status = context.sources.status(tenant, kind, context.nowMs, heardSources(state, kind));
      return [
        {
          control: name.slice(controlStatePrefix.length),
          kind,
          ageMs: Math.max(0, context.nowMs - view[2]),
          ...(status === undefined ? {} : { expectedMs: status.intervalMs }),
          alive: status?.alive ?? false,
        },
      ];
    });
  });
}
