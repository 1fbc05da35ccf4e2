/** One operator in the sealed lane: buffer, order, state and timers. Embedded and partitioned hosts run this same code. */
import type { Case } from '../contract/case.ts';
import type { Finding } from '../contract/finding.ts';
import type { Message } from '../contract/step.ts';
import { OrderBuffer } from './message-order.ts';
import { SealedState } from './sealed-state.ts';
import type { Operator, OperatorResult } from './operator.ts';
import { MessageContexts, stepContext, type EngineTables } from './surroundings.ts';
import { TimerQueue } from './timer-queue.ts';

/** Where sealed results go. */
export interface SealedOutput {
  message(message: Message): void;
  /** `timeMs`: order time of the message or timer behind it. */
  finding(finding: Finding, timeMs: number): void;
  caseChanged(changed: Case, timeMs: number): void;
}

/** Whether this runner owns a key (its shard); `undefined` keys are messages that pass by. */
export type Owns = (key: string) => boolean;

/** Runs one operator on the keys it owns. */
export class SealedOperator {
  readonly operator: Operator;
  readonly owns: Owns;
  readonly state = new SealedState();
  readonly timers = new TimerQueue();
  readonly buffer = new OrderBuffer();
  /** Things steps left out since the start of the process, by name. */
  readonly leftOut = new Map<string, number>();
  /** Timers below this time belong to history and page nobody. */
  warmupUntilMs = -Infinity;
  readonly #tables: EngineTables;
  readonly #contexts: MessageContexts;

  constructor(operator: Operator, tables: EngineTables, owns: Owns = () => true) {
    this.operator = operator;
    this.#tables = tables;
    this.owns = owns;
    this.#contexts = new MessageContexts(tables);
  }

  /** Takes a message in any order; it must not be older than the last watermark given to `advance`. */
  add(message: Message): void {
    this.buffer.add(message);
  }

  /**
   * Processes everything below the watermark: messages in (time, id) order, each timer before the first later message.
   * `done`: tenants whose messages were computed elsewhere.
   */
  advance(watermarkMs: number, output: SealedOutput, done?: ReadonlySet<string>): void {
    for (const message of this.buffer.release(watermarkMs)) {
      if (done?.has(message.tenant) === true) continue;
      this.#fireTimers(message.timeMs, watermarkMs, output);
      this.#step(message, watermarkMs, output);
    }
    this.#fireTimers(watermarkMs, watermarkMs, output);
    this.#contexts.forget();
  }

  /** Counts things a step left out. */
  noteLeftOut(name: string, by: number): void {
    this.leftOut.set(name, (this.leftOut.get(name) ?? 0) + by);
  }

  #step(message: Message, watermarkMs: number, output: SealedOutput): void {
    const keys = this.operator.keysOf(message);
    if (keys.length === 0) {
      if (this.owns(message.tenant)) output.message(message);
      return;
    }
    const context = this.#contexts.of(message, watermarkMs);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (!this.owns(key)) continue;
      const result = this.operator.step(this.state.view(key), key, message, i === 0, context);
      this.#emit(key, result, message.timeMs, message.timeMs, output);
    }
  }

  #fireTimers(beforeMs: number, watermarkMs: number, output: SealedOutput): void {
    for (let timer = this.timers.take(beforeMs); timer !== undefined; timer = this.timers.take(beforeMs)) {
      const warmup = timer.atMs < this.warmupUntilMs;
      const context = stepContext(this.#tables, timer.atMs, watermarkMs, false, warmup);
      const result = this.operator.due(this.state.view(timer.key), timer.key, timer.name, context);
      // A timer that sets itself again must move on, or this loop would never end.
      this.#emit(timer.key, result, timer.atMs, timer.atMs + 1, output);
    }
  }

  #emit(key: string, result: OperatorResult, timeMs: number, earliestMs: number, output: SealedOutput): void {
    for (const { key: of = key, name, atMs } of result.timers)
      this.timers.set(of, name, atMs === null ? null : Math.max(atMs, earliestMs));
    if (result.counters !== undefined)
      for (const [name, by] of Object.entries(result.counters)) this.noteLeftOut(name, by);
    for (const message of result.messages) output.message(message);
    for (const finding of result.findings) output.finding(finding, timeMs);
    for (const changed of result.cases) output.caseChanged(changed, timeMs);
  }
}
