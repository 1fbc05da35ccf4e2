/** What is told late is judged by when it happened: certificates, approvals, sweeps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import { featureAnnotators } from '../../../collector/src/5-feature/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FeatureGroup, FeatureOf } from '../../../collector/src/contract/features.ts';
import { at, createHarness, eventOf, ms, smallInventory, type Harness } from '../4-ledger/stage-harness.ts';
import { delegationAt } from './ordinary-events.ts';

const day0 = '2026-11-01T00:00:00.000Z';
const own = ['ns1.provider-a.example', 'ns2.provider-a.example'];
const strange = ['ns1.elsewhere.example'];
const annotators = [...ledgerAnnotators, ...featureAnnotators];

function feature<G extends FeatureGroup>(event: CanonicalEvent, group: G): FeatureOf<G> {
  return (event.feature?.[group] ?? {}) as FeatureOf<G>;
}

function watched(restarts = false): Harness {
  const harness = createHarness(annotators, { inventory: smallInventory(), restarts });
  harness.event({ ...delegation(0, own), event_type: 'registrar.domain.state_observed' });
  return harness;
}

function delegation(minutes: number, value: string[], extra: Partial<CanonicalEvent> = {}) {
  return delegationAt(at(day0, minutes), value, extra);
}

const claim = { source_kind: 'registrar_audit', acquisition: 'push', actor_id: 'registrar-a:alice' } as const;

function cert(minutes: number, serial: string, spki = `key-${serial}`): CanonicalEvent {
  return eventOf({
    event_type: 'cert.issued',
    event_id: `cert-${serial}`,
    timestamp: at(day0, minutes),
    domain: 'pay.example',
    source_kind: 'ct_log',
    cert: {
      names: ['pay.example'],
      issuer_cn: 'Free CA',
      not_before: at(day0, minutes - 5),
      serial,
      spki_sha256: spki,
    },
  });
}

/** Verdicts that were stated again: certificate, controls that were not ours, whether after a change. */
function revised(harness: Harness, untilMinutes = 900) {
  harness.advance(ms(at(day0, untilMinutes)));
  return harness.derived
    .filter(({ draft }) => draft.event_type === 'cert.issued')
    .map(({ draft }) => {
      const found = draft.feature?.['certificate'] as FeatureOf<'certificate'>;
      const revises = draft.links?.filter(({ rel }) => rel === 'revises').map(({ event_id: id }) => id);
      return [revises?.join(' '), found.verdict, found.not_ours?.join(' '), found.after_change];
    });
}

for (const restarts of [false, true])
  void test(`a hijack that is told hours later, over${restarts ? '' : ' without'} restarts: the certificate of that time was not ours`, () => {
    const harness = watched(restarts);
    // Away from 10:00 to 10:40; certificates at 09:50, 10:20 and 11:00; both changes are told at 13:00.
    for (const [minutes, serial] of [
      [590, 'a'],
      [620, 'b'],
      [660, 'c'],
    ] as const)
      assert.equal(feature(harness.event(cert(minutes, serial)), 'certificate').verdict, 'new_but_ours');
    harness.event(delegation(600, strange, claim), at(day0, 780));
    harness.event(delegation(640, own, claim), at(day0, 781));
    assert.deepEqual(revised(harness, 789), []);
    assert.deepEqual(revised(harness), [['cert-b', 'issued_while_not_ours', 'nameservers', true]]);
  });

void test('only what the change was in force for, and the key that came with it is no known key', () => {
  const harness = watched();
  harness.event(cert(590, 'a'));
  harness.event(cert(620, 'b'));
  harness.event(delegation(600, strange, claim), at(day0, 780));
  assert.deepEqual(revised(harness), [['cert-b', 'issued_while_not_ours', 'nameservers', true]]);
  harness.event(delegation(901, own));
  const again = feature(harness.event(cert(2900, 'c', 'key-b')), 'certificate');
  assert.deepEqual([again.spki_known, again.ordered], [false, false]);
  assert.equal(feature(harness.event(cert(2901, 'd', 'key-a')), 'certificate').spki_known, true);
});

void test('a poll that may have missed the change for hours: possible is enough, and it is said once', () => {
  const harness = watched();
  harness.event(cert(620, 'b'));
  const polled = { source_kind: 'rdap_poll', timestamp_earliest: at(day0, 500) } as const;
  harness.event(delegation(780, strange, polled));
  harness.event(delegation(781, strange));
  assert.deepEqual(revised(harness), [['cert-b', 'issued_while_not_ours', 'nameservers', true]]);
});

