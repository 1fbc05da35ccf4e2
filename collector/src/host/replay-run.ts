/** A replay: everything known beforehand, sealed results only, independent of the order of the input. */
import type { Case } from '../contract/case.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Finding } from '../contract/finding.ts';
import type { Intent, Inventory } from '../contract/inventory.ts';
import { limits } from '../contract/limits.ts';
import type { ControlScore } from '../contract/score.ts';
import type { CaseKeeper, ScoreReader, StepContext } from '../contract/step.ts';
import { severities } from '../contract/severity.ts';
import { entityKey } from '../engine/annotate-operator.ts';
import type { Operator } from '../engine/operator.ts';
import type { EngineTables } from '../engine/surroundings.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { formatInstant } from '../leaf/time.ts';
import { instantMs } from './instant-ms.ts';
import { noteSourceEvents } from './source-events.ts';
import { eventMessages, intentMessage, VirtualRun, type Arrival, type EnrichArrival } from './virtual-run.ts';

/** How long virtual time goes on after the last event: deadlines of the last changes must be seen to pass. */
export const afterglowMs = 2 * 3_600_000;

/** Input of a replay. */
export interface ReplayInput {
  readonly parts: {
    readonly tables: EngineTables;
    readonly operators: () => readonly Operator[];
    readonly enrich: EnrichArrival;
    readonly contextAt: (timeMs: number) => StepContext;
  };
  readonly inventory: Inventory;
  readonly intents: readonly Intent[];
  readonly warmup: readonly CanonicalEvent[];
  readonly events: readonly CanonicalEvent[];
  readonly readScore: ScoreReader;
  readonly riskOf: CaseKeeper['riskOf'];
}

/** Counts of a replay; times RFC 3339, null for an empty input. */
export interface ReplaySummary {
  readonly events: number;
  readonly warmup_events: number;
  readonly duplicates: number;
  readonly late: number;
  readonly findings: Readonly<Record<string, number>>;
  readonly cases: number;
  readonly pages: number;
  /** Intents that ended within the replay with changes that nobody saw, one row for each entity they name. */
  readonly unused_intents: readonly {
    readonly tenant: string;
    readonly intent: string;
    readonly about: string;
    readonly changes: readonly string[];
  }[];
  readonly first_event: string | null;
  readonly last_event: string | null;
  readonly inventory_version: string;
}

/** Final results, each list sorted by time then id. */
export interface ReplayResult {
  readonly findings: readonly Finding[];
  readonly cases: readonly Case[];
  readonly scores: readonly ControlScore[];
  readonly summary: ReplaySummary;
}

function arrivals(events: readonly CanonicalEvent[], warmup: boolean, enrich: EnrichArrival): Arrival[] {
  const ordered = [...events].sort((a, b) =>
    a.event_id !== b.event_id
      ? a.event_id < b.event_id
        ? -1
        : 1
      : canonicalJson(a) < canonicalJson(b)
        ? -1
        : 1,
  );
  return ordered.flatMap((event) => {
    const ingestMs = instantMs(event.ingested_at);
    return eventMessages(event, ingestMs, warmup, enrich).map((message) => ({ ingestMs, message }));
  });
}

function byTime<T>(items: Iterable<T>, timeOf: (item: T) => string, idOf: (item: T) => string): T[] {
  const key = (item: T): string => `${timeOf(item)} ${idOf(item)}`;
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Runs a replay to its end. */
export function runReplay(input: ReplayInput): ReplayResult {
  const live = arrivals(input.events, false, input.parts.enrich);
  const history = arrivals(input.warmup, true, input.parts.enrich);
  const firstMs = live.reduce((first, { ingestMs }) => Math.min(first, ingestMs), Infinity);
  const lastMs = [...live, ...history].reduce((last, { ingestMs }) => Math.max(last, ingestMs), -Infinity);
  noteSourceEvents(
    input.parts.tables.sources,
    [...history, ...live].flatMap(({ message }) => (message.kind === 'event' ? [message.event] : [])),
  );
  const run = new VirtualRun({
    operators: input.parts.operators,
    tables: input.parts.tables,
    preliminary: false,
    ...(Number.isFinite(firstMs) ? { warmupUntilMs: firstMs } : {}),
  });
  const approvals = input.intents.map((intent): Arrival => {
    const message = intentMessage(intent, firstMs);
    return { ingestMs: message.ingestMs, message };
  });
  run.feed([...history, ...approvals, ...live]);
  const endMs = Number.isFinite(lastMs) ? lastMs + limits.latenessMs + afterglowMs : 0;
  run.finish(endMs);
  return result(input, run, Number.isFinite(lastMs) ? lastMs : 0);
}

function result(input: ReplayInput, run: VirtualRun, lastMs: number): ReplayResult {
  const context = input.parts.contextAt(lastMs);
  const scores = (input.inventory.domains ?? []).flatMap((domain) => {
    const view = run.view('domain', domain.tenant, entityKey(domain.tenant, domain.domain));
    if (view === undefined) return [];
    const cases = run.view('case', domain.tenant, domain.tenant);
    const risk = cases === undefined ? null : input.riskOf(cases, domain.tenant, domain.domain, context);
    const score = input.readScore(view, domain, context);
    return [risk === null ? score : { ...score, risk: risk.risk, risk_detail: risk.detail }];
  });
  const cases = [...run.cases.values()];
  const findings = [...run.findings.values()];
  const times = input.events.map(({ timestamp }) => formatInstant(instantMs(timestamp))).sort();
  return {
    findings: byTime(
      findings,
      (finding) => finding.first_seen,
      (finding) => finding.finding_id,
    ),
    cases: byTime(
      cases,
      (found) => found.opened_at,
      (found) => found.case_id,
    ),
    scores: byTime(
      scores,
      (score) => score.tenant,
      (score) => score.domain,
    ),
    summary: {
      events: input.events.length,
      warmup_events: input.warmup.length,
      duplicates: run.duplicates,
      late: run.late,
      findings: Object.fromEntries(
        severities.map((severity) => [
          severity,
          findings.filter((finding) => finding.severity === severity).length,
        ]),
      ),
      cases: cases.length,
      pages: cases.filter((found) => found.paged_at !== null).length,
      unused_intents: run.unusedIntents
        .map(([tenant, intent, about, changes]) => ({ tenant, intent, about, changes }))
        .sort((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1)),
      first_event: times[0] ?? null,
      last_event: times.at(-1) ?? null,
      inventory_version: context.inventory.version,
    },
  };
}
