import assert from 'node:assert/strict';
import { test } from 'node:test';
import { googleWorkspace } from '../../../collector/src/2-normalise/google-workspace/google-workspace.ts';
import { assertHolds, checkGolden, eventsOf, failureOf } from './normalise-check.ts';

function activity(events: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    kind: 'admin#reports#activity',
    id: {
      time: '2026-11-20T10:00:00.000Z',
      uniqueQualifier: '-42',
      applicationName: 'admin',
      customerId: 'C1',
    },
    actor: { callerType: 'USER', email: 'Admin@acme.example', profileId: '1' },
    ipAddress: '2001:db8::7',
    events,
    ...more,
  };
}

const parameters = (values: Record<string, string>) =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

test('every sample record gives the expected facts', (t) => checkGolden(t, googleWorkspace));

test('several events of one activity are several facts with ids of their own, whatever their order', () => {
  const grant = {
    type: 'DELEGATED_ADMIN_SETTINGS',
    name: 'ASSIGN_ROLE',
    parameters: parameters({ ROLE_NAME: 'Super Admin', USER_EMAIL: 'new@acme.example' }),
  };
  const reset = {
    type: 'USER_SETTINGS',
    name: 'CHANGE_PASSWORD',
    parameters: parameters({ USER_EMAIL: 'new@acme.example' }),
  };
  const forward = eventsOf(googleWorkspace, activity([grant, reset]));
  const backward = eventsOf(googleWorkspace, activity([reset, grant]));
  assertHolds(
    forward[0],
    {
      event_type: 'identity.role.granted',
      new_value: 'Super Admin',
      old_known: false,
      identity: { target_role: 'Super Admin', target_user: 'new@acme.example' },
    },
    '0',
  );
  assert.equal(forward[1]?.event_type, 'identity.user.password_reset');
  assert.deepEqual(
    forward.map((event) => event.event_id),
    backward.map((event) => event.event_id).reverse(),
  );
});

test('the same fact from the Reports API and from Cloud Logging has one id', () => {
  const report = activity(
    [{ type: 'login', name: 'login_success', parameters: parameters({ login_type: 'google_password' }) }],
    {
      id: { time: '2026-11-20T10:00:00.000Z', uniqueQualifier: '-42', applicationName: 'login' },
    },
  );
  const entry = {
    protoPayload: {
      serviceName: 'login.googleapis.com',
      authenticationInfo: { principalEmail: 'admin@acme.example' },
      requestMetadata: { callerIp: '2001:db8::7' },
      metadata: {
        activityId: { uniqQualifier: '-42', timeUsec: '1' },
        event: [
          {
            eventName: 'login_success',
            eventType: 'login',
            parameter: [{ name: 'login_type', value: 'google_password', type: 'TYPE_STRING' }],
          },
        ],
      },
    },
    insertId: 'x',
    timestamp: '2026-11-20T10:00:00Z',
  };
  assert.equal(eventsOf(googleWorkspace, report)[0]?.event_id, eventsOf(googleWorkspace, entry)[0]?.event_id);
});

test('a domain added to the tenant', () => {
  const [event] = eventsOf(
    googleWorkspace,
    activity([
      {
        type: 'DOMAIN_SETTINGS',
        name: 'ADD_SECONDARY_DOMAIN',
        parameters: parameters({ SECONDARY_DOMAIN_NAME: 'Mail.Evil.example' }),
      },
    ]),
  );
  assertHolds(
    event,
    {
      event_type: 'identity.tenant_domain.changed',
      domain: 'evil.example',
      zone: 'mail.evil.example',
      new_value: 'mail.evil.example',
    },
    '',
  );
});

test('an event unwrapped to an object is read, an unknown one kept', () => {
  const [event] = eventsOf(
    googleWorkspace,
    activity({
      type: 'X',
      name: 'BRAND_NEW',
      parameters: [
        { name: 'A', multiValue: ['1', '2'] },
        { name: 'B', messageValue: { parameter: [] } },
      ],
    }),
  );
  assertHolds(
    event,
    {
      event_type: 'other.activity',
      event_type_original: 'BRAND_NEW',
      source: { event: { name: 'BRAND_NEW' } },
    },
    '',
  );
});

test('a setting that is switched off elsewhere keeps its own old value only when told', () => {
  const [event] = eventsOf(
    googleWorkspace,
    activity([
      {
        type: 'SECURITY_SETTINGS',
        name: 'ENFORCE_STRONG_AUTHENTICATION',
        parameters: parameters({ NEW_VALUE: 'false' }),
      },
    ]),
  );
  assertHolds(
    event,
    { event_type: 'identity.policy.changed', old_known: false, old_value: null, new_value: 'false' },
    '',
  );
});

test('dead letters', () => {
  assert.equal(failureOf(googleWorkspace, activity([])).path, '/events');
  assert.equal(failureOf(googleWorkspace, activity([{ type: 'no name' }])).code, 'missing_field');
  assert.equal(
    failureOf(googleWorkspace, activity([{ name: 'x' }], { id: { time: 'never' } })).path,
    '/id/time',
  );
  assert.equal(failureOf(googleWorkspace, { events: [] }).path, '/id');
});

test('services that Cloud Logging calls by other names give the ids of the Reports API', () => {
  const idsOf = (application: string, service: string, method: string, name: string) => {
    const report = activity([{ type: 'auth', name, parameters: parameters({ app_name: 'Tool' }) }], {
      id: { time: '2026-11-20T10:00:00.123Z', uniqueQualifier: '-42', applicationName: application },
    });
    const entry = {
      protoPayload: {
        serviceName: service,
        methodName: method,
        authenticationInfo: { principalEmail: 'admin@acme.example' },
        metadata: {
          activityId: { uniqQualifier: '-42', timeUsec: '1795168800123456' },
          event: [{ eventName: name, eventType: 'auth', parameter: [{ name: 'app_name', value: 'Tool' }] }],
        },
      },
      insertId: 'x',
      timestamp: '2026-11-20T10:00:03Z',
    };
    return [report, entry].map((each) => eventsOf(googleWorkspace, each)[0]?.event_id);
  };
  for (const [application, service, method, name] of [
    ['token', 'oauth2.googleapis.com', 'google.identity.oauth2.GetToken', 'authorize'],
    [
      'groups_enterprise',
      'cloudidentity.googleapis.com',
      'google.apps.cloudidentity.groups.v1.AddMember',
      'add_member',
    ],
    ['saml', 'login.googleapis.com', 'google.apps.login.v1.SamlLoginSucceeded', 'login_success'],
    ['admin', 'admin.googleapis.com', 'google.admin.AdminService.assignRole', 'ASSIGN_ROLE'],
  ] as const) {
    const [report, entry] = idsOf(application, service, method, name);
    assert.equal(entry, report, application);
  }
});
