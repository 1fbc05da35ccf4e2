import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createAuthenticator } from '../../../collector/src/api/identity.ts';
import { identitySettings, type AccessConfig } from '../../../collector/src/app/config-access.ts';
import { loadConfig } from '../../../collector/src/app/config-file.ts';
import type { HttpRequest } from '../../../collector/src/contract/http.ts';

const digest = 'a'.repeat(64);

async function problems(t: TestContext, text: string): Promise<string[]> {
  const at = mkdtempSync(join(tmpdir(), 'zonewarden-access-'));
  t.after(() => rmSync(at, { recursive: true, force: true }));
  const path = join(at, 'zonewarden.yaml');
  writeFileSync(path, `version: 1\n${text}`);
  const loaded = await loadConfig(path, { env: { KEY: 'c2VjcmV0' }, workingDirectory: at });
  return loaded.ok ? [] : loaded.problems.map(({ path: where, message }) => `${where.join('.')}: ${message}`);
}

test('faults of access and actions are named with their place, all at once', async (t) => {
  const found = await problems(
    t,
    `api:
  tokens:
    - {id: a, sha256: ${digest}, user: 'service:robot'}
    - {id: a, sha256: ${digest}}
  anonymous: viewer
actions: []
`,
  );
  assert.deepEqual(found, [
    'api.tokens.0.user: must be a person; leave it out for a program',
    'api.tokens.1.id: is the same as that of api.tokens[0]',
    'api.tokens.1.sha256: is the same as that of api.tokens[0]',
  ]);
  const shapes = await problems(
    t,
    `api: {tokens: [{id: a, sha256: plain-text-token}]}
actions: [{id: x, kind: telnet}, {id: y, kind: rfc2136, server: 192.0.2.1, key_name: k}]
`,
  );
  assert.ok(shapes.some((one) => one.startsWith('api.tokens.0.sha256: ')));
  assert.ok(shapes.some((one) => one.startsWith('actions.0.kind: must be one of rfc2136')));
  assert.ok(shapes.some((one) => one.includes('actions.1.key_secret')));
});

test('an open door stands on loopback only', async (t) => {
  const admin = 'api: {anonymous: admin}\n';
  assert.deepEqual(await problems(t, `listen: 127.0.0.1:0\n${admin}`), []);
  assert.match((await problems(t, `listen: 0.0.0.0:0\n${admin}`))[0] ?? '', /^api\.anonymous: admin/);
  assert.deepEqual(await problems(t, 'listen: 0.0.0.0:0\napi: {anonymous: viewer}\n'), []);
});

function from(remoteAddress: string, headers: Record<string, string> = {}): HttpRequest {
  const request = { method: 'GET', path: '/', query: new URLSearchParams(), body: new Uint8Array() };
  return { ...request, headers, remoteAddress, receivedAtMs: 0 };
}

test('without a credential: admin in the demo, viewer with a configuration, nobody anywhere else', async () => {
  const none: AccessConfig = { tokens: [] };
  const token = { id: 'a', sha256: digest, tenants: ['*'], roles: ['viewer' as const] };
  const cases: [AccessConfig, string, boolean, string | undefined][] = [
    [none, '127.0.0.1', true, 'admin'],
    [none, '127.0.0.1', false, 'viewer'],
    [none, '::1', false, 'viewer'],
    [none, '0.0.0.0', true, undefined],
    [none, '0.0.0.0', false, undefined],
    [{ tokens: [token] }, '127.0.0.1', false, undefined],
    [{ tokens: [token] }, '127.0.0.1', true, undefined],
    [{ tokens: [token], anonymous: 'responder' }, '127.0.0.1', false, 'responder'],
    [{ tokens: [], anonymous: 'none' }, '127.0.0.1', true, undefined],
    [{ tokens: [], anonymous: 'viewer' }, '0.0.0.0', false, 'viewer'],
  ];
  for (const [access, listenHost, demo, role] of cases) {
    const authenticate = createAuthenticator(identitySettings(access, { listenHost, demo }, undefined));
    const identity = await authenticate(from('127.0.0.1'));
    assert.deepEqual(identity?.grants[0]?.roles[0], role, JSON.stringify([access, listenHost, demo]));
    assert.notEqual(identity?.verified, true);
  }
});

test('behind a proxy, or from another machine, nobody sits at the console', async () => {
  const settings = identitySettings({ tokens: [] }, { listenHost: '127.0.0.1', demo: true }, undefined);
  const authenticate = createAuthenticator(settings);
  assert.equal((await authenticate(from('127.0.0.1')))?.id, 'local:console');
  assert.equal((await authenticate(from('::ffff:127.0.0.1')))?.id, 'local:console');
  assert.equal(await authenticate(from('192.0.2.7')), undefined);
  for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via', 'x-forwarded-host'])
    assert.equal(await authenticate(from('127.0.0.1', { [name]: '127.0.0.1' })), undefined, name);
  assert.equal(await authenticate(from('127.0.0.1', { authorization: 'Bearer wrong' })), undefined);
});
