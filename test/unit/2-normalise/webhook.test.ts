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
