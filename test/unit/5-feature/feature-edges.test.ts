/** Every feature that measures against a normal carries `known`, `n` and `as_of`, and says so before it has a history. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { featureNotes } from '../../../collector/src/contract/feature-notes.ts';
import {
  featureFields,
  type FeatureGroup,
  type FeatureOf,
} from '../../../collector/src/contract/features.ts';
import { at, createHarness, eventOf, smallInventory, type Harness } from '../4-ledger/stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';
const groups = Object.keys(featureNotes) as FeatureGroup[];

type Fields = Partial<CanonicalEvent> & { event_type: string };

const audit = { source_kind: 'registrar_audit', acquisition: 'push', actor_id: 'registrar-a:alice' } as const;

const first: Readonly<Record<string, Fields>> = {
  spike: {
    event_type: 'dns.record.updated',
    source_kind: 'dns_provider_audit',
    domain: 'pay.example',
    record_name: 'www.pay.example',
    record_type: 'A',
    new_value: ['192.0.2.3'],
  },
  volume: {
    event_type: 'dnsquery.volume.observed',
    source_kind: 'resolver_log',
    domain: 'pay.example',
    query: { count: 100, window_s: 300, by_asn: { '64496': 100 } },
  },
  account_churn: {
    ...audit,
    event_type: 'registrar.account.api_token_created',
    registrar_account: 'registrar-a/4711',
  },
  cluster: {
    event_type: 'registrar.domain.nameservers_changed',
    domain: 'pay.example',
    attribute: 'nameservers',
    new_value: ['ns1.elsewhere.example'],
  },
  contact_cluster: {
    ...audit,
    event_type: 'registrar.domain.contact_changed',
    domain: 'pay.example',
    attribute: 'contact.admin',
    new_value: ['email=a@b.example'],
  },
  mass_unlock: {
    ...audit,
    event_type: 'registrar.domain.lock_disabled',
    domain: 'pay.example',
    attribute: 'lock',
    new_value: 'disabled',
  },
  novelty: {
    ...audit,
    event_type: 'registrar.session.login_succeeded',
    registrar_account: 'registrar-a/4711',
    source_ip: '192.0.2.1',
    enrich: { source: { country: 'NL', asn: 64496, lat: 52.4, lon: 4.9, radius_km: 10 } },
  },
  answer: {
    event_type: 'dnsquery.answer.changed',
    source_kind: 'answer_probe',
    domain: 'pay.example',
    record_name: 'api.pay.example',
    record_type: 'A',
    new_value: ['203.0.113.9'],
    query: { vantage: '2 of 3' },
  },
  validation: {
    event_type: 'dnsquery.validation.failed',
    source_kind: 'resolver_log',
    domain: 'pay.example',
    query: { count: 40, by_rcode: { BOGUS: 10 } },
  },
};

const carriers: Readonly<Partial<Record<FeatureGroup, string>>> = {
  churn: 'spike',
  deviation: 'cluster',
  travel: 'novelty',
  drift: 'volume',
  zone_share: 'spike',
  sweep: 'cluster',
  score: 'cluster',
};

function firstOf(group: FeatureGroup): { event: CanonicalEvent; feature: Record<string, unknown> } {
  const harness = createHarness([...ledgerAnnotators, ...featureAnnotators], { inventory: smallInventory() });
  const fields = first[carriers[group] ?? group] as Fields;
  const event = harness.event(eventOf({ ...fields, timestamp: at(day0, 7) }));
  return { event, feature: (event.feature?.[group] ?? {}) as Record<string, unknown> };
}

for (const group of groups)
  void test(`${group}: the first event ever says whether enough is known, of how much, and of when`, () => {
    for (const field of ['known', 'n', 'as_of']) assert.ok(Object.hasOwn(featureFields[group], field), field);
    const { event, feature } = firstOf(group);
    assert.equal(typeof feature['known'], 'boolean');
    assert.ok(Number.isInteger(feature['n']), String(feature['n']));
    assert.equal(feature['as_of'], event.timestamp);
  });

void test('without history: what is unknown, and what holds meanwhile', () => {
  const of = <G extends FeatureGroup>(group: G) => firstOf(group).feature as FeatureOf<G>;
  assert.deepEqual([of('spike').known, of('spike').cold_start, of('spike').alert], [true, true, false]);
  assert.deepEqual([of('volume').known, of('drift').known, of('travel').known], [false, false, false]);
  assert.deepEqual([of('cluster').known, of('contact_cluster').known], [false, false]);
  const mass = of('mass_unlock');
  assert.deepEqual([mass.known, mass.threshold, mass.n], [false, 2, 0]);
  assert.deepEqual([of('churn').known, of('churn').threshold], [true, 8]);
  assert.deepEqual([of('novelty').n, of('validation').known, of('validation').surge], [0, false, false]);
  assert.equal(of('answer').n, 3);
});

void test('shares of others’ queries are no failures of an own validator', () => {
  const harness = createHarness(featureAnnotators, { inventory: smallInventory() });
  const failed = (minutes: number, query: CanonicalEvent['query']) =>
    harness.event(
      eventOf({
        event_type: 'dnsquery.validation.failed',
        timestamp: at(day0, minutes),
        domain: 'pay.example',
        source_kind: 'resolver_log',
        ...(query === undefined ? {} : { query }),
      }),
    ).feature?.['validation'] as FeatureOf<'validation'>;
  for (let i = 0; i < 5; i++) assert.equal(failed(i, { count: 10_000, by_rcode: { BOGUS: 3 } }).surge, false);
  assert.equal(failed(6, undefined).surge, false);
  assert.equal(failed(7, undefined).surge, true);
  // 5 % of 50 answers are a surge; 49 answers are too few.
  assert.equal(failed(60, { count: 60, by_rcode: { BOGUS: 3 } }).surge, true);
  assert.equal(failed(61, { count: 49, by_rcode: { BOGUS: 20 } }).surge, false);
});

void test('mass unlock: one domain in each of three accounts of a registrar is three', () => {
  const { domains: _own, ...inventory } = smallInventory();
  const names = ['a', 'b', 'c'];
  const harness = createHarness([...ledgerAnnotators, ...featureAnnotators], {
    inventory: {
      ...inventory,
      domains: names.map((name) => ({
        domain: `${name}.example`,
        tenant: 'acme',
        tier: 2,
        registrar_account: `registrar-a/${name}`,
      })),
    },
  });
  const found = names.map(
    (name, i) =>
      harness.event(
        eventOf({
          ...(first['mass_unlock'] as Fields),
          domain: `${name}.example`,
          timestamp: at(day0, i * 20),
        }),
      ).feature?.['mass_unlock'] as FeatureOf<'mass_unlock'>,
  );
  assert.deepEqual(
    found.map(({ k, alert }) => [k, alert]),
    [
      [1, false],
      [2, false],
      [3, true],
    ],
  );
});

/** The domain of the first event gets another name server each time. */
function movedElsewhere(harness: Harness, minutes: number): FeatureOf<'cluster'> {
  const event = eventOf({
    ...(first['cluster'] as Fields),
    new_value: [`ns${String(minutes)}.elsewhere.example`],
    timestamp: at(day0, minutes),
  });
  return harness.event(event).feature?.['cluster'] as FeatureOf<'cluster'>;
}

