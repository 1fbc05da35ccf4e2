import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { changeFacts, ledgerControl } from '../../../collector/src/contract/ledger.ts';
import { at, createHarness, eventOf, ms, smallInventory } from './stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';
const own = ['ns1.provider-a.example', 'ns2.provider-a.example'];
const strange = ['ns1.elsewhere.example', 'ns2.elsewhere.example'];

function change(event: CanonicalEvent): FeatureOf<'change'> {
  return event.feature?.['change'] as FeatureOf<'change'>;
}

function seenNs(minutes: number, value: string[], extra: Partial<CanonicalEvent> = {}): CanonicalEvent {
  return eventOf({
    event_type: 'registrar.domain.nameservers_changed',
    timestamp: at(day0, minutes),
    timestamp_earliest: at(day0, minutes - 1),
    domain: 'pay.example',
    attribute: 'nameservers',
    new_value: value,
    old_known: false,
    ...extra,
  });
}

function lookNs(minutes: number, value: string[]): CanonicalEvent {
  return { ...seenNs(minutes, value), event_type: 'registrar.domain.state_observed' };
}

const sources = [
  { kind: 'delegation_probe', intervalMs: 60_000 },
  { kind: 'rdap_poll', intervalMs: 3_600_000 },
  { kind: 'registrar_audit', intervalMs: 60_000 },
];

void test('the old value comes from own state when the feed does not know it', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory(), sources });
  const first = harness.event(lookNs(0, own));
  assert.equal(change(first).changed, false);
  assert.equal(first.change_fact_id, undefined);
  const changed = harness.event(seenNs(60, strange));
  assert.deepEqual(changed.old_value, own);
  assert.equal(changed.old_known, true);
  assert.equal(changed.old_from, 'state');
  assert.deepEqual(changed.added, strange);
  assert.deepEqual(changed.removed, own);
  assert.equal(change(changed).state, 'observed');
  assert.equal(change(changed).inside, false);
});

void test('probe, registry and registrar tell one change fact, with links and agreement', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory(), sources });
  harness.event(lookNs(0, own));
  const probe = harness.event(seenNs(60, strange));
  const rdap = harness.event(
    seenNs(75, strange, { source_kind: 'rdap_poll', confidence: 0.8, timestamp_earliest: at(day0, 15) }),
  );
  const audit = harness.event(
    seenNs(76, strange, { source_kind: 'registrar_audit', confidence: 0.99, actor_id: 'registrar-a:alice' }),
  );
  assert.equal(rdap.change_fact_id, probe.change_fact_id);
  assert.equal(audit.change_fact_id, probe.change_fact_id);
  assert.deepEqual(rdap.links, [{ rel: 'corroborates', event_id: probe.event_id }]);
  assert.equal(change(rdap).state, 'observed');
  assert.equal(change(audit).state, 'agreed');
  assert.deepEqual(change(audit).witnesses, ['delegation_probe', 'rdap_poll', 'registrar_audit']);
  // 1 - (1 - 0.95)(1 - 0.8)(1 - 0.99) = 0.9999
  assert.equal(change(audit).confidence, 0.9999);
  assert.deepEqual(rdap.old_value, own);
});

void test('a slow witness that reports a value after it went away joins the earlier fact and changes nothing', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory(), sources });
  harness.event(lookNs(0, own));
  const away = harness.event(seenNs(60, strange));
  const back = harness.event(seenNs(140, own));
  assert.notEqual(back.change_fact_id, away.change_fact_id);
  assert.deepEqual(
    back.links?.filter(({ rel }) => rel === 'reverts'),
    [{ rel: 'reverts', event_id: away.event_id }],
  );
  const late = harness.event(
    seenNs(180, strange, { source_kind: 'rdap_poll', timestamp_earliest: at(day0, 120) }),
  );
  assert.equal(late.change_fact_id, away.change_fact_id);
  const state = harness.state('domain', 'pay.example');
  assert.deepEqual(ledgerControl(state, 'nameservers')?.seen?.[0], own);
  assert.equal(changeFacts(state)[0]?.state, 'reverted');
});

void test('the same value again much later is another fact', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory(), sources });
  harness.event(lookNs(0, own));
  const first = harness.event(seenNs(60, strange));
  harness.event(seenNs(140, own));
  const second = harness.event(seenNs(60 * 24 * 3, strange));
  assert.notEqual(second.change_fact_id, first.change_fact_id);
  assert.equal(change(second).epoch, 2);
});

