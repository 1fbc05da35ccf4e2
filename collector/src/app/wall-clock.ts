/** The real surroundings of sources and sinks: clock, jitter, waiting, and a line for operators. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Surroundings } from '../contract/component.ts';

/** Surroundings of a running process; `log` receives operator lines. */
export function wallClock(log: Surroundings['log']): Surroundings {
  return {
    nowMs: () => Date.now(),
    random: () => Math.random(),
    sleep: (ms, signal) => delay(ms, undefined, { signal }),
    log,
  };
}
