/** A few simulated lives of a whole collector; `npm run sim -- --seed N` replays one, `--count` runs as many as wanted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from '../sim/sim-collector.ts';

const seeds = (process.env['ZONEWARDEN_TEST_SIM_SEEDS'] ?? '1 3').split(' ').map(Number);

for (const seed of seeds) {
  test(`simulated life ${seed}: killed, cut off and flaky, nothing is lost and nothing changes`, async (t) => {
    const { problems, ...counts } = await simulate(seed, 2, 5);
    assert.deepEqual(problems, [], `replay with: npm run sim -- --seed ${seed} --lives 2 --minutes 5`);
    assert.ok(counts.acknowledged > 0 && counts.findings > 0 && counts.polled > 0 && counts.said > 0);
    t.diagnostic(JSON.stringify(counts));
  });
}

test('one seed tells one story, another seed another', async () => {
  const [first, again, other] = [await simulate(7, 1, 2), await simulate(7, 1, 2), await simulate(8, 1, 2)];
  assert.deepEqual(again, first);
  assert.notEqual(other.story, first.story);
});
