/** Runs a detector over a list of events in event-time order with state in memory: for rule tests and the command line. */
import { parseInstant } from '../leaf/time.ts';
import { createDetector } from './detector.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { FindingDraft } from '../contract/finding.ts';
import type {
  Detector,
  DetectResult,
  DetectScope,
  InventoryView,
  SourcesView,
  StateView,
  StepContext,
} from '../contract/step.ts';
import type { RuleSet } from './rule-set.ts';

/** What a run needs besides rules and events. */
export interface DetectorRunOptions {
  readonly sha256: (text: string) => string;
  /** Kinds of source that are alive; undefined: all are. */
  readonly aliveKinds?: readonly string[];
  /** Timers up to this moment fire after the last event, epoch milliseconds. */
  readonly untilMs?: number;
}

/** Findings in the order they were said; the same id again is a newer statement of the same finding. */
export interface DetectorRun {
  readonly findings: readonly FindingDraft[];
  readonly counters: Readonly<Record<string, number>>;
  readonly sources: SourcesView;
}

const noInventory: InventoryView = {
  version: '',
  domain: () => undefined,
  account: () => undefined,
  principal: () => undefined,
  domains: () => [],
  domainsOfAccount: () => [],
  accountsOfMailbox: () => [],
  tenantsOf: () => [],
  allDomains: () => [],
};

/** A state view over a plain map. */
export function memoryState(): StateView {
  const values = new Map<string, unknown>();
  return {
    get: <T>(name: string) => values.get(name) as T | undefined,
    edit: <T extends object>(name: string, initial: () => T) => {
      if (!values.has(name)) values.set(name, initial());
      return values.get(name) as T;
    },
    put: (name, value) => void values.set(name, value),
    delete: (name) => void values.delete(name),
    names: (prefix = '') => [...values.keys()].filter((name) => name.startsWith(prefix)).sort(),
  };
}

/** Liveness in which exactly the given kinds exist; undefined means every kind. */
export function fixedSources(aliveKinds: readonly string[] | undefined): SourcesView {
  const statusOf = (kind: string) => ({ kind, intervalMs: 60_000, alive: true });
  return {
    status: (_tenant, kind) =>
      aliveKinds === undefined || aliveKinds.includes(kind) ? statusOf(kind) : undefined,
    silentMs: () => 0,
    silentKinds: () => [],
    kinds: () => (aliveKinds ?? []).map(statusOf),
  };
}

/** Runs all events, sorted by (timestamp, id), then the timers that are due. */
export function runDetector(
  ruleSet: RuleSet,
  events: readonly CanonicalEvent[],
  options: DetectorRunOptions,
): DetectorRun {
  const detector: Detector = createDetector(ruleSet);
  const sources = fixedSources(options.aliveKinds);
  const states = new Map<string, { state: StateView; scope: DetectScope; timers: Map<string, number> }>();
  const findings: FindingDraft[] = [];
  const counters: Record<string, number> = {};
  const contextAt = (nowMs: number): StepContext => ({
    nowMs,
    watermarkMs: nowMs,
    late: false,
    warmup: false,
    inventory: noInventory,
    sources,
    sha256: options.sha256,
  });
  const take = (result: DetectResult, timers: Map<string, number>): void => {
    findings.push(...result.findings);
    for (const { name, atMs } of result.timers ?? []) {
      if (atMs === null) timers.delete(name);
      else timers.set(name, atMs);
    }
    for (const [name, by] of Object.entries(result.counters ?? {}))
      counters[name] = (counters[name] ?? 0) + by;
  };
  const fireUntil = (limitMs: number): void => {
    for (;;) {
      const due = [...states.values()]
        .flatMap((place) => [...place.timers].map(([name, atMs]) => ({ place, name, atMs })))
        .filter(({ atMs }) => atMs <= limitMs)
        .sort((a, b) => a.atMs - b.atMs || (a.name < b.name ? -1 : 1))[0];
      if (due === undefined) return;
      due.place.timers.delete(due.name);
      take(detector.due(due.place.state, due.place.scope, due.name, contextAt(due.atMs)), due.place.timers);
    }
  };
  const timed = events.map((event) => ({ event, timeMs: parseInstant(event.timestamp)?.ms ?? 0 }));
  timed.sort((a, b) => a.timeMs - b.timeMs || (a.event.event_id < b.event.event_id ? -1 : 1));
  for (const { event, timeMs } of timed) {
    fireUntil(timeMs - 1);
    for (const scope of detector.scopesOf(event)) {
      const key = `${event.tenant}|${scope}|${keyOf(event, scope)}`;
      const place = states.get(key) ?? { state: memoryState(), scope, timers: new Map<string, number>() };
      states.set(key, place);
      take(detector.step(place.state, scope, event, contextAt(timeMs)), place.timers);
    }
  }
  if (options.untilMs !== undefined) fireUntil(options.untilMs);
  return { findings, counters, sources };
}

/** The same keys as the engine's detect operator uses. */
function keyOf(event: CanonicalEvent, scope: DetectScope): string {
  if (scope === 'domain') return event.domain ?? '';
  if (scope === 'tenant') return '';
  if (scope === 'principal')
    return (event.enrich?.['actor'] as { principal?: string } | undefined)?.principal ?? event.actor_id;
  return (
    event.registrar_account ?? (event.enrich?.['registrar_account'] as { id?: string } | undefined)?.id ?? ''
  );
}
