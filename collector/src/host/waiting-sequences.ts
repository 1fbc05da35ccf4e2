/** Where in the log each message stands that waits for the watermark: a checkpoint begins before the first of them. */

const fewest = 4_000;

/** Sequences by message. */
export class WaitingSequences {
  readonly #sequenceOf = new Map<string, number>();
  #max = fewest;

  /** A message came from this entry; one that is known keeps its first. */
  note(kind: string, id: string, sequence: number): void {
    const key = `${kind}/${id}`;
    if (!this.#sequenceOf.has(key)) this.#sequenceOf.set(key, sequence);
  }

  /** Undefined for a message that does not wait. `key` is `kind/id`. */
  of(key: string): number | undefined {
    return this.#sequenceOf.get(key);
  }

  /** Forgets what does not wait any more, once that is worth it. */
  prune(waiting: () => Iterable<{ readonly kind: string; readonly id: string }>): void {
    if (this.#sequenceOf.size <= this.#max) return;
    const kept = new Map<string, number>();
    for (const { kind, id } of waiting()) {
      const sequence = this.#sequenceOf.get(`${kind}/${id}`);
      if (sequence !== undefined) kept.set(`${kind}/${id}`, sequence);
    }
    this.#sequenceOf.clear();
    for (const [key, sequence] of kept) this.#sequenceOf.set(key, sequence);
    this.#max = fewest + 2 * kept.size;
  }
}
