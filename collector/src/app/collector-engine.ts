/** The deciding half of a collector: tables, rules, host and what watches them. */
import type { Surroundings } from '../contract/component.ts';
import type { Detector } from '../contract/step.ts';
import { createInventoryIndex } from '../3-enrich/inventory-index.ts';
import { readControlScore } from '../5-feature/index.ts';
import { CaseBoard } from '../8-sink/case-board.ts';
import { FindingBoard } from '../8-sink/finding-board.ts';
import { SourceDirectory, stepContext, Versions, type EngineTables } from '../engine/surroundings.ts';
import type { CollectorHost } from '../host/collector-host.ts';
import { EmbeddedHost } from '../host/embedded-host.ts';
import type { HostObserver } from '../host/host-options.ts';
import type { EntryStages } from '../host/entry-processor.ts';
import type { RiskOf, ScoreOf } from '../host/kafka/partition-task.ts';
import type { Operator } from '../engine/operator.ts';
import { LiveHub } from '../api/live-stream.ts';
import { SourceCounters } from '../self/source-counters.ts';
import { caseKeeper } from './case-keeper.ts';
import type { CollectorOptions } from './collector.ts';
import { CollectorFigures } from './collector-figures.ts';
import { CurrentDocuments } from './current-documents.ts';
import { sha256Hex } from './digest.ts';
import { entryStages } from './entry-stages.ts';
import { hostObserver } from './host-observer.ts';
import { pipelineOperators } from './pipeline.ts';
import { compileRules } from './rule-files.ts';
import { SourceIdentities } from './source-identities.ts';
import { SourceWatch } from './source-watch.ts';

/** Parts that decide and count. */
export interface CollectorEngine<Host extends CollectorHost = CollectorHost> {
  readonly host: Host;
  readonly tables: EngineTables;
  readonly detectors: Versions<Detector>;
  readonly figures: CollectorFigures;
  readonly counters: SourceCounters;
  readonly watch: SourceWatch;
  readonly board: CaseBoard;
  readonly findings: FindingBoard;
  /** Inventory and rules in force, as documents. */
  readonly current: CurrentDocuments;
  /** What is said to whoever watches live. */
  readonly live: LiveHub;
}

const spacePauseMs = 1000;

function boardsOf(around: Surroundings): { board: CaseBoard; findings: FindingBoard } {
  return { board: new CaseBoard(around.nowMs), findings: new FindingBoard() };
}

/** What every host is wired with, before there is one. */
export interface EngineParts extends Omit<CollectorEngine, 'host'> {
  readonly stages: EntryStages;
  readonly observer: HostObserver;
  readonly operators: readonly Operator[];
  readonly scoreOf: ScoreOf;
  readonly riskOf: RiskOf;
  readonly codeDigest: string;
}

/** Tables, rules, boards and counters of one collector. */
export function engineParts(options: CollectorOptions): EngineParts {
  const { stores, documents, around, tracing, sources } = options;
  const { detector, ruleSet } = compileRules(documents.rules);
  const current = new CurrentDocuments(documents.inventory, { ruleSet, files: documents.rules });
  const live = new LiveHub(around.nowMs().toString(36));
  const detectors = new Versions<Detector>(detector);
  const tables: EngineTables = {
    inventory: new Versions(createInventoryIndex(documents.inventory)),
    sources: new SourceDirectory(),
    sha256: sha256Hex,
  };
  const figures = new CollectorFigures();
  const watch = new SourceWatch();
  const counters = new SourceCounters(around.nowMs);
  const { board, findings } = boardsOf(around);
  const identities = new SourceIdentities(sources.map(({ identity }) => identity));
  for (const { identity } of sources) counters.register(identity);
  const { quarantine } = stores;
  const keeper = caseKeeper();
  return {
    tables,
    detectors,
    figures,
    counters,
    watch,
    board,
    findings,
    current,
    live,
    stages: entryStages(detectors, current, () => options.network?.view),
    operators: pipelineOperators((timeMs) => detectors.at(timeMs), keeper, options.strangersMax),
    observer: hostObserver({
      figures,
      counters,
      identities,
      watch,
      quarantine,
      board,
      findings,
      live,
      tracing,
      around,
      ...(options.onHint === undefined ? {} : { onHint: options.onHint }),
    }),
    scoreOf: (state, cases, tenant, domain, atMs) => {
      const entry = tables.inventory.latest().domain(tenant, domain);
      if (entry === undefined) return undefined;
      const context = stepContext(tables, atMs, atMs, false, false);
      const score = readControlScore(state, entry, context);
      const risk = cases === undefined ? null : keeper.riskOf(cases, tenant, domain, context);
      return risk === null ? score : { ...score, risk: risk.risk, risk_detail: risk.detail };
    },
    riskOf: (cases, tenant, domain, atMs) => {
      if (tables.inventory.latest().domain(tenant, domain) === undefined) return undefined;
      const context = stepContext(tables, atMs, atMs, false, false);
      const judged = keeper.riskOf(cases, tenant, domain, context);
      return { risk: judged?.risk ?? null, risk_detail: judged?.detail ?? null };
    },
    codeDigest: detector.digest,
  };
}

/** Builds the engine over open stores and fills its boards with what a checkpoint remembers. */
export function collectorEngine(options: CollectorOptions): CollectorEngine<EmbeddedHost> {
  const { stores, around } = options;
  const { stages, observer, operators, scoreOf, riskOf: _, codeDigest, ...parts } = engineParts(options);
  const { board, findings } = parts;
  const host = new EmbeddedHost(stores, {
    stages,
    tables: parts.tables,
    operators,
    ...(options.latenessMs === undefined ? {} : { latenessMs: options.latenessMs }),
    observer,
    scoreOf,
    codeDigest,
    nowMs: around.nowMs,
    waitForSpace: (signal) => around.sleep(spacePauseMs, signal),
    readKinds: new Set(options.sinks.flatMap(({ accepts }) => accepts)),
  });
  for (const found of host.book.cases.values()) board.restoreCase(found);
  for (const score of host.book.scores.values()) board.applyScore(score);
  for (const finding of host.book.findings.values()) findings.apply({ kind: 'finding', body: finding });
  return { host, ...parts };
}
