/** A running collector: stores, engine, sources, sinks and their lifecycle. Order of start: catch up, sinks, intake. */
import { getHeapStatistics } from 'node:v8';
import type { Intake, SinkRun, SourceRun, Surroundings } from '../contract/component.ts';
import type { MetricReader } from '../contract/names.ts';
import { Outbox } from '../8-sink/outbox.ts';
import { createIntake } from '../log/log-intake.ts';
import type { Intent } from '../contract/inventory.ts';
import type { CollectorHost } from '../host/collector-host.ts';
import type { EmbeddedHost } from '../host/embedded-host.ts';
import type { RetentionPolicy } from '../log/retention.ts';
import { loadSourceCursors } from '../log/source-cursors.ts';
import type { SelfTracing } from '../self/tracing.ts';
import { collectorEngine, type CollectorEngine } from './collector-engine.ts';
import { collectorReaders } from './collector-readers.ts';
import { runTasks } from './collector-tasks.ts';
import {
  appendControl,
  ControlFollower,
  type ControlDocuments,
  type ControlPaths,
} from './control-entries.ts';
import { refusedLetters } from './refused-letters.ts';
import type { NetworkDatabases } from './network-databases.ts';
import { domainChecks, type DomainCheck } from './domain-checks.ts';
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
  /** Entities that no inventory knows, per tenant and kind; absent: as limits.ts has it. */
  readonly strangersMax?: number;
  /** Memory that may be taken by what waits for the watermark, bytes; absent: half of the heap that Node may use. */
  readonly waitingBytesMax?: number;
  /** Address databases; absent: addresses are unknown. */
  readonly network?: NetworkDatabases;
  /** Told the domain of each unproven delivery. */
  readonly onHint?: (domain: string) => void;
  /** Called once: the log is caught up, what only the start needed is garbage, and nobody waits yet. */
  readonly onCaughtUp?: () => void;
}

/** A collector. `ready` turns true when the log is caught up and sources are open. */
export interface Collector<Host extends CollectorHost = CollectorHost> extends CollectorEngine<Host> {
  readonly stores: Stores;
  readonly intake: Intake;
  /** Samples of every metric, as they are now. */
  readonly readers: readonly MetricReader[];
  readonly outboxes: readonly Outbox[];
  readonly ready: () => boolean;
  /** When the probes looked at a domain and when they will again; empty when nobody looks. */
  checksOf(domain: string): readonly DomainCheck[];
  /** Writes a person's directive into the stream; resolves when durable. */
  direct(directive: Readonly<Record<string, unknown>>): Promise<void>;
  /** Writes an approval into the stream; resolves when durable. */
  approve(intent: Intent): Promise<void>;
  /** Runs until `signal` aborts; rejects when the disk fails and the process must stop. */
  run(signal: AbortSignal): Promise<void>;
}

/** Builds a collector over open stores; nothing runs before `run`. */
export async function createCollector(options: CollectorOptions): Promise<Collector<EmbeddedHost>> {
  const { stores, documents, around, version } = options;
  const engine = collectorEngine(options);
  const waitingBytesMax = options.waitingBytesMax ?? getHeapStatistics().heap_size_limit / 2;
  const cursors = await loadSourceCursors(stores.checkpoints, stores.log);
  const isEngineFull = (): boolean => engine.host.waitingBytes > waitingBytesMax;
  const intake = createIntake(stores.log, cursors, around, {
    onRefused: (code) => engine.figures.refusals.set(code, (engine.figures.refusals.get(code) ?? 0) + 1),
    isEngineFull,
  });
  const quarantine = refusedLetters(stores.quarantine, around);
  const outboxes = options.sinks.map(
    (sink) => new Outbox({ sink, queue: stores.signals, around, quarantine }),
  );
  const readers = collectorReaders({
    ...engine,
    stores,
    outboxes,
    around,
    version,
    sources: options.sources,
    waiting: () => [engine.host.waitingBytes, waitingBytesMax],
  });
  const follower = new ControlFollower({
    paths: options.paths,
    put: async (type, body) => {
      await appendControl(stores.log, type, body, around.nowMs());
      return true;
    },
    position: () => stores.log.nextSequence,
    checkpoints: stores.checkpoints,
    sleep: around.sleep,
    report: (level, message) => around.log(level, message),
  });
  let ready = false;
  return {
    ...engine,
    stores,
    intake,
    readers,
    outboxes,
    ready: () => ready,
    checksOf: (domain) => domainChecks(options.sources, domain),
    direct: (directive) => appendControl(stores.log, 'directive', directive, around.nowMs()),
    approve: (intent) => appendControl(stores.log, 'intent', intent, around.nowMs()),
    async run(signal) {
      await follower.write(documents);
      await engine.host.catchUp(signal);
      if (!signal.aborted) options.onCaughtUp?.();
      const parts = { options, engine, intake, outboxes, follower, cursors, isEngineFull };
      try {
        await runTasks(parts, signal, () => (ready = true));
      } finally {
        ready = false;
      }
    },
  };
}
