import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createOutgoingPolicy, isPublicAddress } from '../../../collector/src/1-source/address-policy.ts';
import { createOutgoingClient, type OutgoingClient } from '../../../collector/src/1-source/outgoing-http.ts';
import { parseRetryAfter } from '../../../collector/src/1-source/retry-after.ts';
import { createSecret } from '../../../collector/src/leaf/secret.ts';

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(
  listener: RequestListener,
): Promise<{ port: number; url: string; connections: () => number }> {
  let connections = 0;
  const server = createServer(listener);
  server.on('connection', () => connections++);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, connections: () => connections };
}

const never = new AbortController().signal;
const surroundings = { nowMs: () => 0, userAgent: 'zonewarden-test' };

function client(
  networks: readonly string[],
  resolve?: (host: string) => Promise<readonly string[]>,
  plain: readonly string[] = ['127.0.0.1', 'feed.test', 'other.test', 'rebind.test'],
): OutgoingClient {
  return createOutgoingClient(
    createOutgoingPolicy({ allowNetworks: networks, allowPlainHttp: plain }, resolve),
    surroundings,
  );
}

const loopback = ['127.0.0.0/8'];

test('addresses that are not public, in every family', () => {
  const refused =
    '0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.168.1.1 192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:a9fe:a9fe ::127.0.0.1 64:ff9b::a9fe:a9fe 100::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 localhost';
  for (const address of refused.split(' ')) assert.equal(isPublicAddress(address), false, address);
  for (const address of ['1.1.1.1', '8.8.8.8', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])
    assert.equal(isPublicAddress(address), true, address);
});

test('the corpus of encodings reaches no listener', async () => {
  const target = await serve((_, response) => response.end('reached'));
  const send = client(
    [],
    async (host) => (host === 'evil.test' ? ['127.0.0.1'] : ['93.184.215.14', '127.0.0.1']),
    [
      '127.0.0.1',
      '0.0.0.0',
      '::1',
      '::',
      '::ffff:7f00:1',
      '169.254.169.254',
      'evil.test',
      'mixed.test',
      'localhost',
    ],
  );
  const hosts =
    '127.0.0.1 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 0177.1 127.1 127.0.1 017700000001 0 0.0.0.0 [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1] ①②⑦.⓪.⓪.① 127。0。0。1 evil.test mixed.test localhost 127.0.0.1. 169.254.169.254';
  let refused = 0;
  for (const host of hosts.split(' ')) {
    const outcome = await send(
      { url: `http://${host}:${target.port}/latest/meta-data/`, timeoutMs: 2000 },
      never,
    );
    assert.equal(outcome.ok, false, host);
    refused++;
  }
  assert.equal(refused, 23);
  assert.equal(target.connections(), 0);
});

test('the host itself must be allowed before a name may point to a private network', async () => {
  const target = await serve((_, response) => response.end('inside'));
  const send = client(loopback, async () => ['127.0.0.1']);
  const outcome = await send({ url: `http://feed.test:${target.port}/` }, never);
  assert.ok(outcome.ok);
  assert.equal(Buffer.from(outcome.value.body).toString(), 'inside');
});

test('rebinding: one look-up per connection, and what was judged is what is used', async () => {
  const target = await serve((_, response) => response.end('x'));
  let asked = 0;
  const send = client(['127.0.0.1/32'], async () => (++asked === 1 ? ['127.0.0.1'] : ['10.0.0.1']));
  const first = await send({ url: `http://rebind.test:${target.port}/` }, never);
  assert.equal(first.ok, true);
  assert.equal(asked, 1);
  const second = await send({ url: `http://rebind.test:${target.port}/` }, never);
  assert.ok(!second.ok);
  assert.match(second.failure.message, /10\.0\.0\.1 is not public/);
  assert.equal(asked, 2);
  assert.equal(target.connections(), 1);
});

test('a redirect to the metadata address or to a private one is not followed', async () => {
  const inner = await serve((_, response) => response.end('secret'));
  for (const location of [
    'http://169.254.169.254/latest/',
    'http://[::1]/',
    'file:///etc/passwd',
    'gopher://x/',
    '//10.0.0.1/',
  ]) {
    const target = await serve((_, response) => response.writeHead(302, { location }).end());
    const outcome = await client(loopback)({ url: target.url, timeoutMs: 1000 }, never);
    assert.equal(outcome.ok, false, location);
  }
  assert.equal(inner.connections(), 0);
});

