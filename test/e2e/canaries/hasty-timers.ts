/** `node --import`: waits of a process are cut to a quarter of a second, so that an hour of failures and pauses takes seconds. */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

const longestMs = 250;
const { setTimeout: wait } = timers;
timers.setTimeout = ((ms: number, value: unknown, options: object) =>
  wait(Math.min(ms, longestMs), value, options)) as typeof timers.setTimeout;
syncBuiltinESMExports();

const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => timeout(Math.min(ms, 4 * longestMs));
