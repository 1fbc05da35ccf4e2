/** DNSimple deliveries that no recorded sample shows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsimple } from '../../../collector/src/2-normalise/dnsimple.ts';
import { assertHolds, eventsOf } from './normalise-check.ts';

function delivery(name: string, data: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name,
    data,
    account: { id: 123 },
    actor: { id: '1120', entity: 'user', pretty: 'alice@acme.example' },
    request_identifier: 'd-1',
    ...more,
  };
}

const domain = { name: 'Pay.example' };

void test('a change of delegation is one, in whatever form the name servers are told', () => {
  for (const [servers, told] of [
    [
      ['NS2.dns.example.', 'ns1.dns.example'],
      ['ns1.dns.example', 'ns2.dns.example'],
    ],
    [
      [{ name: 'NS1.pay.example', ipv4: '192.0.2.53' }, { name: 'ns2.pay.example' }],
      ['ns1.pay.example', 'ns2.pay.example'],
    ],
    [[], undefined],
    [undefined, undefined],
  ] as const) {
    const [event, ...more] = eventsOf(
      dnsimple,
      delivery('domain.delegation_change', { domain, name_servers: servers }),
    );
    assert.equal(more.length, 0);
    assertHolds(
      event,
      { event_type: 'registrar.domain.nameservers_changed', domain: 'pay.example', old_known: false },
      JSON.stringify(servers),
    );
    assert.deepEqual(event?.new_value, told);
  }
});

void test('a record of the zone itself may be called "@", and one that cannot be read keeps its domain', () => {
  const record = (name: string, type: string) => ({
    zone_record: { id: 1, zone_id: 'Pay.example', name, type, content: 'shop.dns.example', ttl: 60 },
  });
  assertHolds(
    eventsOf(dnsimple, delivery('zone_record.delete', record('@', 'ALIAS')))[0],
    { event_type: 'dns.record.deleted', record_name: 'pay.example', old_value: ['shop.dns.example'] },
    'apex',
  );
  assertHolds(
    eventsOf(dnsimple, delivery('zone_record.create', record('www', 'not a type')))[0],
    { event_type: 'other.activity', domain: 'pay.example' },
    'unreadable',
  );
});

void test('the address of a webhook, which ends in its secret, is blanked', () => {
  const url = 'https://zw.acme.example/ingest/dnsimple/HIDE-ME';
  const [event] = eventsOf(dnsimple, delivery('webhook.create', { webhook: { id: 1, url } }));
  assert.ok(!JSON.stringify(event).includes('HIDE-ME'));
  assert.deepEqual(event?.raw.redactions, ['url']);
});

void test('a request identifier may be a number', () => {
  const [event] = eventsOf(dnsimple, delivery('zone.create', { zone: domain }, { request_identifier: 7 }));
  assertHolds(event, { event_type: 'dns.zone.created', source_event_id: '7' }, 'number');
});
