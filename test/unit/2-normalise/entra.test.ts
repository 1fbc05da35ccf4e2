import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entra } from '../../../collector/src/2-normalise/entra/entra.ts';
import { assertHolds, checkGolden, eventsOf, failureOf } from './normalise-check.ts';

function audit(
  activity: string,
  targets: unknown[],
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    id: 'Directory_1',
    activityDateTime: '2026-11-20T10:00:00.1234567Z',
    activityDisplayName: activity,
    result: 'success',
    initiatedBy: { user: { id: 'u1', userPrincipalName: 'Admin@Acme.example', ipAddress: '192.0.2.9' } },
    targetResources: targets,
    ...more,
  };
}

function signIn(errorCode: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 's-1',
    createdDateTime: '2026-11-20T10:00:00Z',
    userPrincipalName: 'bob@acme.example',
    ipAddress: '::ffff:192.0.2.1',
    status: { errorCode },
    ...more,
  };
}

test('every sample record gives the expected facts', (t) => checkGolden(t, entra));

test('an update gives one draft per property that changed, with distinct ids', () => {
  const events = eventsOf(
    entra,
    audit('Update user', [
      {
        type: 'User',
        userPrincipalName: 'bob@acme.example',
        modifiedProperties: [
          { displayName: 'AccountEnabled', oldValue: '[true]', newValue: '[false]' },
          {
            displayName: 'OtherMail',
            oldValue: '["b@x.example","a@x.example"]',
            newValue: '["c@x.example"]',
          },
          {
            displayName: 'Included Updated Properties',
            oldValue: null,
            newValue: '"AccountEnabled,OtherMail"',
          },
        ],
      },
    ]),
  );
  assert.equal(events.length, 2);
  assertHolds(
    events[0],
    { attribute: 'AccountEnabled', old_known: true, old_value: true, new_value: false, transaction_size: 2 },
    '0',
  );
  assertHolds(
    events[1],
    { attribute: 'OtherMail', old_value: ['a@x.example', 'b@x.example'], new_value: 'c@x.example' },
    '1',
  );
  assert.notEqual(events[0]?.event_id, events[1]?.event_id);
});

test('the order of properties does not change ids', () => {
  const property = (name: string) => ({ displayName: name, oldValue: '"1"', newValue: '"2"' });
  const ids = (names: string[]) =>
    eventsOf(entra, audit('Update policy', [{ type: 'Policy', modifiedProperties: names.map(property) }]))
      .map((event) => event.event_id)
      .sort();
  assert.deepEqual(ids(['a', 'b']), ids(['b', 'a']));
});

test('a federation change names the registrable domain and both settings', () => {
  const [event] = eventsOf(
    entra,
    audit('Set domain authentication', [
      {
        displayName: 'Login.Acme.co.uk',
        modifiedProperties: [{ displayName: 'LiveType', oldValue: '["Managed"]', newValue: '["Federated"]' }],
      },
    ]),
  );
  assertHolds(
    event,
    {
      event_type: 'identity.federation.changed',
      domain: 'acme.co.uk',
      zone: 'login.acme.co.uk',
      old_value: 'Managed',
      new_value: 'Federated',
    },
    'event',
  );
});

test('credentials: a longer key list is a token, a shorter one a revocation, an equal one an edit', () => {
  const typeOf = (oldValue: string, newValue: string) =>
    eventsOf(
      entra,
      audit('Update application – Certificates and secrets management ', [
        {
          type: 'Application',
          displayName: 'App',
          modifiedProperties: [{ displayName: 'KeyDescription', oldValue, newValue }],
        },
      ]),
    )[0]?.event_type;
  assert.equal(typeOf('[]', '["k1"]'), 'identity.token.created');
  assert.equal(typeOf('["k1","k2"]', '["k1"]'), 'identity.token.revoked');
  assert.equal(typeOf('["k1"]', '["k2"]'), 'identity.app.assignment_changed');
});

test('sign-in codes: step-up, refused second factor, bad password, policy', () => {
  const facts = (code: number) =>
    eventsOf(entra, signIn(code)).map((event) => [event.event_type.slice(17), event.outcome]);
  assert.deepEqual(facts(0), [['login_succeeded', 'success']]);
  assert.deepEqual(facts(50074), [['mfa_challenged', 'attempt']]);
  assert.deepEqual(facts(500121), [
    ['login_failed', 'failure'],
    ['mfa_challenged', 'failure'],
  ]);
  assert.deepEqual(facts(50126), [['login_failed', 'failure']]);
  assert.deepEqual(facts(50058), [['login_failed', 'attempt']]);
  assert.deepEqual(facts(53003), [['access_denied', 'failure']]);
});

test('a mapped IPv4 address and an MFA method are read', () => {
  const [event] = eventsOf(
    entra,
    signIn(0, {
      authenticationDetails: [
        { authenticationMethod: 'Password', succeeded: true },
        { authenticationMethod: 'FIDO2 security key', succeeded: true },
      ],
    }),
  );
  assertHolds(event, { source_ip: '192.0.2.1', mfa: 'webauthn', auth_method: 'password' }, 'event');
});

test('password alone with a single-factor requirement is no second factor', () => {
  const [event] = eventsOf(
    entra,
    signIn(0, {
      authenticationRequirement: 'singleFactorAuthentication',
      authenticationDetails: [{ authenticationMethod: 'Password', succeeded: true }],
    }),
  );
  assert.equal(event?.mfa, 'none');
});

test('diagnostic records with properties as text, odd times and <null> addresses', () => {
  const [event] = eventsOf(entra, {
    time: '3/24/2022 2:42:35 PM',
    category: 'AuditLogs',
    operationName: 'Add user',
    callerIpAddress: '<null>',
    properties: JSON.stringify({ id: 'x', result: 'success', targetResources: [] }),
  });
  assertHolds(
    event,
    {
      event_type: 'identity.user.created',
      timestamp: '2022-03-24T14:42:35.000Z',
      source_ip: null,
      actor_id: 'unknown',
    },
    '',
  );
});

test('an Event Hub batch: readable items are read, an unreadable one is kept beside them', () => {
  const events = eventsOf(entra, {
    records: [signIn(0), { category: 'SignInLogs' }, signIn(0, { id: 's-2' })],
  });
  assert.deepEqual(
    events.map((event) => event.event_type),
    ['identity.session.login_succeeded', 'identity.session.login_succeeded', 'other.activity'],
  );
  assert.deepEqual(events[2]?.source, { category: 'SignInLogs' });
  assertHolds(
    failureOf(entra, { records: [{ category: 'SignInLogs' }] }),
    { code: 'missing_field', path: '/records/0' },
    '',
  );
});

test('dead letters say what is missing', () => {
  assert.equal(failureOf(entra, { hello: 'world' }).code, 'missing_field');
  assert.equal(failureOf(entra, signIn(0, { createdDateTime: 'soon' })).code, 'bad_timestamp');
  assert.equal(failureOf(entra, { ...signIn(0), status: { errorCode: 'x' } }).code, 'bad_field');
});
