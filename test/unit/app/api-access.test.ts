import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endpoints, type Endpoint, type Role } from '../../../collector/src/contract/api.ts';
import {
  lockRemoved,
  programToken,
  startCollector,
  tokenOf,
  tokenRoles,
  type TestCollector,
} from './running-collector.ts';

let running: TestCollector;
let caseIds: Record<string, string>;

before(async () => {
  running = await startCollector();
  caseIds = {};
  for (const tenant of ['acme', 'beta']) {
    await running.deliver(tenant, lockRemoved);
    const found = await running.until(`a case of ${tenant}`, async () => {
      const { body } = await running.call('GET', '/cases', { token: tokenOf(tenant, 'admin') });
      return body.items[0];
    });
    caseIds[tenant] = found.case_id;
  }
});
after(() => running.stop());

// From the sentence in the contract: each role includes the ones before it, except that a rule editor does not approve.
const mayUse: Readonly<Record<Role, readonly Role[]>> = {
  viewer: ['viewer', 'responder', 'approver', 'rule_editor', 'admin'],
  responder: ['responder', 'approver', 'rule_editor', 'admin'],
  approver: ['approver', 'admin'],
  rule_editor: ['rule_editor', 'admin'],
  admin: ['admin'],
};

const place = (endpoint: Endpoint): string =>
  endpoint.path
    .replace('{tenant}', 'acme')
    .replace('{domain}', 'shop.example')
    .replace('{id}', 'nothing-of-this-name');

