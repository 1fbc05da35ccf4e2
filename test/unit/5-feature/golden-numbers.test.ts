import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addChurn } from '../../../collector/src/5-feature/churn.ts';
import type { ChurnState } from '../../../collector/src/5-feature/churn.ts';
import { massThreshold } from '../../../collector/src/5-feature/mass-unlock.ts';
import { compositeRisk } from '../../../collector/src/5-feature/composite-risk.ts';
import type { RiskSignal } from '../../../collector/src/5-feature/composite-risk.ts';
import { featureConstants } from '../../../collector/src/5-feature/constants.ts';
import {
  jensenShannon,
  negativeBinomialTailScore,
  poissonTailScore,
} from '../../../collector/src/5-feature/probability.ts';
import { anscombe, denseScore } from '../../../collector/src/5-feature/query-volume.ts';
import { countTransaction } from '../../../collector/src/5-feature/spike.ts';
import type { SpikeState } from '../../../collector/src/5-feature/spike.ts';

const dayMs = 86_400_000;

function sparse(x: number, n: number, buckets: number): string {
  return negativeBinomialTailScore(x, 0.5 + n, (8640 + buckets) / (8641 + buckets)).toFixed(1);
}

void test('sparse spikes: the scores of ten transactions printed in 3.1, and cold start', () => {
  assert.equal(sparse(10, 1, 8640), '41.8'); // one change a month
  assert.equal(sparse(10, 30, 8640), '33.5'); // one a day
  assert.equal(sparse(10, 1500, 8640), '17.2'); // 50 a day
  assert.equal(sparse(10, 6000, 8640), '11.3'); // 200 a day
  assert.equal(sparse(2, 0, 0), '8.3');
  assert.equal(sparse(3, 0, 0), '12.3');
});

void test('sparse spikes: tails agree with a direct sum over the probability mass', () => {
  const direct = (x: number, r: number, p: number) => {
    let mass = p ** r;
    let below = 0;
    for (let k = 0; k < x; k += 1) {
      below += mass;
      mass *= ((k + r) / (k + 1)) * (1 - p);
    }
    return -Math.log10(1 - below);
  };
  for (const [x, r, p] of [
    [1, 0.5, 0.4],
    [4, 3.5, 0.5],
    [2, 10, 0.6],
    [12, 20, 0.7],
  ] as const)
    assert.ok(Math.abs(negativeBinomialTailScore(x, r, p) - direct(x, r, p)) < 1e-9);
  assert.equal(negativeBinomialTailScore(0, 1, 0.5), 0);
});

void test('a quiet year and then ten transactions in five minutes: alert at the third, 41.8 at the tenth', () => {
  const history: SpikeState = { since: 0, days: [], window: [] };
  for (let month = 0; month < 12; month += 1)
    countTransaction(history, `m${String(month)}`, month * 30 * dayMs, 0, 0);
  const start = (11 * 30 + 20) * dayMs; // one change within the last 30 days
  const scores = Array.from({ length: 10 }, (_, i) =>
    countTransaction(history, `t${String(i)}`, start + i * 30_000, 0, 0),
  );
  assert.deepEqual(
    scores.map(({ alert }) => alert),
    [false, false, true, true, true, true, true, true, true, true],
  );
  assert.equal(scores[9]?.count, 10);
  assert.equal(scores[9]?.absolute, true);
  assert.equal(scores[9]?.cold_start, false);
  assert.equal(scores[9]?.score?.toFixed(1), '41.8');
});

void test('one request that edits many records is one transaction; a gap over a tenth leaves the absolute rule', () => {
  const history: SpikeState = { since: 0, days: [], window: [] };
  for (let i = 0; i < 500; i += 1)
    assert.equal(countTransaction(history, 'one', 40 * dayMs + i, 0, 0).count, 1);
  const gap = 4 * dayMs;
  const blind: SpikeState = { since: 0, days: [], window: [] };
  const results = Array.from({ length: 10 }, (_, i) =>
    countTransaction(blind, `t${String(i)}`, 20 * dayMs + i, 0, gap),
  );
  assert.equal(results[5]?.known, false);
  assert.equal(results[5]?.alert, false);
  assert.equal(results[9]?.alert, true);
});

