/** Every parser of foreign bytes against mutated real records, briefly; `npm run fuzz` does it for long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from '../fuzz/fuzz.ts';
import { targets } from '../fuzz/targets.ts';

const budgetMs = Number(process.env['ZONEWARDEN_TEST_FUZZ_MS'] ?? 400);

for (const target of targets) {
  test(`fuzz ${target.name}`, (t) => {
    const result = fuzz(target, 20_261_121, budgetMs);
    assert.deepEqual(result.failures, []);
    assert.ok(result.executions > 0);
    t.diagnostic(`${result.executions} executions, slowest ${result.slowestMs} ms`);
  });
}
