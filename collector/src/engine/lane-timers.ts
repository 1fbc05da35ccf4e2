/** Timers of the preliminary lane over those of the sealed one: what a generation touched is its own, all else shines through. */
import { isBefore, TimerQueue, type NamedTimer, type Timer } from './timer-queue.ts';

const separator = '\u0000';
/** Sealed timers are listed this far ahead of need at first, and twice as far each time the list was too short. */
const slackMs = 60_000;

/** Own due time of a timer before a generation touched it; undefined: none, or nobody had touched it. */
class TimerBefore {
  readonly key: string;
  readonly name: string;
  readonly generation: number;
  readonly own: number | undefined;
  /** What an earlier generation found; undefined: before it the sealed queue alone knew. */
  older: TimerBefore | undefined;

  constructor(key: string, name: string, generation: number, own: number | undefined, older?: TimerBefore) {
    this.key = key;
    this.name = name;
    this.generation = generation;
    this.own = own;
    this.older = older;
  }
}

/** Timers a generation touched, each once. */
export type TimerJournal = TimerBefore[];

/** Overlay over the timer queue of one sealed operator, for one tenant. */
export class LaneTimers {
  readonly #tenant: string;
  readonly #sealed: TimerQueue;
  readonly #own = new TimerQueue();
  /** Timers touched here, by `key\0name`: for them the sealed queue does not count. */
  readonly #touched = new Map<string, TimerBefore>();
  #listed: NamedTimer[] = [];
  #horizonMs = -Infinity;
  #slackMs = slackMs;
  #next = 0;
  #journal: TimerJournal = [];
  #generation = 0;

  constructor(tenant: string, sealed: TimerQueue) {
    this.#tenant = tenant;
    this.#sealed = sealed;
  }

  /** Sets, replaces or (null) cancels a timer here only. */
  set(key: string, name: string, atMs: number | null): void {
    const id = key + separator + name;
    const touched = this.#touched.get(id);
    const at = touched === undefined ? this.#sealed.atId(id) : this.#own.atId(id);
    if (at === (atMs ?? undefined)) return;
    this.#note(id, key, name, touched);
    this.#own.set(key, name, atMs);
  }

  /** Earliest timer below `beforeMs`, left in place. */
  peek(beforeMs: number): Timer | undefined {
    const own = this.#own.peek(beforeMs);
    if (beforeMs > this.#horizonMs) this.#listUpTo(beforeMs);
    for (; this.#next < this.#listed.length; this.#next++) {
      const timer = this.#listed[this.#next] as NamedTimer;
      if (timer.atMs >= beforeMs) break;
      if (this.#touched.has(timer.id)) continue;
      return own !== undefined && isBefore(own, timer) ? own : timer;
    }
    return own;
  }

  /** Marks a timer as fired here. */
  fired({ key, name }: Timer): void {
    const id = key + separator + name;
    this.#note(id, key, name, this.#touched.get(id));
    this.#own.set(key, name, null);
  }

  /** The sealed queue has changed. */
  sealedChanged(): void {
    this.#outdate();
  }

  /** Begins a generation; changes from here on are undone by `undo`, or taken over by `adopt`, of what this returns. */
  begin(generation: number): TimerJournal {
    this.#generation = generation;
    this.#journal = [];
    return this.#journal;
  }

  /** Puts back what a generation changed. Generations are undone newest first. */
  undo(journal: TimerJournal): void {
    for (const { key, name, own, older } of journal) {
      const id = key + separator + name;
      // Where nothing older is known, the sealed queue holds what was set before.
      this.#own.set(key, name, older === undefined ? null : (own ?? null));
      if (older === undefined) this.#touched.delete(id);
      else this.#touched.set(id, older);
    }
    // The sealed queue is as it was: its list holds, from the beginning.
    this.#next = 0;
  }

  /** Makes what generation `upTo` set and fired part of the sealed queue. Generations are adopted oldest first. */
  adopt(journal: TimerJournal, upTo: number): void {
    for (const { key, name } of journal) {
      const id = key + separator + name;
      const younger = this.#firstAfter(id, upTo);
      this.#sealed.set(key, name, (younger === undefined ? this.#own.atId(id) : younger.own) ?? null);
      if (younger !== undefined) {
        younger.older = undefined;
        continue;
      }
      this.#touched.delete(id);
      this.#own.set(key, name, null);
    }
    this.#outdate();
  }

  /** The sealed queue went past generation `upTo` by itself: what it holds counts. */
  release(journal: TimerJournal, upTo: number): void {
    for (const { key, name } of journal) {
      const id = key + separator + name;
      const younger = this.#firstAfter(id, upTo);
      if (younger !== undefined) {
        younger.older = undefined;
        continue;
      }
      this.#touched.delete(id);
      this.#own.set(key, name, null);
    }
    this.#outdate();
  }

  /** Lets go of what would be needed to undo generation `upTo`. */
  forget(journal: TimerJournal, upTo: number): void {
    for (const { key, name } of journal) {
      const id = key + separator + name;
      const kept = this.#firstAfter(id, upTo) ?? this.#touched.get(id);
      if (kept !== undefined) kept.older = undefined;
    }
  }

  /** The oldest note about a timer that is younger than a generation. */
  #firstAfter(id: string, generation: number): TimerBefore | undefined {
    let younger: TimerBefore | undefined;
    let note = this.#touched.get(id);
    while (note !== undefined && note.generation > generation) {
      younger = note;
      note = note.older;
    }
    return younger;
  }

  #note(id: string, key: string, name: string, older: TimerBefore | undefined): void {
    if (older?.generation === this.#generation) return;
    const before = new TimerBefore(key, name, this.#generation, this.#own.atId(id), older);
    this.#touched.set(id, before);
    this.#journal.push(before);
  }

  /** The sealed queue is another: the list does not hold any more. */
  #outdate(): void {
    this.#horizonMs = -Infinity;
    this.#slackMs = slackMs;
  }

  #listUpTo(beforeMs: number): void {
    this.#horizonMs = beforeMs + this.#slackMs;
    this.#slackMs *= 2;
    this.#next = 0;
    this.#listed = this.#sealed
      .dueBefore(this.#horizonMs)
      .filter(({ key }) => key === this.#tenant || key.startsWith(`${this.#tenant}|`));
  }
}
