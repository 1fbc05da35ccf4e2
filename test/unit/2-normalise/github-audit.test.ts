import assert from 'node:assert/strict';
import { test } from 'node:test';
import { githubAudit } from '../../../collector/src/2-normalise/github-audit/github-audit.ts';
import { assertHolds, checkGolden, context, eventsOf, failureOf } from './normalise-check.ts';

const entry = (more: Record<string, unknown>): Record<string, unknown> => ({
  '@timestamp': 1_763_632_800_123,
  _document_id: 'doc-1',
  action: 'org.update_member',
  actor: 'Octo-Admin',
  org: 'acme',
  ...more,
});

test('every sample record gives the expected facts', (t) => checkGolden(t, githubAudit));

test('a member becomes administrator, and stops being one', () => {
  const [up] = eventsOf(githubAudit, entry({ user: 'mallory', permission: 'admin', old_permission: 'read' }));
  assertHolds(
    up,
    {
      event_type: 'identity.role.granted',
      actor_id: 'github:octo-admin',
      old_known: true,
      old_value: 'read',
      new_value: 'admin',
      identity: { target_user: 'mallory', target_role: 'admin' },
      timestamp: '2025-11-20T10:00:00.123Z',
    },
    'up',
  );
  const [down] = eventsOf(
    githubAudit,
    entry({ user: 'mallory', permission: 'read', old_permission: 'admin' }),
  );
  assert.equal(down?.event_type, 'identity.role.revoked');
});

test('categories: rulesets and external identities', () => {
  const typeOf = (action: string) => eventsOf(githubAudit, entry({ action }))[0]?.event_type;
  assert.equal(typeOf('protected_branch.destroy'), 'identity.policy.changed');
  assert.equal(typeOf('external_identity.provision'), 'identity.scim.provisioned');
  assert.equal(typeOf('org.disable_two_factor_requirement'), 'identity.policy.changed');
  assert.equal(typeOf('org.disable_saml'), 'identity.federation.changed');
  assert.equal(typeOf('hook.create'), 'other.activity');
  assert.equal(typeOf('__proto__'), 'other.activity');
});

test('tokens appear as the hash GitHub made, or as ours of the id', () => {
  const [hashed] = eventsOf(
    githubAudit,
    entry({ action: 'git.push', hashed_token: 'abc=', programmatic_access_type: 'OAuth access token' }),
  );
  assertHolds(hashed, { token_id: 'abc=', auth_method: 'token' }, 'hashed');
  const [id] = eventsOf(githubAudit, entry({ action: 'git.push', token_id: 4711 }));
  assert.equal(id?.token_id, context.sha256('4711'));
});

test('without a document id the canonical JSON is the key: key order does not matter', () => {
  const { _document_id: _, ...rest } = entry({});
  const reversed = Object.fromEntries(Object.entries(rest).reverse());
  assert.equal(eventsOf(githubAudit, rest)[0]?.event_id, eventsOf(githubAudit, reversed)[0]?.event_id);
});

test('bots are services, invitations attempts', () => {
  const [bot] = eventsOf(githubAudit, entry({ actor: 'renovate[bot]' }));
  assert.equal(bot?.actor_type, 'service');
  const [invited] = eventsOf(githubAudit, entry({ action: 'org.invite_member', user: 'x' }));
  assertHolds(invited, { event_type: 'identity.user.created', outcome: 'attempt' }, 'invited');
});

test('dead letters', () => {
  assert.equal(failureOf(githubAudit, entry({ action: null })).path, '/action');
  assert.equal(failureOf(githubAudit, entry({ '@timestamp': 12 })).code, 'bad_timestamp');
  assert.equal(failureOf(githubAudit, entry({ '@timestamp': 1e300 })).code, 'bad_timestamp');
});

function factOf(action: string, more: Record<string, unknown> = {}) {
  const [event] = eventsOf(githubAudit, {
    '@timestamp': 1_795_379_462_123,
    _document_id: 'd',
    action,
    actor: 'Alice',
    org: 'acme',
    user: 'Bob',
    ...more,
  });
  return event;
}

