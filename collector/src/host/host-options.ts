/** Where the embedded host works, what it is given and what it reports. */
import type { SignalKind } from '../contract/component.ts';
import type { ControlScore } from '../contract/score.ts';
import type { StateView } from '../contract/step.ts';
import type { EngineResult } from '../engine/engine.ts';
import type { Operator } from '../engine/operator.ts';
import type { EngineTables } from '../engine/surroundings.ts';
import type { CheckpointStore } from '../log/checkpoint-store.ts';
import type { SegmentedLog } from '../log/segmented-log.ts';
import type { SignalLog } from '../log/signal-log.ts';
import type { EntryObserver, EntryStages } from './entry-processor.ts';

/** Where the host works. */
export interface HostStores {
  readonly log: SegmentedLog;
  readonly signals: SignalLog;
  readonly checkpoints: CheckpointStore;
}

/** What the host reports; every method is called after the fact. */
export interface HostObserver extends EntryObserver {
  batch(entries: number, messages: number, result: EngineResult, lagMs: number): void;
  /** A control score that differs from the one said before. */
  scored(score: ControlScore): void;
  checkpoint(position: number, rows: number): void;
  /** The host stopped before its last checkpoint was written: the next start reads so many entries again. */
  unsaved(entries: number): void;
  /** Makes durable what was reported since the last call; called before the host goes on. May throw `disk_full`: it is called again. */
  settle?(): void;
  /** A log entry of a version this program does not know; the log is damaged or newer. */
  unreadable(sequence: number, message: string): void;
}

/** Settings and parts of the host. Times in milliseconds. */
export interface HostOptions {
  readonly stages: EntryStages;
  readonly tables: EngineTables;
  readonly operators: readonly Operator[];
  readonly latenessMs?: number;
  readonly checkpointEveryMs?: number;
  readonly checkpointEveryEntries?: number;
  readonly observer: HostObserver;
  /** Score of a domain from its state and that of the cases of its tenant; undefined when the domain is not in the inventory. */
  readonly scoreOf: (
    state: StateView,
    cases: StateView | undefined,
    tenant: string,
    domain: string,
    atMs: number,
  ) => ControlScore | undefined;
  /** Digest over everything that gives state its meaning; a checkpoint of another digest is kept and reported. */
  readonly codeDigest: string;
  readonly nowMs: () => number;
  /** Waits before the next attempt while the disk is full; rejects when the signal aborts. Absent: a full disk is a failure. */
  readonly waitForSpace?: (signal: AbortSignal) => Promise<void>;
  /**
   * Kinds somebody reads; absent: all. Events and scores nobody reads are not written into the signal log, because they
   * are as many as the records. Findings and cases always are: a sink configured later starts with them.
   */
  readonly readKinds?: ReadonlySet<SignalKind>;
}