test('redirects are followed within the origin, counted, and credentials stay there', async () => {
  const seen: (string | undefined)[] = [];
  const other = await serve((request, response) => {
    seen.push(
      request.headers.authorization,
      request.headers['x-token'] as string | undefined,
      request.headers.accept,
    );
    response.end('other');
  });
  const target = await serve((request, response) => {
    if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else if (request.url === '/out')
      response.writeHead(307, { location: `http://other.test:${other.port}/` }).end();
    else if (request.url === '/in') response.writeHead(301, { location: '/end' }).end();
    else response.end(request.headers.authorization);
  });
  const send = client(loopback, async () => ['127.0.0.1']);
  const headers = {
    authorization: createSecret('Bearer s'),
    'X-Token': createSecret('t'),
    accept: 'text/plain',
  };
  const inside = await send({ url: `${target.url}/in`, headers }, never);
  assert.ok(inside.ok);
  assert.equal(Buffer.from(inside.value.body).toString(), 'Bearer s');
  assert.equal(inside.value.url, `${target.url}/end`);
  const outside = await send({ url: `${target.url}/out`, headers }, never);
  assert.ok(outside.ok);
  assert.deepEqual(seen, [undefined, undefined, 'text/plain']);
  const loop = await send({ url: `${target.url}/loop` }, never);
  assert.ok(!loop.ok);
  assert.match(loop.failure.message, /redirects too often/);
  const posted = await send({ method: 'POST', url: `${target.url}/in`, body: 'x' }, never);
  assert.ok(posted.ok);
  assert.equal(posted.value.status, 301);
});

test('plain http, foreign hosts and credentials in the URL are refused', async () => {
  const send = createOutgoingClient(
    createOutgoingPolicy({ allowNetworks: [], allowPlainHttp: [], hosts: ['api.example'] }),
    surroundings,
  );
  for (const url of [
    'http://api.example/',
    'https://other.example/',
    'https://user:pw@api.example/',
    'ftp://api.example/',
    'nonsense',
  ]) {
    const outcome = await send({ url }, never);
    assert.ok(!outcome.ok);
    assert.doesNotMatch(outcome.failure.message, /pw/);
  }
});

test('size and time are bounded, also after inflating', async () => {
  const target = await serve((request, response) => {
    if (request.url === '/big') response.end(Buffer.alloc(200_000));
    else if (request.url === '/bomb')
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000)));
    else if (request.url === '/gzip')
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('hello'));
    else if (request.url === '/broken') response.writeHead(200, { 'content-encoding': 'gzip' }).end('hello');
    else if (request.url === '/trickle') response.write('a');
    else if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('abc', () => response.destroy());
    }
  });
  const send = client(loopback);
  const get = (path: string) =>
    send({ url: target.url + path, answerBytesMax: 100_000, timeoutMs: 300 }, never);
  const codeOf = async (path: string) => {
    const outcome = await get(path);
    return outcome.ok ? Buffer.from(outcome.value.body).toString() : outcome.failure.code;
  };
  assert.equal(await codeOf('/big'), 'too_large');
  assert.equal(await codeOf('/bomb'), 'too_large');
  assert.equal(await codeOf('/gzip'), 'hello');
  assert.equal(await codeOf('/broken'), 'endpoint_refused');
  assert.equal(await codeOf('/trickle'), 'endpoint_timeout');
  assert.equal(await codeOf('/cut'), 'endpoint_unreachable');
  assert.equal(await codeOf('/silent'), 'endpoint_timeout');
});

test('Retry-After: seconds, dates, nonsense', async () => {
  const now = Date.UTC(2026, 10, 21, 8, 0, 0);
  assert.equal(parseRetryAfter('120', now), 120_000);
  assert.equal(parseRetryAfter('0', now), 0);
  assert.equal(parseRetryAfter('Sat, 21 Nov 2026 08:01:00 GMT', now), 60_000);
  assert.equal(parseRetryAfter('Sat, 21 Nov 2026 07:00:00 GMT', now), 0);
  assert.equal(parseRetryAfter('99999999', now), 86_400_000);
  for (const text of [undefined, '', '-5', '1.5', 'soon', 'Sat, 21 Xyz 2026 08:01:00 GMT', '1e3'])
    assert.equal(parseRetryAfter(text, now), undefined, text);
  const target = await serve((_, response) => response.writeHead(429, { 'retry-after': '7' }).end());
  const outcome = await client(loopback)({ url: target.url }, never);
  assert.ok(outcome.ok);
  assert.equal(outcome.value.retryAfterMs, 7000);
});
