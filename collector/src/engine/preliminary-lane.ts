/**
 * The preliminary lane of one tenant: runs messages at arrival on a throw-away overlay, so that a page does not wait
 * for the watermark. An out-of-order arrival takes the overlay back to a moment before it and replays from there: a few
 * messages when it is a little late, else everything that waits, over the sealed state. When that would cost too much,
 * messages run in arrival order instead and the sealed lane corrects them later.
 */
import type { Case } from '../contract/case.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Finding } from '../contract/finding.ts';
import type { Message } from '../contract/step.ts';
import { Generations, type Layer } from './lane-generations.ts';
import { OverlayState } from './keyed-state.ts';
import { LaneTimers } from './lane-timers.ts';
import { compareMessages, OrderBuffer } from './message-order.ts';
import type { OperatorResult } from './operator.ts';
import type { SealedOperator } from './sealed-operator.ts';
import { MessageContexts, stepContext, type EngineTables } from './surroundings.ts';
import type { Timer } from './timer-queue.ts';

/** Rebuilds are paid from a credit that grows with every message, so their total cost stays proportional to input. */
const creditPerMessage = 8;
const creditMax = 20_000;
const creditAtStart = 2_000;
/** An overlay that has copied more keys than this per waiting message is made anew. */
const overlayKeysPerMessage = 8;

/** Where the lane's words go. `timeMs` is the order time of the message or timer behind them. */
export interface LaneOutput {
  annotated(event: CanonicalEvent): void;
  /** Messages that leave the last operator, for a lane that runs a part of the pipeline; absent: they end here. */
  message?(message: Message, timeMs: number): void;
  finding(finding: Finding, timeMs: number): void;
  caseChanged(changed: Case, timeMs: number): void;
  /** A rebuild no longer says these (`f/<finding id>`, `c/<case id>`, `m/<kind>/<id>`), unless they come under another id before `spoke`. */
  takingBack(ids: readonly string[]): void;
  /** Everything of this settle has been said. */
  spoke(): void;
}

type Statement = { readonly timeMs: number } & (
  { readonly finding: Finding } | { readonly case: Case } | { readonly message: Message }
);

/** Overlay of all operators for one tenant. */
export class PreliminaryLane {
  readonly #tenant: string;
  readonly #sealed: readonly SealedOperator[];
  readonly #tables: EngineTables;
  readonly #output: LaneOutput;
  readonly #contexts: MessageContexts;
  #layers: Layer[];
  readonly #generations = new Generations<Statement>();
  readonly #waiting = new OrderBuffer();
  #lastMs = -Infinity;
  #last: Message | undefined;
  /** The overlay has grown so much that it is made anew. */
  #crowded = false;
  #unrun: Message[] = [];
  #credit = creditAtStart;
  #watermarkMs = -Infinity;
  /** Events already handed out, with their order time. */
  readonly #told = new Map<string, number>();
  #toldMax = 1_000;
  /** Newest statement of each id that this lane made and the watermark has not passed. */
  readonly #stated = new Map<string, Statement>();
  /** Ids stated since the last settle. */
  readonly #pending = new Set<string>();
  /** Ids that went out and were not taken back. */
  readonly #said = new Set<string>();
  /** Ids whose statements were undone since the last settle; undefined: none were. */
  #recalled: Set<string> | undefined;
  /** Messages run in arrival order because a rebuild was too expensive. */
  skippedRebuilds = 0;

  constructor(
    tenant: string,
    sealed: readonly SealedOperator[],
    tables: EngineTables,
    watermarkMs: number,
    output: LaneOutput,
  ) {
    this.#tenant = tenant;
    this.#sealed = sealed;
    this.#tables = tables;
    this.#watermarkMs = watermarkMs;
    this.#output = output;
    this.#contexts = new MessageContexts(tables);
    this.#layers = this.#freshLayers();
    this.#generations.restart(this.#layers, { last: undefined, lastMs: -Infinity }, watermarkMs);
  }

  /** Nothing waits and everything fired is sealed: the lane may be dropped. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#lastMs < this.#watermarkMs;
  }

  /** State of an operator as this lane sees it. */
  state(operator: number): OverlayState | undefined {
    return this.#layers[operator]?.state;
  }

