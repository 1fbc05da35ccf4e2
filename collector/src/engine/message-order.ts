/** The one order of messages, and a buffer that releases them in it. */
import type { Message } from '../contract/step.ts';

const rankOf: Readonly<Record<Message['kind'], number>> = { intent: 0, directive: 1, event: 2, finding: 3 };

/**
 * Compares by order time; at one instant intents and directives come first, findings last; then by id in code units.
 * A finding about one event comes before those that combine it with others: whoever weighs a combination knows its parts.
 */
export function compareMessages(a: Message, b: Message): number {
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs;
  if (a.kind !== b.kind) return rankOf[a.kind] - rankOf[b.kind];
  if (a.kind === 'finding' && b.kind === 'finding') {
    const members = a.draft.evidence_event_ids.length - b.draft.evidence_event_ids.length;
    if (members !== 0) return members;
  }
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

const bucketMs = 1000;

/** Holds messages until the watermark passes them. Insertion costs O(1); release sorts only what is due. */
export class OrderBuffer {
  readonly #buckets = new Map<number, Message[]>();
  #first = Infinity;
  #size = 0;

  /** Messages waiting. */
  get size(): number {
    return this.#size;
  }

  /** Adds a message in any order. */
  add(message: Message): void {
    const bucket = Math.floor(message.timeMs / bucketMs);
    const list = this.#buckets.get(bucket);
    if (list === undefined) this.#buckets.set(bucket, [message]);
    else list.push(message);
    if (bucket < this.#first) this.#first = bucket;
    this.#size++;
  }

  /** Removes this very message; false when it does not wait here. */
  remove(message: Message): boolean {
    const bucket = Math.floor(message.timeMs / bucketMs);
    const list = this.#buckets.get(bucket);
    const index = list?.indexOf(message) ?? -1;
    if (list === undefined || index < 0) return false;
    list.splice(index, 1);
    if (list.length === 0) this.#buckets.delete(bucket);
    this.#size--;
    return true;
  }

  /** Removes and returns every message with `timeMs` below `beforeMs`, in order. */
  release(beforeMs: number): Message[] {
    if (this.#size === 0 || this.#first * bucketMs >= beforeMs) return [];
    const due: Message[] = [];
    let next = Infinity;
    for (const [bucket, list] of this.#buckets) {
      if (bucket * bucketMs >= beforeMs) {
        if (bucket < next) next = bucket;
        continue;
      }
      if ((bucket + 1) * bucketMs <= beforeMs) {
        for (const message of list) due.push(message);
        this.#buckets.delete(bucket);
        continue;
      }
      const kept: Message[] = [];
      for (const message of list) (message.timeMs < beforeMs ? due : kept).push(message);
      if (kept.length === 0) this.#buckets.delete(bucket);
      else {
        this.#buckets.set(bucket, kept);
        if (bucket < next) next = bucket;
      }
    }
    this.#first = next;
    this.#size -= due.length;
    return due.sort(compareMessages);
  }

  /** Every waiting message, in no order; the buffer keeps them. */
  *unsorted(): Generator<Message> {
    for (const list of this.#buckets.values()) yield* list;
  }

  /** Every waiting message, in order; the buffer keeps them. */
  waiting(): Message[] {
    return [...this.#buckets.values()].flat().sort(compareMessages);
  }
}
