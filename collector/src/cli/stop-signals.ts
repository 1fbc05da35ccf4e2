/** How a running collector is asked to stop: once it finishes what it has begun, twice or too slowly it ends at once. */
import { constants } from 'node:os';
import type { Surroundings } from '../contract/component.ts';
import { exitCodes } from './command-io.ts';

/** Time for a clean stop; container runtimes kill after ten seconds. */
export const stopWithinMs = 8000;
/** Ctrl-C reaches the launcher and this process, and the launcher passes it on: signals this close are one. */
const oneSignalMs = 500;

/** What of the process is needed. */
export interface StopParts {
  readonly process: {
    on(event: 'SIGTERM' | 'SIGINT' | 'disconnect', listener: () => void): unknown;
    exit(code: number): void;
  };
  readonly nowMs: () => number;
  readonly log: Surroundings['log'];
  /** Runs `work` later unless the process has ended by then. */
  readonly afterMs: (ms: number, work: () => void) => void;
}

/**
 * A signal that aborts with the first SIGTERM or SIGINT, or when the launcher is gone, because nobody could stop this
 * process any more. A second signal ends the process with 128 and its number; a stop that takes longer than
 * `stopWithinMs` ends it with 1. Neither loses anything: what was acknowledged is in the log, and the next start reads it
 * from the last checkpoint on.
 */
export function stopOnSignals({ process, nowMs, log, afterMs }: StopParts): AbortSignal {
  const stop = new AbortController();
  let beganAtMs = 0;
  const begin = (): void => {
    if (stop.signal.aborted) return;
    beganAtMs = nowMs();
    stop.abort();
    afterMs(stopWithinMs, () => {
      log(
        'warn',
        `the clean stop took longer than ${stopWithinMs / 1000} s and was cut short; the next start reads more of the log`,
      );
      process.exit(exitCodes.fellShort);
    });
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.on(name, () => {
      if (!stop.signal.aborted) return begin();
      if (nowMs() - beganAtMs < oneSignalMs) return;
      log('warn', `${name} again: stopped at once; the next start reads more of the log`);
      process.exit(128 + constants.signals[name]);
    });
  process.on('disconnect', begin);
  return stop.signal;
}