/** The status without the body being read: streams never end. */
async function statusOf(endpoint: Endpoint, token?: string): Promise<number> {
  const gone = new AbortController();
  const answer = await fetch(`${running.url}/api/v1${place(endpoint)}`, {
    method: endpoint.method,
    signal: gone.signal,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(endpoint.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(endpoint.body === undefined ? {} : { body: '[]' }),
  });
  gone.abort();
  return answer.status;
}

test('role x endpoint: allowed exactly where the table says so, for people', async () => {
  let cells = 0;
  for (const endpoint of endpoints) {
    for (const role of tokenRoles) {
      const status = await statusOf(endpoint, tokenOf('acme', role));
      const allowed = endpoint.role === null || mayUse[endpoint.role].includes(role);
      const name = `${role} ${endpoint.method} ${endpoint.path}: ${status}`;
      if (allowed) assert.ok(status !== 401 && status !== 403, name);
      else assert.equal(status, 403, name);
      cells++;
    }
  }
  assert.equal(cells, endpoints.length * 5);
});

test('nobody: 401 everywhere but the document', async () => {
  for (const endpoint of endpoints) {
    const expected = endpoint.role === null ? 200 : 401;
    assert.equal(await statusOf(endpoint), expected, endpoint.path);
    if (endpoint.role !== null) assert.equal(await statusOf(endpoint, 'wrong-token'), 401, endpoint.path);
  }
  for (const authorization of [
    'Basic dXNlcjpwYXNz',
    'Bearer',
    'Bearer  ',
    `Bearer ${'x'.repeat(600)}`,
    'token x',
  ]) {
    const answer = await running.call('GET', '/status', { headers: { authorization } });
    assert.equal(answer.status, 401, authorization);
  }
});

test('programs: everything their role allows, except what needs a person', async () => {
  for (const endpoint of endpoints) {
    const status = await statusOf(endpoint, programToken('acme', 'admin'));
    if (endpoint.person === true) assert.equal(status, 403, endpoint.path);
    else assert.ok(status !== 401 && status !== 403, `${endpoint.path}: ${status}`);
  }
  assert.deepEqual(
    endpoints.filter(({ person }) => person === true).map(({ path }) => path),
    [
      '/suppressions/{id}/approve',
      '/actions/{id}/approve',
      '/actions/{id}/reject',
      '/actions/{id}/executed',
      '/actions/{id}/confirmed',
      '/intents',
    ],
  );
});

test('headers that anybody can write give nothing', async () => {
  const forged = {
    'x-grafana-user': 'admin',
    'x-grafana-role': 'Admin',
    'x-grafana-org-role': 'Admin',
    'x-webauth-user': 'admin',
    'x-grafana-id': 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyOjEifQ.',
    'x-forwarded-for': '127.0.0.1',
  };
  assert.equal((await running.call('GET', '/status', { headers: forged })).status, 401);
  const token = tokenOf('acme', 'viewer');
  const answer = await running.call('GET', '/audit', { token, headers: forged });
  assert.equal(answer.status, 403);
});

test('tenants: what another tenant has does not exist', async () => {
  const acme = tokenOf('acme', 'admin');
  const own = caseIds['acme'] ?? '';
  const foreign = caseIds['beta'] ?? '';
  assert.notEqual(own, foreign);
  assert.equal((await running.call('GET', `/cases/${own}`, { token: acme })).status, 200);
  const missing = await running.call('GET', '/cases/no-such-case', { token: acme });
  const hidden = await running.call('GET', `/cases/${foreign}`, { token: acme });
  assert.deepEqual([hidden.status, hidden.text], [missing.status, missing.text]);
  assert.equal((await running.call('GET', '/domains/beta/shop.example', { token: acme })).status, 404);
  assert.equal((await running.call('GET', '/cases?tenant=beta', { token: acme })).status, 404);
  assert.equal((await running.call('GET', '/cases?tenant=unknown', { token: acme })).status, 404);
  for (const [verb, body] of [
    ['acknowledge', {}],
    ['note', { text: 'x' }],
    ['close', { disposition: 'true_positive' }],
    ['actions', { what: 'x' }],
  ] as const) {
    const answer = await running.call('POST', `/cases/${foreign}/${verb}`, { token: acme, body });
    assert.equal(answer.status, 404, verb);
  }
  for (const path of [
    '/cases',
    '/findings',
    '/domains',
    '/scores',
    '/suppressions',
    '/intents',
    '/actions',
  ]) {
    const { body } = await running.call('GET', `${path}?limit=500`, { token: acme });
    for (const item of body.items) assert.equal(item.tenant, 'acme', path);
  }
  const coverage = await running.call('GET', '/coverage', { token: acme });
  assert.ok(!coverage.text.includes('hook-beta'));
  const audit = await running.call('GET', '/audit?limit=500', { token: acme });
  for (const { tenant } of audit.body.items) assert.equal(tenant, 'acme');
  const { body: beta } = await running.call('GET', `/cases/${foreign}`, { token: tokenOf('beta', 'viewer') });
  assert.equal(beta.case.state, 'new');
  const evidence = beta.findings[0].evidence_event_ids[0];
  assert.equal((await running.call('GET', `/evidence/${evidence}`, { token: acme })).status, 404);
});

test('a token for all tenants sees all, and narrows by name', async () => {
  const token = 'token-everything-0123456789abcdef';
  const all = await running.call('GET', '/domains?limit=500', { token });
  assert.equal(all.body.total, 6);
  const one = await running.call('GET', '/domains?tenant=beta', { token });
  assert.equal(one.body.total, 3);
});

test('viewers see people as pseudonyms, responders by name', async () => {
  const id = caseIds['acme'] ?? '';
  const full = await running.call('GET', `/cases/${id}`, { token: tokenOf('acme', 'responder') });
  const veiled = await running.call('GET', `/cases/${id}`, { token: tokenOf('acme', 'viewer') });
  assert.ok(full.text.includes('alice@acme.example'));
  assert.ok(!veiled.text.includes('alice'));
  for (const path of ['/findings', '/cases', '/domains/acme/shop.example'])
    assert.ok(
      !(await running.call('GET', path, { token: tokenOf('acme', 'viewer') })).text.includes('alice'),
      path,
    );
});

test('attempts to change something without the right are in the audit log', async () => {
  const id = caseIds['acme'] ?? '';
  await running.call('POST', `/cases/${id}/note`, {
    token: tokenOf('acme', 'viewer', 2),
    body: { text: 'x' },
  });
  const { body } = await running.call('GET', '/audit?action=denied', { token: tokenOf('acme', 'admin') });
  const last = body.items[0];
  assert.equal(last.by, 'okta:viewer-2@acme');
  assert.equal(last.object, `POST /cases/${id}/note`);
});
