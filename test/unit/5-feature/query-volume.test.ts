/** Query volume: series of sensors, and windows shorter than a bucket (3.1, dense track). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import { volumeSeries } from '../../../collector/src/5-feature/query-volume.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import { at, createHarness, eventOf, ms, smallInventory } from '../4-ledger/stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';

function watched() {
  const harness = createHarness(featureAnnotators, { inventory: smallInventory() });
  const see = (endMinute: number, count: number, windowS = 300, sensor = 'resolver-1') => {
    const event = harness.event(
      eventOf({
        event_type: 'dnsquery.volume.observed',
        timestamp: at(day0, endMinute),
        domain: 'pay.example',
        source_kind: 'resolver_log',
        source_instance: sensor,
        query: { window_s: windowS, count },
      }),
    );
    return (event.feature?.['volume'] ?? {}) as FeatureOf<'volume'>;
  };
  return { see, series: () => volumeSeries(harness.state('domain', 'pay.example')) };
}

void test('two sensors with different shares of the queries are no spikes of each other', () => {
  const { see, series } = watched();
  for (let bucket = 1; bucket <= 100; bucket += 1) {
    const large = see(bucket * 5, 1_000, 300, 'resolver-1');
    const small = see(bucket * 5, 10, 300, 'resolver-2');
    assert.deepEqual([large.alert, small.alert, large.gone, small.gone], [false, false, false, false]);
  }
  // Ten times the queries at the small one are a spike there: 2(sqrt(100.375) - sqrt(10.375)) = 13.6.
  const spike = see(505, 100, 300, 'resolver-2');
  assert.deepEqual([spike.alert, spike.median, spike.z], [true, 10, 13.5954]);
  assert.deepEqual(series()[0], [ms(day0), 1_010]);
});

void test('the windows of a minute add up to the bucket, which is judged when it is full', () => {
  const { see, series } = watched();
  for (let minute = 1; minute <= 200; minute += 1) see(minute, 20, 60);
  assert.deepEqual(series().slice(0, 2), [
    [ms(day0), 100],
    [ms(day0) + 300_000, 100],
  ]);
  // A minute of 20 is a fifth of the bucket, and no loss of traffic.
  const part = see(201, 20, 60);
  assert.deepEqual([part.count, part.gone, part.alert], [20, false, false]);
  // What is too much already needs not wait: 2(sqrt(320.375) - sqrt(100.375)) = 15.8.
  const early = see(202, 300, 60);
  assert.deepEqual([early.count, early.alert], [320, true]);
});

void test('a sensor beyond the fourth has no series and says so', () => {
  const { see } = watched();
  for (const sensor of ['a', 'b', 'c', 'd']) see(5, 100, 300, sensor);
  assert.deepEqual(see(5, 100, 300, 'e'), {
    alert: false,
    known: false,
    n: 0,
    as_of: at(day0, 5),
  });
});