void test('the largest window of 30 days is one that is over: a burst of the morning is still known in the evening', () => {
  const hourMs = 3_600_000;
  const history: SpikeState = { since: 0, days: [], window: [] };
  const burst = (atMs: number, size: number) =>
    Array.from({ length: size }, (_, i) =>
      countTransaction(history, `${String(atMs)}/${String(i)}`, atMs + i * 1000, 0, 0),
    );
  const day = 100 * dayMs;
  assert.equal(burst(day + 8 * hourMs, 6)[5]?.alert, true);
  const evening = burst(day + 20 * hourMs, 7);
  assert.deepEqual(
    evening.map(({ alert, max }) => [alert, max]),
    [...Array.from({ length: 6 }, () => [false, 6]), [true, 6]],
  );
  // Thirty days later the windows of that day are forgotten.
  assert.deepEqual(
    burst(day + 31 * dayMs, 3).map(({ max }) => max),
    [0, 0, 0],
  );
  // A window that runs over midnight is one window.
  const midnight = burst(day + 50 * dayMs - 2_000, 4);
  assert.deepEqual(
    midnight.map(({ alert, max }) => [alert, max]),
    [
      [false, 3],
      [false, 3],
      [false, 3],
      [true, 3],
    ],
  );
});

void test('a source polled once an hour: its windows are compared as they are scored, spread over the hour', () => {
  const history: SpikeState = { since: 0, days: [], window: [] };
  const poll = (atMs: number, changes: number) =>
    Array.from({ length: changes }, (_, i) =>
      countTransaction(history, `${String(atMs)}/${String(i)}`, atMs, 3_600_000, 0),
    ).at(-1);
  assert.deepEqual([poll(40 * dayMs, 24)?.count, poll(41 * dayMs, 48)?.max], [2, 2]);
  assert.equal(poll(42 * dayMs, 60)?.alert, true); // 5 a window, never more than 4
});

void test('cluster: values printed in 3.2', () => {
  assert.equal(poissonTailScore(5, 200 / 30 / 24).toFixed(1), '5.0');
  assert.equal(poissonTailScore(8, 200 / 30 / 24).toFixed(1), '9.2');
  assert.equal(poissonTailScore(3, 20 / 30 / 24).toFixed(1), '5.5');
  assert.equal(poissonTailScore(12, 2000 / 30 / 24).toFixed(1), '4.5');
  assert.equal(poissonTailScore(0, 1), 0);
  assert.equal(poissonTailScore(1, 0), Infinity);
});

void test('mass unlock: threshold of 3.5', () => {
  assert.equal(massThreshold(0, false), 3);
  assert.equal(massThreshold(1, false), 5); // ceil(1 + 3) + 1
  assert.equal(massThreshold(4, false), 11); // ceil(4 + 6) + 1
  assert.equal(massThreshold(4, true), 2);
});

const signal = (
  rule: string,
  points: number,
  plane: string,
  extra: Partial<RiskSignal> = {},
): RiskSignal => ({
  rule,
  points,
  plane,
  atMs: 0,
  ...extra,
});

void test('composite risk: the table of 3.9', () => {
  const unlock = signal('R02', 35, 'registrar');
  const login = signal('I01', 20, 'identity');
  const rounded = (signals: RiskSignal[]) => Math.round(compositeRisk(signals, 0).risk);
  assert.equal(rounded([unlock]), 35);
  assert.equal(rounded([login, unlock]), 58);
  assert.equal(rounded([login, unlock, signal('R05', 60, 'dns')]), 90);
  assert.equal(rounded([login, unlock, signal('R04', 40, 'registrar'), signal('R09', 60, 'registrar')]), 91);
});

