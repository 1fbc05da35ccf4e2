/** A few simulated lives of a whole collector, each in a process of its own; `npm run sim` runs as many as wanted. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SimResult } from '../sim/sim-verdict.ts';

const seeds = (process.env['ZONEWARDEN_TEST_SIM_SEEDS'] ?? '1 2 9 12').split(' ');
const command = fileURLToPath(new URL('../sim/run.ts', import.meta.url));

function simulated(seed: string, lives: string, minutes: string): SimResult {
  const args = [command, '--seed', seed, '--lives', lives, '--minutes', minutes];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 500_000 });
  const [line = ''] = stdout.split('\n');
  assert.match(line, /^\{/, stderr);
  return JSON.parse(line) as SimResult;
}

for (const seed of seeds) {
  test(`simulated life ${seed}: killed, cut off and flaky, nothing is lost and nothing changes`, (t) => {
    const { problems, ...counts } = simulated(seed, '2', '5');
    assert.deepEqual(problems, [], `replay with: npm run sim -- --seed ${seed} --lives 2 --minutes 5`);
    assert.ok(counts.acknowledged > 0 && counts.findings > 0 && counts.polled > 0 && counts.said > 0);
    t.diagnostic(JSON.stringify(counts));
  });
}

for (const [name, seed, minutes] of [
  ['one seed tells the same story twice', '3', '2'],
  ['so does one whose disk is full, although the message says where it lies', '10', '1'],
] as const)
  test(name, () => {
    const [first, second] = [1, 2].map(() => simulated(seed, '2', minutes));
    assert.match(first?.story ?? '', /^[0-9a-f]{16}$/);
    assert.deepEqual(second, first);
  });
