/** What senders of generic webhooks write, and what nobody may say in their name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webhook } from '../../../collector/src/2-normalise/webhook.ts';
import { assertHolds, eventsOf, failureOf, normaliseBytes } from './normalise-check.ts';

function event(more: Record<string, unknown>): Record<string, unknown> {
  return { id: 'e-1', event_type: 'dns.record.created', timestamp: '2026-11-21T10:00:00Z', ...more };
}

void test('names of records are completed with the zone they are in', () => {
  for (const [given, name, domain] of [
    [{ record_name: 'www', zone: 'Shop.pay.example.' }, 'www.shop.pay.example', 'pay.example'],
    [{ record_name: '_sip._tcp', zone: 'pay.example' }, '_sip._tcp.pay.example', 'pay.example'],
    [{ record_name: '@', zone: 'pay.example' }, 'pay.example', 'pay.example'],
    [{ record_name: 'www', domain: 'pay.example' }, 'www.pay.example', 'pay.example'],
    [{ record_name: '@', domain: 'pay.example' }, 'pay.example', 'pay.example'],
    [{ record_name: 'WWW.pay.example', zone: 'pay.example' }, 'www.pay.example', 'pay.example'],
    [{ record_name: 'a.other.example.', zone: 'pay.example' }, 'a.other.example', 'other.example'],
    [{ record_name: 'a.other.example', domain: 'pay.example' }, 'a.other.example', 'pay.example'],
  ] as const)
    assertHolds(
      eventsOf(webhook, event({ ...given, record_type: 'A', new_value: '192.0.2.1' }))[0],
      { event_type: 'dns.record.created', record_name: name, domain },
      JSON.stringify(given),
    );
});

void test('nobody says in the name of the pipeline that a source is silent or what follows from what', () => {
  for (const type of ['pipeline.source.silent', 'derived.attribution.missing'])
    assertHolds(
      eventsOf(webhook, event({ event_type: type, source_kind: 'pipeline', domain: 'pay.example' }))[0],
      { event_type: 'other.activity', event_type_original: type, source_kind: 'manual' },
      type,
    );
});

void test('a delivery whose id stands in the header of Standard Webhooks', () => {
  const mapping = JSON.stringify({
    event_type: '/type',
    event_types: { 7: 'registrar.domain.lock_disabled' },
    timestamp: '/timestamp',
    domain: '/data/domain',
  });
  const body = (domain: string) => ({ type: 7, timestamp: '2026-11-21T10:00:00Z', data: { domain } });
  const read = (domain: string, meta: Record<string, string>) =>
    normaliseBytes(webhook, Buffer.from(JSON.stringify(body(domain))), { mapping, ...meta });
  const [first, again, other] = ['a.example', 'a.example', 'b.example'].map((domain) => {
    const outcome = read(domain, { delivery: 'msg_1' });
    assert.ok(outcome.ok);
    return outcome.value[0];
  });
  assertHolds(
    first,
    { event_type: 'registrar.domain.lock_disabled', domain: 'a.example', source_event_id: 'msg_1' },
    'header',
  );
  assert.equal(first?.event_id, again?.event_id);
  assert.notEqual(first?.event_id, other?.event_id);
  const without = read('a.example', {});
  assert.ok(!without.ok && without.failure.path === '/id');
});

void test('credentials that senders put into their bodies are blanked', () => {
  const [kept] = eventsOf(
    webhook,
    event({ event_type: 'code.sent', auth_code: 'HIDE-ME', user: { password: 'HIDE-ME' }, token_id: 't1' }),
  );
  assert.ok(!JSON.stringify(kept).includes('HIDE-ME'));
  assert.deepEqual(kept?.raw.redactions, ['auth_code', 'password']);
  assert.equal(kept.token_id, 't1');
  assert.equal(failureOf(webhook, event({ event_type: '' })).path, '/event_type');
});

void test('webhook: canonical words, many events, a declarative mapping, and what it refuses', () => {
  const canonical = {
    id: '1',
    event_type: 'registrar.domain.ds_removed',
    timestamp: '2026-01-01T00:00:00+01:00',
    domain: 'Pay.Example.',
    attribute: 'ds',
    old_value: ['1 13 2 ab'],
    new_value: [],
    record_type: 'DS',
    actor_id: 'x:alice',
  };
  assertHolds(
    eventsOf(webhook, canonical)[0],
    {
      domain: 'pay.example',
      timestamp: '2025-12-31T23:00:00.000Z',
      old_value: ['1 13 2 AB'],
      removed: ['1 13 2 AB'],
      old_known: true,
      source_kind: 'manual',
    },
    'canonical',
  );
  assert.equal(
    eventsOf(webhook, { events: [canonical, { ...canonical, id: '2', event_type: 'new.thing' }] })[1]
      ?.event_type,
    'other.activity',
  );
  const mapping = JSON.stringify({
    id: '/meta/uid',
    event_type: '/kind',
    event_types: { unlocked: 'registrar.domain.lock_disabled' },
    timestamp: '/at',
    domain: '/object/name',
    source_kind: { value: 'registrar_audit' },
  });
  const native = { meta: { uid: 'u' }, kind: 'unlocked', at: 1770960643, object: { name: 'pay.example' } };
  const mapped = normaliseBytes(webhook, Buffer.from(JSON.stringify(native)), { mapping });
  assert.ok(mapped.ok);
  assertHolds(
    mapped.value[0],
    {
      event_type: 'registrar.domain.lock_disabled',
      event_type_original: 'unlocked',
      domain: 'pay.example',
      source_kind: 'registrar_audit',
    },
    'mapped',
  );
  assert.equal(failureOf(webhook, { ...canonical, id: undefined }).path, '/id');
  const wrong = { ...canonical, timestamp: 'soon' };
  assert.equal(failureOf(webhook, { events: [wrong] }).path, '/events/0/timestamp');
  const [kept, unread] = eventsOf(webhook, { events: [wrong, canonical] });
  assert.equal(kept?.source_event_id, canonical.id);
  assert.equal(unread?.event_type, 'other.activity');
});

void test("webhook: a mapping reaches the members of identity and mail, and the outcome in the sender's words", () => {
  const mapping = JSON.stringify({
    id: '/uid',
    event_type: '/kind',
    event_types: { 'role.add': 'identity.role.granted' },
    timestamp: '/time_unix_nano',
    outcome: '/status',
    'identity.target_user': '/who/email',
    'identity.target_role': '/role',
    source_kind: { value: 'identity_log' },
  });
  const native = {
    uid: 7,
    kind: 'role.add',
    time_unix_nano: '1795276800123456789',
    status: 'Error',
    who: { email: 'eve@acme.example' },
    role: 'owner',
  };
  const outcome = normaliseBytes(webhook, Buffer.from(JSON.stringify(native)), { mapping });
  assert.ok(outcome.ok);
  assertHolds(
    outcome.value[0],
    {
      event_type: 'identity.role.granted',
      event_type_original: 'role.add',
      outcome: 'failure',
      timestamp: '2026-11-21T16:00:00.123Z',
      source_kind: 'identity_log',
      source_event_id: '7',
      identity: { target_user: 'eve@acme.example', target_role: 'owner' },
    },
    'mapped',
  );
});
