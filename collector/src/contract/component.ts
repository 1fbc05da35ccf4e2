/** Contracts of the stages that do I/O: sources (1) and sinks (8). */
import type { Delivery, Outcome } from './outcome.ts';
import type { RawRecord } from './raw-record.ts';
import type { SourceKind } from './event.ts';

/** Opaque resume position; only its source understands it. */
export type Cursor = string;

/** What sources and sinks may use from outside; everything else is passed as configuration. */
export interface Surroundings {
  /** Wall clock, epoch milliseconds. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1): jitter only, never for decisions. */
  readonly random: () => number;
  /** Resolves after `ms`, rejects when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** One line for operators. `warn`: nothing was lost; `error`: something was lost or needs a person. */
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void;
}

/** Where a source puts what it received. */
export interface Intake {
  /**
   * Takes records and resolves when they are durable. With `cursor`, the source's position is stored in the same
   * commit. Rejects with `disk_full` when the log cannot grow and with `engine_full` when too much waits for stragglers:
   * answer 503 or pause, then try again.
   */
  accept(records: readonly RawRecord[], cursor?: { source: string; position: Cursor }): Promise<void>;
  /** Last stored position of a source, or undefined at the first start. */
  cursor(source: string): Cursor | undefined;
  /** Source is alive: advances its watermark although nothing happened. */
  heartbeat(source: SourceIdentity): void;
  /** A feed without replay was away: written down as blind time. Epoch milliseconds. */
  gap(source: SourceIdentity, fromMs: number, toMs: number, reason: string): void;
}

/** Who a feed is, for heartbeats, gaps, coverage and metrics. */
export interface SourceIdentity {
  readonly tenant: string;
  /** Configuration id, unique among sources. */
  readonly id: string;
  /** Folder name of the feed. */
  readonly feed: string;
  readonly kind: SourceKind;
  /** Poll interval, or heartbeat period for pushed feeds, milliseconds. */
  readonly intervalMs: number;
}

/** A feed that is running. `run` ends when `signal` aborts; it survives every failure of the other side by itself. */
export interface SourceRun {
  readonly identity: SourceIdentity;
  run(intake: Intake, signal: AbortSignal): Promise<void>;
  /** One harmless round trip to the other side; says what is wrong when it fails. */
  probe(signal: AbortSignal): Promise<Outcome<string>>;
}

/** Kinds of thing a sink can receive. */
export type SignalKind = 'event' | 'finding' | 'case' | 'score';

/** One thing to deliver. `key` is the same at every repetition; `body` is the contract object. */
export interface Signal {
  readonly kind: SignalKind;
  readonly key: string;
  readonly timeMs: number;
  readonly body: unknown;
}

/** A sink that is running. The runner keeps the cursor and calls `write` again with the same batch until delivered or rejected. */
export interface SinkRun {
  readonly id: string;
  readonly accepts: readonly SignalKind[];
  readonly batchMax: number;
  write(batch: readonly Signal[], signal: AbortSignal): Promise<Delivery>;
  probe(signal: AbortSignal): Promise<Outcome<string>>;
  close(): Promise<void>;
}
