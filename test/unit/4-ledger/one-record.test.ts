/** Providers that report one record of a set (DNSimple, Cloudflare): the ledger never takes it for the whole set. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { changeFacts, ledgerControl } from '../../../collector/src/contract/ledger.ts';
import { at, createHarness, eventOf, smallInventory } from './stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';
const sources = [
  { kind: 'answer_probe', intervalMs: 60_000 },
  { kind: 'dns_provider_audit', intervalMs: 60_000 },
];
const set = { domain: 'pay.example', record_name: 'pay.example', record_type: 'A' } as const;
const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;

function look(minutes: number, value: string[]): CanonicalEvent {
  return eventOf({
    ...set,
    event_type: 'dnsquery.answer.observed',
    source_kind: 'answer_probe',
    timestamp: at(day0, minutes),
    new_value: value,
  });
}

function claim(
  minutes: number,
  verb: 'created' | 'updated' | 'deleted',
  fields: Partial<CanonicalEvent>,
): CanonicalEvent {
  return eventOf({
    ...set,
    event_type: `dns.record.${verb}`,
    source_kind: 'dns_provider_audit',
    timestamp: at(day0, minutes),
    source: { scope: 'record' },
    ...fields,
  });
}

function change(event: CanonicalEvent): FeatureOf<'change'> {
  return event.feature?.['change'] as FeatureOf<'change'>;
}

function fresh() {
  return createHarness(ledgerAnnotators, { inventory: smallInventory(), sources });
}

void test('a created record joins the set that is known; the probe that sees it is the second witness', () => {
  const harness = fresh();
  harness.event(look(0, [a, b]));
  const created = harness.event(claim(10, 'created', { old_value: null, old_known: true, new_value: [c] }));
  assert.deepEqual(
    [created.old_value, created.new_value],
    [
      [a, b],
      [a, b, c],
    ],
  );
  assert.deepEqual([created.added, created.removed], [[c], []]);
  const seen = harness.event(look(11, [a, b, c]));
  assert.equal(seen.change_fact_id, created.change_fact_id);
  assert.equal(change(seen).state, 'agreed');
});

void test('a deleted record leaves the set that is known, whether or not the old value is told as known', () => {
  const harness = fresh();
  harness.event(look(0, [a, b]));
  const deleted = harness.event(claim(10, 'deleted', { old_value: [a], old_known: true, new_value: null }));
  assert.deepEqual([deleted.new_value, deleted.removed], [[b], [a]]);
  assert.equal(change(harness.event(look(11, [b]))).state, 'agreed');
});

void test('an update replaces the value it names', () => {
  const harness = fresh();
  harness.event(look(0, [a, b]));
  const updated = harness.event(claim(10, 'updated', { old_value: [a], old_known: true, new_value: [c] }));
  assert.deepEqual([updated.new_value, updated.added, updated.removed], [[b, c], [c], [a]]);
  assert.equal(change(harness.event(look(11, [b, c]))).state, 'agreed');
});

void test('an update without the value before: a set of one is replaced; of several, nothing is guessed', () => {
  const one = fresh();
  one.event(look(0, [a]));
  assert.deepEqual(one.event(claim(10, 'updated', { old_known: false, new_value: [c] })).old_value, [a]);
  const several = fresh();
  several.event(look(0, [a, b]));
  const updated = several.event(claim(10, 'updated', { old_known: false, new_value: [c] }));
  assert.deepEqual([updated.old_known, updated.new_value, updated.removed], [false, [c], undefined]);
  const seen = several.event(look(11, [b, c]));
  assert.equal(seen.change_fact_id, updated.change_fact_id);
  assert.equal(change(seen).state, 'agreed');
});

void test('nothing known of the set: the claim stands for its own record only and is no view of the set', () => {
  const harness = fresh();
  const created = harness.event(claim(10, 'created', { old_value: null, old_known: true, new_value: [c] }));
  assert.deepEqual(created.new_value, [c]);
  const [fact] = changeFacts(harness.state('domain', 'pay.example'));
  assert.equal(fact?.partial, true);
  assert.equal(
    ledgerControl(harness.state('domain', 'pay.example'), 'record:pay.example/A')?.said,
    undefined,
  );
  assert.equal(change(harness.event(look(11, [a, c]))).state, 'agreed');
});

void test('a claim after the observation explains it, with known and with unknown old value', () => {
  for (const old of [{ old_value: [a], old_known: true }, { old_known: false }]) {
    const harness = fresh();
    harness.event(look(0, [a, b]));
    const seen = harness.event(look(10, [b, c]));
    assert.equal(change(seen).inside, false);
    const told = harness.event(claim(9, 'updated', { ...old, new_value: [c] }));
    assert.equal(told.change_fact_id, seen.change_fact_id);
    assert.equal(change(told).inside, true);
  }
});

void test('taking away what was added just now is a change of its own, and what was there before is known', () => {
  const harness = fresh();
  harness.event(look(0, [a]));
  const added = harness.event(claim(10, 'created', { old_value: null, old_known: true, new_value: [b] }));
  const gone = harness.event(claim(12, 'deleted', { old_value: [b], old_known: true, new_value: null }));
  assert.notEqual(gone.change_fact_id, added.change_fact_id);
  assert.deepEqual([gone.old_value, gone.new_value, gone.removed], [[a, b], [a], [b]]);
  assert.equal(changeFacts(harness.state('domain', 'pay.example'))[0]?.state, 'reverted');
});
