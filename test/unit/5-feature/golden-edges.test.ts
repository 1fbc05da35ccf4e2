/** Numbers of detection reference 3.1, 3.2, 3.4 and 3.9 at their edges, worked out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FeatureGroup, FeatureOf } from '../../../collector/src/contract/features.ts';
import type { Inventory } from '../../../collector/src/contract/inventory.ts';
import { at, createHarness, eventOf, smallInventory, type Harness } from '../4-ledger/stage-harness.ts';
import { loginAt } from './ordinary-events.ts';

const day0 = '2026-11-02T00:00:00.000Z';
const annotators = [...ledgerAnnotators, ...featureAnnotators];
const weekMinutes = 7 * 1440;

function feature<G extends FeatureGroup>(event: CanonicalEvent, group: G): FeatureOf<G> {
  return (event.feature?.[group] ?? {}) as FeatureOf<G>;
}

function harnessOf(inventory: Inventory = smallInventory()): Harness {
  return createHarness(annotators, { inventory });
}

/** Four weeks of 100 queries around midnight, then the given buckets from there on. */
function bucketsAfterFourWeeks(counts: readonly number[]): FeatureOf<'volume'>[] {
  const harness = harnessOf();
  const see = (minutes: number, count: number) =>
    feature(
      harness.event(
        eventOf({
          event_type: 'dnsquery.volume.observed',
          timestamp: at(day0, minutes),
          domain: 'pay.example',
          source_kind: 'resolver_log',
          query: { window_s: 300, count },
        }),
      ),
      'volume',
    );
  for (let week = 0; week < 4; week++)
    for (let bucket = -3; bucket < 12; bucket++) see(week * weekMinutes + (bucket + 5) * 5, 100);
  return counts.map((count, i) => see(4 * weekMinutes + (i + 5) * 5, count));
}

void test('dense: y = 2 sqrt(x + 3/8) against the season; z of 10 alerts at once, z of 6 in two buckets with twice the median', () => {
  const [quiet] = bucketsAfterFourWeeks([100]);
  assert.deepEqual(
    [quiet?.z, quiet?.median, quiet?.n, quiet?.known, quiet?.cap_medium],
    [0, 100, 20, true, false],
  );
  // 2 sqrt(226.375) - 2 sqrt(100.375) = 30.0915 - 20.0375; with 225 it is 9.9875.
  const [strong] = bucketsAfterFourWeeks([226]);
  assert.deepEqual([strong?.z, strong?.alert], [10.0541, true]);
  const [almost] = bucketsAfterFourWeeks([225]);
  assert.deepEqual([almost?.z, almost?.alert], [9.9875, false]);
  // 2 sqrt(200.375) = 28.3108.
  const twice = bucketsAfterFourWeeks([200, 200]);
  assert.deepEqual(
    twice.map(({ z, alert }) => [z, alert]),
    [
      [8.2733, false],
      [8.2733, true],
    ],
  );
  // More than z = 6 twice, but not twice the median.
  assert.deepEqual(
    bucketsAfterFourWeeks([199, 199]).map(({ alert }) => alert),
    [false, false],
  );
  assert.deepEqual(
    bucketsAfterFourWeeks([200, 100, 200]).map(({ alert }) => alert),
    [false, false, false],
  );
});

void test('dense: traffic is gone after three buckets at z = -6', () => {
  // 2 sqrt(48.375) = 13.9104, 2 sqrt(49.375) = 14.0535.
  const gone = bucketsAfterFourWeeks([48, 48, 48]);
  assert.deepEqual(
    gone.map(({ z, gone: isGone }) => [z, isGone]),
    [
      [-6.127, false],
      [-6.127, false],
      [-6.127, true],
    ],
  );
  assert.deepEqual(
    bucketsAfterFourWeeks([49, 48, 48, 49, 48]).map(({ gone: isGone }) => isGone),
    [false, false, false, false, false],
  );
});

function login(minutes: number, source: Record<string, unknown>, extra: Partial<CanonicalEvent> = {}) {
  return loginAt(at(day0, minutes), source, extra);
}

void test('travel: great-circle distance less both radii, over the time, at least a minute', () => {
  const run = (minutes: number, lon: number, radius = 40) => {
    const harness = harnessOf();
    harness.event(login(0, { country: 'NL', lat: 0, lon: 0, radius_km: 40 }));
    return feature(
      harness.event(login(minutes, { country: 'NL', lat: 0, lon, radius_km: radius })),
      'travel',
    );
  };
  // Ten degrees of the equator are 1,112 km; 80 km less.
  const far = run(60, 10);
  assert.equal(Math.round(far.distance_km ?? 0), 1032);
  assert.equal(far.speed_kmh, far.distance_km);
  assert.deepEqual([far.alert, far.n, far.known], [true, 1, true]);
  // 1,032 km in 69 minutes are 897 km/h, in 68 minutes 911 km/h.
  assert.deepEqual([run(68, 10).alert, run(69, 10).alert], [true, false]);
  // Five degrees are 556 km: 476 with the radii, too near however fast; with small radii it is far enough.
  assert.deepEqual([run(1, 5).alert, run(1, 5, 10).alert], [false, true]);
  // Two logins in one second count as a minute apart: 506 km in 1/60 h.
  const { speed_kmh: speed = 0, distance_km: distance = 0 } = run(0, 5, 10);
  assert.ok(Math.abs(speed / 60 - distance) < 0.1, String(speed));
});

