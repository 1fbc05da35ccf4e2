/**
 * How the preliminary lane goes back a little: what it did is cut into generations of few messages, and each remembers
 * what it changed. Feeds with whole seconds disturb the order of neighbours all the time; replaying the last few dozen
 * messages is then enough.
 */
import type { Message } from '../contract/step.ts';
import { undoState, type OverlayState, type StateJournal } from './keyed-state.ts';
import type { LaneTimers, TimerJournal } from './lane-timers.ts';
import { compareMessages } from './message-order.ts';

/** Messages of a generation: fewer replay less, more copy less. It doubles after some generations nobody went back over. */
const fewestMessages = 64;
const mostMessages = 1_024;
const calmGenerations = 4;
const generationsMax = 16;

/** Overlay of one operator. */
export interface Layer {
  readonly state: OverlayState;
  readonly timers: LaneTimers;
}

/** A place in the stream: the last message before it, and the latest message or timer time before it. */
export interface LanePlace {
  readonly last: Message | undefined;
  readonly lastMs: number;
}

interface Generation<Statement> {
  readonly at: LanePlace;
  /** Watermark when it began: while it stands, the sealed state below is what it was. */
  readonly watermarkMs: number;
  readonly messages: Message[];
  readonly states: readonly StateJournal[];
  readonly timers: readonly TimerJournal[];
  /** Statements before this generation replaced them; undefined: there was none. */
  readonly statements: Map<string, Statement | undefined>;
}

/** Where to go back to, and what has to run again. */
export interface Replay {
  readonly from: number;
  readonly at: LanePlace;
  readonly messages: readonly Message[];
}

/** Sealed state that moved past the place holds what would be undone. */
function isPassed({ at, watermarkMs: before }: Generation<unknown>, watermarkMs: number): boolean {
  return watermarkMs > Math.max(at.lastMs, before);
}

/** The newest generations of a lane, oldest first; there is always one. */
export class Generations<Statement> {
  #list: Generation<Statement>[] = [];
  #current: Generation<Statement> | undefined;
  #messagesMax = fewestMessages;
  #calm = 0;

  /** Forgets everything: nothing before `at` can be undone any more. */
  restart(layers: readonly Layer[], at: LanePlace, watermarkMs: number): void {
    this.#list = [];
    this.#begin(layers, at, watermarkMs);
  }

  #begin(layers: readonly Layer[], at: LanePlace, watermarkMs: number): void {
    this.#current = {
      at,
      watermarkMs,
      messages: [],
      states: layers.map(({ state }) => state.begin()),
      timers: layers.map(({ timers }) => timers.begin()),
      statements: new Map(),
    };
    this.#list.push(this.#current);
    if (this.#list.length > generationsMax) this.#list.shift();
  }

  /** Notes a message that is about to run after `last` at `lastMs`. */
  add(
    message: Message,
    layers: readonly Layer[],
    last: Message | undefined,
    lastMs: number,
    watermarkMs: number,
  ): void {
    if (this.#current === undefined || this.#current.messages.length >= this.#messagesMax) {
      this.#calm++;
      if (this.#calm > calmGenerations) {
        this.#calm = 0;
        this.#messagesMax = Math.min(mostMessages, 2 * this.#messagesMax);
      }
      this.#begin(layers, { last, lastMs }, watermarkMs);
    }
    this.#current?.messages.push(message);
  }

  /** Notes that a statement is about to replace `before`. */
  noteStatement(id: string, before: Statement | undefined): void {
    const statements = this.#current?.statements;
    if (statements?.has(id) === false) statements.set(id, before);
  }

  /** Sealed up to `watermarkMs`: what can no longer be gone back to is let go, with the messages it holds. */
  forget(watermarkMs: number): void {
    while (this.#list.length > 1 && isPassed(this.#list[0] as Generation<Statement>, watermarkMs))
      this.#list.shift();
  }

  /** The newest place before `message` that can be gone back to; undefined when there is none. */
  since(message: Message | undefined, watermarkMs: number): Replay | undefined {
    if (message === undefined) return undefined;
    for (let from = this.#list.length - 1; from >= 0; from--) {
      const generation = this.#list[from] as Generation<Statement>;
      const { at } = generation;
      if (isPassed(generation, watermarkMs)) return undefined;
      if (message.timeMs < at.lastMs) continue;
      if (at.last !== undefined && compareMessages(message, at.last) <= 0) continue;
      return { from, at, messages: this.#list.slice(from).flatMap(({ messages }) => messages) };
    }
    return undefined;
  }

  /** Undoes every generation from `from` on and begins a new one there; returns the ids of the statements undone. */
  goBack(
    layers: readonly Layer[],
    from: number,
    stated: Map<string, Statement>,
    watermarkMs: number,
  ): Set<string> {
    const ids = new Set<string>();
    const { at } = this.#list[from] as Generation<Statement>;
    for (let i = this.#list.length - 1; i >= from; i--) {
      const { states, timers, statements } = this.#list[i] as Generation<Statement>;
      for (const journal of states) undoState(journal);
      for (const [index, journal] of timers.entries()) layers[index]?.timers.undo(journal);
      for (const [id, before] of statements) {
        ids.add(id);
        if (before === undefined) stated.delete(id);
        else stated.set(id, before);
      }
    }
    this.#list.length = from;
    this.#messagesMax = fewestMessages;
    this.#calm = 0;
    this.#begin(layers, at, watermarkMs);
    return ids;
  }
}
