/** False alerts on simulated quiet and busy zones: no worse than the table of detection reference 3.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import { queryVolume } from '../../../collector/src/5-feature/query-volume.ts';
import { countTransaction } from '../../../collector/src/5-feature/spike.ts';
import type { SpikeState } from '../../../collector/src/5-feature/spike.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import { at, createHarness, eventOf, smallInventory } from '../4-ledger/stage-harness.ts';

const dayMs = 86_400_000;

/** Uniform numbers in (0, 1) that are the same in every run (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 1) / 4294967297;
  };
}

/** Spike episodes (alerts more than an hour apart) of a Poisson stream of transactions. */
function episodes(perDay: number, days: number, seed: number): number {
  const random = uniform(seed);
  const history: SpikeState = { since: 0, days: [], window: [] };
  let atMs = 0;
  let found = 0;
  let lastAlert = -dayMs;
  for (let i = 0; ; i += 1) {
    atMs += (-Math.log(random()) / perDay) * dayMs;
    if (atMs > days * dayMs) return found;
    const { alert, cold_start } = countTransaction(history, String(i), Math.round(atMs), 0, 0);
    if (alert !== true || cold_start === true) continue;
    if (atMs - lastAlert > 3_600_000) found += 1;
    lastAlert = atMs;
  }
}

void test('one change a month, a week, a day: no false alert in ten zone-years; five a day: below half a zone-year', () => {
  for (const perDay of [1 / 30, 1 / 7, 1])
    for (let zone = 1; zone <= 10; zone += 1) assert.equal(episodes(perDay, 365, zone), 0, String(perDay));
  let total = 0;
  for (let zone = 1; zone <= 20; zone += 1) total += episodes(5, 365, zone);
  assert.ok(total / 20 < 0.5, `${String(total / 20)} a zone-year`);
});

void test('50 a day: at most 1 a zone-year; 200 a day: at most 5', () => {
  for (const [perDay, most] of [
    [50, 1],
    [200, 5],
  ] as const) {
    let total = 0;
    for (let zone = 1; zone <= 2; zone += 1) total += episodes(perDay, 365, 100 + zone);
    assert.ok(total / 2 <= most, `${String(perDay)} a day: ${String(total / 2)} a zone-year`);
  }
});

/** A normal variable (Box-Muller); more than the tests need from tails. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

/** Queries of five minutes: a rate that follows day and week, Poisson noise, and ups and downs of `wobble`. */
function countsOf(perBucket: number, wobble: number, seed: number): (bucket: number) => number {
  const random = uniform(seed);
  return (bucket) => {
    const day = Math.sin((2 * Math.PI * (bucket % 288)) / 288);
    const weekend = Math.floor(bucket / 288) % 7 >= 5 ? 0.7 : 1;
    const rate = perBucket * (1 + 0.4 * day) * weekend * (1 + wobble * normal(random));
    return Math.max(0, Math.round(rate + Math.sqrt(Math.max(0, rate)) * normal(random)));
  };
}

/** A domain whose query counts are told every five minutes. */
function counted(): (bucket: number, count: number) => FeatureOf<'volume'> {
  const harness = createHarness([queryVolume], { inventory: smallInventory() });
  return (bucket, count) =>
    harness.event(
      eventOf({
        event_type: 'dnsquery.volume.observed',
        timestamp: new Date(Date.UTC(2026, 0, 5) + bucket * 300_000).toISOString(),
        source_kind: 'authoritative_log',
        domain: 'pay.example',
        query: { count, window_s: 300 },
      }),
    ).feature?.['volume'] as FeatureOf<'volume'>;
}

const volumes: readonly (readonly [perBucket: number, wobble: number])[] = [
  [3, 0],
  [50, 0.05],
  [1_000, 0.05],
  [20_000, 0.05],
  [200_000, 0.05],
];

for (const [index, [perBucket, wobble]] of volumes.entries())
  test(`dense track, ${String(perBucket)} queries in five minutes: no false episode in 42 days, and a real one is seen`, () => {
    const tell = counted();
    const countAt = countsOf(perBucket, wobble, 7 + index);
    const days = 42;
    for (let bucket = 0; bucket < days * 288; bucket += 1) {
      const { alert, gone } = tell(bucket, countAt(bucket));
      assert.equal(alert === true || gone === true, false, `bucket ${String(bucket)}`);
    }
    if (perBucket < 50) return;
    const end = days * 288;
    const flood = [0, 1].map((i) => tell(end + i, 5 * perBucket));
    assert.equal(flood.at(-1)?.alert, true, 'five times the usual in two buckets');
    const silence = [2, 3, 4].map((i) => tell(end + i, 0));
    assert.equal(silence.at(-1)?.gone, true, 'nothing in three buckets');
  });

void test('a quiet domain with twenty record sets, seen and configured, stays within 4 KiB', () => {
  const day0 = '2026-01-01T00:00:00.000Z';
  const harness = createHarness([...ledgerAnnotators, ...featureAnnotators], { inventory: smallInventory() });
  const look = (attribute: string, value: string | string[]) =>
    harness.event(
      eventOf({
        event_type: 'registrar.domain.state_observed',
        timestamp: day0,
        domain: 'pay.example',
        attribute,
        new_value: value,
        source_kind: 'rdap_poll',
      }),
    );
  look('nameservers', ['ns1.provider-a.example', 'ns2.provider-a.example']);
  look('ds', ['20326 13 2 6B5C4D3E2F1A0B9C8D7E6F5A4B3C2D1E0F9A8B7C6D5E4F3A2B1C0D9E8F7A6B5C']);
  look('statuses', ['clientDeleteProhibited', 'clientTransferProhibited', 'clientUpdateProhibited']);
  look('registrar', 'registrar-a');
  look('expiry', '2027-05-01T00:00:00.000Z');
  for (let i = 0; i < 20; i += 1)
    for (const [type, source] of [
      ['registrar.domain.state_observed', 'dns_provider_api_state'],
      ['dnsquery.answer.observed', 'answer_probe'],
    ] as const)
      harness.event(
        eventOf({
          event_type: type,
          timestamp: at(day0, i),
          domain: 'pay.example',
          record_name: `host${String(i)}.pay.example`,
          record_type: 'A',
          new_value: ['192.0.2.10'],
          source_kind: source,
        }),
      );
  const bytes = JSON.stringify(harness.states['domain|pay.example']).length;
  assert.ok(bytes <= 4096, `${String(bytes)} bytes`);
});
