/**
 * `npm run sim -- --mutations [--seed N] [--tries N] [word]`: plants every bug of mutations.ts, or those whose name has the word, and
 * says which seed found it; exit 1 when one was not found.
 * `npm run sim -- [--seed N] [--count N] [--lives N] [--minutes N]`: simulated lives, one JSON line each; exit 1 when a promise was broken, with the
 * seed to replay. A count of 0 goes on until it is stopped; `--clock` also sets the collector's wall clock wrong and
 * right again; `--hard` lets processes die in the middle of a write and on a full disk; `--trace` tells everything that happens on standard error.
 */
import { commandLineOf } from '../command-line.ts';
import { hunt } from './mutation-hunt.ts';
import { mutations } from './mutations.ts';
import { simulate } from './sim-life.ts';

const usage = `usage: npm run sim -- [--seed N] [--count N] [--lives N] [--minutes N] [--hard] [--clock] [--trace]
       npm run sim -- --mutations [--seed N] [--tries N] [part of a planted bug’s name …]
  --seed N     the first seed; with it alone, that seed (else 20 seeds from 1)
  --count N    how many seeds; 0: until stopped
  --lives N    lives of the collector in a seed (4)     --minutes N  simulated minutes of a life (12)
  --hard       deaths in the middle of a write, full disks
  --clock      clocks that jump                         --trace      everything that happens, on standard error`;
const line = commandLineOf(
  usage,
  {
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
  Infinity,
);
const { values, words } = line;
const given = (name: 'seed' | 'count' | 'lives' | 'minutes' | 'tries', fallback: number): number =>
  values[name] === undefined ? fallback : line.number(`--${name}`, values[name]);
if (values.mutations === true) {
  let missed = 0;
  for (const { name } of line.named(mutations)) {
    const found = await hunt(name, given('seed', 1), given('tries', 6), 3, 5, true);
    if (found.seed === undefined) missed++;
    process.stdout.write(`${JSON.stringify(found)}\n`);
  }
  process.exit(missed === 0 ? 0 : 1);
}
if (words.length > 2) line.stop(`unexpected word '${words[2]}'`);
const first = given('seed', line.number('the first seed', words[0] ?? '1'));
const count = given(
  'count',
  line.number('the number of seeds', words[1] ?? (values.seed === undefined ? '20' : '1')),
);
const broken: number[] = [];
const trace = values.trace === true ? (line: string) => process.stderr.write(line) : undefined;
for (let seed = first; count === 0 || seed < first + count; seed++) {
  const result = await simulate(seed, given('lives', 4), given('minutes', 12), {
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
