import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import type { InventoryAccount, InventoryDomain } from '../../../collector/src/contract/inventory.ts';
import { at, createHarness, eventOf, ms, smallInventory } from './stage-harness.ts';
import type { Harness, HarnessOptions } from './stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';
const probe = { kind: 'delegation_probe', intervalMs: 60_000 };

function harnessWith(
  feed: InventoryAccount['event_feed'],
  sources: HarnessOptions['sources'],
  domain: Partial<InventoryDomain> = {},
): Harness {
  const inventory = smallInventory(domain);
  const account = inventory.registrar_accounts?.[0];
  if (account !== undefined) account.event_feed = feed;
  return createHarness(ledgerAnnotators, { inventory, sources: sources ?? [] });
}

function nameServers(minutes: number, extra: Partial<CanonicalEvent> = {}): CanonicalEvent {
  return eventOf({
    event_type: 'registrar.domain.nameservers_changed',
    timestamp: at(day0, minutes),
    domain: 'pay.example',
    attribute: 'nameservers',
    old_value: ['ns1.provider-a.example', 'ns2.provider-a.example'],
    new_value: ['ns1.elsewhere.example'],
    old_known: true,
    ...extra,
  });
}

function statements(harness: Harness) {
  return harness.derived
    .filter(({ draft }) => draft.event_type === 'derived.attribution.missing')
    .map(({ atMs, draft }) => ({
      minute: (atMs - ms(day0)) / 60_000,
      ...(draft.feature?.['attribution'] as FeatureOf<'attribution'>),
    }));
}

void test('with a push audit feed the statement waits ten minutes', () => {
  const harness = harnessWith('webhook', [probe, { kind: 'registrar_audit', intervalMs: 60_000 }]);
  harness.event(nameServers(0));
  harness.advance(ms(at(day0, 9.99)));
  assert.deepEqual(statements(harness), []);
  harness.advance(ms(at(day0, 10)));
  assert.deepEqual(
    statements(harness).map(({ minute, missing, degraded, witnesses }) => ({
      minute,
      missing,
      degraded,
      witnesses,
    })),
    [{ minute: 10, missing: true, degraded: false, witnesses: ['delegation_probe'] }],
  );
});

void test('with a polled feed it waits two poll intervals', () => {
  const harness = harnessWith('poll', [probe, { kind: 'registrar_audit', intervalMs: 15 * 60_000 }]);
  harness.event(nameServers(0));
  harness.advance(ms(at(day0, 60)));
  assert.deepEqual(
    statements(harness).map(({ minute }) => minute),
    [30],
  );
});

void test('without an event feed tier 0 and 1 do not wait, tier 2 does', () => {
  for (const feed of ['none', 'mail'] as const) {
    const crown = harnessWith(feed, [probe]);
    crown.event(nameServers(0));
    assert.deepEqual(
      statements(crown).map(({ minute }) => minute),
      [0],
    );
    const normal = harnessWith(feed, [probe], { tier: 2 });
    normal.event(nameServers(0));
    assert.deepEqual(statements(normal), []);
    normal.advance(ms(at(day0, 10)));
    assert.equal(statements(normal).length, 1);
  }
});

void test('an inside event with the same object and value explains; a login or another value does not', () => {
  const sources = [probe, { kind: 'registrar_audit', intervalMs: 60_000 }];
  const inside = { source_kind: 'registrar_audit' as const, actor_id: 'registrar-a:alice' };
  const explained = harnessWith('webhook', sources);
  explained.event(nameServers(0));
  explained.event(nameServers(3, inside));
  explained.advance(ms(at(day0, 60)));
  assert.deepEqual(statements(explained), []);

  const before = harnessWith('webhook', sources);
  before.event(nameServers(0, inside));
  before.event(nameServers(2));
  before.advance(ms(at(day0, 60)));
  assert.deepEqual(statements(before), []);

  const other = harnessWith('webhook', sources);
  other.event(nameServers(0));
  other.event(
    eventOf({
      event_type: 'registrar.session.login_succeeded',
      timestamp: at(day0, 1),
      registrar_account: 'registrar-a/4711',
      ...inside,
    }),
  );
  other.event(
    eventOf({
      event_type: 'dns.record.updated',
      timestamp: at(day0, 2),
      domain: 'pay.example',
      record_name: 'pay.example',
      record_type: 'A',
      new_value: ['192.0.2.10'],
      ...inside,
    }),
  );
  other.advance(ms(at(day0, 60)));
  assert.equal(statements(other).length, 1);
});

