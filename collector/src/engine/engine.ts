/**
 * The embedded engine: all operators in one process. Messages run at once in the preliminary lane of their tenant and,
 * when the watermark passes, in the sealed lane, which alone decides state. Pure: time comes with the messages.
 */
import type { Case } from '../contract/case.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Finding } from '../contract/finding.ts';
import { limits } from '../contract/limits.ts';
import type { Message, StateView } from '../contract/step.ts';
import { LaneSet } from './lane-set.ts';
import type { Operator } from './operator.ts';
import { sealStepMs } from './lane-generations.ts';
import type { LaneOutput } from './preliminary-lane.ts';
import { Publication } from './publication.ts';
import { type Published } from './statement.ts';
import { SealedOperator, type SealedOutput } from './sealed-operator.ts';
import { SeenIds } from './seen-ids.ts';
import type { EngineTables } from './surroundings.ts';

/** How an engine is set up. */
export interface EngineOptions {
  readonly operators: readonly Operator[];
  readonly tables: EngineTables;
  /** False: only the sealed lane runs (replays that need final results only). */
  readonly preliminary: boolean;
  readonly latenessMs?: number;
  /** Timers due before this time belong to history. Epoch ms. */
  readonly warmupUntilMs?: number;
}

/** What an engine says after a batch. `annotated` events come once each, as the preliminary (else sealed) lane saw them. */
export interface EngineResult {
  readonly published: readonly Published[];
  readonly annotated: readonly CanonicalEvent[];
  /** Messages that were already known and changed nothing. */
  readonly duplicates: number;
  readonly late: number;
}

/** Runs operators over messages. */
export class Engine {
  readonly operators: readonly SealedOperator[];
  readonly publication: Publication;
  readonly seen = new SeenIds();
  /** Called with every sealed finding, in sealed order; the newest of an id is final so far. */
  onSealedFinding: (finding: Finding) => void = () => undefined;
  /** Called with every sealed state of a case, in sealed order. */
  onSealedCase: (changed: Case) => void = () => undefined;
  readonly #lanes: LaneSet;
  readonly #tables: EngineTables;
  readonly #preliminary: boolean;
  readonly #latenessMs: number;
  /** Ids that were waiting at the checkpoint this engine was restored from: their first repetition is the original. */
  readonly #expected = new Set<string>();
  #watermarkMs = -Infinity;
  #nowMs = -Infinity;
  #annotated: CanonicalEvent[] = [];

  constructor(options: EngineOptions) {
    this.#preliminary = options.preliminary;
    this.#latenessMs = options.latenessMs ?? limits.latenessMs;
    this.#tables = options.tables;
    this.publication = new Publication(options.tables.sha256);
    this.operators = options.operators.map((operator) => new SealedOperator(operator, options.tables));
    this.#lanes = new LaneSet(this.operators, options.tables, this.#laneOutput());
    for (const sealed of this.operators) sealed.warmupUntilMs = options.warmupUntilMs ?? -Infinity;
  }

  /** Sealed up to here, epoch ms; -Infinity before the first batch. */
  get watermarkMs(): number {
    return this.#watermarkMs;
  }

  /** How long sealing waits for stragglers, ms. */
  get latenessMs(): number {
    return this.#latenessMs;
  }

  /** Messages waiting for the watermark. */
  get waiting(): number {
    return this.operators[0]?.buffer.size ?? 0;
  }

  /** Messages the preliminary lane ran in arrival order because sorting them in was too expensive. */
  get skippedRebuilds(): number {
    return this.#lanes.skippedRebuilds;
  }

