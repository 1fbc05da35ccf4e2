/** Surroundings of a worker whose waits are turns of the event loop. */
import type { Surroundings } from '../../collector/src/contract/component.ts';

/** They at a moment that stays (epoch ms); `lines` takes what is logged. */
export function quietSurroundings(nowMs: number, lines: string[] = []): Surroundings {
  return {
    nowMs: () => nowMs,
    random: () => 0,
    // The turn of an event loop, so that a loop that waits does not starve what it waits for.
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        setImmediate(() => (signal.aborted ? reject(new Error('aborted')) : resolve()));
      }),
    log: (level, message) => void lines.push(`${level} ${message}`),
  };
}

/** Resolves in the turn in which `holds` becomes true. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