void test('cluster: a domain that changes all day is one domain of each hour in what is expected', () => {
  const harness = createHarness([...ledgerAnnotators, ...featureAnnotators], { inventory: smallInventory() });
  const change = (minutes: number) => movedElsewhere(harness, minutes);
  change(0);
  for (let i = 0; i < 30; i++) change(1440 + i);
  // On the 181st day the first is out: one domain in that hour of the second, (1 + 0.5) / 4320 hours.
  const later = change(180 * 1440 + 60);
  assert.deepEqual([later.known, later.n, later.mu], [true, 1, 0.000347]);
});

void test('cluster: half of the history silent leaves the expectation of a cold start', () => {
  const dayMs = 86_400_000;
  const late = (silentDays: number) => {
    const harness = createHarness([...ledgerAnnotators, ...featureAnnotators], {
      inventory: smallInventory(),
      silentMs: () => silentDays * dayMs,
    });
    const change = (minutes: number) => movedElsewhere(harness, minutes);
    change(0);
    change(1440);
    return change(180 * 1440 + 60);
  };
  // 18 of 180 days are a tenth: (1 + 0.5) / (162 * 24) hours. 19 are more: one domain, one change in 30 days.
  assert.deepEqual([late(18).known, late(18).mu], [true, 0.000386]);
  assert.deepEqual([late(19).known, late(19).mu], [false, 0.001389]);
});
