/** Timers as a preliminary lane sees them: its own, and those of the sealed queue it has not handled yet. */
import { TimerQueue, type Timer } from './timer-queue.ts';

const separator = '\u0000';
/** Sealed timers are listed this far ahead of need, so that the list is rarely made again. */
const slackMs = 60_000;

/** What was set for a timer before a generation touched it: own due time, and the sealed one handled; absent: none. */
type TimerBefore = readonly [key: string, name: string, own: number | undefined, handled: number | undefined];

/** Changes of a generation, oldest first. */
export type TimerJournal = TimerBefore[];

/** Overlay over the timer queue of one sealed operator, for one tenant. */
export class LaneTimers {
  readonly #tenant: string;
  readonly #sealed: TimerQueue;
  readonly #own = new TimerQueue();
  /** Sealed timers fired, replaced or cancelled here, with the due time that was handled. */
  readonly #handled = new Map<string, number>();
  #listed: Timer[] = [];
  #horizonMs = -Infinity;
  #next = 0;
  #journal: TimerJournal = [];

  constructor(tenant: string, sealed: TimerQueue) {
    this.#tenant = tenant;
    this.#sealed = sealed;
  }

  /** Sets, replaces or (null) cancels a timer here only. */
  set(key: string, name: string, atMs: number | null): void {
    this.#note(key, name);
    const below = this.#sealed.at(key, name);
    if (below !== undefined) this.#handled.set(key + separator + name, below);
    this.#own.set(key, name, atMs);
  }

  /** Earliest unhandled timer below `beforeMs`, left in place. */
  peek(beforeMs: number): Timer | undefined {
    const own = this.#own.peek(beforeMs);
    if (beforeMs > this.#horizonMs) this.#list(beforeMs + slackMs);
    for (; this.#next < this.#listed.length; this.#next++) {
      const timer = this.#listed[this.#next] as Timer;
      if (timer.atMs >= beforeMs) break;
      if (this.#handled.get(timer.key + separator + timer.name) === timer.atMs) continue;
      return own !== undefined && own.atMs < timer.atMs ? own : timer;
    }
    return own;
  }

  /** Marks a timer as fired here. */
  fired(timer: Timer): void {
    this.#note(timer.key, timer.name);
    if (this.#own.at(timer.key, timer.name) === timer.atMs) this.#own.set(timer.key, timer.name, null);
    this.#handled.set(timer.key + separator + timer.name, timer.atMs);
  }

  /** The sealed queue has changed: it has fired everything below `watermarkMs`. */
  sealedUpTo(watermarkMs: number): void {
    this.#horizonMs = -Infinity;
    for (const [id, atMs] of this.#handled) if (atMs < watermarkMs) this.#handled.delete(id);
  }

  /** Begins a generation; changes from here on are undone by `undo` of what this returns. */
  begin(): TimerJournal {
    this.#journal = [];
    return this.#journal;
  }

  /** Puts back what a generation changed. Generations are undone newest first. */
  undo(journal: TimerJournal): void {
    for (let i = journal.length - 1; i >= 0; i--) {
      const [key, name, own, handled] = journal[i] as TimerBefore;
      this.#own.set(key, name, own ?? null);
      if (handled === undefined) this.#handled.delete(key + separator + name);
      else this.#handled.set(key + separator + name, handled);
    }
    this.#horizonMs = -Infinity;
  }

  #note(key: string, name: string): void {
    this.#journal.push([key, name, this.#own.at(key, name), this.#handled.get(key + separator + name)]);
  }

  #list(horizonMs: number): void {
    this.#horizonMs = horizonMs;
    this.#next = 0;
    this.#listed = this.#sealed
      .dueBefore(horizonMs)
      .filter(({ key }) => key === this.#tenant || key.startsWith(`${this.#tenant}|`));
  }
}
