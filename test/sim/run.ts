/**
 * `npm run sim -- --mutations [--seed N] [--tries N] [word]`: plants every bug of mutations.ts, or those whose name has the word, and
 * says which seed found it; exit 1 when one was not found.
 * `npm run sim -- [--seed N] [--count N] [--lives N] [--minutes N]`: simulated lives, one JSON line each; exit 1 when a promise was broken, with the
 * seed to replay. A count of 0 goes on until it is stopped; `--clock` also sets the collector's wall clock wrong and
 * right again; `--hard` lets processes die in the middle of a write and on a full disk; `--trace` tells everything that happens on standard error.
 */
import { parseArgs } from 'node:util';
import { hunt } from './mutation-hunt.ts';
import { mutations } from './mutations.ts';
import { simulate } from './sim-collector.ts';

const { values, positionals } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string' },
    lives: { type: 'string' },
    minutes: { type: 'string' },
    trace: { type: 'boolean' },
    clock: { type: 'boolean' },
    hard: { type: 'boolean' },
    mutations: { type: 'boolean' },
    tries: { type: 'string' },
  },
  allowPositionals: true,
});
if (values.mutations === true) {
  let missed = 0;
  for (const { name } of mutations) {
    if (positionals.length > 0 && !positionals.some((word) => name.includes(word))) continue;
    const found = await hunt(name, Number(values.seed ?? 1), Number(values.tries ?? 6), 3, 5, true);
    if (found.seed === undefined) missed++;
    process.stdout.write(`${JSON.stringify(found)}\n`);
  }
  process.exit(missed === 0 ? 0 : 1);
}
const first = Number(values.seed ?? positionals[0] ?? 1);
const count = Number(values.count ?? positionals[1] ?? (values.seed === undefined ? 20 : 1));
const broken: number[] = [];
const trace = values.trace === true ? (line: string) => process.stderr.write(line) : undefined;
for (let seed = first; count === 0 || seed < first + count; seed++) {
  const result = await simulate(seed, Number(values.lives ?? 4), Number(values.minutes ?? 12), {
    trace,
    clock: values.clock === true,
    hard: values.hard === true,
  }).catch((error: unknown) => ({
    seed,
    problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
  }));
  if (result.problems.length > 0) broken.push(seed);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
for (const seed of broken)
  process.stdout.write(`seed ${seed} broke a promise; replay: npm run sim -- --seed ${seed}\n`);
// Sockets of processes that died in a simulation are of no concern to this one.
process.exit(broken.length === 0 ? 0 : 1);
