/**
 * The preliminary lane of one tenant: runs messages at arrival on a throw-away overlay, so that a page does not wait
 * for the watermark. An out-of-order arrival takes the overlay back to a moment before it and replays from there: a few
 * messages when it is a little late, else everything that waits, over the sealed state. When that would cost too much,
 * messages run in arrival order instead and the sealed lane corrects them later.
 *
 * Everything of one instant runs operator by operator, in the order of the sealed lane. A lane that ran all its
 * messages in order has therefore computed the sealed results already, and they are adopted instead of computed again.
 */
import type { Case } from '../contract/case.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Finding } from '../contract/finding.ts';
import type { Message } from '../contract/step.ts';
import { follows, Generations, type LanePlace, type LaneWords, type Layer } from './lane-generations.ts';
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
  annotated(event: CanonicalEvent, timeMs: number): void;
  /** Messages that leave the last operator, for a lane that runs a part of the pipeline; absent: they end here. */
  message?(message: Message, timeMs: number): void;
  finding(finding: Finding, timeMs: number): void;
  caseChanged(changed: Case, timeMs: number): void;
  /** A rebuild no longer says these (`f/<finding id>`, `c/<case id>`, `m/<kind>/<id>`), unless they come under another id before `spoke`. */
  takingBack(ids: readonly string[]): void;
  /** Everything of this settle has been said. */
  spoke(): void;
}

/** A finding, case or message as stated at an order time, epoch ms. */
export type Statement = { readonly timeMs: number } & (
  { readonly finding: Finding } | { readonly case: Case } | { readonly message: Message }
);

