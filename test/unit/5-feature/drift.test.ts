/** Drift of answer networks (3.7): numbers by hand, the days behind them, and what an approval changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import { at, createHarness, eventOf, smallInventory } from '../4-ledger/stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';
const dayMinutes = 1440;

function network() {
  const harness = createHarness(featureAnnotators, { inventory: smallInventory() });
  return (minutes: number, counts: Record<string, number>, approved: readonly number[] = []) => {
    const event = harness.event(
      eventOf({
        event_type: 'dnsquery.volume.observed',
        timestamp: at(day0, minutes),
        domain: 'pay.example',
        source_kind: 'resolver_log',
        query: { window_s: 60, count: 100 },
        enrich: { destinations: { by_asn: counts, approved_asns: approved } },
      }),
    );
    const { as_of, ...feature } = (event.feature?.['drift'] ?? {}) as FeatureOf<'drift'>;
    if (feature.known !== undefined) assert.equal(as_of, event.timestamp);
    return feature;
  };
}

/** A zone that was seen for as many days between 00:00 and 01:00, all answers in one network. */
function zoneOf(days: number) {
  const see = network();
  for (let day = 0; day < days; day++)
    for (const minute of [1, 30, 60]) see(day * dayMinutes + minute, { '64496': 100 });
  return (minute: number, counts: Record<string, number>, approved: readonly number[] = []) =>
    see(days * dayMinutes + minute, counts, approved);
}

void test('130 of 200 answers at home and 70 elsewhere: divergence 0.201982, which is an alert', () => {
  const see = zoneOf(7);
  assert.deepEqual(see(1, { '64496': 130 }), { alert: false, known: false, n: 130 });
  assert.deepEqual(see(2, { '64511': 70 }), {
    jsd: 0.201982,
    unapproved_share: 0.35,
    alert: true,
    known: true,
    n: 200,
  });
});

void test('131 and 69 are 0.19863 and no alert; 199 answers say nothing', () => {
  const see = zoneOf(7);
  assert.equal(see(1, { '64496': 100, '64511': 99 }).alert, false);
  const other = zoneOf(7);
  const feature = other(1, { '64496': 131, '64511': 69 });
  assert.deepEqual([feature.jsd, feature.alert, feature.known], [0.19863, false, true]);
});

void test('six days are too few, however many windows they had', () => {
  const see = zoneOf(6);
  assert.deepEqual(see(1, { '64496': 100, '64511': 100 }), { alert: false, known: false, n: 200 });
});

void test('answers spread over many networks and less than 5 % in any strange one: no alert', () => {
  const many = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [String(64_500 + n), 9]));
  const feature = zoneOf(7)(1, { '64496': 150, ...many });
  assert.equal(feature.unapproved_share, 0.0375);
  assert.ok((feature.jsd ?? 0) >= 0.2);
  assert.equal(feature.alert, false);
});

void test('an approved network is never strange', () => {
  const feature = zoneOf(7)(1, { '64496': 100, '64511': 100 }, [64_511]);
  assert.deepEqual([feature.jsd, feature.unapproved_share, feature.alert], [0.311278, 0, false]);
});

void test('an hour with an alert is not learned, one without is', () => {
  const see = zoneOf(7);
  const wrong = { '64496': 100, '64511': 100 };
  assert.equal(see(1, wrong).alert, true);
  assert.equal(see(dayMinutes + 1, wrong).jsd, 0.311278);
  const calm = zoneOf(7);
  calm(1, { '64496': 190, '64511': 10 });
  // The eighth day counts one in eight: the mean is 0.99375 and 0.00625, nearer to what comes.
  assert.ok((calm(dayMinutes + 1, wrong).jsd ?? 1) < 0.311278);
});

void test('a network that shows itself a little is strange for 14 days, and usual after them', () => {
  const see = zoneOf(7);
  const wrong = { '64496': 100, '64511': 100 };
  for (let day = 0; day < 13; day++) see(day * dayMinutes + 1, { '64496': 196, '64511': 4 });
  assert.equal(see(13 * dayMinutes + 1, wrong).unapproved_share, 0.5);
  const patient = zoneOf(7);
  for (let day = 0; day < 14; day++) patient(day * dayMinutes + 1, { '64496': 196, '64511': 4 });
  assert.equal(patient(14 * dayMinutes + 1, wrong).unapproved_share, 0);
});

void test('a window that arrives after its hour ended is not counted', () => {
  const see = zoneOf(7);
  see(61, { '64496': 10 });
  assert.equal(see(5, { '64511': 900 }).known, undefined);
  assert.equal(see(62, { '64496': 10 }).n, 20);
});
