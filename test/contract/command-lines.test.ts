/** Programs beside the tests: help, typing errors and names that fit nothing, as they meet somebody at a terminal. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

function called(program: string, ...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`test/${program}.ts`, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

const programs = {
  'bench/run': 'npm run bench',
  'bench/gate': 'npm run bench:gate',
  'bench/peers/run': 'npm run bench:peers',
  'controls/run': 'npm run controls',
  'faults/run': 'npm run faults',
  'fuzz/run': 'npm run fuzz',
  'noise/run': 'npm run noise',
  'sim/run': 'npm run sim',
  'soak/run': 'npm run soak',
} as const;

for (const [program, command] of Object.entries(programs))
  test(`${command}: --help says how to call it, an unknown option is a sentence`, () => {
    const help = called(program, '--help');
    assert.equal(help.status, 0, help.err);
    assert.match(help.out, new RegExp(`^usage: ${command}\\b`, 'u'));
    const wrong = called(program, '--nonsense');
    assert.equal(wrong.status, 2);
    assert.equal(wrong.err, `Unknown option '--nonsense'\n${help.out}`);
  });

const problems: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['faults/run', ['nothing-like-this'], /^nothing is named 'nothing-like-this'; there are .*torn/u],
  ['controls/run', ['nothing-like-this'], /^nothing is named 'nothing-like-this'; there are /u],
  ['fuzz/run', ['1', '1', 'nothing-like-this'], /^nothing is named 'nothing-like-this'; there are .*okta/u],
  ['fuzz/run', ['soon'], /^seconds per target has to be a number of 0 or more, not 'soon'/u],
  ['sim/run', ['--count', 'many'], /^--count has to be a number of 0 or more, not 'many'/u],
  ['sim/run', ['1', '2', '3'], /^unexpected word '3'/u],
  ['sim/run', ['--mutations', 'nothing-like-this'], /^nothing is named 'nothing-like-this'; there are /u],
  ['soak/run', ['--leak', 'ink'], /^there is no leak 'ink'/u],
  ['noise/run', ['--days', '0'], /^--days has to be a number of 1 or more, not '0'/u],
  ['noise/run', ['365'], /^unexpected word '365'/u],
  ['bench/run', ['speed'], /^no figures are named 'speed'\n/u],
  ['bench/gate', ['--only', 'speed'], /^nothing to measure is named 'speed'/u],
];

for (const [program, args, expected] of problems)
  test(`${program} ${args.join(' ')}: told, with status 2 and nothing done`, () => {
    const { status, out, err } = called(program, ...args);
    assert.match(err, expected);
    assert.match(err, /^usage: /mu);
    assert.equal(status, 2);
    assert.equal(out, '');
  });
