/** Up to when a feed without replay was heard: what was said later and is not in the log is blind time. */

/**
 * While the sender is not held, a message is read when it is said. While it is held by our full queue, its words wait in
 * buffers that a cut connection throws away; reading them later says nothing about what was said behind them. Only the
 * answer to a ping sent after the hold proves that nothing is missing. Times in epoch ms.
 */
export class HeardUntil {
  #untilMs: number;
  #heldMs: number | undefined;

  /** `nowMs`: when the connection opened. */
  constructor(nowMs: number) {
    this.#untilMs = nowMs;
  }

  /** Everything said up to here was read. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** Something was read. */
  read(nowMs: number): void {
    if (this.#heldMs === undefined) this.#untilMs = Math.max(this.#untilMs, nowMs);
  }

  /** The sender is held from now on. */
  held(nowMs: number): void {
    this.#heldMs = nowMs;
  }

  /** A pong came back for the ping sent at `askedMs`: what was said before it was read before it. */
  answered(askedMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, askedMs);
    if (this.#heldMs !== undefined && askedMs > this.#heldMs) this.#heldMs = undefined;
  }
}
