/** Plays an incident in virtual time, with the disturbances asked for, and collects what a responder would have seen. */
import type { Case } from '../contract/case.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Finding } from '../contract/finding.ts';
import type { Intent, Inventory } from '../contract/inventory.ts';
import type { Operator } from '../engine/operator.ts';
import type { EngineTables } from '../engine/surroundings.ts';
import { formatInstant } from '../leaf/time.ts';
import { instantMs } from './instant-ms.ts';
import type { IncidentFile } from './incident-file.ts';
import { noteSourceEvents } from './source-events.ts';
import { eventMessages, intentMessage, VirtualRun, type Arrival, type EnrichArrival } from './virtual-run.ts';

const afterglowMs = 2 * 3_600_000;
const insideKinds = new Set([
  'registrar_audit',
  'dns_provider_audit',
  'identity_log',
  'cloud_audit',
  'mail_log',
]);

/** How to disturb a run. Times in seconds as on the command line. */
export interface Disturbance {
  readonly minimalSources: boolean;
  /** Each event arrives up to this much later, so that neighbours change places. */
  readonly shuffleSeconds: number;
  readonly seed: number;
  readonly duplicate: boolean;
  /** Audit events arrive this much later. */
  readonly lateAuditSeconds: number;
  readonly restart: boolean;
}

/** The first page of a run. `afterN`: entry whose arrival caused it. */
export interface ObservedPage {
  readonly afterN: number;
  readonly atMs: number;
  readonly severity: string;
  readonly detection: string;
  readonly case: Case;
  readonly finding: Finding | undefined;
}

/** What happened. */
export interface IncidentObservation {
  readonly page: ObservedPage | undefined;
  /** Pages per case after the first, for judging. */
  readonly pagedCases: readonly string[];
  /** Final cases that were not merged into others. */
  readonly cases: readonly Case[];
  readonly findings: readonly Finding[];
  /** Findings spoken before the first page (or at all, when nothing paged), newest statement of each. */
  readonly beforePage: readonly Finding[];
  /** Event ids by entry number. */
  readonly entryOf: ReadonlyMap<string, number>;
  /** Sources were cut down to the minimal set. */
  readonly minimal: boolean;
}

/** Parts and data of a run. */
export interface IncidentRunInput {
  readonly incident: IncidentFile & { readonly replay: NonNullable<IncidentFile['replay']> };
  readonly inventory: Inventory;
  readonly intents: readonly Intent[];
  readonly parts: {
    readonly tables: EngineTables;
    readonly operators: () => readonly Operator[];
    readonly enrich: EnrichArrival;
  };
  readonly disturbance: Disturbance;
}

function randomFrom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function delivered(event: CanonicalEvent, ingestMs: number): CanonicalEvent {
  return { ...event, ingested_at: formatInstant(ingestMs) };
}

function liveArrivals(input: IncidentRunInput, kinds: ReadonlySet<string>): Arrival[] {
  const { shuffleSeconds, seed, duplicate, lateAuditSeconds } = input.disturbance;
  const random = randomFrom(seed);
  return input.incident.replay.events.flatMap(({ n, arrival, event }) => {
    if (!kinds.has(event.source_kind)) return [];
    const lateMs = insideKinds.has(event.source_kind) ? lateAuditSeconds * 1000 : 0;
    const ingestMs = instantMs(arrival) + lateMs + Math.floor(random() * shuffleSeconds * 1000);
    const deliver = (atMs: number): Arrival[] =>
      eventMessages(delivered(event, atMs), atMs, false, input.parts.enrich).map((message) => ({
        ingestMs: atMs,
        label: n,
        message,
      }));
    if (!duplicate) return deliver(ingestMs);
    return [...deliver(ingestMs), ...deliver(ingestMs + 1000 + Math.floor(random() * 60_000))];
  });
}

function noteSources(input: IncidentRunInput, kinds: ReadonlySet<string>): void {
  for (const tenant of input.inventory.tenants ?? [])
    for (const { source_kind: kind, interval_s: intervalS } of input.incident.replay.sources)
      if (kinds.has(kind)) input.parts.tables.sources.note(tenant.id, kind, kind, 0, true, intervalS * 1000);
  noteSourceEvents(
    input.parts.tables.sources,
    input.incident.replay.events
      .map(({ event }) => event)
      .filter(({ event_type: type }) => type.startsWith('pipeline.source.')),
  );
}

