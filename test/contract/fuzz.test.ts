/** Every parser of foreign bytes against mutated real records, briefly; `npm run fuzz` does it for long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from '../fuzz/fuzz.ts';
import { targets } from '../fuzz/targets.ts';

const budgetMs = Number(process.env['ZONEWARDEN_TEST_FUZZ_MS'] ?? 200);
/** The largest bombs are left to the long run. */
const bombBytesMax = budgetMs < 1000 ? 128 * 1024 : Infinity;

for (const target of targets) {
  test(`fuzz ${target.name}`, async (t) => {
    const result = await fuzz(target, 20_261_121, budgetMs, bombBytesMax);
    assert.deepEqual(result.failures, []);
    assert.ok(result.executions > 0);
    t.diagnostic(
      `${result.executions} executions, ${result.outcomes} outcomes, slowest ${result.slowestMs} ms`,
    );
  });
}
