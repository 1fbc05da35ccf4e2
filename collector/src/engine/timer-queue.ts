/** Timers of one operator, ordered by (due time, key, name); one timer per (key, name). */
import { DirtyRows } from './dirty-rows.ts';

/** A timer that is due. */
export interface Timer {
  readonly atMs: number;
  readonly key: string;
  readonly name: string;
}

/** A timer with its name in the queue, `key\0name`: joined once, because it is looked up at every turn. */
export interface NamedTimer extends Timer {
  readonly id: string;
}

/** Order of timers: due time, key, name. */
export function isBefore(a: Timer, b: Timer): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  if (a.key !== b.key) return a.key < b.key;
  return a.name < b.name;
}

const compactFrom = 256;
const separator = '\u0000';

/** A timer in the heap. `id`: `key\0name`, the same text that `#current` has. Ids sort as key and name do. */
interface Entry {
  readonly atMs: number;
  readonly id: string;
}

function isEarlier(a: Entry, b: Entry): boolean {
  return a.atMs === b.atMs ? a.id < b.id : a.atMs < b.atMs;
}

function timerOf({ atMs, id }: Entry): Timer {
  const cut = id.indexOf(separator);
  return { atMs, key: id.slice(0, cut), name: id.slice(cut + 1) };
}

/** Binary heap with lazy deletion: replaced and cancelled timers stay in the heap until they surface. */
export class TimerQueue {
  #heap: Entry[] = [];
  readonly #current = new Map<string, number>();
  /** Rows for checkpoints, by `key\0name`: the due time. Absent: this queue needs none. */
  rows: DirtyRows | undefined;

  /** From now on changes are known row by row. */
  trackRows(): void {
    this.rows = new DirtyRows((id) => this.#current.get(id)?.toString());
  }

  /** Timers set now. */
  get size(): number {
    return this.#current.size;
  }

  /** Sets, replaces, or (with null) cancels a timer. */
  set(key: string, name: string, atMs: number | null): void {
    const id = key + separator + name;
    const known = this.#current.get(id);
    if (known === (atMs ?? undefined)) return;
    this.rows?.touch(id);
    if (atMs === null) {
      this.#current.delete(id);
      return;
    }
    this.#current.set(id, atMs);
    this.#push({ atMs, id });
  }

  /** Due time of a timer, or undefined when it is not set. */
  at(key: string, name: string): number | undefined {
    return this.#current.get(key + separator + name);
  }

  /** Puts back a row of a checkpoint. */
  restoreRow(id: string, text: string): void {
    const atMs = Number(text);
    this.#current.set(id, atMs);
    this.#push({ atMs, id });
  }

  /** Due time of the timer `key\0name`. */
  atId(id: string): number | undefined {
    return this.#current.get(id);
  }

  /** Earliest timer below `beforeMs`, left in place; undefined when there is none. */
  peek(beforeMs: number): Timer | undefined {
    const top = this.#top(beforeMs);
    return top && timerOf(top);
  }

  #top(beforeMs: number): Entry | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || top.atMs >= beforeMs) return undefined;
      if (this.#isCurrent(top)) return top;
      this.#pop();
    }
  }

  /** Removes and returns the earliest timer below `beforeMs`. */
  take(beforeMs: number): Timer | undefined {
    const top = this.#top(beforeMs);
    if (top === undefined) return undefined;
    this.#pop();
    this.rows?.touch(top.id);
    this.#current.delete(top.id);
    return timerOf(top);
  }

  /** Every timer below `beforeMs`, in order, left in place. Cost grows with the number found, not with the queue. */
  dueBefore(beforeMs: number): NamedTimer[] {
    return this.#entriesBefore(beforeMs).map((entry) => ({ ...timerOf(entry), id: entry.id }));
  }

  /** Visits the `key\0name` of every timer below `beforeMs`, in no order, some of them twice. */
  visitDue(beforeMs: number, visit: (id: string) => void): void {
    this.#visit(beforeMs, ({ id }) => visit(id));
  }

  #visit(beforeMs: number, visit: (entry: Entry) => void): void {
    const open = [0];
    while (open.length > 0) {
      const index = open.pop() ?? 0;
      const timer = this.#heap[index];
      if (timer === undefined || timer.atMs >= beforeMs) continue;
      if (this.#isCurrent(timer)) visit(timer);
      open.push(2 * index + 1, 2 * index + 2);
    }
  }

  #entriesBefore(beforeMs: number): Entry[] {
    const unique = new Map<string, Entry>();
    this.#visit(beforeMs, (timer) => unique.set(timer.id, timer));
    return [...unique.values()].sort((a, b) => (isEarlier(a, b) ? -1 : 1));
  }

  /** Every timer set, in order. */
  all(): Timer[] {
    return this.#entriesBefore(Infinity).map(timerOf);
  }

  #isCurrent({ id, atMs }: Entry): boolean {
    return this.#current.get(id) === atMs;
  }

  /** Without what was replaced or cancelled, once that is most of the heap. A sorted list is a heap. */
  #compact(): void {
    if (this.#heap.length < compactFrom || this.#heap.length < 3 * this.#current.size) return;
    this.#heap = this.#entriesBefore(Infinity);
  }

  #push(timer: Entry): void {
    this.#compact();
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isEarlier(timer, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const left = heap[child];
      const right = heap[child + 1];
      if (left !== undefined && right !== undefined && isEarlier(right, left)) child++;
      const smaller = heap[child];
      if (smaller === undefined || !isEarlier(smaller, last)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
  }
}
