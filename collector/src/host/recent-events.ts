/** The events of the last minutes, so that one can be shown when something comes to stand on it. */
import type { CanonicalEvent } from '../contract/event.ts';

const eventsMax = 5_000;
/** Raw bytes of the events kept; an event takes about five times as much memory. */
const bytesMax = 8 * 1024 * 1024;
const compactFrom = 1_024;

/** An event and the log sequence of the record it came in; absent when that is not known. */
export interface RecentEvent {
  readonly event: CanonicalEvent;
  readonly sequence?: number;
}

/** Events by id, bounded: the oldest leave first. */
export class RecentEvents {
  readonly #byId = new Map<string, RecentEvent>();
  /** In the order they came; an event that came again stands here twice, and its older place counts for nothing. */
  #queue: (RecentEvent | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  /** Takes an event; the same id again replaces it. */
  add(event: CanonicalEvent, sequence: number | undefined): void {
    const entry: RecentEvent = sequence === undefined ? { event } : { event, sequence };
    const before = this.#byId.get(event.event_id);
    if (before !== undefined) this.#bytes -= before.event.raw.size;
    this.#byId.set(event.event_id, entry);
    this.#queue.push(entry);
    this.#bytes += event.raw.size;
    while (this.#byId.size > eventsMax || this.#bytes > bytesMax) this.#dropOldest();
  }

  get(id: string): RecentEvent | undefined {
    return this.#byId.get(id);
  }

  #dropOldest(): void {
    const oldest = this.#queue[this.#head];
    this.#queue[this.#head++] = undefined;
    if (this.#head > compactFrom && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    if (oldest === undefined || this.#byId.get(oldest.event.event_id) !== oldest) return;
    this.#byId.delete(oldest.event.event_id);
    this.#bytes -= oldest.event.raw.size;
  }
}
