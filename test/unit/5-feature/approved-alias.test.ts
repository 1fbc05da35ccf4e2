/** Addresses behind an approved alias: what approves it, and what only looks like it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import type { Intent, InventoryDomain } from '../../../collector/src/contract/inventory.ts';
import { aliasControl, isBehindApprovedAlias } from '../../../collector/src/leaf/approved-alias.ts';
import { at, createHarness, eventOf, ms, smallInventory, stateOf } from '../4-ledger/stage-harness.ts';
import type { Harness } from '../4-ledger/stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';
const www = 'www.pay.example';
const [oldAlias, newAlias] = ['pay.cdn-a.example', 'pay.cdn-b.example'];
const [oldAddress, newAddress] = ['198.51.100.7', '203.0.113.7'];

type Approved = NonNullable<InventoryDomain['approved']>;

function approving(approved: Approved): Partial<InventoryDomain> {
  return { approved };
}

function byRecord(alias: string): Partial<InventoryDomain> {
  return approving({ records: [{ name: www, type: 'CNAME', values: [alias] }] });
}

function watched(domain: Partial<InventoryDomain> = {}, restarts = false): Harness {
  return createHarness([...ledgerAnnotators, ...featureAnnotators], {
    inventory: smallInventory(domain),
    sources: [
      { kind: 'answer_probe', intervalMs: 60_000 },
      { kind: 'dns_provider_audit', intervalMs: 60_000 },
    ],
    restarts,
  });
}

function answer(
  minutes: number,
  type: string,
  old: string[],
  now: string[],
  alias?: string,
  more: Partial<CanonicalEvent> = {},
): CanonicalEvent {
  return eventOf({
    event_type: 'dnsquery.answer.changed',
    timestamp: at(day0, minutes),
    timestamp_earliest: at(day0, minutes - 1),
    source_kind: 'answer_probe',
    domain: 'pay.example',
    zone: 'pay.example',
    record_name: www,
    record_type: type,
    old_value: old,
    old_known: true,
    new_value: now,
    query: { vantage: '2 of 2', ...(alias === undefined ? {} : { alias }) },
    ...more,
  });
}

function moved(minutes: number, alias?: string, more: Partial<CanonicalEvent> = {}): CanonicalEvent {
  return answer(minutes, 'A', [oldAddress], [newAddress], alias, more);
}

/** What deviation and, ten minutes later, attribution say of the last of these events. */
function verdictOn(harness: Harness, ...events: CanonicalEvent[]) {
  const judged = events.map((event) => harness.event(event)).at(-1) as CanonicalEvent;
  const deviation = judged.feature?.['deviation'] as FeatureOf<'deviation'>;
  harness.advance(ms(judged.timestamp) + 30 * 60_000);
  const missing = harness.derived.find(
    ({ draft }) =>
      draft.event_type === 'derived.attribution.missing' && draft.change_fact_id === judged.change_fact_id,
  );
  const attribution = missing?.draft.feature?.['attribution'] as FeatureOf<'attribution'> | undefined;
  return [deviation.dev, deviation.inside_provider, attribution?.inside_provider];
}

// The share of a provider: 0.8 of a critical host, of which 0.3 counts.
const softened = [0.24, true, true];
const whole = [0.8, false, false];

function intent(changes: Partial<Intent['changes'][number]> = {}, more: Partial<Intent> = {}): Intent {
  return {
    id: 'CHG-9',
    tenant: 'acme',
    source: 'ticket',
    requested_by: 'okta:alice@acme.example',
    approved_by: 'okta:bob@acme.example',
    valid_from: at(day0, -60),
    valid_until: at(day0, 60),
    known_at: at(day0, -60),
    changes: [
      { domain: 'pay.example', action: 'record', name: www, type: 'CNAME', new: [newAlias], ...changes },
    ],
    ...more,
  };
}

void test('the inventory approves the alias by its record or by its provider', () => {
  assert.deepEqual(verdictOn(watched(byRecord(newAlias)), moved(0, newAlias)), softened);
  const provider = approving({ providers: [{ kind: 'cname', suffix: 'cdn-b.example' }] });
  assert.deepEqual(verdictOn(watched(provider), moved(0, newAlias)), softened);
});

void test('the network moves its addresses behind the alias that stays', () => {
  assert.deepEqual(verdictOn(watched(byRecord(oldAlias)), moved(0, oldAlias)), softened);
});

void test('no alias in the reply, or one that nobody approved, is not excused', () => {
  assert.deepEqual(verdictOn(watched(byRecord(newAlias)), moved(0)), whole);
  assert.deepEqual(verdictOn(watched(byRecord(oldAlias)), moved(0, newAlias)), whole);
  assert.deepEqual(verdictOn(watched(byRecord(newAlias)), moved(0, `x.${newAlias}`)), whole);
  const provider = approving({ providers: [{ kind: 'cname', suffix: 'cdn-b.example' }] });
  assert.deepEqual(verdictOn(watched(provider), moved(0, 'pay.notcdn-b.example')), whole);
  const asAddress = approving({ providers: [{ kind: 'nameserver', suffix: 'cdn-b.example' }] });
  assert.deepEqual(verdictOn(watched(asAddress), moved(0, newAlias)), whole);
});

