/** Features of who acts: what is new for them, and where they can have been. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, eventOf } from '../4-ledger/stage-harness.ts';
import { day0, feature, harnessWith, login } from './annotator-harness.ts';

void test('novelty: 1 - product(1 - w), the inventory knows what is usual, cold start is capped', () => {
  const harness = harnessWith();
  const home = { country: 'NL', asn: 64496 };
  assert.equal(feature(harness.event(login(0, home)), 'novelty').value, 0);
  const network = feature(harness.event(login(10, { country: 'NL', asn: 64999 })), 'novelty');
  assert.deepEqual([network.asn_new, network.country_new, network.new], [true, false, true]);
  const country = feature(harness.event(login(20, { country: 'RU', asn: 64999 })), 'novelty');
  assert.deepEqual([country.value, country.country_new, country.asn_new], [1, true, false]);
  const method = feature(harness.event(login(30, home, { auth_method: 'password' })), 'novelty');
  assert.equal(method.value, 0.8);
  const stranger = feature(
    harness.event(login(40, { country: 'RU', asn: 65001 }, { actor_id: 'registrar-a:x' })),
    'novelty',
  );
  assert.equal(stranger.cold_start, true);
  assert.equal(stranger.value, 0.4, 'whatever the organisation knows');
});

void test('novelty: what follows a login from a new country is done from a new country, for three days', () => {
  const harness = harnessWith();
  const abroad = { country: 'RU', asn: 64999 };
  const act = (minutes: number) =>
    feature(
      harness.event(
        login(minutes, abroad, { event_type: 'registrar.domain.lock_disabled', domain: 'pay.example' }),
      ),
      'novelty',
    );
  const first = feature(harness.event(login(0, abroad)), 'novelty');
  const second = feature(harness.event(login(60, abroad)), 'novelty');
  assert.deepEqual([first.country_new, second.country_new], [true, false], 'a login is first once');
  assert.deepEqual(
    [act(5).country_new, act(72 * 60 - 1).country_new, act(72 * 60 + 1).country_new],
    [true, true, false],
  );
});

void test('novelty: a network that no admin of the tenant ever used counts x1.3, the rest as it is', () => {
  const harness = harnessWith();
  for (let n = 0; n < 5; n += 1) harness.event(login(n, { country: 'NL', asn: 64496 }));
  const fresh = login(10, { country: 'NL', asn: 64999 }, { user_agent: 'curl/8.1' });
  const first = feature(harness.event(fresh), 'novelty');
  // 1 - (1 - 0.6 x 1.3)(1 - 0.3)
  assert.deepEqual([first.org_asn_new, first.value], [true, 0.846]);
});

void test('impossible travel: more than 500 km at more than 900 km/h, gateways excluded', () => {
  const amsterdam = { country: 'NL', lat: 52.37, lon: 4.9, radius_km: 20 };
  const sydney = { country: 'AU', lat: -33.87, lon: 151.21, radius_km: 20 };
  const run = (minutes: number, place: Record<string, unknown>) => {
    const harness = harnessWith();
    harness.event(login(0, amsterdam));
    return feature(harness.event(login(minutes, place)), 'travel');
  };
  assert.equal(run(60, sydney).alert, true);
  assert.equal(run(60 * 24, sydney).alert, false);
  assert.equal(run(60, { ...sydney, anonymiser: true }).known, false);
  assert.equal(run(1, { country: 'NL', lat: 51.9, lon: 4.5, radius_km: 20 }).alert, false);
});

void test('token: created, dormant, then used from a new network', () => {
  const harness = harnessWith();
  const token = (minutes: number, type: string, asn: number) =>
    eventOf({
      event_type: type,
      timestamp: at(day0, minutes),
      domain: 'pay.example',
      token_id: 'key-1',
      attribute: 'edge.worker',
      new_value: String(minutes),
      source_kind: 'dns_provider_audit',
      actor_id: 'provider-a:key-1',
      enrich: { source: { asn } },
    });
  harness.event(token(0, 'dns.provider.api_token_created', 64496));
  const first = feature(
    harness.event(token(60 * 24 * 82, 'dns.provider.edge_config_changed', 64500)),
    'token',
  );
  assert.deepEqual([first.first_use, first.dormant, first.age_days], [true, true, 82]);
  const second = feature(
    harness.event(token(60 * 24 * 82 + 5, 'dns.provider.edge_config_changed', 64500)),
    'token',
  );
  assert.deepEqual([second.first_use, second.dormant], [false, false]);
  const elsewhere = feature(
    harness.event(token(60 * 24 * 82 + 9, 'dns.provider.edge_config_changed', 65000)),
    'token',
  );
  assert.equal(elsewhere.new_asn, true);
});

void test('travel: an old address database is trusted for the country alone; a VPN tells no position', () => {
  const amsterdam = { country: 'NL', lat: 52.37, lon: 4.9, radius_km: 20 };
  const sydney = { country: 'AU', lat: -33.87, lon: 151.21, radius_km: 20 };
  const second = (first: Record<string, unknown>, then: Record<string, unknown>) => {
    const harness = harnessWith();
    harness.event(login(0, first));
    return feature(harness.event(login(60, then)), 'travel');
  };
  // The logins are on 2026-11-01: 31 days and 30 days after the build.
  assert.equal(second({ ...amsterdam, as_of: '2026-10-30' }, { ...sydney, as_of: '2026-10-30' }).alert, true);
  assert.equal(
    second({ ...amsterdam, as_of: '2026-10-30' }, { ...sydney, as_of: '2026-10-01' }).known,
    false,
  );
  assert.equal(
    second({ ...amsterdam, as_of: '2026-10-01' }, { ...sydney, as_of: '2026-10-30' }).known,
    false,
  );
  // The way home from a VPN exit in Sydney is not a journey.
  assert.equal(second({ ...sydney, corporate_vpn: 'x' }, amsterdam).known, false);
});