/** Plays the incident to its end, two hours of virtual time after the last arrival. */
export function runIncident(input: IncidentRunInput): IncidentObservation {
  const { replay } = input.incident;
  const sources = replay.sources.filter(
    ({ in_minimal: minimal }) => minimal || !input.disturbance.minimalSources,
  );
  const kinds = new Set([...sources.map(({ source_kind: kind }) => kind), 'pipeline']);
  noteSources(input, kinds);
  const live = liveArrivals(input, kinds).sort((a, b) => a.ingestMs - b.ingestMs);
  const firstMs = live[0]?.ingestMs ?? 0;
  const history = replay.warmup.flatMap(({ event }): Arrival[] => {
    if (!kinds.has(event.source_kind)) return [];
    const ingestMs = Math.min(instantMs(event.ingested_at), firstMs);
    return eventMessages(event, ingestMs, true, input.parts.enrich).map((message) => ({ ingestMs, message }));
  });
  const approvals = input.intents.map((intent): Arrival => {
    const message = intentMessage(intent, firstMs);
    return { ingestMs: message.ingestMs, message };
  });
  const run = new VirtualRun({ ...input.parts, preliminary: true, warmupUntilMs: firstMs });
  const all = [...history, ...approvals, ...live].sort((a, b) => a.ingestMs - b.ingestMs);
  const middle = input.disturbance.restart ? all.indexOf(live[Math.floor(live.length / 2)] as Arrival) : 0;
  run.feed(all.slice(0, middle));
  if (middle > 0) run.restart();
  run.feed(all.slice(middle));
  run.finish((all.at(-1)?.ingestMs ?? 0) + afterglowMs);
  return observe(run, input);
}

function observe(run: VirtualRun, input: IncidentRunInput): IncidentObservation {
  const entryOf = new Map(input.incident.replay.events.map(({ n, event }) => [event.event_id, n]));
  const atPage = new Map<string, Finding>();
  const paged: string[] = [];
  let page: ObservedPage | undefined;
  for (const { said, atMs, label } of run.spoken) {
    if (said.kind === 'finding') {
      if (page === undefined || page.atMs === atMs) atPage.set(said.finding.finding_id, said.finding);
      continue;
    }
    if (said.case.paged_at === null) continue;
    // One poll tells of several names in the same moment: the page is as severe as the case is when that moment is over.
    if (page?.atMs === atMs && page.case.case_id === said.case.case_id)
      page = { ...page, severity: said.case.severity, case: said.case };
    if (paged.includes(said.case.case_id)) continue;
    paged.push(said.case.case_id);
    if (page !== undefined) continue;
    const finding = spokenFinding(run, said.case.paged_by, atMs);
    page = {
      afterN: entryBehind(finding, label, entryOf, run, atMs),
      atMs,
      severity: said.case.severity,
      detection: finding?.detection ?? said.case.detections[0] ?? '',
      case: said.case,
      finding,
    };
  }
  return {
    page,
    pagedCases: paged,
    cases: [...run.cases.values()].filter((found) => found.state !== 'merged'),
    findings: [...run.findings.values()],
    beforePage: [...atPage.values()],
    entryOf,
    minimal: input.disturbance.minimalSources,
  };
}

/** The finding as it stood at a moment; a case may be spoken before the finding that made it page. */
function spokenFinding(run: VirtualRun, id: string | null, atMs: number): Finding | undefined {
  let newest: Finding | undefined;
  for (const { said, atMs: spokenMs } of run.spoken)
    if (said.kind === 'finding' && said.finding.finding_id === id && spokenMs <= atMs) newest = said.finding;
  return newest;
}

/**
 * Entry behind a page: the last act its evidence stands on, in the order of the story, so that two deliveries that
 * changed places on the way do not change the answer. Without evidence of the story: what arrived, or arrived last.
 */
function entryBehind(
  finding: Finding | undefined,
  label: number | undefined,
  entryOf: ReadonlyMap<string, number>,
  run: VirtualRun,
  atMs: number,
): number {
  const named = (finding?.evidence_event_ids ?? []).flatMap((id) => entryOf.get(id) ?? []);
  if (named.length > 0) return Math.max(...named);
  if (label !== undefined) return label;
  const before = run.spoken.filter((spoken) => spoken.atMs <= atMs && spoken.label !== undefined);
  return before.at(-1)?.label ?? -1;
}