void test('an alias told by anybody but our own probe is not believed', () => {
  const told = moved(0, newAlias, { source_kind: 'resolver_log' });
  assert.deepEqual(verdictOn(watched(byRecord(newAlias)), told).slice(0, 2), [0.8, false]);
});

void test('an intent in force names the alias, before the alias itself is seen to change', () => {
  for (const restarts of [false, true]) {
    const harness = watched({}, restarts);
    harness.intent(intent());
    assert.deepEqual(verdictOn(harness, moved(0, newAlias)), softened);
  }
});

void test('an intent with another alias, another name, another time, or without a value approves no addresses', () => {
  const others: readonly Intent[] = [
    intent({ new: [oldAlias] }),
    intent({ name: 'login.pay.example' }),
    intent({ type: 'A', new: [newAlias] }),
    intent({ new: undefined } as Partial<Intent['changes'][number]>),
    intent({}, { valid_until: at(day0, -30) }),
  ];
  for (const other of others) {
    const harness = watched();
    harness.intent(other);
    const [dev, inside] = verdictOn(harness, moved(0, newAlias));
    assert.deepEqual([dev, inside], [0.8, false], JSON.stringify(other.changes));
  }
});

void test('an intent that comes while the change waits for an explanation approves its alias, too', () => {
  const harness = watched();
  const event = harness.event(moved(0, newAlias));
  harness.intent(intent({}, { known_at: at(day0, 5) }));
  harness.advance(ms(at(day0, 30)));
  const missing = harness.derived.find(({ draft }) => draft.change_fact_id === event.change_fact_id);
  const attribution = missing?.draft.feature?.['attribution'] as FeatureOf<'attribution'> | undefined;
  assert.equal(attribution?.inside_provider, true);
});

void test('the newest change of the alias counts when it was approved, and no longer when it changed again', () => {
  const harness = watched();
  harness.intent(intent({}, { valid_until: at(day0, 10) }));
  const changed = answer(0, 'CNAME', [oldAlias], [newAlias]);
  assert.deepEqual(verdictOn(harness, changed, moved(300, newAlias)), softened);
  const again = answer(600, 'CNAME', [newAlias], ['stranger.example']);
  const later = answer(900, 'A', [newAddress], ['203.0.113.66'], newAlias);
  assert.deepEqual(verdictOn(harness, again, later), whole);
  const nobody = watched();
  assert.deepEqual(verdictOn(nobody, changed, moved(300, newAlias)), whole);
});

void test('an alias whose target had gone and that answers again is a take-over', () => {
  const gone = answer(0, 'A', [], ['203.0.113.66'], newAlias);
  assert.deepEqual(verdictOn(watched(byRecord(newAlias)), gone), whole);
  const harness = watched(byRecord(newAlias));
  harness.intent(intent());
  assert.deepEqual(verdictOn(harness, gone), whole);
});

void test('the other family tells whether the name was alive, unless it appeared out of nothing itself', () => {
  const sixth = ['2001:db8::7'];
  const alive = watched(byRecord(newAlias));
  assert.deepEqual(
    verdictOn(alive, moved(0, newAlias), answer(1, 'AAAA', [], sixth, newAlias)),
    softened,
    'a network that brings IPv6',
  );
  for (const order of [
    ['A', 'AAAA'],
    ['AAAA', 'A'],
  ] as const) {
    const values = { A: ['203.0.113.66'], AAAA: ['2001:db8::66'] };
    const events = order.map((type, index) => answer(index, type, [], values[type], newAlias));
    assert.deepEqual(verdictOn(watched(byRecord(newAlias)), ...events), whole, order.join());
  }
});

void test('answers that stop are inside nothing', () => {
  const [, inside, attributed] = verdictOn(
    watched(byRecord(newAlias)),
    answer(0, 'A', [oldAddress], [], newAlias),
  );
  assert.deepEqual([inside, attributed], [false, false]);
});

void test('a later witness without the alias is judged without it; its deviation is whole', () => {
  const harness = watched(byRecord(newAlias));
  harness.event(moved(0, newAlias));
  const judged = harness.event(moved(1, undefined, { source_instance: 'elsewhere' }));
  const deviation = judged.feature?.['deviation'] as FeatureOf<'deviation'>;
  assert.equal(deviation.inside_provider, false);
});

void test('only addresses are behind an alias', () => {
  assert.equal(aliasControl('record:www.pay.example/A'), 'record:www.pay.example/CNAME');
  assert.equal(aliasControl('record:*.pay.example/AAAA'), 'record:*.pay.example/CNAME');
  for (const control of ['record:pay.example/MX', 'record:www.pay.example/CNAME', 'nameservers', 'ds'])
    assert.equal(aliasControl(control), undefined);
  const domain = smallInventory(byRecord(newAlias)).domains?.[0];
  const fact = { alias: newAlias, old: [oldAddress], value: [newAddress] };
  const state = stateOf({});
  assert.equal(isBehindApprovedAlias({ control: 'record:www.pay.example/A', ...fact }, state, domain), true);
  assert.equal(
    isBehindApprovedAlias({ control: 'record:www.pay.example/MX', ...fact }, state, domain),
    false,
  );
  assert.equal(
    isBehindApprovedAlias({ control: 'record:www.pay.example/A', ...fact }, state, undefined),
    false,
  );
});
