/** Timers of one operator, ordered by (due time, key, name); one timer per (key, name). */
import { DirtyRows } from './dirty-rows.ts';

/** A timer that is due. */
export interface Timer {
  readonly atMs: number;
  readonly key: string;
  readonly name: string;
}

/** Order of timers: due time, key, name. */
export function isBefore(a: Timer, b: Timer): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  if (a.key !== b.key) return a.key < b.key;
  return a.name < b.name;
}

const compactFrom = 256;
const separator = '\u0000';

/** Binary heap with lazy deletion: replaced and cancelled timers stay in the heap until they surface. */
export class TimerQueue {
  #heap: Timer[] = [];
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
    this.#push({ atMs, key, name });
  }

  /** Due time of a timer, or undefined when it is not set. */
  at(key: string, name: string): number | undefined {
    return this.#current.get(key + separator + name);
  }

  /** Puts back a row of a checkpoint. */
  restoreRow(id: string, text: string): void {
    const cut = id.indexOf(separator);
    const [key, name] = [id.slice(0, cut), id.slice(cut + 1)];
    const atMs = Number(text);
    this.#current.set(id, atMs);
    this.#push({ atMs, key, name });
  }

  /** Due time of the timer `key\0name`. */
  atId(id: string): number | undefined {
    return this.#current.get(id);
  }

  /** Earliest timer below `beforeMs`, left in place; undefined when there is none. */
  peek(beforeMs: number): Timer | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || top.atMs >= beforeMs) return undefined;
      if (this.#isCurrent(top)) return top;
      this.#pop();
    }
  }

  /** Removes and returns the earliest timer below `beforeMs`. */
  take(beforeMs: number): Timer | undefined {
    const top = this.peek(beforeMs);
    if (top === undefined) return undefined;
    this.#pop();
    const id = top.key + separator + top.name;
    this.rows?.touch(id);
    this.#current.delete(id);
    return top;
  }

  /** Every timer below `beforeMs`, in order, left in place. Cost grows with the number found, not with the queue. */
  dueBefore(beforeMs: number): Timer[] {
    const found: Timer[] = [];
    const open = [0];
    while (open.length > 0) {
      const index = open.pop() ?? 0;
      const timer = this.#heap[index];
      if (timer === undefined || timer.atMs >= beforeMs) continue;
      if (this.#isCurrent(timer)) found.push(timer);
      open.push(2 * index + 1, 2 * index + 2);
    }
    const unique = new Map(found.map((timer) => [timer.key + separator + timer.name, timer]));
    return [...unique.values()].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  /** Every timer set, in order. */
  all(): Timer[] {
    return this.dueBefore(Infinity);
  }

  #isCurrent(timer: Timer): boolean {
    return this.#current.get(timer.key + separator + timer.name) === timer.atMs;
  }

  /** Without what was replaced or cancelled, once that is most of the heap. A sorted list is a heap. */
  #compact(): void {
    if (this.#heap.length < compactFrom || this.#heap.length < 3 * this.#current.size) return;
    this.#heap = this.all();
  }

  #push(timer: Timer): void {
    this.#compact();
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(timer, above)) break;
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
      if (left !== undefined && right !== undefined && isBefore(right, left)) child++;
      const smaller = heap[child];
      if (smaller === undefined || !isBefore(smaller, last)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
  }
}
