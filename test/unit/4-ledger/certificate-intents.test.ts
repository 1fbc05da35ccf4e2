/** An intent approves the certificates of the authority it names, for its domain and its time (inventory-format, action `certificate`). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { IntentChange } from '../../../collector/src/contract/inventory.ts';
import { at, createHarness, eventOf, smallInventory } from './stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';
const account = 'https://ca.example/acct/1';

function logged(minutes: number, cert: NonNullable<CanonicalEvent['cert']> = {}, extra = {}): CanonicalEvent {
  return eventOf({
    event_type: 'cert.precert_logged',
    timestamp: at(day0, minutes),
    domain: 'pay.example',
    source_kind: 'ct_log',
    cert: {
      issuer_cn: 'E7',
      issuer_org: 'Second Trust CA',
      names: ['pay.example', 'www.pay.example'],
      ...cert,
    },
    ...extra,
  });
}

/** Approval of this event while CHG-1 holds for a day from `day0` on. */
function judged(change: Partial<IntentChange>, event: CanonicalEvent) {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  harness.intent({
    id: 'CHG-1',
    tenant: 'acme',
    valid_from: day0,
    valid_until: at(day0, 24 * 60),
    changes: [{ domain: 'pay.example', action: 'certificate', ...change }],
  });
  const { approval_state: state, change_request_id: ticket } = harness.event(event);
  return state === 'approved' ? ticket : state;
}

void test('the authority that the ticket names is approved, whoever writes its name how', () => {
  for (const issuer of ['Second Trust CA', 'second trust ca', 'E7'])
    assert.equal(judged({ new: { issuer } }, logged(10)), 'CHG-1', issuer);
  assert.equal(judged({ new: 'Second Trust CA' }, logged(10)), 'CHG-1');
  const served = logged(10, {}, { event_type: 'cert.served_changed', source_kind: 'answer_probe' });
  assert.equal(judged({ new: { issuer: 'Second Trust' } }, served), 'CHG-1');
});

void test('another authority, another account, no value and another action approve nothing', () => {
  for (const change of [
    { new: { issuer: 'Other CA' } },
    { new: { issuer: 'Second Trust C' } },
    { new: { account } },
    { new: { issuer: '' } },
    { new: ['Second Trust CA'] },
    {},
    { action: 'caa' as const, new: { issuer: 'Second Trust CA' } },
  ])
    assert.equal(judged(change, logged(10)), 'not_checked', JSON.stringify(change));
  const other = logged(10, { acme_account_uri: 'https://ca.example/acct/2' });
  assert.equal(judged({ new: { issuer: 'E7', account } }, other), 'not_checked');
  assert.equal(
    judged({ new: { issuer: 'E7', account } }, logged(10, { acme_account_uri: account })),
    'CHG-1',
  );
  assert.equal(judged({ new: { issuer: 'E7', account } }, logged(10)), 'CHG-1', 'logs seldom tell accounts');
});

void test('a ticket for one host is none for its neighbours', () => {
  const change = { name: 'www.pay.example', new: { issuer: 'E7' } };
  assert.equal(judged(change, logged(10, { names: ['www.pay.example'] })), 'CHG-1');
  assert.equal(judged(change, logged(10)), 'not_checked');
});

void test('time counts from the issuance, which a log may tell hours later; before and after the ticket nothing is approved', () => {
  const change = { new: { issuer: 'E7' } };
  assert.equal(judged(change, logged(25 * 60)), 'not_checked');
  assert.equal(judged(change, logged(25 * 60, { not_before: at(day0, 23 * 60) })), 'CHG-1');
  assert.equal(judged(change, logged(-10)), 'not_checked');
});

void test('an order that failed is no certificate', () => {
  assert.equal(judged({ new: { issuer: 'E7' } }, logged(10, {}, { outcome: 'failure' })), 'not_checked');
});
