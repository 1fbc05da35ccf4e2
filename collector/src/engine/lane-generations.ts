/**
 * How the preliminary lane goes back a little, and how what it did becomes final: its work is cut into generations of
 * few messages, and each remembers what it changed. Feeds with whole seconds disturb the order of neighbours all the
 * time; replaying the last few dozen messages is then enough. A generation nobody went back over is what the sealed lane
 * would compute, so its changes are adopted when the watermark passes it.
 */
import type { Message } from '../contract/step.ts';
import { forgetState, undoState, type OverlayState, type StateJournal } from './keyed-state.ts';
import type { LaneTimers, TimerJournal } from './lane-timers.ts';
import { compareMessages } from './message-order.ts';

/** Messages of a generation: fewer replay less, more copy less. It doubles after some generations nobody went back over. */
const fewestMessages = 64;
const mostMessages = 1_024;
const calmGenerations = 4;
/** The watermark stops only at multiples of this, and no generation reaches over one: it is sealed whole. */
export const sealStepMs = 10_000;

/** Overlay of one operator. */
export interface Layer {
  readonly state: OverlayState;
  readonly timers: LaneTimers;
}

/**
 * A place in the stream: the last message before it, and the latest message or timer time before it. `closed`: more than
 * plain messages happened at that time, so that nothing can be appended to it.
 */
export interface LanePlace {
  readonly last: Message | undefined;
  readonly lastMs: number;
  readonly closed: boolean;
}

/** Whether a message at its turn continues from a place. */
export function follows(message: Message, { last, lastMs, closed }: LanePlace): boolean {
  if (message.timeMs !== lastMs) return message.timeMs > lastMs;
  return !closed && (last === undefined || compareMessages(message, last) > 0);
}

/** What a generation said last under each id, in order, and what the steps of each operator left out, by name. */
export interface LaneWords<Statement> {
  readonly statements: Map<string, Statement>;
  readonly leftOut: Map<number, Map<string, number>>;
}

interface Generation<Statement> extends LaneWords<Statement> {
  readonly number: number;
  readonly at: LanePlace;
  /** Order time of the first and the last message or timer of it. */
  readonly firstMs: number;
  lastMs: number;
  readonly messages: Message[];
  readonly states: readonly StateJournal[];
  readonly timers: readonly TimerJournal[];
  /** Statements before this generation replaced them; undefined: there was none. */
  readonly before: Map<string, Statement | undefined>;
}

/** Where to go back to, and what has to run again. */
export interface Replay {
  readonly from: number;
  readonly at: LanePlace;
  readonly messages: readonly Message[];
}

/** The generations of a lane that the watermark has not passed, oldest first. */
export class Generations<Statement> {
  #list: Generation<Statement>[] = [];
  #current: Generation<Statement> | undefined;
  #next = 1;
  #messagesMax = fewestMessages;
  #calm = 0;

