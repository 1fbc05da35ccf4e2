/** A few simulated lives of a whole collector; `npm run sim -- FIRST COUNT` runs as many as wanted and replays a seed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from '../sim/sim-collector.ts';

const seeds = (process.env['ZONEWARDEN_TEST_SIM_SEEDS'] ?? '1 2 3').split(' ').map(Number);

for (const seed of seeds) {
  test(`simulated life ${seed}: killed, cut off and flaky, nothing is lost and nothing changes`, async (t) => {
    const { problems, ...counts } = await simulate(seed);
    assert.deepEqual(problems, [], `replay with: npm run sim -- ${seed} 1`);
    assert.ok(counts.acknowledged > 0 && counts.findings > 0);
    t.diagnostic(JSON.stringify(counts));
  });
}