void test('nothing is stated again for an approved change, a later one, an ordered certificate, or after a week', () => {
  const approved = watched();
  approved.event(cert(620, 'b'));
  approved.intent({
    id: 'CHG-1',
    tenant: 'acme',
    valid_from: at(day0, 590),
    valid_until: at(day0, 630),
    changes: [{ domain: 'pay.example', action: 'delegation', new: strange }],
  });
  const told = approved.event(delegation(600, strange, claim), at(day0, 780));
  // Done within its window, though told after it.
  assert.equal(told.approval_state, 'approved');
  assert.deepEqual(revised(approved), []);
  const later = watched();
  later.event(cert(620, 'b'));
  later.event(delegation(780, strange, { timestamp_earliest: at(day0, 779) }));
  assert.deepEqual(revised(later), []);
  const ordered = watched();
  ordered.event({ ...cert(615, 'o'), event_type: 'cert.order_requested', source_kind: 'acme_log' });
  ordered.event(cert(620, 'b'));
  ordered.event(delegation(600, strange, claim), at(day0, 780));
  assert.deepEqual(revised(ordered), []);
  const old = watched();
  old.event(cert(620, 'b'));
  old.event(delegation(600, strange, claim), at(day0, 620 + 7 * 1440));
  assert.deepEqual(revised(old, 8 * 1440), []);
});

void test('of too many certificates the oldest is not judged again, counted', () => {
  const harness = watched();
  for (let i = 0; i < 20; i++) harness.event(cert(620 + i, `s${String(i)}`));
  harness.event(delegation(600, strange, claim), at(day0, 780));
  assert.equal(revised(harness).length, 16);
  assert.equal(revised(harness)[0]?.[0], 'cert-s4');
});

void test('an approved change that is told after its window is approved; one done outside is not', () => {
  const run = (doneMinutes: number) => {
    const harness = watched();
    harness.intent({
      id: 'CHG-1',
      tenant: 'acme',
      valid_from: at(day0, 600),
      valid_until: at(day0, 660),
      changes: [{ domain: 'pay.example', action: 'delegation', new: strange }],
    });
    return harness.event(delegation(doneMinutes, strange, claim), at(day0, 900)).approval_state;
  };
  assert.equal(run(630), 'approved');
  assert.equal(run(590), 'not_found');
  assert.equal(run(670), 'not_found');
});

void test('a late claim about what was overtaken ends nothing that stands', () => {
  const harness = watched();
  harness.event(delegation(660, ['ns9.evil.example']));
  const late = harness.event(delegation(600, strange, claim), at(day0, 780));
  assert.equal(feature(late, 'change').state, 'claimed');
  const facts = harness.states['domain|pay.example']?.['facts'] as {
    list: { value: string[]; endMs?: number; state: string }[];
  };
  assert.deepEqual(
    facts.list.map(({ value, endMs, state }) => [value[0], endMs === undefined, state]),
    [
      ['ns9.evil.example', true, 'observed'],
      ['ns1.elsewhere.example', false, 'claimed'],
    ],
  );
});

void test('a sweep that is told late is still a sweep, two changes an hour apart are none', () => {
  const change = (minutes: number, type: string, value: string[]) =>
    eventOf({
      event_type: 'dns.record.updated',
      timestamp: at(day0, minutes),
      domain: 'pay.example',
      record_name: 'pay.example',
      record_type: type,
      new_value: value,
      source_kind: 'dns_provider_audit',
      acquisition: 'push',
    });
  const harness = watched();
  harness.event(change(600, 'A', ['203.0.113.9']), at(day0, 900));
  harness.event(change(610, 'MX', ['10 mx.evil.example']), at(day0, 900.1));
  const third = harness.event(delegation(620, strange, claim), at(day0, 900.2));
  assert.deepEqual(feature(third, 'sweep').kinds, ['address', 'mx', 'ns']);
  const slow = watched();
  slow.event(change(600, 'A', ['203.0.113.9']), at(day0, 900));
  slow.event(change(660, 'MX', ['10 mx.evil.example']), at(day0, 900.1));
  const last = slow.event(delegation(720, strange, claim), at(day0, 900.2));
  assert.deepEqual(feature(last, 'sweep').kinds, ['ns']);
});