  /** Due time of the next timer below `beforeMs`; undefined when there is none. */
  nextTimerMs(beforeMs: number): number | undefined {
    let next: number | undefined;
    for (const layer of this.#layers) next = layer.timers.peek(next ?? beforeMs)?.atMs ?? next;
    return next;
  }

  /** Takes a message at arrival. When it came out of order its results wait for `settle`. */
  arrive(message: Message): void {
    this.#waiting.add(message);
    this.#credit = Math.min(creditMax, this.#credit + creditPerMessage);
    if (this.#unrun.length === 0 && this.#follows(message)) this.#run(message);
    else this.#unrun.push(message);
  }

  /** Takes back a message that `arrive` was given: what it led to is undone at the next `settle`. */
  withdraw(message: Message): void {
    if (!this.#waiting.remove(message)) return;
    this.#unrun = this.#unrun.filter((one) => one !== message);
    this.#crowded = true;
  }

  #follows(message: Message): boolean {
    if (message.timeMs < this.#lastMs) return false;
    return this.#last === undefined || compareMessages(message, this.#last) > 0;
  }

  /** End of a batch: brings order into late comers, fires what is due by `nowMs` (ingest time), and speaks. */
  settle(nowMs: number): void {
    if (this.#crowded || this.#unrun.length > 0) this.#restoreOrder();
    this.#fireTimers(nowMs + 1);
    const recalled = this.#recalled;
    if (recalled !== undefined) this.#announceTakeBack(recalled);
    for (const id of this.#pending) {
      const statement = this.#stated.get(id);
      if (statement === undefined) continue;
      this.#said.add(id);
      if ('finding' in statement) this.#output.finding(statement.finding, statement.timeMs);
      else if ('message' in statement) this.#output.message?.(statement.message, statement.timeMs);
      else this.#output.caseChanged(statement.case, statement.timeMs);
    }
    this.#pending.clear();
    this.#contexts.forget();
    if (recalled !== undefined) this.#output.spoke();
    this.#recalled = undefined;
  }

  /** What was undone and not stated again: an older statement holds once more, or nothing does. */
  #announceTakeBack(recalled: ReadonlySet<string>): void {
    const gone: string[] = [];
    for (const id of recalled) {
      if (this.#pending.has(id)) continue;
      if (this.#stated.has(id)) this.#pending.add(id);
      else if (this.#said.delete(id)) gone.push(id);
    }
    this.#output.takingBack(gone);
  }

  /** The sealed lane has passed `watermarkMs`; what it settled no longer waits here. */
  sealedUpTo(watermarkMs: number): void {
    this.#watermarkMs = watermarkMs;
    this.#waiting.release(watermarkMs);
    this.#forgetTold(watermarkMs);
    this.#generations.forget(watermarkMs);
    for (const [id, { timeMs }] of this.#stated) {
      if (timeMs >= watermarkMs) continue;
      this.#stated.delete(id);
      this.#said.delete(id);
    }
    let copied = 0;
    for (const layer of this.#layers) {
      layer.timers.sealedUpTo(watermarkMs);
      copied += layer.state.size;
    }
    if (copied > 1_000 + overlayKeysPerMessage * this.#waiting.size) this.#crowded = true;
  }

  #forgetTold(watermarkMs: number): void {
    if (this.#told.size < this.#toldMax) return;
    for (const [id, timeMs] of this.#told) if (timeMs < watermarkMs) this.#told.delete(id);
    this.#toldMax = 1_000 + 2 * this.#told.size;
  }

  #freshLayers(): Layer[] {
    return this.#sealed.map((sealed) => ({
      state: new OverlayState(sealed.state),
      timers: new LaneTimers(this.#tenant, sealed.timers),
    }));
  }

  #restoreOrder(): void {
    const unrun = this.#unrun.sort(compareMessages);
    this.#unrun = [];
    const replay = this.#crowded ? undefined : this.#generations.since(unrun[0], this.#watermarkMs);
    const cost = replay?.messages.length ?? this.#waiting.size;
    if (cost > this.#credit) {
      this.#crowded = false;
      this.skippedRebuilds += unrun.length;
      for (const message of unrun) this.#run(message);
      // Their order is not the one going back could rely on.
      const at = { last: this.#last, lastMs: this.#lastMs };
      this.#generations.restart(this.#layers, at, this.#watermarkMs);
      return;
    }
    this.#credit -= cost;
    if (replay === undefined) this.#rebuild();
    else {
      this.#recall(this.#generations.goBack(this.#layers, replay.from, this.#stated, this.#watermarkMs));
      this.#last = replay.at.last;
      this.#lastMs = replay.at.lastMs;
      for (const message of [...replay.messages, ...unrun].sort(compareMessages)) this.#run(message);
    }
  }

  #rebuild(): void {
    this.#crowded = false;
    this.#layers = this.#freshLayers();
    this.#lastMs = -Infinity;
    this.#last = undefined;
    this.#generations.restart(this.#layers, { last: undefined, lastMs: -Infinity }, this.#watermarkMs);
    this.#recall(this.#stated.keys());
    this.#stated.clear();
    for (const message of this.#waiting.waiting()) this.#run(message);
  }

  #recall(ids: Iterable<string>): void {
    this.#recalled ??= new Set();
    for (const id of ids) {
      this.#recalled.add(id);
      this.#pending.delete(id);
    }
  }

  #state(id: string, statement: Statement): void {
    this.#generations.noteStatement(id, this.#stated.get(id));
    this.#stated.set(id, statement);
    this.#pending.add(id);
  }

  #run(message: Message): void {
    this.#generations.add(message, this.#layers, this.#last, this.#lastMs, this.#watermarkMs);
    this.#fireTimers(message.timeMs);
    this.#lastMs = Math.max(this.#lastMs, message.timeMs);
    this.#last = message;
    this.#pass(0, message);
  }

  #pass(index: number, message: Message): void {
    const sealed = this.#sealed[index];
    const layer = this.#layers[index];
    if (sealed === undefined || layer === undefined) {
      this.#tell(message);
      return;
    }
    const keys = sealed.operator.keysOf(message);
    if (keys.length === 0) {
      if (sealed.owns(message.tenant)) this.#pass(index + 1, message);
      return;
    }
    const context = this.#contexts.of(message, this.#watermarkMs);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (!sealed.owns(key)) continue;
      const result = sealed.operator.step(layer.state.view(key), key, message, i === 0, context);
      this.#emit(index, key, result, message.timeMs, message.timeMs);
    }
  }

