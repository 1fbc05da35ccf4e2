/** Rules of further change feeds that no recorded sample shows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certstream } from '../../../collector/src/2-normalise/certstream.ts';
import { cloudflareAudit } from '../../../collector/src/2-normalise/cloudflare-audit/index.ts';
import { dnsimple } from '../../../collector/src/2-normalise/dnsimple.ts';
import { eppPoll } from '../../../collector/src/2-normalise/epp-poll/index.ts';
import { gcpDns } from '../../../collector/src/2-normalise/gcp-dns.ts';
import { zonestream } from '../../../collector/src/2-normalise/zonestream.ts';
import { assertHolds, eventsOf, failureOf, normaliseBytes } from './normalise-check.ts';

const update = (more: Record<string, unknown> = {}) => ({
  name: 'domain.delegation_change',
  request_identifier: 'r-1',
  data: {
    domain: { name: 'pay.example', updated_at: '2026-11-21T21:59:00Z' },
    name_servers: ['NS2.example.net.', 'ns1.example.net'],
  },
  account: { id: 7 },
  actor: { id: '1', entity: 'user', pretty: 'alice@acme.example' },
  ...more,
});

test('DNSimple: the request and its body alone are the same fact; delegation is a sorted set with unknown old value', () => {
  const body = JSON.stringify(update());
  const [fromBody] = eventsOf(dnsimple, update());
  const whole = normaliseBytes(dnsimple, Buffer.from(`POST /x HTTP/1.1\r\nX-Request-Id: q\r\n\r\n${body}`));
  assert.ok(whole.ok);
  assert.equal(whole.value[0]?.event_id, fromBody?.event_id);
  assert.equal(whole.value[0]?.request_id, 'q');
  assertHolds(
    fromBody,
    {
      event_type: 'registrar.domain.nameservers_changed',
      new_value: ['ns1.example.net', 'ns2.example.net'],
      old_known: false,
      added: null,
      timestamp: '2026-11-21T22:00:00.000Z',
      timestamp_earliest: '2026-11-21T21:59:00.000Z',
      timestamp_precision: 'interval',
    },
    'event',
  );
});

test('DNSimple: state change has old and new, an unknown name keeps all but the invitation token', () => {
  const [change] = eventsOf(
    dnsimple,
    update({
      name: 'domain.state_change',
      data: { domain: { name: 'pay.example' }, state_change: { from: 'registered', to: 'expired' } },
    }),
  );
  assertHolds(
    change,
    {
      event_type: 'registrar.domain.status_changed',
      old_value: 'registered',
      new_value: 'expired',
      old_known: true,
    },
    'change',
  );
  const [other] = eventsOf(
    dnsimple,
    update({ name: 'account.new_thing:started', data: { account_invitation: { id: 1, token: 'secret' } } }),
  );
  assertHolds(
    other,
    { event_type: 'other.activity', outcome: 'attempt', event_type_original: 'account.new_thing:started' },
    'other',
  );
  assert.doesNotMatch(JSON.stringify(other?.source), /secret/);
});

test('Zonestream: a confirmed level n has confidence 0.95 - 0.05 (n - 1), levels outside 1-10 are refused', () => {
  const confirmed = (confidence: number) => ({ domain: 'new.example.', timestamp: 1770960643, confidence });
  assert.equal(eventsOf(zonestream, confirmed(1))[0]?.confidence, 0.95);
  assert.equal(eventsOf(zonestream, confirmed(10))[0]?.confidence, 0.5);
  assert.equal(
    eventsOf(zonestream, { fqdn: 'www.new.example.', timestamp: 1 })[0]?.record_name,
    'www.new.example',
  );
  assert.equal(failureOf(zonestream, confirmed(11)).code, 'bad_field');
  assert.equal(failureOf(zonestream, { domain: 'new..example', timestamp: 1 }).code, 'bad_domain_name');
});

test('Zonestream: differences of delegations, and rows without a mark', () => {
  const row = {
    query_name: 'new.ch.',
    response_type: 'NS',
    ns_address: 'NS1.example.net.',
    timestamp: 1770960643,
  };
  const [added] = eventsOf(zonestream, { ...row, diff: '+' });
  assertHolds(
    added,
    { event_type: 'registrar.domain.nameservers_changed', added: ['ns1.example.net'], old_known: false },
    'added',
  );
  const [unmarked] = eventsOf(zonestream, row);
  assertHolds(
    unmarked,
    { event_type: 'other.activity', source: { ns_address: 'NS1.example.net.' } },
    'unmarked',
  );
});

test('certstream: one event per registrable domain, its own names first; heartbeat and domains-only', () => {
  const names = [
    'a.one.example',
    'B.one.example',
    'x.two.example',
    '192.0.2.1',
    'bad name',
    ...Array.from({ length: 120 }, (_, i) => `n${i}.one.example`),
  ];
  const events = eventsOf(certstream, {
    message_type: 'certificate_update',
    data: {
      update_type: 'X509LogEntry',
      leaf_cert: { all_domains: names, serial_number: '00AB', sha256: 'AA:'.repeat(31) + 'AA' },
    },
  });
  assert.deepEqual(
    events.map((event) => event.domain),
    ['one.example', 'two.example'],
  );
  assert.equal(events[1]?.cert?.names?.[0], 'x.two.example');
  assert.equal(events[1]?.cert?.names?.length, 100);
  assert.equal(events[1]?.cert?.names_truncated, 23);
  assert.equal(events[0]?.cert?.serial, 'ab');
  assert.deepEqual(eventsOf(certstream, { message_type: 'heartbeat', timestamp: 1 }), []);
  const [listed] = eventsOf(certstream, {
    message_type: 'dns_entries',
    data: ['*.one.example', 'one.example'],
  });
  assertHolds(
    listed,
    { event_type: 'cert.issued', domain: 'one.example', cert: { is_precert: null } },
    'listed',
  );
});

test('Cloudflare: an edit has both values; nanoseconds, v2 records and the Logpush trial delivery are read', () => {
  const item = {
    action: { type: 'rec_set', result: true },
    actor: { id: 'u', ip: '192.0.2.1', type: 'user' },
    id: '1',
    metadata: { zone_name: 'pay.example' },
    oldValueJson: { type: 'MX', name: 'pay.example', content: 'old.example', priority: 10, ttl: 1 },
    newValueJson: { type: 'MX', name: 'pay.example', content: 'new.example', priority: 10, ttl: 300 },
    when: '2026-01-01T00:00:00Z',
  };
  assertHolds(
    eventsOf(cloudflareAudit, item)[0],
    {
      event_type: 'dns.record.updated',
      old_value: ['10 old.example'],
      new_value: ['10 new.example'],
      old_known: true,
      ttl_old: null,
      ttl_new: 300,
    },
    'v1',
  );
  const pushed = { ActionType: 'login', ActionResult: false, ID: '2', When: '1638303588123456789' };
  assertHolds(
    eventsOf(cloudflareAudit, pushed)[0],
    {
      event_type: 'identity.session.login_failed',
      timestamp: '2021-11-30T20:19:48.123Z',
      outcome: 'failure',
    },
    'pushed',
  );
  const v2 = {
    action: { type: 'update', result: 'success', time: '2026-01-01T00:00:00Z' },
    actor: { id: 'u', context: 'api_token', token_id: 't', type: 'user' },
    resource: {
      product: 'dns_records',
      request: { type: 'A', name: 'www.pay.example', content: '192.0.2.9' },
    },
    zone: { name: 'pay.example' },
  };
  assertHolds(
    eventsOf(cloudflareAudit, v2)[0],
    {
      event_type: 'dns.record.updated',
      old_known: false,
      old_value: null,
      new_value: ['192.0.2.9'],
      token_id: 't',
      auth_method: 'token',
    },
    'v2',
  );
  assert.deepEqual(eventsOf(cloudflareAudit, { content: 'tests' }), []);
});

test('Cloud DNS: DNSSEC switched off in a patch, a refused call, a Pub/Sub body', () => {
  const entry = {
    insertId: 'i',
    logName: 'projects/p/logs/a',
    timestamp: '2026-01-01T00:00:00Z',
    protoPayload: {
      methodName: 'dns.managedZones.patch',
      status: { code: 7 },
      request: { managedZone: { name: 'z', dnsName: 'pay.example.' } },
      response: {
        operation: {
          zoneContext: {
            oldValue: { dnssecConfig: { state: 'ON' } },
            newValue: { dnssecConfig: { state: 'OFF' } },
          },
        },
      },
    },
  };
  const [event] = eventsOf(gcpDns, entry);
  assertHolds(
    event,
    {
      event_type: 'dns.zone.dnssec_disabled',
      outcome: 'failure',
      domain: 'pay.example',
      old_value: 'on',
      new_value: 'off',
    },
    'patch',
  );
  const data = Buffer.from(JSON.stringify(entry)).toString('base64');
  assert.equal(eventsOf(gcpDns, { message: { data } })[0]?.event_id, event?.event_id);
});

test('EPP: acknowledgements are no facts, a message has an id, times without zone are UTC', () => {
  const frame = (inner: string) =>
    normaliseBytes(eppPoll, Buffer.from(`<epp><response>${inner}</response></epp>`));
  const acknowledged = frame('<result code="1000"><msg>ok</msg></result>');
  assert.deepEqual(acknowledged.ok ? acknowledged.value : 'failed', []);
  const anonymous = frame('<result code="1301"/><msgQ count="1"/>');
  assert.equal(anonymous.ok ? '' : anonymous.failure.code, 'missing_field');
  const local = frame(
    '<result code="1301"/><msgQ id="1"><qDate>2026-01-01T10:00:00</qDate><msg>Caf&#233; &amp; co</msg></msgQ>',
  );
  assert.ok(local.ok);
  assertHolds(
    local.value[0],
    { event_type: 'other.activity', event_type_original: 'Café & co', timestamp: '2026-01-01T10:00:00.000Z' },
    'local',
  );
});