void test('a silent inside source makes the statement degraded', () => {
  const harness = harnessWith('webhook', [
    probe,
    { kind: 'registrar_audit', intervalMs: 60_000, alive: false },
  ]);
  harness.event(nameServers(0));
  harness.advance(ms(at(day0, 10)));
  assert.equal(statements(harness)[0]?.degraded, true);
  assert.deepEqual(statements(harness)[0]?.reasons, ['registrar_audit']);
});

void test('a late inside event takes the statement back', () => {
  const harness = harnessWith('webhook', [probe, { kind: 'registrar_audit', intervalMs: 60_000 }]);
  const first = harness.event(nameServers(0));
  harness.event(nameServers(20, { source_kind: 'registrar_audit', actor_id: 'registrar-a:alice' }));
  const [said, taken] = statements(harness);
  assert.equal(said?.missing, true);
  assert.equal(taken?.missing, false);
  assert.equal(taken?.minute, 20);
  const draft = harness.derived.at(-1)?.draft;
  assert.ok(draft?.links?.some(({ rel, event_id }) => rel === 'revises' && event_id === first.event_id));
});

void test('certificates and reports are no witness; an approved state or intent needs no explanation', () => {
  const harness = harnessWith('none', [probe]);
  harness.event(nameServers(0, { source_kind: 'manual' }));
  harness.event(
    eventOf({
      event_type: 'cert.issued',
      timestamp: at(day0, 1),
      domain: 'pay.example',
      source_kind: 'ct_log',
      cert: { names: ['pay.example'] },
    }),
  );
  assert.deepEqual(statements(harness), []);
  const restored = harnessWith('none', [probe]);
  restored.event(
    nameServers(5, {
      old_value: ['ns1.elsewhere.example'],
      new_value: ['ns1.provider-a.example', 'ns2.provider-a.example'],
    }),
  );
  assert.deepEqual(statements(restored), []);
});

void test('a second witness of the same change says nothing again', () => {
  const harness = harnessWith('none', [probe]);
  harness.event(nameServers(0));
  harness.event(nameServers(30, { source_kind: 'rdap_poll' }));
  harness.advance(ms(at(day0, 600)));
  assert.equal(statements(harness).length, 1);
});

void test('one vantage of three is no witness; when the others agree it becomes one', () => {
  const harness = harnessWith('webhook', [
    { kind: 'answer_probe', intervalMs: 60_000 },
    { kind: 'dns_provider_audit', intervalMs: 60_000 },
  ]);
  const answer = (minutes: number, vantage: string): CanonicalEvent =>
    eventOf({
      event_type: 'dnsquery.answer.changed',
      source_kind: 'answer_probe',
      timestamp: at(day0, minutes),
      domain: 'pay.example',
      record_name: 'pay.example',
      record_type: 'A',
      old_value: ['192.0.2.10'],
      new_value: ['203.0.113.9'],
      old_known: true,
      query: { vantage, question: 'pay.example A', answers: ['203.0.113.9'] },
    });
  harness.event(answer(0, '1 of 3'));
  harness.advance(ms(at(day0, 30)));
  assert.deepEqual(statements(harness), []);
  harness.event(answer(31, '3 of 3'));
  harness.advance(ms(at(day0, 60)));
  assert.deepEqual(
    statements(harness).map(({ minute, inside_provider: inside }) => [minute, inside]),
    [[41, false]],
  );
});