  /** Forgets everything: nothing that ran can be undone any more. */
  restart(layers: readonly Layer[]): void {
    for (const generation of this.#list) forgetJournals(generation, layers);
    this.#list = [];
    this.#current = undefined;
  }

  /** A batch has ended: what the next one disturbs shall be little. */
  pause(): void {
    if ((this.#current?.messages.length ?? 0) >= fewestMessages / 2) this.#current = undefined;
  }

  /** Something is about to run at `atMs`, after `at`. */
  enter(atMs: number, layers: readonly Layer[], at: LanePlace): void {
    const current = this.#current;
    if (current !== undefined && isOneStep(current.firstMs, atMs)) {
      if (current.messages.length < this.#messagesMax) {
        current.lastMs = atMs;
        return;
      }
      this.#calm++;
      if (this.#calm > calmGenerations) {
        this.#calm = 0;
        this.#messagesMax = Math.min(mostMessages, 2 * this.#messagesMax);
      }
    }
    this.#begin(atMs, layers, at);
  }

  #begin(atMs: number, layers: readonly Layer[], at: LanePlace): void {
    const number = this.#next++;
    this.#current = {
      number,
      at,
      firstMs: atMs,
      lastMs: atMs,
      messages: [],
      states: layers.map(({ state }) => state.begin(number)),
      timers: layers.map(({ timers }) => timers.begin(number)),
      before: new Map(),
      statements: new Map(),
      leftOut: new Map(),
    };
    this.#list.push(this.#current);
  }

  /** Notes a message that is about to run. */
  add(message: Message): void {
    this.#current?.messages.push(message);
  }

  /** A message was taken back: it does not run again. False when no generation holds it. */
  remove(message: Message): boolean {
    for (let i = this.#list.length - 1; i >= 0; i--) {
      const { messages, firstMs, lastMs } = this.#list[i] as Generation<Statement>;
      if (message.timeMs < firstMs || message.timeMs > lastMs) continue;
      const index = messages.indexOf(message);
      if (index < 0) continue;
      messages.splice(index, 1);
      return true;
    }
    return false;
  }

  /** Notes a statement, and the one of the same id that it replaces. */
  noteStatement(id: string, before: Statement | undefined, statement: Statement): void {
    if (this.#current === undefined) return;
    const { before: replaced, statements } = this.#current;
    if (!replaced.has(id)) replaced.set(id, before);
    statements.delete(id);
    statements.set(id, statement);
  }

  /** Notes things a step of an operator left out, by name. */
  noteLeftOut(operator: number, counters: Readonly<Record<string, number>>): void {
    const leftOut = this.#current?.leftOut;
    if (leftOut === undefined) return;
    const counts = leftOut.get(operator) ?? new Map<string, number>();
    leftOut.set(operator, counts);
    for (const name in counters) counts.set(name, (counts.get(name) ?? 0) + (counters[name] ?? 0));
  }

  /**
   * Makes everything below `watermarkMs` part of the sealed state and hands out what was said; false, with nothing
   * done, when some of it reaches beyond.
   */
  adopt(watermarkMs: number, layers: readonly Layer[], words: (of: LaneWords<Statement>) => void): boolean {
    let count = 0;
    for (const { firstMs, lastMs } of this.#list) {
      if (firstMs >= watermarkMs) break;
      if (lastMs >= watermarkMs) return false;
      count++;
    }
    for (let i = 0; i < count; i++) {
      const generation = this.#list[i] as Generation<Statement>;
      for (const [index, layer] of layers.entries()) {
        layer.state.adopt(generation.states[index] ?? [], generation.number);
        layer.timers.adopt(generation.timers[index] ?? [], generation.number);
      }
      words(generation);
    }
    this.#drop(count);
    return true;
  }

  /** The sealed lane ran everything below `watermarkMs` itself: what can no longer be gone back to is let go. */
  forget(watermarkMs: number, layers: readonly Layer[]): void {
    let count = 0;
    while (count < this.#list.length && (this.#list[count]?.firstMs ?? Infinity) < watermarkMs) {
      const { number, states, timers } = this.#list[count] as Generation<Statement>;
      for (const [index, layer] of layers.entries()) {
        layer.state.release(states[index] ?? [], number);
        layer.timers.release(timers[index] ?? [], number);
      }
      count++;
    }
    this.#drop(count);
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.#list.splice(0, count);
    if (this.#list.length === 0) this.#current = undefined;
  }

  /** The newest place from which `continues` holds; undefined when there is none that can be gone back to. */
  since(continues: (place: LanePlace) => boolean): Replay | undefined {
    for (let from = this.#list.length - 1; from >= 0; from--) {
      const { at } = this.#list[from] as Generation<Statement>;
      if (!continues(at)) continue;
      return { from, at, messages: this.#list.slice(from).flatMap(({ messages }) => messages) };
    }
    return undefined;
  }

  /** Undoes every generation from `from` on; returns the ids of the statements undone. */
  goBack(layers: readonly Layer[], from: number, stated: Map<string, Statement>): Set<string> {
    const ids = new Set<string>();
    for (let i = this.#list.length - 1; i >= from; i--) {
      const { states, timers, before } = this.#list[i] as Generation<Statement>;
      for (const journal of states) undoState(journal);
      for (const [index, journal] of timers.entries()) layers[index]?.timers.undo(journal);
      for (const [id, statement] of before) {
        ids.add(id);
        if (statement === undefined) stated.delete(id);
        else stated.set(id, statement);
      }
    }
    this.#list.length = from;
    this.#current = undefined;
    this.#messagesMax = fewestMessages;
    this.#calm = 0;
    return ids;
  }
}

function isOneStep(aMs: number, bMs: number): boolean {
  return Math.floor(aMs / sealStepMs) === Math.floor(bMs / sealStepMs);
}

function forgetJournals({ number, states, timers }: Generation<unknown>, layers: readonly Layer[]): void {
  for (const journal of states) forgetState(journal, number);
  for (const [index, journal] of timers.entries()) layers[index]?.timers.forget(journal, number);
}
