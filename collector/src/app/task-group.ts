/** Parts of a collector that run side by side: the first that fails stops all, and a stop that waits says for whom. */
import type { Intake, SourceRun, Surroundings } from '../contract/component.ts';
import type { Outbox } from '../8-sink/outbox.ts';
import { sourceIntake } from '../log/source-intake.ts';
import { SlowStop } from './slow-stop.ts';

/** They, until `signal` of the constructor aborts or one of them fails. */
export class TaskGroup {
  /** Aborts when all must stop. */
  readonly signal: AbortSignal;
  readonly #stop = new AbortController();
  readonly #stopping: SlowStop;
  readonly #tasks: Promise<void>[] = [];

  constructor(around: Pick<Surroundings, 'sleep' | 'log'>, signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#stop.signal]);
    this.#stopping = new SlowStop(around);
    this.#stopping.watch(this.signal);
  }

  /** Adds a part under the name operators know; it was started with our signal. */
  add(name: string, work: Promise<void>): void {
    const guarded = this.#stopping.track(name, work).catch((error: unknown) => {
      if (this.signal.aborted) return;
      this.#stop.abort();
      throw error;
    });
    this.#tasks.push(guarded);
  }

  /** Adds what brings records in and what carries results out. */
  addFeeds(outboxes: readonly Outbox[], sources: readonly SourceRun[], intake: Intake): void {
    for (const outbox of outboxes) this.add(`sink ${outbox.stats().sink}`, outbox.run(this.signal));
    for (const source of sources)
      this.add(
        `source ${source.identity.id}`,
        source.run(sourceIntake(intake, source.identity), this.signal),
      );
  }

  /**
   * Waits until all have ended, then closes what they used. Rejects with the first failure. All at once: one part takes
   * its time to stop after another has failed, and somebody must listen meanwhile.
   */
  async ended(used: readonly { readonly id: string; close(): Promise<void> }[]): Promise<void> {
    try {
      await Promise.all(this.#tasks);
    } finally {
      this.#stop.abort();
      await Promise.allSettled(this.#tasks);
      for (const sink of used) await this.#stopping.track(`sink ${sink.id}`, sink.close());
      this.#stopping.end();
    }
  }
}