void test('composite risk: a noisy rule cannot climb alone, signals fade, order is irrelevant', () => {
  const noisy = Array.from({ length: 1000 }, () => signal('C01', 30, 'dns'));
  // 1 - (1-0.3)(1-0.3/2.83)(1-0.3/5.2)... stays below 60.
  assert.ok(compositeRisk(noisy, 0).risk < 60);
  assert.equal(Math.round(compositeRisk([signal('a', 40, 'dns')], dayMs).risk), 20);
  assert.equal(Math.round(compositeRisk([signal('a', 40, 'dns', { ownership: true })], 3 * dayMs).risk), 20);
  assert.equal(compositeRisk([], 0).risk, 0);
  const arbitrary = fc.array(
    fc.record({
      rule: fc.constantFrom('a', 'b', 'c'),
      points: fc.integer({ min: 0, max: 100 }),
      plane: fc.constantFrom('dns', 'mail'),
      atMs: fc.integer({ min: 0, max: dayMs }),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(arbitrary, (signals) => {
      const { risk } = compositeRisk(signals, dayMs);
      assert.ok(risk >= 0 && risk <= 100);
      assert.ok(Math.abs(risk - compositeRisk(signals.toReversed(), dayMs).risk) < 1e-9);
    }),
  );
});

void test('churn: weights halve in a day, threshold is at least 8', () => {
  const churn: ChurnState = { value: 0, atMs: 0, days: [], n: 0 };
  assert.equal(addChurn(churn, 5, 0, featureConstants.churn).value, 5);
  const next = addChurn(churn, 4, dayMs, featureConstants.churn);
  assert.ok(Math.abs(next.value - 6.5) < 1e-9);
  assert.equal(next.threshold, 8);
  assert.equal(next.anomaly, false);
  const over = addChurn(churn, 5, dayMs, featureConstants.churn);
  assert.equal(over.anomaly, true);
  assert.equal(over.crossed, true);
  assert.equal(addChurn(churn, 1, dayMs, featureConstants.churn).crossed, false);
});

void test('churn: a domain that always changes has a higher threshold', () => {
  const churn: ChurnState = { value: 0, atMs: 0, days: [], n: 0 };
  for (let day = 0; day < 180; day += 1) addChurn(churn, 5, day * dayMs, featureConstants.churn);
  // In the long run 5 a day with a half-life of a day stands at 10; twice that is 20.
  const result = addChurn(churn, 5, 180 * dayMs, featureConstants.churn);
  assert.ok(Math.abs(result.threshold - 20) < 0.01, String(result.threshold));
  assert.equal(result.anomaly, false);
});

void test('dense track: a flat series cannot blow up, Poisson noise is the floor', () => {
  const flat = Array.from({ length: 20 }, () => 100);
  // 2*sqrt(100.375) = 20.0375, 2*sqrt(144.375) = 24.0312
  assert.ok(Math.abs(denseScore(144, flat).z - 3.9937) < 0.001);
  assert.ok(denseScore(200, flat).z > 6);
  assert.equal(denseScore(100, flat).z, 0);
  assert.ok(denseScore(20, flat).z < -6);
  assert.ok(Math.abs(anscombe(0) - 1.224745) < 1e-6);
});

void test('Jensen-Shannon: 0 for equal, 1 for disjoint, symmetric', () => {
  const a = new Map([
    ['64496', 0.5],
    ['64497', 0.5],
  ]);
  const b = new Map([['64498', 3]]);
  assert.equal(jensenShannon(a, a), 0);
  assert.ok(Math.abs(jensenShannon(a, b) - 1) < 1e-12);
  const c = new Map([['64496', 1]]);
  // Half against all: JSD = 1 - 0.75 * log2(3) + 0.5 ... = 0.311278
  assert.ok(Math.abs(jensenShannon(a, c) - 0.311278) < 1e-6);
  assert.equal(jensenShannon(a, c), jensenShannon(c, a));
  assert.equal(jensenShannon(a, new Map()), 0);
});
