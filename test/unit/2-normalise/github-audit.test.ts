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
