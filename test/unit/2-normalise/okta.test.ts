import assert from 'node:assert/strict';
import { test } from 'node:test';
import { okta } from '../../../collector/src/2-normalise/okta/okta.ts';
import { assertHolds, checkGolden, context, eventsOf, failureOf, normaliseBytes } from './normalise-check.ts';

function logEvent(more: Record<string, unknown>): Record<string, unknown> {
  return {
    uuid: '11111111-2222-3333-4444-555555555555',
    published: '2026-11-20T10:00:00.123Z',
    eventType: 'user.session.start',
    outcome: { result: 'SUCCESS' },
    actor: { id: '00u1', type: 'User', alternateId: 'Alice@Acme.example', displayName: 'Alice' },
    client: { ipAddress: '192.0.2.7', userAgent: { rawUserAgent: 'Agent/1' } },
    ...more,
  };
}

test('every sample record gives the expected facts', (t) => checkGolden(t, okta));

test('a sign-in: login in lower case, country code, network, factor', () => {
  const [event] = eventsOf(
    okta,
    logEvent({
      client: {
        ipAddress: '[2001:db8::1]:443',
        geographicalContext: { country: 'South Korea', city: 'Seoul' },
      },
      securityContext: { asNumber: 64496, asOrg: 'Net', isProxy: true },
      target: [
        {
          type: 'AuthenticatorEnrollment',
          displayName: 'Okta Verify',
          detailEntry: { methodTypeUsed: 'Get a push notification' },
        },
      ],
    }),
  );
  assertHolds(
    event,
    {
      event_type: 'identity.session.login_succeeded',
      actor_id: 'okta:alice@acme.example',
      actor_email: 'alice@acme.example',
      source_ip: '2001:db8::1',
      mfa: 'push',
      source_kind: 'identity_log',
      acquisition: 'poll',
      confidence: 0.95,
      enrich: { source: { country: 'KR', asn: 64496, anonymiser: true, source: 'okta' } },
      identity: { factor: 'Get a push notification', target_user: 'alice@acme.example' },
    },
    'event',
  );
});

test('the outcome decides what a session start was', () => {
  const typeOf = (result: string) => eventsOf(okta, logEvent({ outcome: { result } }))[0]?.event_type;
  assert.equal(typeOf('FAILURE'), 'identity.session.login_failed');
  assert.equal(typeOf('DENY'), 'identity.session.login_failed');
  assert.equal(typeOf('CHALLENGE'), 'identity.session.mfa_challenged');
  assert.equal(typeOf('SKIPPED'), 'other.activity');
});

test('a failed sign-in proves nothing about its actor', () => {
  const [event] = eventsOf(okta, logEvent({ outcome: { result: 'FAILURE', reason: 'INVALID_CREDENTIALS' } }));
  assert.equal(event?.actor_origin, 'unknown');
  assert.equal(event?.outcome, 'failure');
});

test('an unknown event name is kept, with everything', () => {
  for (const name of ['user.something.new', 'constructor', '__proto__', 'toString']) {
    const [event] = eventsOf(okta, logEvent({ eventType: name, extra: { kept: [1, 2] } }));
    assert.equal(event?.event_type, 'other.activity');
    assert.equal(event?.event_type_original, name);
    assert.deepEqual(event?.source?.['extra'], { kept: [1, 2] });
  }
});

test('an API token appears only as its hash', () => {
  const [created] = eventsOf(
    okta,
    logEvent({
      eventType: 'system.api_token.create',
      target: [{ type: 'Token', id: '00Tsecret', displayName: 'ci' }],
    }),
  );
  const [used] = eventsOf(
    okta,
    logEvent({ transaction: { id: 't', detail: { requestApiTokenId: '00Tsecret' } } }),
  );
  assert.equal(created?.token_id, context.sha256('00Tsecret'));
  assert.equal(used?.token_id, created?.token_id);
  assert.equal(used?.auth_method, 'token');
});

test('changeDetails carry the old value', () => {
  const [event] = eventsOf(
    okta,
    logEvent({
      eventType: 'zone.update',
      target: [
        {
          type: 'NetworkZone',
          displayName: 'Office',
          changeDetails: { from: { gateways: ['192.0.2.0/24'] }, to: { gateways: ['0.0.0.0/0'] } },
        },
      ],
    }),
  );
  assertHolds(
    event,
    {
      event_type: 'identity.policy.changed',
      attribute: 'gateways',
      old_known: true,
      old_value: '{"gateways":["192.0.2.0/24"]}',
      new_value: '{"gateways":["0.0.0.0/0"]}',
    },
    'event',
  );
});

test('the same record gives the same id; another time or type does not', () => {
  const id = (more: Record<string, unknown>) => eventsOf(okta, logEvent(more))[0]?.event_id;
  assert.equal(id({}), id({ displayMessage: 'reworded' }));
  assert.notEqual(id({}), id({ published: '2026-11-20T10:00:01.000Z' }));
  assert.notEqual(id({}), id({ eventType: 'user.session.end' }));
});

test('a pushed delivery counts as push', () => {
  const bytes = Buffer.from(JSON.stringify(logEvent({})));
  const outcome = normaliseBytes(okta, bytes, { delivery: 'd-1' });
  assert.ok(outcome.ok);
  assert.equal(outcome.value[0]?.acquisition, 'push');
  assert.equal(outcome.value[0]?.confidence, 0.99);
});

test('an Event Hook delivery: its events have the ids of the log, a broken one is kept beside them', () => {
  const hook = { eventType: 'com.okta.event_hook', data: { events: [logEvent({}), { eventType: 'x' }] } };
  const events = eventsOf(okta, hook);
  assert.deepEqual(
    events.map((event) => event.event_type),
    ['identity.session.login_succeeded', 'other.activity'],
  );
  assert.equal(events[0]?.event_id, eventsOf(okta, logEvent({}))[0]?.event_id);
  assertHolds(failureOf(okta, { data: { events: [{}] } }), { path: '/data/events/0/eventType' }, '');
});

test('dead letters name the field', () => {
  assertHolds(
    failureOf(okta, logEvent({ eventType: 7.5, published: 'redacted' })),
    { code: 'bad_timestamp', path: '/published' },
    '',
  );
  assertHolds(
    failureOf(okta, logEvent({ eventType: '' })),
    { code: 'missing_field', path: '/eventType' },
    '',
  );
});