const beginning: LanePlace = { last: undefined, lastMs: -Infinity, closed: false };

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
  #place = beginning;
  /** Something ran out of order or saw tables that changed since: the overlay is not what the sealed lane computes. */
  #tainted = false;
  /** Tables changed from this time on; what ran later must run again. Epoch ms. */
  #disturbedMs = Infinity;
  /** The overlay has grown so much that it is made anew. */
  #crowded = false;
  #arrived: Message[] = [];
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
  }

  /** Nothing waits and everything fired is sealed: the lane may be dropped. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#place.lastMs < this.#watermarkMs;
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

  /** Takes a message at arrival, those of a batch in order. It runs with `settle`. */
  arrive(message: Message): void {
    this.#waiting.add(message);
    this.#credit = Math.min(creditMax, this.#credit + creditPerMessage);
    this.#arrived.push(message);
  }

  /** Takes back a message that `arrive` was given: what it led to is undone at the next `settle`. */
  withdraw(message: Message): void {
    if (!this.#waiting.remove(message)) return;
    const fresh = this.#arrived.indexOf(message);
    if (fresh >= 0) this.#arrived.splice(fresh, 1);
    else if (this.#generations.remove(message)) this.disturb(message.timeMs);
    else this.#crowded = true;
  }

  /** Steps at `fromMs` and later would no longer see what they saw: they run again with the next `settle`. */
  disturb(fromMs: number): void {
    if (fromMs <= this.#place.lastMs) this.#disturbedMs = Math.min(this.#disturbedMs, fromMs);
  }

  /** The sealed state holds what this lane never ran: keys it has copied are out of date, and it is made anew. */
  overtaken(): void {
    this.#crowded = true;
  }

  /** End of a batch: runs it, fires what is due by `nowMs` (ingest time), and speaks. */
  settle(nowMs: number): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    if (this.#crowded || !this.#continuesFrom(this.#place, arrived)) this.#restoreOrder(arrived);
    else this.#runAll(arrived);
    this.#fireTimers(nowMs + 1);
    // Words of a moment that was not over: what came of the later ones has its turn among the earlier ones.
    if (this.#disturbedMs < Infinity) {
      this.#restoreOrder([]);
      this.#fireTimers(nowMs + 1);
    }
    this.#generations.pause();
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

  /**
   * The watermark passes `watermarkMs`: hands over what this lane computed below it, when that is what the sealed lane
   * would compute; else returns false, and the sealed lane computes it.
   */
  adopt(watermarkMs: number, words: (of: LaneWords<Statement>) => void): boolean {
    if (!this.#tainted && this.#generations.adopt(watermarkMs, this.#layers, words)) return true;
    this.#taint();
    return false;
  }

  /** The sealed lane has passed `watermarkMs`; what it settled no longer waits here. */
  sealedUpTo(watermarkMs: number): void {
    this.#watermarkMs = watermarkMs;
    this.#waiting.release(watermarkMs);
    this.#forgetTold(watermarkMs);
    this.#generations.forget(watermarkMs, this.#layers);
    for (const [id, { timeMs }] of this.#stated) {
      if (timeMs >= watermarkMs) continue;
      this.#stated.delete(id);
      this.#said.delete(id);
    }
    let copied = 0;
    for (const layer of this.#layers) {
      layer.timers.sealedChanged();
      copied += layer.state.size;
    }
    if (copied > 1_000 + overlayKeysPerMessage * this.#waiting.size) this.#crowded = true;
  }

  /** Whoever is not what the sealed lane computes is made anew as soon as the credit allows it. */
  #taint(): void {
    this.#tainted = true;
    if (this.#waiting.size <= this.#credit) this.#crowded = true;
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

  #restoreOrder(arrived: readonly Message[]): void {
    const disturbed = this.#disturbedMs < Infinity;
    const replay = this.#crowded
      ? undefined
      : this.#generations.since((place) => this.#continuesFrom(place, arrived));
    const cost = replay === undefined ? this.#waiting.size : replay.messages.length + arrived.length;
    if (cost > this.#credit) {
      this.#crowded = false;
      this.#disturbedMs = Infinity;
      if (!disturbed) this.skippedRebuilds += arrived.length;
      this.#tainted = true;
      for (const message of arrived) this.#runAll([message]);
      // Their order is not the one going back could rely on.
      this.#generations.restart(this.#layers);
      return;
    }
    this.#credit -= cost;
    this.#disturbedMs = Infinity;
    if (replay === undefined) this.#rebuild();
    else {
      this.#recall(this.#generations.goBack(this.#layers, replay.from, this.#stated));
      this.#place = replay.at;
      this.#runAll([...replay.messages, ...arrived].sort(compareMessages));
    }
  }

  /** Whether the lane could go on from a place with what arrived and with the tables as they are now. */
  #continuesFrom(place: LanePlace, arrived: readonly Message[]): boolean {
    const first = arrived[0];
    return place.lastMs < this.#disturbedMs && (first === undefined || follows(first, place));
  }

  #rebuild(): void {
    this.#crowded = false;
    this.#tainted = false;
    this.#generations.restart(this.#layers);
    this.#layers = this.#freshLayers();
    this.#place = beginning;
    this.#recall(this.#stated.keys());
    this.#stated.clear();
    this.#runAll(this.#waiting.waiting());
  }

  #recall(ids: Iterable<string>): void {
    this.#recalled ??= new Set();
    for (const id of ids) {
      this.#recalled.add(id);
      this.#pending.delete(id);
    }
  }

  #state(id: string, statement: Statement): void {
    this.#generations.noteStatement(id, this.#stated.get(id), statement);
    this.#stated.set(id, statement);
    this.#pending.add(id);
  }

  /** Runs messages that stand in order, instant by instant, with the timers before and between them. */
  #runAll(messages: readonly Message[]): void {
    for (let from = 0; from < messages.length;) {
      const { timeMs } = messages[from] as Message;
      let to = from + 1;
      while (to < messages.length && messages[to]?.timeMs === timeMs) to++;
      this.#fireTimers(timeMs);
      this.#instant(timeMs, to - from === messages.length ? messages : messages.slice(from, to));
      from = to;
    }
  }

  /** Fires due timers of all operators below `beforeMs`, oldest first. */
  #fireTimers(beforeMs: number): void {
    for (;;) {
      const atMs = this.nextTimerMs(beforeMs);
      if (atMs === undefined) return;
      this.#instant(atMs, []);
    }
  }

  /** Everything of one moment: each operator takes its messages in order, then its timers, and hands on what they gave. */
  #instant(atMs: number, messages: readonly Message[]): void {
    this.#generations.enter(atMs, this.#layers, this.#place);
    for (const message of messages) this.#generations.add(message);
    const appended = atMs === this.#place.lastMs;
    let closed = false;
    let given = messages;
    for (let index = 0; index < this.#layers.length; index++) {
      const timers = (this.#layers[index] as Layer).timers;
      const next: Message[] = [];
      for (const message of given) this.#step(index, message, next);
      for (let timer = timers.peek(atMs + 1); timer !== undefined; timer = timers.peek(atMs + 1)) {
        this.#fire(index, timer, next);
        closed = true;
      }
      if (next.length > given.length) closed = true;
      given = next.length > 1 ? next.sort(compareMessages) : next;
    }
    for (const message of given) this.#tell(message);
    if (appended && closed) this.#disturbedMs = Math.min(this.#disturbedMs, atMs);
    this.#place = {
      last: messages.at(-1) ?? this.#place.last,
      lastMs: Math.max(atMs, this.#place.lastMs),
      closed,
    };
  }

  #step(index: number, message: Message, next: Message[]): void {
    const { operator, owns } = this.#sealed[index] as SealedOperator;
    const layer = this.#layers[index] as Layer;
    const keys = operator.keysOf(message);
    if (keys.length === 0) {
      if (owns(message.tenant)) next.push(message);
      return;
    }
    const context = this.#contexts.of(message, this.#watermarkMs);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (!owns(key)) continue;
      const result = operator.step(layer.state.view(key), key, message, i === 0, context);
      this.#emit(index, key, result, message.timeMs, message.timeMs, next);
    }
  }

  #tell(message: Message): void {
    if (this.#output.message !== undefined)
      this.#state(`m/${message.kind}/${message.id}`, { timeMs: message.timeMs, message });
    if (message.kind !== 'event' || this.#told.has(message.id)) return;
    this.#told.set(message.id, message.timeMs);
    this.#output.annotated(message.event, message.timeMs);
  }

  #emit(
    index: number,
    key: string,
    result: OperatorResult,
    timeMs: number,
    earliestMs: number,
    next: Message[],
  ): void {
    const { timers } = this.#layers[index] as Layer;
    for (const { key: of = key, name, atMs } of result.timers)
      timers.set(of, name, atMs === null ? null : Math.max(atMs, earliestMs));
    if (result.counters !== undefined) this.#generations.noteLeftOut(index, result.counters);
    for (const message of result.messages) next.push(message);
    for (const finding of result.findings) this.#state(`f/${finding.finding_id}`, { finding, timeMs });
    for (const changed of result.cases) this.#state(`c/${changed.case_id}`, { case: changed, timeMs });
  }

  #fire(index: number, timer: Timer, next: Message[]): void {
    const layer = this.#layers[index] as Layer;
    const { operator, warmupUntilMs } = this.#sealed[index] as SealedOperator;
    layer.timers.fired(timer);
    const warmup = timer.atMs < warmupUntilMs;
    const context = stepContext(this.#tables, timer.atMs, this.#watermarkMs, false, warmup);
    const result = operator.due(layer.state.view(timer.key), timer.key, timer.name, context);
    this.#emit(index, timer.key, result, timer.atMs, timer.atMs + 1, next);
  }
}
