import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledgerAnnotators } from '../../../collector/src/4-ledger/index.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { FeatureOf } from '../../../collector/src/contract/features.ts';
import type { Intent, IntentChange } from '../../../collector/src/contract/inventory.ts';
import { at, createHarness, eventOf, ms, smallInventory } from './stage-harness.ts';

const day0 = '2026-11-01T00:00:00.000Z';

function intentOf(changes: IntentChange[], extra: Partial<Intent> = {}): Intent {
  return {
    id: 'CHG-1',
    tenant: 'acme',
    source: 'ticket',
    valid_from: day0,
    valid_until: at(day0, 24 * 60),
    changes,
    ...extra,
  };
}

function record(minutes: number, extra: Partial<CanonicalEvent> = {}): CanonicalEvent {
  return eventOf({
    event_type: 'dns.record.updated',
    timestamp: at(day0, minutes),
    domain: 'pay.example',
    record_name: 'www.pay.example',
    record_type: 'A',
    new_value: ['192.0.2.44'],
    old_known: false,
    source_kind: 'dns_provider_audit',
    actor_id: 'provider-a:alice',
    ...extra,
  });
}

function intent(event: CanonicalEvent): FeatureOf<'intent'> {
  return event.feature?.['intent'] as FeatureOf<'intent'>;
}

const www: IntentChange = {
  domain: 'pay.example',
  action: 'record',
  name: 'www.pay.example',
  type: 'A',
  new: ['192.0.2.44'],
};

function run(changes: IntentChange[], event: CanonicalEvent, extra: Partial<Intent> = {}): CanonicalEvent {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  harness.intent(intentOf(changes, extra));
  return harness.event(event);
}

void test('same object and same value approve, and the ticket is named', () => {
  const event = run([www], record(10));
  assert.equal(event.approval_state, 'approved');
  assert.equal(intent(event).matched, 'CHG-1');
  assert.equal(intent(event).mismatch, false);
  assert.equal(event.change_request_id, 'CHG-1');
});

void test('an approval that ended early covers what was done before, even when seen late, and nothing after', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  harness.intent(intentOf([www]));
  harness.intent(intentOf([www], { valid_until: at(day0, 30) }));
  const after = harness.event(record(40));
  assert.equal(after.approval_state, 'not_found');
  assert.equal(intent(after).outside_window, true);
  const before = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  before.intent(intentOf([www]));
  before.intent(intentOf([www], { valid_until: at(day0, 30) }));
  const seenLate = before.event(record(40, { timestamp_earliest: at(day0, 20) }));
  assert.equal(seenLate.approval_state, 'approved');
});

void test('the right name with another value is a mismatch and not approved', () => {
  const event = run([www], record(10, { new_value: ['203.0.113.66'] }));
  assert.equal(event.approval_state, 'not_found');
  assert.equal(intent(event).mismatch, true);
  assert.equal(intent(event).mismatch_id, 'CHG-1');
});

void test('another name, another type or another time is nothing', () => {
  for (const event of [
    run([www], record(10, { record_name: 'api.pay.example' })),
    run([www], record(10, { record_type: 'AAAA', new_value: ['2001:db8::1'] })),
    run([www], record(25 * 60)),
    run([www], record(-5)),
  ]) {
    assert.equal(event.approval_state, 'not_found');
    assert.equal(intent(event).mismatch, false);
  }
});

void test('a change without value approves nothing: window only', () => {
  const { new: _value, ...bare } = www;
  const event = run([bare], record(10));
  assert.equal(event.approval_state, 'not_found');
  assert.equal(intent(event).window_only, true);
  assert.equal(intent(event).outside_window, false);
});

void test('values compare in canonical form: case, final dots, order', () => {
  const event = run(
    [
      {
        domain: 'pay.example',
        action: 'delegation',
        new: ['NS2.Provider-B.example.', 'ns1.provider-b.example'],
      },
    ],
    eventOf({
      event_type: 'registrar.domain.nameservers_changed',
      timestamp: at(day0, 10),
      domain: 'pay.example',
      attribute: 'nameservers',
      new_value: ['ns1.provider-b.example', 'ns2.provider-b.example'],
    }),
  );
  assert.equal(event.approval_state, 'approved');
});

