/**
 * Runs the engine in virtual time: arrivals are given with their ingest times, timers fire exactly when due, nothing
 * waits for a clock. Replays, incidents and backtests are this.
 */
import type { Case } from '../contract/case.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Finding } from '../contract/finding.ts';
import type { Intent } from '../contract/inventory.ts';
import { limits } from '../contract/limits.ts';
import type { Message, StateView } from '../contract/step.ts';
import {
  checkpointMeta,
  restoreCheckpoint,
  stateRows,
  type CheckpointMeta,
  type StateRow,
} from '../engine/checkpoint.ts';
import { Engine } from '../engine/engine.ts';
import type { Operator } from '../engine/operator.ts';
import { stampOrder } from '../engine/order-time.ts';
import type { Published } from '../engine/statement.ts';
import type { EngineTables } from '../engine/surroundings.ts';
import { compareMessages } from '../engine/message-order.ts';
import { instantMs } from './instant-ms.ts';

/** Something that reaches the collector at a moment of virtual time. `label` comes back with what it caused. */
export interface Arrival {
  readonly ingestMs: number;
  readonly message: Message;
  readonly label?: number;
}

/** What was said at a moment of virtual time, and by the arrival of what (absent: by a timer). */
export interface Spoken {
  readonly atMs: number;
  readonly label?: number;
  readonly said: Published;
}

/** Parts of a run. */
export interface VirtualRunOptions {
  readonly operators: () => readonly Operator[];
  readonly tables: EngineTables;
  readonly preliminary: boolean;
  readonly warmupUntilMs?: number;
  readonly latenessMs?: number;
}

/** Adds what the tables know: one event per tenant it concerns, none when it concerns nobody here; stage 3. */
export type EnrichArrival = (event: CanonicalEvent) => readonly CanonicalEvent[];

/** Event as the messages it makes when it reaches the collector at `ingestMs`. */
export function eventMessages(
  event: CanonicalEvent,
  ingestMs: number,
  warmup: boolean,
  enrich: EnrichArrival,
): Message[] {
  const { timeMs, late } = stampOrder(instantMs(event.timestamp), ingestMs, limits.latenessMs);
  return enrich(event).map((enriched) => ({
    kind: 'event',
    timeMs,
    id: enriched.event_id,
    tenant: enriched.tenant,
    ingestMs,
    event: enriched,
    ...(late ? { late: true } : {}),
    ...(warmup ? { warmup: true } : {}),
  }));
}

/** Intent as a message at the moment it became known. */
export function intentMessage(intent: Intent, warmupUntilMs: number): Message {
  const knownMs = instantMs(intent.known_at ?? intent.valid_from);
  return {
    kind: 'intent',
    timeMs: knownMs,
    id: intent.id,
    tenant: intent.tenant,
    ingestMs: knownMs,
    intent,
    ...(knownMs < warmupUntilMs ? { warmup: true } : {}),
  };
}

/** One run: feed arrivals in order of ingest time, then finish. */
export class VirtualRun {
  readonly findings = new Map<string, Finding>();
  readonly cases = new Map<string, Case>();
  readonly spoken: Spoken[] = [];
  /** Notices that an intent ended and nothing it approved was seen: tenant, intent, and the name, account or person it was for. */
  readonly unusedIntents: (readonly [
    tenant: string,
    intent: string,
    about: string,
    changes: readonly string[],
  ])[] = [];
  duplicates = 0;
  late = 0;
  #engine: Engine;
  readonly #options: VirtualRunOptions;

  constructor(options: VirtualRunOptions) {
    this.#options = options;
    this.#engine = this.#fresh();
  }

  /** Feeds arrivals; equal ingest times form one batch. */
  feed(arrivals: readonly Arrival[]): void {
    const sorted = [...arrivals].sort(
      (a, b) => a.ingestMs - b.ingestMs || compareMessages(a.message, b.message),
    );
    for (const { ingestMs, message, label } of sorted) {
      this.passTimeUntil(ingestMs);
      this.#accept([message], ingestMs, label);
    }
  }

  /** Lets virtual time pass, firing timers when they are due. */
  passTimeUntil(untilMs: number): void {
    if (!this.#options.preliminary) return;
    for (
      let dueMs = this.#engine.nextTimerMs(untilMs);
      dueMs !== undefined;
      dueMs = this.#engine.nextTimerMs(untilMs)
    )
      this.#accept([], Math.max(dueMs, this.#engine.nowMs));
  }

  /** Seals everything; timers due before `untilMs` fire. */
  finish(untilMs: number): void {
    this.passTimeUntil(untilMs);
    this.#note(this.#engine.finish(untilMs), untilMs);
  }

  /** Stops and starts again: state goes through its checkpoint form, waiting messages come again. */
  restart(): void {
    const waiting = this.#engine.waitingMessages();
    const stored = JSON.stringify([checkpointMeta(this.#engine), stateRows(this.#engine)]);
    const seen = this.#engine.seen.takeDirty();
    const [meta, rows] = JSON.parse(stored) as [CheckpointMeta, StateRow[]];
    this.#engine = this.#fresh();
    for (const { day, bytes } of seen) this.#engine.seen.restore(day, bytes);
    restoreCheckpoint(this.#engine, meta, rows);
    this.#accept(waiting, this.#engine.nowMs);
  }

  /** Sealed state of a key of an operator. */
  view(operator: string, tenant: string, key: string): StateView | undefined {
    return this.#engine.view(operator, tenant, key);
  }

  /** Keys of an operator that hold sealed state, sorted. */
  keys(operator: string): string[] {
    const found = this.#engine.operators.find((sealed) => sealed.operator.name === operator);
    return found === undefined ? [] : found.state.keys().sort();
  }

  #fresh(): Engine {
    const engine = new Engine({
      operators: this.#options.operators(),
      tables: this.#options.tables,
      preliminary: this.#options.preliminary,
      ...(this.#options.latenessMs === undefined ? {} : { latenessMs: this.#options.latenessMs }),
      ...(this.#options.warmupUntilMs === undefined ? {} : { warmupUntilMs: this.#options.warmupUntilMs }),
    });
    engine.onSealedFinding = (finding) => this.findings.set(finding.finding_id, finding);
    engine.onSealedCase = (changed) => this.cases.set(changed.case_id, changed);
    return engine;
  }

  #accept(batch: readonly Message[], nowMs: number, label?: number): void {
    this.#note(this.#engine.accept(batch, nowMs), nowMs, label);
  }

  #note(result: ReturnType<Engine['accept']>, atMs: number, label?: number): void {
    this.duplicates += result.duplicates;
    this.late += result.late;
    for (const event of result.annotated)
      if (event.event_type === 'change.request.closed' && event.attribute === 'unused')
        this.unusedIntents.push([
          event.tenant,
          event.change_request_id ?? '',
          event.domain ?? event.registrar_account ?? event.actor_id,
          unusedChangesOf(event),
        ]);
    for (const said of result.published)
      this.spoken.push({ atMs, said, ...(label === undefined ? {} : { label }) });
  }
}

function unusedChangesOf({ source }: CanonicalEvent): string[] {
  const changes = source?.['unused_changes'];
  return Array.isArray(changes) ? changes.filter((each): each is string => typeof each === 'string') : [];
}
