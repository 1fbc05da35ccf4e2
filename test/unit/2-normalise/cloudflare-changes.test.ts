/** Cloudflare audit records whose change is easily lost or told wrongly: moved records, TTLs, refusals, batches, credentials. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudflareAudit } from '../../../collector/src/2-normalise/cloudflare-audit/index.ts';
import { assertHolds, eventsOf } from './normalise-check.ts';

function record(name: string, type: string, content: string, ttl: number): Record<string, unknown> {
  return { id: 'r1', zone_name: 'pay.example', name, type, content, ttl, proxied: false };
}

function item(type: string, more: Record<string, unknown>): Record<string, unknown> {
  return {
    action: { result: true, type },
    actor: { id: 'u1', email: 'a@acme.example', ip: '2001:DB8::1', type: 'user' },
    id: 'cf-1',
    interface: 'API',
    metadata: { zone_name: 'pay.example' },
    owner: { id: 'o1' },
    resource: { id: 'r1', type: 'DNS_record' },
    when: '2026-11-21T10:00:00Z',
    ...more,
  };
}

function call(path: string, request: unknown, response: unknown): Record<string, unknown> {
  return {
    id: 'v2-1',
    account: { id: 'o1' },
    action: { result: 'success', time: '2026-11-21T10:00:00Z', type: 'create' },
    actor: { id: 'u1', context: 'dash', ip_address: '192.0.2.7', type: 'user' },
    raw: { method: 'POST', uri: path },
    resource: { id: 'x', product: 'dns_records', request, response },
    zone: { id: 'z', name: 'pay.example' },
  };
}

void test('a record that gets another name leaves one set and joins another', () => {
  const events = eventsOf(
    cloudflareAudit,
    item('rec_set', {
      oldValueJson: record('old.pay.example', 'A', '192.0.2.1', 300),
      newValueJson: record('new.pay.example', 'A', '192.0.2.1', 300),
    }),
  );
  assert.equal(events.length, 2);
  assertHolds(
    events[0],
    {
      event_type: 'dns.record.deleted',
      record_name: 'old.pay.example',
      old_value: ['192.0.2.1'],
      new_value: null,
      transaction_id: 'cf-1',
      transaction_size: 2,
    },
    'old name',
  );
  assertHolds(
    events[1],
    { event_type: 'dns.record.created', record_name: 'new.pay.example', new_value: ['192.0.2.1'] },
    'new name',
  );
  assert.notEqual(events[0]?.event_id, events[1]?.event_id);
});

void test('a record that gets another type is not told as a value of the new type', () => {
  const events = eventsOf(
    cloudflareAudit,
    item('rec_set', {
      oldValueJson: record('www.pay.example', 'A', '192.0.2.1', 300),
      newValueJson: record('www.pay.example', 'CNAME', 'shop.other.example', 300),
    }),
  );
  assert.deepEqual(
    events.map((event) => [event.event_type, event.record_type, event.old_value, event.new_value]),
    [
      ['dns.record.deleted', 'A', ['192.0.2.1'], null],
      ['dns.record.created', 'CNAME', null, ['shop.other.example']],
    ],
  );
});

void test('only the TTL changes: also from automatic, which is no number of seconds', () => {
  for (const [before, after, told] of [
    [300, 60, { ttl_old: 300, ttl_new: 60, ttl_delta: -240 }],
    [1, 60, { ttl_old: null, ttl_new: 60 }],
    [60, 1, { ttl_old: 60, ttl_new: null }],
  ] as const) {
    const [event, ...others] = eventsOf(
      cloudflareAudit,
      item('rec_set', {
        oldValueJson: record('www.pay.example', 'A', '192.0.2.1', before),
        newValueJson: record('www.pay.example', 'A', '192.0.2.1', after),
      }),
    );
    assert.equal(others.length, 0);
    assertHolds(
      event,
      { event_type: 'dns.record.ttl_changed', old_value: ['192.0.2.1'], new_value: ['192.0.2.1'], ...told },
      `${before} to ${after}`,
    );
  }
});

void test('a refused creation does not say that there was no such record', () => {
  const [event] = eventsOf(
    cloudflareAudit,
    item('rec_add', {
      action: { result: false, type: 'rec_add' },
      newValueJson: record('www.pay.example', 'A', '192.0.2.1', 300),
    }),
  );
  assertHolds(
    event,
    { event_type: 'dns.record.created', outcome: 'failure', old_known: false, old_value: null },
    'refused',
  );
  assert.ok(event?.old_value === undefined);
});

void test('the DNSSEC setting is told by its value, and by nothing else', () => {
  for (const [value, type] of [
    ['disabled', 'dns.zone.dnssec_disabled'],
    ['pending-disabled', 'dns.zone.dnssec_disabled'],
    ['off', 'dns.zone.dnssec_disabled'],
    [false, 'dns.zone.dnssec_disabled'],
    ['active', 'dns.zone.dnssec_enabled'],
    ['on', 'dns.zone.dnssec_enabled'],
    ['error', 'dns.provider.edge_config_changed'],
  ] as const)
    assert.deepEqual(
      eventsOf(
        cloudflareAudit,
        item('change_setting', { metadata: { name: 'dnssec', value, zone_name: 'pay.example' } }),
      ).map((event) => event.event_type),
      [type],
      String(value),
    );
});

void test('v2 batch: records named by their id are known by the answer', () => {
  const request = {
    deletes: [{ id: 'a' }],
    patches: [{ id: 'b', content: '192.0.2.8' }],
    posts: [{ type: 'A', name: 'x', content: '192.0.2.9' }],
  };
  const result = {
    deletes: [{ id: 'a', type: 'A', name: 'gone.pay.example', content: '192.0.2.3', ttl: 1 }],
    patches: [{ id: 'b', type: 'A', name: 'p.pay.example', content: '192.0.2.8', ttl: 60 }],
    posts: [{ id: 'c', type: 'A', name: 'x.pay.example', content: '192.0.2.9', ttl: 1 }],
  };
  const events = eventsOf(
    cloudflareAudit,
    call('/client/v4/zones/z/dns_records/batch', request, { success: true, result }),
  );
  assert.deepEqual(
    events.map((event) => [event.event_type, event.record_name, event.new_value]),
    [
      ['dns.record.deleted', 'gone.pay.example', null],
      ['dns.record.updated', 'p.pay.example', ['192.0.2.8']],
      ['dns.record.created', 'x.pay.example', ['192.0.2.9']],
    ],
  );
});

void test('keys of certificates and addresses of log jobs are blanked', () => {
  const job = item('job_create', {
    newValueJson: { destination_conf: 's3://logs/x?secret-access-key=HIDE-ME', enabled: true },
  });
  const key = call('/zones/z/custom_certificates', { certificate: 'c', private_key: 'HIDE-ME' }, {});
  for (const each of [job, key]) {
    const [event] = eventsOf(cloudflareAudit, each);
    assert.ok(!JSON.stringify(event).includes('HIDE-ME'));
    assert.equal(event?.raw.redactions?.length, 1);
  }
});