void test('a transfer to an account agrees with the registrar that RDAP sees, not with another one', () => {
  const changes: IntentChange[] = [{ domain: 'pay.example', action: 'transfer', new: 'registrar-b/99' }];
  const moved = (registrar: string) =>
    eventOf({
      event_type: 'registrar.domain.registrar_changed',
      timestamp: at(day0, 10),
      domain: 'pay.example',
      attribute: 'registrar',
      new_value: registrar,
      source_kind: 'rdap_poll',
    });
  assert.equal(run(changes, moved('registrar-b')).approval_state, 'approved');
  const wrong = run(changes, moved('registrar-c'));
  assert.equal(wrong.approval_state, 'not_found');
  assert.equal(intent(wrong).mismatch, true);
});

void test('restoring the approved state needs no intent', () => {
  const event = run([], record(10, { record_name: 'pay.example', new_value: ['192.0.2.10'] }));
  assert.equal(event.approval_state, 'approved');
  assert.equal(intent(event).restoring, true);
  assert.equal(intent(event).matched, 'approved_state');
});

void test('an intent that comes late revises: the change is approved by a derived fact linked to its events', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  const event = harness.event(record(10));
  assert.equal(event.approval_state, 'not_found');
  harness.intent(intentOf([www], { known_at: at(day0, 60) }));
  const revision = harness.derived.find(({ draft }) => draft.feature?.['intent'] !== undefined)?.draft;
  assert.equal(revision?.event_type, 'derived.attribution.missing');
  assert.equal(revision?.approval_state, 'approved');
  assert.equal(revision?.change_fact_id, event.change_fact_id);
  assert.deepEqual(revision?.links, [{ rel: 'revises', event_id: event.event_id }]);
  assert.deepEqual(revision?.feature?.['intent'], { matched: 'CHG-1', late: true });
  const again = harness.event(record(61));
  assert.equal(again.approval_state, 'approved');
});

void test('an intent that nobody used ends with a notice, a used one without', () => {
  for (const used of [false, true]) {
    const harness = createHarness(ledgerAnnotators, { inventory: smallInventory() });
    harness.intent(intentOf([www]));
    if (used) harness.event(record(10));
    harness.advance(ms(day0) + 2 * 86_400_000);
    const notices = harness.derived.filter(({ draft }) => draft.event_type === 'change.request.closed');
    assert.equal(notices.length, used ? 0 : 1);
    if (!used) assert.equal(notices[0]?.draft.change_request_id, 'CHG-1');
    harness.advance(ms(day0) + 12 * 86_400_000);
    assert.equal(harness.states['domain|pay.example']?.['intents'], undefined);
  }
});

void test('tokens and factors are approved on the account and the principal', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  harness.intent(
    intentOf([
      { account: 'registrar-a/4711', action: 'token', object: 'deploy-key', new: 'created' },
      { principal: 'okta:alice@acme.example', action: 'mfa', new: 'reset' },
    ]),
  );
  const token = (id: string) =>
    harness.event(
      eventOf({
        event_type: 'registrar.account.api_token_created',
        timestamp: at(day0, 10),
        registrar_account: 'registrar-a/4711',
        token_id: id,
        source_kind: 'registrar_audit',
        actor_id: 'registrar-a:alice',
      }),
    );
  assert.equal(token('deploy-key').approval_state, 'approved');
  assert.equal(token('other-key').approval_state, 'not_found');
  const reset = harness.event(
    eventOf({
      event_type: 'identity.user.mfa_reset',
      timestamp: at(day0, 20),
      source_kind: 'identity_log',
      actor_id: 'okta:alice@acme.example',
    }),
  );
  assert.equal(reset.approval_state, 'approved');
});

void test('an approval that only the sender claims does not count', () => {
  const event = run([], record(10, { approval_state: 'approved' }));
  assert.equal(event.approval_state, 'not_found');
});

