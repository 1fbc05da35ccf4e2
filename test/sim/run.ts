/**
 * `npm run sim -- [--seed N] [--count N] [--lives N] [--minutes N]`: simulated lives, one JSON line each; exit 1 when a promise was broken, with the
 * seed to replay. A count of 0 goes on until it is stopped.
 */
import { parseArgs } from 'node:util';
import { simulate } from './sim-collector.ts';

const { values, positionals } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string' },
    lives: { type: 'string' },
    minutes: { type: 'string' },
    trace: { type: 'boolean' },
  },
  allowPositionals: true,
});
const first = Number(values.seed ?? positionals[0] ?? 1);
const count = Number(values.count ?? positionals[1] ?? (values.seed === undefined ? 20 : 1));
const broken: number[] = [];
const trace = values.trace === true ? (line: string) => process.stderr.write(line) : undefined;
for (let seed = first; count === 0 || seed < first + count; seed++) {
  const result = await simulate(seed, Number(values.lives ?? 4), Number(values.minutes ?? 12), trace).catch(
    (error: unknown) => ({
      seed,
      problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
    }),
  );
  if (result.problems.length > 0) broken.push(seed);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
for (const seed of broken)
  process.stdout.write(`seed ${seed} broke a promise; replay: npm run sim -- --seed ${seed}\n`);
// Sockets of processes that died in a simulation are of no concern to this one.
process.exit(broken.length === 0 ? 0 : 1);
