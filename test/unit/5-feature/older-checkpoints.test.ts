/** What a checkpoint of an older version knew counts on: habits, networks, usual values, keys, shares of answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FeatureGroup, FeatureOf } from '../../../collector/src/contract/features.ts';
import { at, createHarness, eventOf, ms, smallInventory } from '../4-ledger/stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';
const dayMs = 86_400_000;
const startMs = ms(day0);
const alice = 'okta:alice@acme.example';

function harnessOf() {
  const inventory = smallInventory({ approved: {} });
  return createHarness([...ledgerAnnotators, ...featureAnnotators], {
    inventory: { ...inventory, principals: [{ id: alice, tenant: 'acme' }] },
  });
}

function feature<G extends FeatureGroup>(event: CanonicalEvent, group: G): FeatureOf<G> {
  return (event.feature?.[group] ?? {}) as FeatureOf<G>;
}

test('places and networks known by their last time alone are known', () => {
  const harness = harnessOf();
  const lastMs = startMs - dayMs;
  harness.state('principal', alice).put('novelty', {
    country: { NL: lastMs },
    asn: { '64496': lastMs },
    agent: {},
    method: { sso: lastMs },
    logins: 40,
    since: startMs - 200 * dayMs,
    first: { 'country/NL': startMs - 200 * dayMs, 'asn/64496': startMs - 200 * dayMs },
    evicted: 0,
  });
  harness.state('organisation', '').put('networks', { asns: { '64999': lastMs }, sessions: 9, evicted: 0 });
  const login = (country: string, asn: number) =>
    feature(
      harness.event(
        eventOf({
          event_type: 'registrar.session.login_succeeded',
          timestamp: at(day0, asn % 10),
          actor_id: alice,
          registrar_account: 'registrar-a/4711',
          source_kind: 'registrar_audit',
          source_ip: '192.0.2.1',
          auth_method: 'sso',
          enrich: { source: { country, asn } },
        }),
      ),
      'novelty',
    );
  const home = login('NL', 64496);
  assert.deepEqual([home.value, home.known, home.n], [0, true, 40]);
  const network = login('NL', 64999);
  assert.deepEqual([network.asn_new, network.org_asn_new, network.value], [true, false, 0.6]);
  assert.equal(login('SE', 64496).country_new, true);
});

test('a usual value, a key and the shares of an hour are taken as they were kept', () => {
  const harness = harnessOf();
  const state = harness.state('domain', 'pay.example');
  state.put('usual', {
    of: { 'record:www.pay.example/A': [['192.0.2.20'], startMs - dayMs, startMs - 40 * dayMs] },
    evicted: 0,
    hostile: [],
  });
  state.put('certificate', { keys: { 'key-a': [startMs - 60 * dayMs, 'a'] }, orders: [], evicted: 0 });
  state.put('drift/0', { days: 10, share: { '64496': 1 } });
  const back = harness.event(
    eventOf({
      event_type: 'dnsquery.answer.changed',
      timestamp: at(day0, 1),
      domain: 'pay.example',
      record_name: 'www.pay.example',
      record_type: 'A',
      new_value: ['192.0.2.20'],
      source_kind: 'answer_probe',
    }),
  );
  assert.deepEqual([feature(back, 'deviation').baseline, feature(back, 'deviation').dev], ['learned', 0]);
  const issued = harness.event(
    eventOf({
      event_type: 'cert.issued',
      timestamp: at(day0, 2),
      domain: 'pay.example',
      source_kind: 'ct_log',
      cert: { names: ['pay.example'], issuer_cn: 'Free CA', serial: 'b', spki_sha256: 'key-a' },
    }),
  );
  assert.equal(feature(issued, 'certificate').spki_known, true);
  const answers = harness.event(
    eventOf({
      event_type: 'dnsquery.volume.observed',
      timestamp: at(day0, 3),
      domain: 'pay.example',
      source_kind: 'resolver_log',
      query: { window_s: 60, count: 200, by_asn: { '64496': 130, '64511': 70 } },
    }),
  );
  // 130 of 200 at home and 70 elsewhere, as in drift.test.ts.
  assert.equal(feature(answers, 'drift').jsd, 0.201982);
});
