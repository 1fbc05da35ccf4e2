/** How much memory is taken by what waits for the watermark: an estimate from above, so that intake can be held in time. */

/** Of a waiting message and what the preliminary lane computed from it, whatever its record: measured, see docs/performance.md. */
const bytesOfMessage = 8 * 1024;
/** The record itself is held as an event and as its copy with features. */
const copies = 2;

/** Messages and bytes by the ingest time of the round that brought them. */
export class WaitingMemory {
  #rounds: [ingestMs: number, bytes: number][] = [];
  #bytes = 0;

  /** Estimated bytes of memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A round brought messages out of so many bytes of records. `ingestMs` does not go back. */
  add(ingestMs: number, messages: number, recordBytes: number): void {
    if (messages === 0) return;
    const bytes = messages * bytesOfMessage + recordBytes * copies;
    this.#bytes += bytes;
    const last = this.#rounds.at(-1);
    if (last?.[0] === ingestMs) last[1] += bytes;
    else this.#rounds.push([ingestMs, bytes]);
  }

  /** What was taken in by then waits no more. */
  sealed(watermarkMs: number): void {
    const kept = this.#rounds.findIndex(([ingestMs]) => ingestMs >= watermarkMs);
    for (const [, bytes] of this.#rounds.splice(0, kept < 0 ? this.#rounds.length : kept))
      this.#bytes -= bytes;
  }
}