void test('novelty: network, agent and method together are 1 - 0.4 x 0.7 x 0.2', () => {
  const harness = harnessOf();
  const home = { country: 'NL', asn: 64496 };
  harness.event(login(0, home, { user_agent: 'Mozilla/5.0 Firefox/130.0' }));
  // Somebody else used the network before, so it counts once.
  harness.event(login(5, { country: 'NL', asn: 64999 }, { actor_id: 'registrar-a:bob' }));
  const found = feature(
    harness.event(
      login(10, { country: 'NL', asn: 64999 }, { user_agent: 'curl/8.1', auth_method: 'password' }),
    ),
    'novelty',
  );
  assert.deepEqual([found.value, found.org_asn_new], [0.944, false]);
});

void test('novelty: first in 90 days', () => {
  const again = (days: number) => {
    const harness = harnessOf();
    harness.event(login(0, { country: 'SE', asn: 64999 }));
    return feature(harness.event(login(days * 1440, { country: 'SE', asn: 64999 })), 'novelty').country_new;
  };
  assert.deepEqual([again(89), again(90)], [false, true]);
});

void test('account churn halves in 72 hours, approved changes weigh a fifth', () => {
  const token = (minutes: number) =>
    eventOf({
      event_type: 'registrar.account.api_token_created',
      timestamp: at(day0, minutes),
      registrar_account: 'registrar-a/4711',
      token_id: `key-${String(minutes)}`,
      attribute: `key-${String(minutes)}`,
      actor_id: 'registrar-a:alice',
      source_kind: 'registrar_audit',
    });
  const harness = harnessOf();
  assert.equal(feature(harness.event(token(0)), 'account_churn').value, 4);
  // 4 x 2^-1 + 4
  assert.equal(feature(harness.event(token(3 * 1440)), 'account_churn').value, 6);
  harness.intent({
    id: 'CHG-1',
    tenant: 'acme',
    valid_from: at(day0, 6 * 1440),
    valid_until: at(day0, 7 * 1440),
    changes: [{ account: 'registrar-a/4711', action: 'token', object: 'key-8640', new: 'created' }],
  });
  // 6 x 2^-1 + 0.2 x 4
  assert.equal(feature(harness.event(token(6 * 1440)), 'account_churn').value, 3.8);
});

void test('domain churn: name servers 5 and MX 3 a day later are 5.5; a third unapproved unlock crosses 8', () => {
  const harness = harnessOf();
  const change = (minutes: number, fields: Partial<CanonicalEvent> & { event_type: string }) =>
    feature(
      harness.event(eventOf({ timestamp: at(day0, minutes), domain: 'pay.example', ...fields })),
      'churn',
    );
  change(0, {
    event_type: 'registrar.domain.nameservers_changed',
    attribute: 'nameservers',
    new_value: ['ns1.elsewhere.example'],
  });
  const mail = change(1440, {
    event_type: 'dnsquery.answer.changed',
    record_name: 'pay.example',
    record_type: 'MX',
    new_value: ['10 mx.elsewhere.example'],
    source_kind: 'answer_probe',
  });
  assert.deepEqual([mail.value, mail.threshold, mail.anomaly], [5.5, 8, false]);
  const unlocked = change(1440, {
    event_type: 'registrar.domain.lock_disabled',
    attribute: 'lock',
    new_value: 'disabled',
    source_kind: 'registrar_audit',
  });
  assert.deepEqual([unlocked.value, unlocked.anomaly], [9.5, true]);
});

void test('an identity reaches a domain fully when it touched it within 72 hours, by half as one of five admins, else by a fifth', () => {
  const admins = (count: number): Inventory => {
    const inventory = smallInventory();
    const account = inventory.registrar_accounts?.[0];
    assert.ok(account);
    return {
      ...inventory,
      registrar_accounts: [
        { ...account, admins: Array.from({ length: count }, (_, i) => `okta:${String(i)}`) },
      ],
    };
  };
  const factor = (count: number, touchedMinutes?: number) => {
    const harness = harnessOf(admins(count));
    const act = (minutes: number, event_type: string, domain?: string) =>
      harness.event(
        login(
          minutes,
          {},
          { event_type, ...(domain === undefined ? {} : { domain }), actor_id: 'registrar-a:x' },
        ),
      );
    if (touchedMinutes !== undefined) act(touchedMinutes, 'registrar.domain.renewed', 'pay.example');
    return feature(act(72 * 60, 'registrar.session.login_succeeded', 'pay.example'), 'reach').factor;
  };
  assert.deepEqual([factor(5), factor(6)], [0.5, 0.2]);
  assert.deepEqual([factor(6, 1), factor(6, 0)], [1, 0.2]);
});