  /**
   * Takes a batch whose ingest times are at most `nowMs` (which must not go back) and advances to the watermark
   * `nowMs - lateness`. Batch boundaries change nothing in sealed results.
   */
  accept(batch: readonly Message[], nowMs: number): EngineResult {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    const fresh = batch.filter((message) => this.#isNew(message));
    let late = 0;
    for (const message of fresh) {
      if (message.late === true) late++;
      this.operators[0]?.add(message);
    }
    if (this.#preliminary) this.#lanes.arrive(fresh);
    if (this.#preliminary) this.#lanes.settle(this.#nowMs);
    this.#seal(Math.max(this.#watermarkMs, this.#nextWatermarkMs()));
    return this.#result(batch.length - fresh.length, late);
  }

  /** What the preliminary lane computed is sealed whole, step by step; nothing is lost by sealing a little later. */
  #nextWatermarkMs(): number {
    const watermarkMs = this.#nowMs - this.#latenessMs;
    return this.#preliminary ? Math.floor(watermarkMs / sealStepMs) * sealStepMs : watermarkMs;
  }

  /** Ends a replay: seals everything and fires timers due before `untilMs`. */
  finish(untilMs: number): EngineResult {
    this.#nowMs = Math.max(this.#nowMs, untilMs);
    if (this.#preliminary) this.#lanes.settle(this.#nowMs);
    this.#seal(Math.max(this.#watermarkMs, untilMs));
    return this.#result(0, 0);
  }

  /** State of a key as it is known now: with what waits when the preliminary lane runs, else sealed. */
  view(operator: string, tenant: string, key: string): StateView | undefined {
    const index = this.operators.findIndex((sealed) => sealed.operator.name === operator);
    const overlay = this.#lanes.state(tenant, index);
    return overlay?.view(key) ?? this.operators[index]?.state.view(key);
  }

  /** Messages waiting, in order: what a checkpoint must make sure to meet again. */
  waitingMessages(): Message[] {
    return this.operators[0]?.buffer.waiting() ?? [];
  }

  /** Messages waiting, in no order. */
  waitingUnsorted(): Iterable<Message> {
    return this.operators[0]?.buffer.unsorted() ?? [];
  }

  /** From now on what changes is known row by row, for checkpoints that write only that. */
  trackRows(): void {
    for (const { timers } of this.operators) timers.trackRows();
    this.publication.trackRows();
    this.seen.trackNew();
  }

  /** Continues after a checkpoint: the watermark it had, and the ids of the messages that waited. */
  resume(watermarkMs: number, nowMs: number, waitingIds: Iterable<string>): void {
    this.#watermarkMs = watermarkMs;
    this.#lanes.resume(watermarkMs);
    this.#nowMs = nowMs;
    for (const id of waitingIds) this.#expected.add(id);
  }

  /** Last ingest time taken, epoch ms. */
  get nowMs(): number {
    return this.#nowMs;
  }

  #isNew(message: Message): boolean {
    const id = `${message.kind}/${message.id}`;
    if (this.#expected.size > 0 && this.#expected.delete(id)) return true;
    return this.seen.addNew(id, message.timeMs);
  }

  /** Due time of the next timer below `beforeMs` that the preliminary lane has not fired; undefined when there is none. */
  nextTimerMs(beforeMs: number): number | undefined {
    return this.#lanes.nextTimerMs(beforeMs);
  }

  #seal(watermarkMs: number): void {
    if (watermarkMs === this.#watermarkMs) return;
    const output = this.#sealedOutput();
    const done = this.#lanes.adopt(watermarkMs, output);
    for (let index = 0; index < this.operators.length; index++) {
      const next = this.operators[index + 1];
      const onward = {
        ...output,
        message: (message: Message) => (next === undefined ? output.message(message) : next.add(message)),
      };
      this.operators[index]?.advance(watermarkMs, onward, index === 0 ? done : undefined);
    }
    this.#watermarkMs = watermarkMs;
    this.publication.passed(watermarkMs);
    this.publication.forget(watermarkMs - limits.saidKeptMs);
    this.#tables.inventory.forget(watermarkMs);
    this.seen.forget(watermarkMs - limits.duplicateHorizonMs);
    this.#lanes.sealedUpTo(watermarkMs);
  }

  #sealedOutput(): SealedOutput {
    return {
      message: (message) => {
        if (!this.#preliminary && message.kind === 'event') this.#annotated.push(message.event);
      },
      finding: (finding, timeMs) => {
        this.publication.sealed({ kind: 'finding', finding }, timeMs);
        this.onSealedFinding(finding);
      },
      caseChanged: (changed, timeMs) => {
        this.publication.sealed({ kind: 'case', case: changed }, timeMs);
        this.onSealedCase(changed);
      },
    };
  }

  #laneOutput(): LaneOutput {
    return {
      annotated: (event) => this.#annotated.push(event),
      finding: (finding, timeMs) => this.publication.preliminary({ kind: 'finding', finding }, timeMs),
      caseChanged: (changed, timeMs) => this.publication.preliminary({ kind: 'case', case: changed }, timeMs),
      takingBack: (ids) => this.publication.announceTakeBack(ids),
      spoke: () => this.publication.takeBackAnnounced(),
    };
  }

  #result(duplicates: number, late: number): EngineResult {
    const annotated = this.#annotated;
    this.#annotated = [];
    return { published: this.publication.take(), annotated, duplicates, late };
  }
}