void test('providers that report single records: each step towards the approved set is approved, no step beside it', () => {
  const approved: IntentChange = { ...www, new: ['192.0.2.44', '192.0.2.45'] };
  const step = (minutes: number, verb: string, fields: Partial<CanonicalEvent>): CanonicalEvent =>
    record(minutes, {
      event_type: `dns.record.${verb}`,
      source: { scope: 'record' },
      old_known: true,
      old_value: null,
      new_value: null,
      ...fields,
    });
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  harness.intent(intentOf([approved]));
  harness.event(
    eventOf({
      event_type: 'dnsquery.answer.observed',
      source_kind: 'answer_probe',
      timestamp: at(day0, 1),
      domain: 'pay.example',
      record_name: 'www.pay.example',
      record_type: 'A',
      new_value: ['192.0.2.1'],
    }),
  );
  const states = [
    step(10, 'created', { new_value: ['192.0.2.44'] }),
    step(11, 'deleted', { old_value: ['192.0.2.1'] }),
    step(12, 'created', { new_value: ['203.0.113.66'] }),
    step(13, 'deleted', { old_value: ['203.0.113.66'] }),
    step(14, 'deleted', { old_value: ['192.0.2.44'] }),
  ].map((each) => {
    const told = harness.event(each);
    return [told.approval_state, intent(told).step ?? false, intent(told).mismatch];
  });
  assert.deepEqual(states, [
    ['approved', true, false],
    ['approved', true, false],
    ['not_found', false, true],
    // Taking the stranger away leads to the set again.
    ['approved', true, false],
    // Taking an approved value away does not.
    ['not_found', false, true],
  ]);
});

function notices(harness: ReturnType<typeof createHarness>): (readonly [unknown, unknown])[] {
  harness.advance(ms(at(day0, 25 * 60)));
  return harness.derived
    .filter(({ draft }) => draft.event_type === 'change.request.closed')
    .map(({ draft }) => [draft.new_value, draft.source?.['unused_changes']] as const);
}

const api: IntentChange = { ...www, name: 'api.pay.example', new: ['192.0.2.45'] };
const lock: IntentChange = { domain: 'pay.example', action: 'lock', new: 'disabled' };

void test('what nobody did of an intent expires with a notice that names it; what was done does not', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  harness.intent(intentOf([www, api, lock]));
  harness.event(record(10));
  assert.deepEqual(notices(harness), [
    ['expired with 2 of 3 changes unused', ['record api.pay.example A: ["192.0.2.45"]', 'lock: disabled']],
  ]);
  const unused = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  unused.intent(intentOf([www]));
  assert.deepEqual(notices(unused), [['expired unused', ['record www.pay.example A: ["192.0.2.44"]']]]);
  const done = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  done.intent(intentOf([www, api]));
  done.event(record(10));
  done.event(record(11, { record_name: 'api.pay.example', new_value: ['192.0.2.45'] }));
  assert.deepEqual(notices(done), []);
});

void test('an intent told anew keeps what was seen of it, by its changes; one told too late is used by what it approves', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  harness.intent(intentOf([www, lock]));
  harness.event(record(10));
  harness.intent(intentOf([api, www], { known_at: at(day0, 60) }));
  assert.deepEqual(notices(harness), [
    ['expired with 1 of 2 changes unused', ['record api.pay.example A: ["192.0.2.45"]']],
  ]);
  const late = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  late.event(record(10));
  late.intent(intentOf([api, www], { known_at: at(day0, 60) }));
  assert.deepEqual(notices(late), [
    ['expired with 1 of 2 changes unused', ['record api.pay.example A: ["192.0.2.45"]']],
  ]);
});

void test('two tickets for one change are both used by it', () => {
  const harness = createHarness(ledgerAnnotators, { inventory: smallInventory() });
  harness.intent(intentOf([www]));
  harness.intent(intentOf([www], { id: 'CHG-2' }));
  assert.equal(intent(harness.event(record(10))).matched, 'CHG-1');
  assert.deepEqual(notices(harness), []);
});

void test('an intent of a version that knew only whether it was used at all says nothing wrong', () => {
  for (const used of [true, false]) {
    const harness = createHarness(ledgerAnnotators, { inventory: smallInventory() });
    harness.intent(intentOf([www, api]));
    const stored = harness.state('domain', 'pay.example').get<{ list: { used: unknown }[] }>('intents')
      ?.list[0];
    assert.ok(stored);
    stored.used = used;
    assert.equal(notices(harness).length, used ? 0 : 1);
  }
});

void test('a delegation that is approved approves the same name servers inside the zone, at its apex alone', () => {
  const move: IntentChange = {
    domain: 'pay.example',
    action: 'delegation',
    new: ['ns1.provider-b.example', 'ns2.provider-b.example'],
  };
  const inside = (name: string, servers: string[]) =>
    run([move], record(10, { record_name: name, record_type: 'NS', new_value: servers })).approval_state;
  const both = ['ns1.provider-b.example', 'ns2.provider-b.example'];
  assert.equal(inside('pay.example', both), 'approved');
  assert.equal(inside('pay.example', ['ns1.stranger.example']), 'not_found');
  assert.equal(inside('lab.pay.example', both), 'not_found');
});