test('teams of the enterprise, protections of deployments, the way to the identity provider', () => {
  const typeOf = (action: string) => factOf(action)?.event_type;
  assert.equal(typeOf('enterprise_team.add_member'), 'identity.group.member_added');
  assert.equal(typeOf('enterprise_team.remove_member'), 'identity.group.member_removed');
  assert.equal(typeOf('environment.remove_protection_rule'), 'identity.policy.changed');
  assert.equal(typeOf('sso_redirect.disable'), 'identity.policy.changed');
  assert.equal(typeOf('team_sync_tenant.update_okta_credentials'), 'identity.federation.changed');
});

test('what was asked for is an attempt, what was turned down or called off a failure of it', () => {
  const fact = (action: string) => [factOf(action)?.event_type, factOf(action)?.outcome];
  assert.deepEqual(fact('personal_access_token.request_created'), ['identity.token.created', 'attempt']);
  assert.deepEqual(fact('personal_access_token.request_denied'), ['identity.token.created', 'failure']);
  assert.deepEqual(fact('personal_access_token.request_cancelled'), ['identity.token.created', 'failure']);
  assert.deepEqual(fact('integration_installation_request.create'), ['identity.app.consented', 'attempt']);
  assert.deepEqual(fact('integration_installation.create'), ['identity.app.consented', 'success']);
  assert.deepEqual(fact('org.oauth_app_access_requested'), ['identity.app.consented', 'attempt']);
  assert.deepEqual(fact('org.oauth_app_access_approved'), ['identity.app.consented', 'success']);
});

test('an owner who takes the access of an application away has done it', () => {
  assertHolds(
    factOf('org.oauth_app_access_denied', { oauth_application_name: 'CI' }),
    { event_type: 'identity.app.assignment_changed', outcome: 'success', identity: { app: 'CI' } },
    'denied',
  );
});

test('a permission was given or taken by what it was before', () => {
  const changed = (before: string, after: string) =>
    factOf('repo.update_member', { old_repo_permission: before, new_repo_permission: after });
  assertHolds(
    changed('read', 'write'),
    {
      event_type: 'identity.role.granted',
      old_value: 'read',
      new_value: 'write',
      identity: { target_role: 'write', target_user: 'bob' },
    },
    'raised',
  );
  assert.equal(changed('admin', 'maintain')?.event_type, 'identity.role.revoked');
  assertHolds(factOf('team.promote_maintainer'), { new_value: 'maintainer' }, 'maintainer');
});

test('the identity that was linked is its owner, not the one who linked it', () => {
  const nameid = { external_identity_nameid: 'Bob@Acme.example' };
  assertHolds(
    factOf('external_identity.update', nameid),
    { actor_id: 'github:alice', actor_email: null },
    'linked',
  );
  assertHolds(factOf('org.sso_response', nameid), { actor_email: 'bob@acme.example' }, 'signed in');
});

test('a ruleset and a visibility have both values', () => {
  assertHolds(
    factOf('repository_ruleset.update', {
      ruleset_old_enforcement: 'enabled',
      ruleset_enforcement: 'disabled',
    }),
    { event_type: 'identity.policy.changed', old_value: 'enabled', new_value: 'disabled' },
    'ruleset',
  );
  assertHolds(
    factOf('repo.access', { previous_visibility: 'private', visibility: 'public' }),
    { old_value: 'private', new_value: 'public' },
    'visibility',
  );
});

test('the secret of a webhook is in nothing that an event shows', () => {
  const hook = factOf('hook.create', {
    config: { url: 'https://a.example/h', secret: 'hunter2' },
    'config.secret': 'hunter2',
    config_was: { secret: 'hunter2' },
  });
  assert.equal(hook?.new_value, 'https://a.example/h');
  assert.ok(!JSON.stringify(hook).includes('hunter2'));
});
