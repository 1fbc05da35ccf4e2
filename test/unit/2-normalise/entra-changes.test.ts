/** Entra: every change of a record is an event of its own, and one fact has one id whichever way it came. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entra } from '../../../collector/src/2-normalise/entra/entra.ts';
import { assertHolds, eventsOf } from './normalise-check.ts';

type Change = readonly [name: string, before: string | null, after: string | null];

function target(type: string, name: string, changes: readonly Change[] = []): Record<string, unknown> {
  return {
    id: `id of ${name}`,
    type,
    displayName: type === 'User' ? null : name,
    userPrincipalName: type === 'User' ? name : null,
    modifiedProperties: changes.map(([displayName, oldValue, newValue]) => ({
      displayName,
      oldValue,
      newValue,
    })),
  };
}

function audit(activity: string, targets: readonly unknown[]): Record<string, unknown> {
  return {
    id: 'Directory_1',
    activityDisplayName: activity,
    activityDateTime: '2026-11-20T10:00:00.1234567Z',
    result: 'success',
    initiatedBy: { user: { id: 'u1', userPrincipalName: 'Admin@Acme.example' }, app: null },
    targetResources: targets,
  };
}

function idsOf(value: unknown): string[] {
  return eventsOf(entra, value).map((event) => event.event_id);
}

const hub = (category: string, operationName: string, properties: unknown) => ({
  time: '2026-11-20T10:05:00Z',
  category,
  operationName,
  tenantId: 'tenant',
  resultType: '0',
  properties,
});

test('a property that was empty before is a change beside one that was not', () => {
  const events = eventsOf(
    entra,
    audit('Set federation settings on domain', [
      target('Domain', 'acme.example', [
        ['IssuerUri', '["http://old.example"]', '["http://new.example"]'],
        ['PassiveSignInUri', null, '["https://new.example/sso"]'],
        ['Included Updated Properties', null, '"IssuerUri, PassiveSignInUri"'],
        ['ActionSource', null, '"Portal"'],
      ]),
    ]),
  );
  assert.deepEqual(
    events.map((event) => [event.attribute, event.old_known, event.old_value ?? null, event.new_value]),
    [
      ['IssuerUri', true, 'http://old.example', 'http://new.example'],
      ['PassiveSignInUri', false, null, 'https://new.example/sso'],
    ],
  );
});

test('the same property of two objects is two changes, each of its own object', () => {
  const events = eventsOf(
    entra,
    audit('Update policy', [
      target('Policy', 'one', [['PolicyDetail', '["a"]', '["b"]']]),
      target('Policy', 'two', [['PolicyDetail', '["c"]', '["d"]']]),
    ]),
  );
  assert.equal(new Set(events.map((event) => event.event_id)).size, 2);
  assert.deepEqual(
    events.map((event) => [event.identity?.policy, event.new_value, event.transaction_size]),
    [
      ['one', 'b', 2],
      ['two', 'd', 2],
    ],
  );
});

test('two people who join a group are two members; order does not matter', () => {
  const [ann, bob] = ['Ann@acme.example', 'bob@acme.example'].map((name) =>
    target('User', name, [['Group.DisplayName', null, '"Ops"']]),
  );
  const group = target('Group', 'Ops');
  const events = eventsOf(entra, audit('Add member to group', [ann, bob, group]));
  assert.deepEqual(
    events.map((event) => [event.event_type, event.identity?.target_user, event.identity?.target_group]),
    [
      ['identity.group.member_added', 'ann@acme.example', 'Ops'],
      ['identity.group.member_added', 'bob@acme.example', 'Ops'],
    ],
  );
  assert.deepEqual(
    idsOf(audit('Add member to group', [group, bob, ann])).sort(),
    events.map((event) => event.event_id).sort(),
  );
});

test('a permission names who may use it, not the API it is for; an owner names the application', () => {
  const [granted] = eventsOf(
    entra,
    audit('Add app role assignment to service principal', [
      target('ServicePrincipal', 'Microsoft Graph', [
        ['AppRole.Value', null, '"RoleManagement.ReadWrite.Directory"'],
        ['ServicePrincipal.DisplayName', null, '"Backup tool"'],
      ]),
      target('ServicePrincipal', 'Backup tool'),
    ]),
  );
  assertHolds(
    granted,
    {
      event_type: 'identity.role.granted',
      new_value: 'RoleManagement.ReadWrite.Directory',
      identity: { app: 'Backup tool', target_role: 'RoleManagement.ReadWrite.Directory', target_user: null },
    },
    'permission',
  );
  const [owned] = eventsOf(
    entra,
    audit('Add owner to application', [
      target('User', 'bob@acme.example', [['Application.DisplayName', null, '"Payroll"']]),
    ]),
  );
  assertHolds(
    owned,
    { identity: { app: 'Payroll', target_user: 'bob@acme.example', target_role: 'owner' } },
    'owner',
  );
});

test('a consent says what was permitted', () => {
  const [event] = eventsOf(
    entra,
    audit('Add delegated permission grant', [
      target('ServicePrincipal', 'Microsoft Graph', [
        ['DelegatedPermissionGrant.Scope', '"User.Read"', '"User.Read Mail.Read"'],
        ['ServicePrincipal.DisplayName', null, '"Backup tool"'],
      ]),
    ]),
  );
  assertHolds(
    event,
    {
      event_type: 'identity.app.consented',
      attribute: 'permissions',
      old_value: 'User.Read',
      new_value: 'User.Read Mail.Read',
      identity: { app: 'Backup tool' },
    },
    'consent',
  );
});

test('the telephone that codes are sent to is a way of recovery', () => {
  const [event] = eventsOf(
    entra,
    audit('Update user', [
      target('User', 'bob@acme.example', [
        ['StrongAuthenticationUserDetails', '[{"PhoneNumber":"+1 1"}]', '[{"PhoneNumber":"+1 2"}]'],
      ]),
    ]),
  );
  assert.equal(event?.event_type, 'identity.user.recovery_changed');
});

test('a sign-in has one id from Graph, Event Hub and a table of Log Analytics', () => {
  const signIn = {
    id: 's1',
    createdDateTime: '2026-11-20T10:00:00Z',
    userPrincipalName: 'Bob@Acme.example',
    status: { errorCode: 0 },
  };
  const row = {
    TimeGenerated: '2026-11-20T10:00:00Z',
    Type: 'SigninLogs',
    OperationName: 'Sign-in activity',
    Id: 's1',
    CreatedDateTime: '2026-11-20T10:00:00Z',
    UserPrincipalName: 'Bob@Acme.example',
    ResultType: '0',
  };
  const ids = [signIn, hub('SignInLogs', 'Sign-in activity', signIn), row].map((each) => idsOf(each)[0]);
  assert.equal(new Set(ids).size, 1);
});

test('a risk has one id from Graph and Event Hub, and another one when its state changes', () => {
  const risk = (riskState: string) => ({
    id: 'r1',
    riskEventType: 'anonymizedIPAddress',
    riskState,
    riskLevel: 'high',
    detectedDateTime: '2026-11-20T10:00:00Z',
    userPrincipalName: 'bob@acme.example',
  });
  const graph = idsOf(risk('atRisk'));
  assert.deepEqual(idsOf(hub('UserRiskEvents', 'User Risk Detection', risk('atRisk'))), graph);
  assert.notDeepEqual(idsOf(hub('UserRiskEvents', 'User Risk Detection', risk('dismissed'))), graph);
});

test('a user at risk keeps one id for ever: each change of the risk is a fact of its own', () => {
  const user = (riskLevel: string, riskLastUpdatedDateTime: string) =>
    hub('RiskyUsers', 'Risky user', {
      id: 'u2',
      riskLevel,
      riskState: 'atRisk',
      riskLastUpdatedDateTime,
      userPrincipalName: 'bob@acme.example',
    });
  const first = idsOf(user('medium', '2026-11-20T10:00:00Z'));
  assert.deepEqual(idsOf(user('medium', '2026-11-20T10:00:00Z')), first);
  assert.notDeepEqual(idsOf(user('high', '2026-11-20T11:00:00Z')), first);
});

test('provisioning: one fact from both ways, who was provisioned where, and that it failed', () => {
  const item = {
    id: 'p1',
    activityDateTime: '2026-11-20T10:00:00Z',
    provisioningAction: 'disable',
    provisioningStatusInfo: { status: 'failure' },
    initiatedBy: { id: '', displayName: 'Azure AD Provisioning Service', initiatorType: 'system' },
    sourceIdentity: { displayName: 'Bob', details: { UserPrincipalName: 'Bob@Acme.example' } },
    targetIdentity: { displayName: 'bob' },
    servicePrincipal: [{ id: 'sp', displayName: 'GitHub' }],
  };
  const [event] = eventsOf(entra, item);
  assertHolds(
    event,
    {
      event_type: 'identity.scim.provisioned',
      outcome: 'failure',
      actor_id: 'entra:Azure AD Provisioning Service',
      actor_type: 'system',
      identity: { target_user: 'bob@acme.example', app: 'GitHub' },
    },
    'provisioning',
  );
  const viaHub = { ...hub('ProvisioningLogs', 'Provisioning activity', item), resultType: 'Failure' };
  assert.deepEqual(idsOf(viaHub), [event?.event_id]);
});

test('a partner who may administer the tenant changes who is trusted', () => {
  const [event] = eventsOf(entra, audit('Add partner to company', [target('Other', 'Partner Inc')]));
  assert.equal(event?.event_type, 'identity.federation.changed');
});
