/** A running collector: stores, host, sources, sinks and their lifecycle. Order of start: catch up, sinks, intake. */
import type { Intake, SinkRun, SourceRun, Surroundings } from '../contract/component.ts';
import type { MetricReader } from '../contract/names.ts';
import type { Detector } from '../contract/step.ts';
import { readControlScore } from '../5-feature/index.ts';
import { createInventoryIndex } from '../3-enrich/inventory-index.ts';
import { CaseBoard } from '../8-sink/case-board.ts';
import { Outbox } from '../8-sink/outbox.ts';
import { SourceDirectory, stepContext, Versions, type EngineTables } from '../engine/surroundings.ts';
import { EmbeddedHost } from '../host/embedded-host.ts';
import { createIntake } from '../log/log-intake.ts';
import { applyRetention, type RetentionPolicy } from '../log/retention.ts';
import { recoverSourceCursors } from '../log/source-cursors.ts';
import { encodeLogEntry } from '../log/entry-codec.ts';
import { SourceCounters } from '../self/source-counters.ts';
import type { SelfTracing } from '../self/tracing.ts';
import { caseKeeper } from './case-keeper.ts';
import { collectorReaders } from './collector-readers.ts';
import { CollectorFigures } from './collector-figures.ts';
import {
  appendControl,
  ControlFollower,
  type ControlDocuments,
  type ControlPaths,
} from './control-entries.ts';
import { sha256Hex } from './digest.ts';
import { entryStages } from './entry-stages.ts';
import { hostObserver } from './host-observer.ts';
import { pipelineOperators } from './pipeline.ts';
import { compileRules } from './rule-files.ts';
import { SourceIdentities } from './source-identities.ts';
import { SourceWatch } from './source-watch.ts';
import { refusedLetters } from './refused-letters.ts';
import type { Stores } from './stores.ts';

/** Parts of a collector that depend on its configuration. */
export interface CollectorOptions {
  readonly stores: Stores;
  readonly documents: ControlDocuments;
  readonly paths: ControlPaths;
  readonly sources: readonly SourceRun[];
  readonly sinks: readonly SinkRun[];
  readonly retention: RetentionPolicy;
  readonly around: Surroundings;
  readonly tracing: SelfTracing;
  readonly version: string;
  readonly latenessMs?: number;
}

/** A collector. `ready` turns true when the log is caught up and sources are open. */
export interface Collector {
  readonly host: EmbeddedHost;
  readonly figures: CollectorFigures;
  readonly intake: Intake;
  readonly watch: SourceWatch;
  readonly tables: EngineTables;
  readonly detectors: Versions<Detector>;
  readonly stores: Stores;
  readonly counters: SourceCounters;
  /** Samples of every metric, as they are now. */
  readonly readers: readonly MetricReader[];
  readonly outboxes: readonly Outbox[];
  readonly ready: () => boolean;
  /** Writes a person's directive into the log; resolves when durable. */
  direct(directive: Readonly<Record<string, unknown>>): Promise<void>;
  /** Runs until `signal` aborts; rejects when the disk fails and the process must stop. */
  run(signal: AbortSignal): Promise<void>;
}

const tickMs = 1000;
const retentionEveryMs = 60_000;