  #tell(message: Message): void {
    if (this.#output.message !== undefined)
      this.#state(`m/${message.kind}/${message.id}`, { timeMs: message.timeMs, message });
    if (message.kind !== 'event' || this.#told.has(message.id)) return;
    this.#told.set(message.id, message.timeMs);
    this.#output.annotated(message.event);
  }

  #emit(index: number, key: string, result: OperatorResult, timeMs: number, earliestMs: number): void {
    const layer = this.#layers[index] as Layer;
    for (const { name, atMs } of result.timers)
      layer.timers.set(key, name, atMs === null ? null : Math.max(atMs, earliestMs));
    for (const message of result.messages) this.#pass(index + 1, message);
    for (const finding of result.findings) this.#state(`f/${finding.finding_id}`, { finding, timeMs });
    for (const changed of result.cases) this.#state(`c/${changed.case_id}`, { case: changed, timeMs });
  }

  /** Fires due timers of all operators below `beforeMs`, oldest first. */
  #fireTimers(beforeMs: number): void {
    for (;;) {
      let index = -1;
      let first: Timer | undefined;
      for (let i = 0; i < this.#layers.length; i++) {
        const timer = this.#layers[i]?.timers.peek(first?.atMs ?? beforeMs);
        if (timer === undefined) continue;
        first = timer;
        index = i;
      }
      if (first === undefined) return;
      this.#fire(first, index);
    }
  }

  #fire(timer: Timer, index: number): void {
    const layer = this.#layers[index] as Layer;
    const { operator, warmupUntilMs } = this.#sealed[index] as SealedOperator;
    layer.timers.fired(timer);
    this.#lastMs = Math.max(this.#lastMs, timer.atMs);
    const warmup = timer.atMs < warmupUntilMs;
    const context = stepContext(this.#tables, timer.atMs, this.#watermarkMs, false, warmup);
    const result = operator.due(layer.state.view(timer.key), timer.key, timer.name, context);
    this.#emit(index, timer.key, result, timer.atMs, timer.atMs + 1);
  }
}
