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

const admin = { id: '00u1', type: 'User', alternateId: 'Alice@Acme.example' };
const bob = { id: '00u2', type: 'User', alternateId: 'Bob@Acme.example' };
const carol = { id: '00u3', type: 'User', alternateId: 'carol@acme.example' };

test('support is let in by an administrator and comes in as itself', () => {
  const impersonation = (verb: string, actor: unknown, target: unknown[]) =>
    eventsOf(okta, logEvent({ eventType: `user.session.impersonation.${verb}`, actor, target }))[0];
  for (const verb of ['grant', 'extend', 'revoke'])
    assertHolds(
      impersonation(verb, admin, []),
      {
        actor_id: 'okta:alice@acme.example',
        actor_type: 'user',
        actor_origin: 'customer',
        identity: { target_user: null },
      },
      verb,
    );
  const support = { id: '00s1', type: 'User', alternateId: 'agent@okta.com' };
  assertHolds(
    impersonation('initiate', support, [bob]),
    {
      event_type: 'identity.session.impersonated',
      actor_type: 'provider_staff',
      actor_origin: 'provider_support',
      identity: { target_user: 'bob@acme.example' },
    },
    'initiate',
  );
});

test('a prompt that was sent is an attempt, one that was refused a failure, whatever the result says', () => {
  const outcome = (eventType: string) => eventsOf(okta, logEvent({ eventType }))[0]?.outcome;
  assert.equal(outcome('system.push.send_factor_verify_push'), 'attempt');
  assert.equal(outcome('system.sms.send_factor_verify_message'), 'attempt');
  assert.equal(outcome('system.voice.send_mfa_challenge_call'), 'attempt');
  assert.equal(outcome('user.mfa.okta_verify.deny_push'), 'failure');
  assert.equal(outcome('user.authentication.auth_via_mfa'), 'success');
});

test('several people reset, or several objects changed, in one record are changes of their own', () => {
  const reset = (target: unknown[]) =>
    eventsOf(okta, logEvent({ eventType: 'user.mfa.factor.reset_all', actor: admin, target }));
  const both = reset([bob, carol]);
  assert.deepEqual(
    both.map((event) => [event.identity?.target_user, event.transaction_size]),
    [
      ['bob@acme.example', 2],
      ['carol@acme.example', 2],
    ],
  );
  const ids = (events: ReturnType<typeof reset>) => events.map((event) => event.event_id).sort();
  assert.deepEqual(ids(reset([carol, bob])), ids(both));
  assert.equal(new Set(ids(both)).size, 2);

  const changed = eventsOf(
    okta,
    logEvent({
      eventType: 'policy.rule.update',
      target: [
        {
          id: 'p',
          type: 'PolicyEntity',
          displayName: 'Admins',
          changeDetails: { from: { a: 1 }, to: { a: 2 } },
        },
        {
          id: 'r',
          type: 'PolicyRule',
          displayName: 'Rule',
          changeDetails: { from: { mfa: true }, to: { mfa: false } },
        },
      ],
    }),
  );
  assert.deepEqual(
    changed.map((event) => [event.identity?.policy, event.attribute, event.new_value]),
    [
      ['Admins', 'a', '{"a":2}'],
      ['Rule', 'mfa', '{"mfa":false}'],
    ],
  );
});

test('details without "from" say nothing about what was', () => {
  const [event] = eventsOf(
    okta,
    logEvent({
      eventType: 'zone.update',
      target: [
        { id: 'z', type: 'NetworkZone', displayName: 'Office', changeDetails: { to: { status: 'ACTIVE' } } },
      ],
    }),
  );
  assert.equal(event?.old_known, false);
  assert.equal(event?.old_value, undefined);
});

test('an event without uuid has one id, alone or in a delivery of the hook', () => {
  const { uuid: _, ...event } = logEvent({});
  const [alone] = eventsOf(okta, event);
  const reordered = Object.fromEntries(Object.entries(event).reverse());
  const [delivered] = eventsOf(okta, { eventType: 'com.okta.event_hook', data: { events: [reordered] } });
  assert.equal(delivered?.event_id, alone?.event_id);
});
