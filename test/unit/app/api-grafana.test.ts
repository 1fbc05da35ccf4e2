import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { startCollector, type TestCollector } from './running-collector.ts';

const issuer = 'https://grafana.example/';
const proxy = 'plugin-proxy-token-0123456789abcdef';
let running: TestCollector;
let key: CryptoKey;
let stranger: CryptoKey;
let closeKeys: () => void;
let keyReads = 0;

before(async () => {
  const pair = await generateKeyPair('ES256');
  key = pair.privateKey;
  stranger = (await generateKeyPair('ES256')).privateKey;
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  const server = createServer((_request, response) => {
    keyReads++;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closeKeys = () => server.close();
  const { port } = server.address() as AddressInfo;
  running = await startCollector({
    api: `api:
  tokens:
    - {id: plugin, sha256: ${hash('sha256', proxy, 'hex')}, tenants: [acme], roles: [viewer]}
  grafana:
    jwks_url: http://127.0.0.1:${port}/api/signing-keys/keys
    issuer: ${issuer}
    audience: 'org:1'
    users:
      - {subject: 'user:7', id: 'okta:jane@acme', tenants: ['*'], roles: [approver]}
outgoing: {allow_networks: [127.0.0.0/8], allow_plain_http: [127.0.0.1]}`,
  });
});
after(async () => {
  closeKeys();
  await running.stop();
});

function signed(
  claims: { sub: string; iss?: string; aud?: string },
  options: { by?: CryptoKey; expires?: string; kid?: string } = {},
): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: options.kid ?? 'k1' })
    .setSubject(claims.sub)
    .setIssuer(claims.iss ?? issuer)
    .setAudience(claims.aud ?? 'org:1')
    .setIssuedAt()
    .setExpirationTime(options.expires ?? '10m')
    .sign(options.by ?? key);
}

async function who(jwt: string | undefined, token: string | undefined = proxy) {
  return running.call('GET', '/status', {
    ...(token === undefined ? {} : { token }),
    headers: jwt === undefined ? {} : { 'x-grafana-id': jwt },
  });
}

test('the plugin’s token alone is a program that reads and never approves', async () => {
  const { status, body } = await who(undefined);
  assert.equal(status, 200);
  assert.deepEqual(body.user, { id: 'service:plugin', roles: ['viewer'], verified: true });
  const intent = { changes: [{ domain: 'shop.example', action: 'ds', new: [] }] };
  assert.equal((await running.call('POST', '/intents', { token: proxy, body: intent })).status, 403);
});

test('a signed person has her own roles, in the tenants of the plugin’s token only', async () => {
  const jwt = await signed({ sub: 'user:7' });
  const { status, body } = await who(jwt);
  assert.equal(status, 200);
  assert.deepEqual(body.user, { id: 'okta:jane@acme', roles: ['approver'], verified: true });
  assert.deepEqual(body.tenants, ['acme']);
  const answer = await running.call('POST', '/intents', {
    token: proxy,
    headers: { 'x-grafana-id': jwt },
    body: { changes: [{ domain: 'shop.example', action: 'ds', new: [] }] },
  });
  assert.equal(answer.status, 200, answer.text);
});

test('somebody Grafana knows and the list does not is a viewer', async () => {
  const { body } = await who(await signed({ sub: 'user:99' }));
  assert.deepEqual(body.user, { id: 'grafana:user:99', roles: ['viewer'], verified: true });
});

test('forged, foreign, expired and unsigned identities are refused, not ignored', async () => {
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ sub: 'user:7', iss: issuer, aud: 'org:1', exp: 9_999_999_999 })).toString('base64url')}.`;
  const hmac = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
    .setSubject('user:7')
    .setIssuer(issuer)
    .setAudience('org:1')
    .setExpirationTime('10m')
    .sign(Buffer.from('a published key must not serve as a shared one'));
  const endless = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setSubject('user:7')
    .setIssuer(issuer)
    .setAudience('org:1')
    .sign(key);
  const cases: [string, string][] = [
    ['valid for ever', endless],
    ['another key', await signed({ sub: 'user:7' }, { by: stranger })],
    ['unknown key id', await signed({ sub: 'user:7' }, { kid: 'k2' })],
    ['another issuer', await signed({ sub: 'user:7', iss: 'https://other.example/' })],
    ['another organisation', await signed({ sub: 'user:7', aud: 'org:2' })],
    ['expired', await signed({ sub: 'user:7' }, { expires: '-5m' })],
    ['unsigned', unsigned],
    ['shared key', hmac],
    ['no token', 'user:7'],
    ['too long', 'x'.repeat(9000)],
  ];
  for (const [name, jwt] of cases) assert.equal((await who(jwt)).status, 401, name);
});

test('a genuine identity without the plugin’s token is nobody', async () => {
  const jwt = await signed({ sub: 'user:7' });
  const alone = await running.call('GET', '/status', { headers: { 'x-grafana-id': jwt } });
  assert.equal(alone.status, 401);
});

test('keys are read seldom', () => {
  assert.ok(keyReads <= 3, String(keyReads));
});