/** Builds a collector over open stores; nothing runs before `run`. */
export async function createCollector(options: CollectorOptions): Promise<Collector> {
  const { stores, documents, around } = options;
  const { detector } = compileRules(documents.rules);
  const detectors = new Versions<Detector>(detector);
  const tables: EngineTables = {
    inventory: new Versions(createInventoryIndex(documents.inventory)),
    sources: new SourceDirectory(),
    sha256: sha256Hex,
  };
  const figures = new CollectorFigures();
  const watch = new SourceWatch();
  const counters = new SourceCounters(around.nowMs);
  const board = new CaseBoard(around.nowMs);
  const identities = new SourceIdentities(options.sources.map(({ identity }) => identity));
  for (const { identity } of options.sources) counters.register(identity);
  const host = new EmbeddedHost(stores, {
    stages: entryStages(detectors),
    tables,
    operators: pipelineOperators((timeMs) => detectors.at(timeMs), caseKeeper()),
    ...(options.latenessMs === undefined ? {} : { latenessMs: options.latenessMs }),
    observer: hostObserver({
      figures,
      counters,
      identities,
      watch,
      quarantine: stores.quarantine,
      board,
      tracing: options.tracing,
      around,
    }),
    scoreOf: (state, tenant, domain, atMs) => {
      const entry = tables.inventory.latest().domain(tenant, domain);
      return entry === undefined
        ? undefined
        : readControlScore(state, entry, stepContext(tables, atMs, atMs, false, false));
    },
    codeDigest: detector.digest,
    nowMs: around.nowMs,
  });
  const cursors = await recoverSourceCursors(stores.log, stores.log.firstSequence);
  const intake = createIntake(stores.log, cursors, around, {
    onRefused: (code) => figures.refusals.set(code, (figures.refusals.get(code) ?? 0) + 1),
  });
  for (const found of host.book.cases.values()) board.applyCase(found);
  for (const score of host.book.scores.values()) board.applyScore(score);
  const outboxes = options.sinks.map(
    (sink) =>
      new Outbox({
        sink,
        queue: stores.signals,
        around,
        quarantine: refusedLetters(stores.quarantine, around),
      }),
  );
  const readers = collectorReaders({
    host,
    stores,
    board,
    counters,
    outboxes,
    figures,
    around,
    version: options.version,
  });
  let ready = false;
  const follower = new ControlFollower({
    paths: options.paths,
    log: stores.log,
    nowMs: around.nowMs,
    sleep: around.sleep,
    report: (level, message) => around.log(level, message),
  });

  async function run(signal: AbortSignal): Promise<void> {
    await follower.write(documents);
    await host.catchUp();
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const quiet = (work: Promise<void>): Promise<void> =>
      work.catch((error: unknown) => {
        if (either.aborted) return;
        stop.abort();
        throw error;
      });
    const tasks = [
      ...outboxes.map((outbox) => quiet(outbox.run(either))),
      ...options.sources.map((source) => quiet(source.run(intake, either))),
      quiet(follower.follow(either)),
      quiet(ticks(either)),
      quiet(trim(either)),
    ];
    ready = true;
    try {
      await quiet(host.run(either));
      await Promise.all(tasks);
    } finally {
      ready = false;
      stop.abort();
      await Promise.allSettled(tasks);
      for (const sink of options.sinks) await sink.close();
    }
  }

  /** Virtual time passes in the log even when nothing happens, and silence becomes an entry of its own. */
  async function ticks(signal: AbortSignal): Promise<void> {
    const source = {
      tenant: '*',
      id: 'collector',
      feed: 'collector',
      kind: 'pipeline',
      intervalMs: tickMs,
    } as const;
    while (!signal.aborted) {
      await around.sleep(tickMs, signal);
      if (around.nowMs() - host.engine.nowMs >= tickMs) intake.heartbeat(source);
      for (const silence of watch.newlySilent(around.nowMs()))
        await appendControl(stores.log, 'silent', silence, around.nowMs()).catch(() => undefined);
    }
  }

  async function trim(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await around.sleep(retentionEveryMs, signal);
      await applyRetention(stores.log, options.retention, [host.checkpointPosition], around.nowMs());
      const readers = stores.cursors.all().map(({ position }) => position);
      await applyRetention(stores.signalSegments, options.retention, readers, around.nowMs());
    }
  }

  return {
    host,
    figures,
    intake,
    watch,
    tables,
    detectors,
    stores,
    counters,
    readers,
    outboxes,
    ready: () => ready,
    async direct(directive) {
      await stores.log.append([
        encodeLogEntry({ kind: 'control', atMs: around.nowMs(), type: 'directive', body: directive }),
      ]);
    },
    run,
  };
}
