/** Cloud DNS record sets that are easily lost or told wrongly: routing policies, refusals, values nobody told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gcpDns } from '../../../collector/src/2-normalise/gcp-dns.ts';
import { assertHolds, eventsOf } from './normalise-check.ts';

function entry(method: string, request: unknown, more: Record<string, unknown> = {}): unknown {
  return {
    insertId: 'i-1',
    logName: 'projects/acme/logs/cloudaudit.googleapis.com%2Factivity',
    timestamp: '2026-11-21T10:00:00.123456789Z',
    protoPayload: {
      authenticationInfo: { principalEmail: 'alice@acme.example' },
      methodName: method,
      request,
      requestMetadata: { callerIp: '2001:DB8::9' },
      resourceName: 'projects/acme/managedZones/pay',
      serviceName: 'dns.googleapis.com',
      ...more,
    },
  };
}

function change(deletions: unknown, additions: unknown, more: Record<string, unknown> = {}): unknown {
  return entry('dns.changes.create', { managedZone: 'pay', change: { additions, deletions } }, more);
}

function weighted(...items: readonly (readonly [weight: number, address: string])[]): unknown {
  return {
    name: 'geo.pay.example.',
    type: 'A',
    ttl: 60,
    routingPolicy: { wrr: { items: items.map(([weight, address]) => ({ weight, rrdatas: [address] })) } },
  };
}

void test('data of a routing policy are the data of the set', () => {
  const events = eventsOf(
    gcpDns,
    change([weighted([1, '192.0.2.1'])], [weighted([1, '192.0.2.1'], [9, '192.0.2.66'])]),
  );
  assert.equal(events.length, 1);
  assertHolds(
    events[0],
    {
      event_type: 'dns.record.updated',
      record_name: 'geo.pay.example',
      old_value: ['192.0.2.1'],
      new_value: ['192.0.2.1', '192.0.2.66'],
    },
    'policy',
  );
});

void test('a change of the weights alone is told, though the data stay', () => {
  const before = weighted([1, '192.0.2.1'], [0, '192.0.2.66']);
  const after = weighted([0, '192.0.2.1'], [1, '192.0.2.66']);
  const [event, ...others] = eventsOf(gcpDns, change([before], [after]));
  assert.equal(others.length, 0);
  assertHolds(
    event,
    { event_type: 'dns.record.updated', attribute: 'routing', old_known: true, source: { scope: 'record' } },
    'weights',
  );
  assert.match(String(event?.old_value), /"weight":1.*"weight":0/);
  assert.match(String(event?.new_value), /"weight":0.*"weight":1/);
});

void test('a set whose data the entry does not tell has no value, and not an empty one', () => {
  const [event] = eventsOf(
    gcpDns,
    entry('dns.resourceRecordSets.patch', {
      managedZone: 'pay',
      name: 'www.pay.example.',
      type: 'A',
      resourceRecordSet: { ttl: 60 },
    }),
  );
  assertHolds(event, { event_type: 'dns.record.updated', record_name: 'www.pay.example' }, 'patch');
  assert.equal(event?.new_value, undefined);
});

void test('a refused call knows no old value', () => {
  const a = (address: string) => ({ name: 'www.pay.example.', type: 'A', ttl: 300, rrdata: [address] });
  const refused = { status: { code: 7, message: 'PERMISSION_DENIED' } };
  for (const each of [
    change([a('192.0.2.1')], [a('192.0.2.66')], refused),
    change([], [a('192.0.2.66')], refused),
    entry('dns.resourceRecordSets.create', { resourceRecordSet: a('192.0.2.66') }, refused),
  ]) {
    const [event] = eventsOf(gcpDns, each);
    assert.equal(event?.outcome, 'failure');
    assert.deepEqual(event.new_value, ['192.0.2.66']);
    assert.equal(event.old_known, false);
    assert.equal(event.old_value, undefined);
  }
});

void test('a zone in transfer is still signed', () => {
  const zoneContext = {
    oldValue: { dnsName: 'pay.example.', dnssecConfig: { state: 'ON' } },
    newValue: { dnsName: 'pay.example.', dnssecConfig: { state: 'TRANSFER' } },
  };
  const [event] = eventsOf(
    gcpDns,
    entry('dns.managedZones.patch', { managedZone: 'pay' }, { response: { operation: { zoneContext } } }),
  );
  assertHolds(
    event,
    { event_type: 'dns.zone.updated', attribute: 'dnssec', old_value: 'on', new_value: 'transfer' },
    'transfer',
  );
});

void test('authorisation codes and keys are blanked', () => {
  const code = entry(
    'google.cloud.domains.v1.Domains.RetrieveAuthorizationCode',
    {},
    {
      serviceName: 'domains.googleapis.com',
      resourceName: 'projects/acme/locations/global/registrations/pay.example',
      response: { code: 'HIDE-ME' },
    },
  );
  const key = entry(
    'google.iam.admin.v1.CreateServiceAccountKey',
    {},
    {
      response: { privateKeyData: 'HIDE-ME' },
    },
  );
  for (const each of [code, key]) assert.ok(!JSON.stringify(eventsOf(gcpDns, each)).includes('HIDE-ME'));
});
