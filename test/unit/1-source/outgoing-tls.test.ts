import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { WebSocketServer } from 'ws';
import { createOutgoingPolicy } from '../../../collector/src/1-source/address-policy.ts';
import { createOutgoingClient } from '../../../collector/src/1-source/outgoing-http.ts';
import { probeSocket, standardBackOff } from '../../../collector/src/1-source/reconnecting-socket.ts';
import { createSecret } from '../../../collector/src/leaf/secret.ts';

let directory = '';
let openssl = true;
const servers: Server[] = [];

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Self-signed certificate for one name, by the openssl command. */
function certificate(name: string, ...extra: string[]): Pair {
  const [cert, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
  const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  execFileSync('openssl', ['req', ...options, ...subject, '-keyout', key, '-out', cert, ...extra], {
    stdio: 'ignore',
  });
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'zw-tls-'));
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
  } catch {
    openssl = false;
  }
});
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(directory, { recursive: true });
});

function present(t: TestContext): boolean {
  if (!openssl) t.skip('the openssl command is not installed');
  return openssl;
}

async function serve(options: ServerOptions, location?: string): Promise<number> {
  const server = createServer(options, (_, response) =>
    location === undefined ? response.end('fine') : response.writeHead(302, { location }).end(),
  );
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('error', () => {}));
  server.on('tlsClientError', () => {});
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const policy = createOutgoingPolicy({ allowNetworks: ['127.0.0.0/8'], allowPlainHttp: [] }, () =>
  Promise.resolve(['127.0.0.1']),
);
const never = new AbortController().signal;

async function outcome(
  port: number,
  tls?: { ca?: string; cert?: string; key?: string },
  host = 'feed.test',
): Promise<string> {
  const send = createOutgoingClient(policy, {
    nowMs: () => 0,
    userAgent: 'test',
    ...(tls === undefined
      ? {}
      : { tls: { ...tls, key: tls.key === undefined ? undefined : createSecret(tls.key) } }),
  });
  const answer = await send({ url: `https://${host}:${port}/`, timeoutMs: 3000 }, never);
  return answer.ok ? Buffer.from(answer.value.body).toString() : answer.failure.message;
}

test('a certificate nobody vouches for is refused, one of the configured authority is accepted', async (t) => {
  if (!present(t)) return;
  const pair = certificate('feed.test');
  const port = await serve(pair);
  assert.match(await outcome(port), /DEPTH_ZERO_SELF_SIGNED_CERT/);
  assert.equal(await outcome(port, { ca: pair.cert }), 'fine');
});

test('a valid certificate for another name is refused', async (t) => {
  if (!present(t)) return;
  const pair = certificate('other.test');
  const port = await serve(pair);
  assert.match(await outcome(port, { ca: pair.cert }), /ERR_TLS_CERT_ALTNAME_INVALID/);
});

test('TLS below 1.2 is refused', async (t) => {
  if (!present(t)) return;
  const pair = certificate('feed.test');
  const port = await serve({
    ...pair,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  assert.notEqual(await outcome(port, { ca: pair.cert }), 'fine');
});

test('a server that wants a client certificate gets the configured one', async (t) => {
  if (!present(t)) return;
  const pair = certificate('feed.test');
  const client = certificate('collector.test');
  const port = await serve({ ...pair, ca: client.cert, requestCert: true, rejectUnauthorized: true });
  assert.notEqual(await outcome(port, { ca: pair.cert }), 'fine');
  assert.equal(await outcome(port, { ca: pair.cert, cert: client.cert, key: client.key }), 'fine');
});

test('the client certificate stays with the first origin when it redirects', async (t) => {
  if (!present(t)) return;
  const pair = certificate('feed.test');
  const client = certificate('collector.test');
  const tls = { ca: pair.cert, cert: client.cert, key: client.key };
  const wanting = { ...pair, ca: client.cert, requestCert: true, rejectUnauthorized: true };
  const other = await serve(wanting);
  const first = await serve(wanting, `https://feed.test:${other}/`);
  assert.notEqual(await outcome(first, tls), 'fine');
  const open = await serve(pair);
  assert.equal(await outcome(await serve(wanting, `https://feed.test:${open}/`), tls), 'fine');
});

test('WebSocket feeds check certificates the same way', async (t) => {
  if (!present(t)) return;
  const pair = certificate('feed.test');
  const port = await serve(pair);
  const settings = {
    identity: { tenant: 't', id: 'f', feed: 'certstream', kind: 'ct_log', intervalMs: 1 } as const,
    cursorName: 'f',
    url: `wss://feed.test:${port}/`,
    headers: {},
    messageBytesMax: 1000,
    pingIntervalMs: 1000,
    pongTimeoutMs: 1000,
    idleTimeoutMs: 0,
    backOff: standardBackOff,
    recordOf: () => assert.fail('no message is expected'),
  };
  const refused = await probeSocket(settings, policy, never);
  assert.ok(!refused.ok);
  assert.match(refused.failure.message, /DEPTH_ZERO_SELF_SIGNED_CERT/);
  const accepted = await probeSocket({ ...settings, tls: { ca: pair.cert } }, policy, never);
  assert.equal(accepted.ok, true);
});
