/** Challenge records: whose hand is usual, and what that makes of the certificate that follows (T01, C09). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FeatureGroup, FeatureOf } from '../../../collector/src/contract/features.ts';
import { at, createHarness, eventOf, smallInventory, type Harness } from '../4-ledger/stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';
const dayMinutes = 1440;
const annotators = [...ledgerAnnotators, ...featureAnnotators];
const robot = 'provider-a:certbot';

function feature<G extends FeatureGroup>(event: CanonicalEvent, group: G): FeatureOf<G> {
  return (event.feature?.[group] ?? {}) as FeatureOf<G>;
}

let count = 0;

/** A challenge for www is set; each has another value. */
function challenge(minutes: number, extra: Partial<CanonicalEvent> = {}): CanonicalEvent {
  count += 1;
  return eventOf({
    event_type: 'dns.record.created',
    timestamp: at(day0, minutes),
    domain: 'pay.example',
    record_name: '_acme-challenge.www.pay.example',
    record_type: 'TXT',
    old_value: null,
    old_known: true,
    new_value: [`"token-${String(count)}"`],
    source_kind: 'dns_provider_audit',
    actor_id: robot,
    ...extra,
  });
}

function gone(minutes: number, value: unknown, extra: Partial<CanonicalEvent> = {}): CanonicalEvent {
  return challenge(minutes, {
    event_type: 'dns.record.deleted',
    old_value: value as string[],
    new_value: null,
    ...extra,
  });
}

function certificate(minutes: number): CanonicalEvent {
  return eventOf({
    event_type: 'cert.precert_logged',
    timestamp: at(day0, minutes),
    domain: 'pay.example',
    source_kind: 'ct_log',
    cert: { names: ['www.pay.example'], serial: String(minutes), issuer_cn: 'Example CA' },
  });
}

function after(history: readonly CanonicalEvent[], restarts = false): Harness {
  const harness = createHarness(annotators, { inventory: smallInventory(), restarts });
  for (const event of history) harness.event(event);
  return harness;
}

function firstRenewal(extra: Partial<CanonicalEvent> = {}): CanonicalEvent[] {
  const set = challenge(0, extra);
  return [set, gone(2, set.new_value, extra)];
}

void test('who set challenges here two weeks ago is usual, and their certificate was issued while the name was ours', () => {
  for (const restarts of [false, true]) {
    const harness = after(firstRenewal(), restarts);
    assert.equal(feature(harness.event(challenge(13 * dayMinutes)), 'challenge').usual, false);
    assert.equal(feature(harness.event(challenge(15 * dayMinutes)), 'challenge').usual, true);
    const issued = feature(harness.event(certificate(15 * dayMinutes + 1)), 'certificate');
    assert.deepEqual([issued.verdict, issued.not_ours], ['new_but_ours', []]);
  }
});

void test('a stranger with a challenge of their own is none, whatever the robot did before', () => {
  const harness = after(firstRenewal());
  const stolen = { actor_id: 'provider-a:token-9' };
  assert.equal(feature(harness.event(challenge(15 * dayMinutes, stolen)), 'challenge').usual, false);
  const issued = feature(harness.event(certificate(15 * dayMinutes + 1)), 'certificate');
  assert.equal(issued.verdict, 'issued_while_not_ours');
  assert.deepEqual(issued.not_ours, ['record:_acme-challenge.www.pay.example/TXT']);
});

void test('the usual hand from a new network, and nobody in particular, are not usual', () => {
  const moved = after(firstRenewal());
  const abroad = { feature: { novelty: { new: true, known: true } } };
  assert.equal(feature(moved.event(challenge(15 * dayMinutes, abroad)), 'challenge').usual, false);
  const unknown = { actor_id: 'unknown' };
  const nobody = after(firstRenewal(unknown));
  assert.equal(feature(nobody.event(challenge(15 * dayMinutes, unknown)), 'challenge').usual, false);
});

void test('a principal of the inventory is usual at once where their network is known, and only there', () => {
  const known = { enrich: { actor: { known: true } } };
  const office = { ...known, feature: { novelty: { new: false, known: true } } };
  assert.equal(feature(after([]).event(challenge(0, office)), 'challenge').usual, true);
  assert.equal(feature(after([]).event(challenge(0, known)), 'challenge').usual, false);
});

void test('another name than a challenge is told nothing, and names that end the memory keep the latest hands', () => {
  const other = challenge(0, { record_name: 'acme-challenge.pay.example' });
  assert.equal(after([]).event(other).feature?.['challenge'], undefined);
  const hands = Array.from({ length: 20 }, (_, index) =>
    challenge(index, { actor_id: `provider-a:${index}` }),
  );
  const harness = after([...hands, challenge(21, { actor_id: '__proto__' })]);
  const memory = harness.state('domain', 'pay.example').get<{ hands: object; evicted: number }>('challenge');
  assert.deepEqual(
    Object.keys(memory?.hands ?? {}).sort(),
    Array.from({ length: 16 }, (_, index) => `provider-a:${String(index + 4)}`).sort(),
  );
  assert.equal(memory?.evicted, 4);
});

void test('an excursion weighs as much as its heaviest change, and knows whether there was something before', () => {
  const back = (record: Partial<CanonicalEvent>, before: string[] | null, away: string[]) => {
    const harness = after([]);
    const of = (minutes: number, old: string[] | null, now: string[] | null) =>
      harness.event(
        challenge(minutes, {
          event_type: 'dns.record.updated',
          ...record,
          old_value: old,
          old_known: true,
          new_value: now,
        }),
      );
    of(0, before, away);
    const { returned, weight, from_nothing: fromNothing } = feature(of(60, away, before ?? []), 'revert');
    return [returned, weight, fromNothing];
  };
  // Weights of 3.6: other text 0.2, other address 0.4, apex and critical hosts 0.8, MX 0.9.
  assert.deepEqual(back({}, null, ['"x"']), [true, 0.2, true]);
  const test7 = { record_name: 'test7.pay.example', record_type: 'A' };
  assert.deepEqual(back(test7, null, ['192.0.2.7']), [true, 0.4, true]);
  assert.deepEqual(back(test7, ['192.0.2.6'], ['192.0.2.7']), [true, 0.4, false]);
  const apex = { record_name: 'pay.example', record_type: 'AAAA' };
  assert.deepEqual(back(apex, null, ['2001:db8::1']), [true, 0.8, true]);
  const mx = { record_name: 'pay.example', record_type: 'MX' };
  assert.deepEqual(back(mx, ['10 a.example'], ['10 b.example']), [true, 0.9, false]);
});

void test('a lock that was off for an hour redirects nothing', () => {
  const lock = (minutes: number, type: string) =>
    eventOf({
      event_type: type,
      timestamp: at(day0, minutes),
      domain: 'pay.example',
      source_kind: 'registrar_audit',
    });
  const harness = after([
    lock(0, 'registrar.domain.lock_enabled'),
    lock(2 * dayMinutes, 'registrar.domain.lock_disabled'),
  ]);
  const back = harness.event(lock(2 * dayMinutes + 60, 'registrar.domain.lock_enabled'));
  assert.deepEqual([feature(back, 'revert').returned, feature(back, 'revert').weight], [true, 0]);
});