void test('a lock claimed by the registrar and its missing status in RDAP are one fact', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory(), sources });
  const statuses = (minutes: number, type: string, value: string[]) =>
    eventOf({
      event_type: type,
      timestamp: at(day0, minutes),
      domain: 'pay.example',
      attribute: 'statuses',
      new_value: value,
      old_known: false,
      source_kind: 'rdap_poll',
    });
  harness.event(statuses(0, 'registrar.domain.state_observed', ['clientTransferProhibited']));
  const claim = harness.event(
    eventOf({
      event_type: 'registrar.domain.lock_disabled',
      timestamp: at(day0, 10),
      domain: 'pay.example',
      source_kind: 'registrar_audit',
      actor_id: 'registrar-a:alice',
    }),
  );
  assert.equal(change(claim).state, 'claimed');
  assert.equal(change(claim).lock_removed, true);
  const seen = harness.event(statuses(60, 'registrar.domain.lock_disabled', ['ok']));
  assert.equal(seen.change_fact_id, claim.change_fact_id);
  assert.equal(change(seen).state, 'agreed');
});

void test('a claim that a live witness does not confirm in time is contradicted', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory(), sources });
  harness.event(lookNs(0, own));
  harness.event(seenNs(10, strange, { source_kind: 'registrar_audit', actor_id: 'registrar-a:alice' }));
  // Two probe intervals and one hour of propagation.
  harness.advance(ms(at(day0, 10 + 61)));
  assert.equal(changeFacts(harness.state('domain', 'pay.example'))[0]?.state, 'claimed');
  harness.advance(ms(at(day0, 10 + 62)));
  assert.equal(changeFacts(harness.state('domain', 'pay.example'))[0]?.state, 'contradicted');
});

void test('single records of a provider add up to the set that resolvers see', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory(), sources });
  const record = (minutes: number, type: string, extra: Partial<CanonicalEvent>) =>
    eventOf({
      event_type: type,
      timestamp: at(day0, minutes),
      domain: 'pay.example',
      record_name: 'www.pay.example',
      record_type: 'A',
      old_known: false,
      ...extra,
    });
  const state = { source_kind: 'dns_provider_api_state' as const };
  harness.event(record(0, 'registrar.domain.state_observed', { ...state, new_value: ['192.0.2.1'] }));
  const audit = { source_kind: 'dns_provider_audit' as const, actor_id: 'provider-a:alice' };
  harness.event(record(5, 'dns.record.created', { ...audit, new_value: ['192.0.2.2'] }));
  const said = ledgerControl(harness.state('domain', 'pay.example'), 'record:www.pay.example/A')?.said;
  assert.deepEqual(said?.[0], ['192.0.2.1', '192.0.2.2']);
  harness.event(record(9, 'dns.record.deleted', { ...audit, old_value: ['192.0.2.1'], new_value: null }));
  const left = ledgerControl(harness.state('domain', 'pay.example'), 'record:www.pay.example/A')?.said;
  assert.deepEqual(left?.[0], ['192.0.2.2']);
});

void test('attempts and failures change nothing', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory(), sources });
  harness.event(lookNs(0, own));
  const failed = harness.event(seenNs(5, strange, { outcome: 'failure' }));
  assert.equal(failed.change_fact_id, undefined);
  assert.deepEqual(ledgerControl(harness.state('domain', 'pay.example'), 'nameservers')?.seen?.[0], own);
});

void test('facts are forgotten after eight days, and at most 128 are kept, counted', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory(), sources });
  harness.event(lookNs(0, own));
  harness.event(seenNs(5, strange));
  harness.advance(ms(at(day0, 5)) + 9 * 86_400_000);
  assert.deepEqual(changeFacts(harness.state('domain', 'pay.example')), []);
  for (let i = 0; i < 140; i += 1)
    harness.event(
      eventOf({
        event_type: 'dns.record.created',
        timestamp: at(day0, 20_000 + i / 100),
        domain: 'pay.example',
        record_name: `h${String(i)}.pay.example`,
        record_type: 'A',
        new_value: ['192.0.2.77'],
        source_kind: 'dns_provider_audit',
        actor_id: 'provider-a:alice',
      }),
    );
  const facts = harness.states['domain|pay.example']?.['facts'] as { list: unknown[]; evicted: number };
  assert.equal(facts.list.length, 128);
  assert.equal(facts.evicted, 12);
});
