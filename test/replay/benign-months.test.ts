/** A benign two months at 500 domains: what a build can afford of the noise budget (detection reference 6.4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNoise } from '../noise/noise-run.ts';

test('two benign months at 500 domains: no critical, at most 0.1 pages a day', async (t) => {
  const report = await runNoise({ domains: 500, days: 60, seed: 20260105 });
  t.diagnostic(`${report.events} events, ${report.pages} pages, cases ${JSON.stringify(report.cases)}`);
  assert.ok(report.events > 10_000, 'the generator was at work');
  assert.ok(
    report.detections.length >= 5,
    'the benign months are not silent: findings below the page are expected',
  );
  assert.equal(report.criticalPages, 0, JSON.stringify(report.pagedCases));
  assert.ok(report.pagesPerDay <= 0.1, JSON.stringify(report.pagedCases));
});

test('the same seed gives the same report', async () => {
  const options = { domains: 20, days: 20, seed: 7 };
  const [first, second] = [await runNoise(options), await runNoise(options)];
  assert.deepEqual({ ...first, seconds: 0 }, { ...second, seconds: 0 });
});
