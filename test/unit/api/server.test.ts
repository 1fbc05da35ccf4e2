import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import type { Route } from '../../../collector/src/api/route.ts';
import { eventText } from '../../../collector/src/api/server-sent-events.ts';
import { startServer, type RunningServer, type ServerSettings } from '../../../collector/src/api/server.ts';
import { createStaticFiles, safePath } from '../../../collector/src/api/static-files.ts';
import { jsonAnswer, type HttpRequest } from '../../../collector/src/contract/http.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(routes: readonly Route[], fields: Partial<ServerSettings> = {}) {
  const logged: string[] = [];
  const server: RunningServer = await startServer({
    host: '127.0.0.1',
    port: 0,
    routes,
    nowMs: () => 42,
    log: (_, message, more) => logged.push(`${message} ${JSON.stringify(more)}`),
    ...fields,
  });
  closers.push(() => server.close(100));
  return { server, logged, url: `http://127.0.0.1:${server.port}` };
}

/** Sends bytes as they are and gives everything that comes back. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

test('a request reaches its handler with decoded parameters, query and body', async () => {
  let seen: HttpRequest | undefined;
  const { url } = await serve([
    {
      method: 'POST',
      path: '/api/v1/cases/:id/notes',
      handler: (request) => ((seen = request), jsonAnswer(201, { ok: true })),
    },
  ]);
  const response = await fetch(`${url}/api/v1/cases/a%2Fb%20c/notes?x=1&x=2`, {
    method: 'POST',
    body: 'hello',
  });
  assert.equal(response.status, 201);
  assert.deepEqual(await response.json(), { ok: true });
  assert.equal(seen?.params?.['id'], 'a/b c');
  assert.deepEqual(seen?.query.getAll('x'), ['1', '2']);
  assert.equal(Buffer.from(seen?.body ?? []).toString(), 'hello');
  assert.equal(seen?.receivedAtMs, 42);
  for (const [name, value] of [
    ['x-content-type-options', 'nosniff'],
    ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
    ['x-frame-options', 'DENY'],
    ['cache-control', 'no-store'],
  ] as const)
    assert.equal(response.headers.get(name), value);
  assert.equal(response.headers.get('x-powered-by'), null);
});

test('unknown paths, methods and parameters are problems of RFC 9457', async () => {
  const { url } = await serve([
    { method: 'GET', path: '/api/v1/cases/:id', handler: () => jsonAnswer(200, {}) },
  ]);
  const missing = await fetch(`${url}/api/v1/nothing`);
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get('content-type'), 'application/problem+json; charset=utf-8');
  assert.deepEqual(await missing.json(), { type: 'about:blank', title: 'not found', status: 404 });
  const wrong = await fetch(`${url}/api/v1/cases/1`, { method: 'DELETE' });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get('allow'), 'GET');
  for (const path of [
    '/api/v1/cases/',
    '/api/v1/cases/%ff',
    '/api/v1/cases/1/2',
    '//api/v1/cases/1',
    `/${'x'.repeat(3000)}`,
  ]) {
    const status = (await fetch(url + path)).status;
    assert.ok(status === 404 || status === 414, `${path.slice(0, 30)} ${status}`);
  }
  const head = await fetch(`${url}/api/v1/cases/1`, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
});

test('a handler that throws costs a 500 without details, and the next request works', async () => {
  const { url, logged } = await serve([
    { method: 'GET', path: '/boom', handler: () => Promise.reject(new Error('secret detail at /etc/x')) },
    {
      method: 'GET',
      path: '/throw',
      handler: () => {
        throw new Error('secret detail');
      },
    },
    { method: 'GET', path: '/fine', handler: () => ({ status: 204 }) },
  ]);
  for (const path of ['/boom', '/throw']) {
    const response = await fetch(url + path);
    assert.equal(response.status, 500);
    assert.doesNotMatch(await response.text(), /secret|\.ts|at /);
  }
  assert.equal(logged.length, 2);
  assert.equal((await fetch(`${url}/fine`)).status, 204);
});

test('bodies are bounded, declared or not', async () => {
  const { url, server } = await serve([
    {
      method: 'POST',
      path: '/in',
      bodyBytesMax: 10,
      handler: (request) => jsonAnswer(200, request.body.length),
    },
    {
      method: 'POST',
      path: '/by-path/*',
      bodyBytesMax: (path) => (path.endsWith('big') ? 100 : 1),
      handler: (request) => jsonAnswer(200, request.body.length),
    },
  ]);
  assert.equal((await fetch(`${url}/in`, { method: 'POST', body: '0123456789' })).status, 200);
  assert.equal((await fetch(`${url}/in`, { method: 'POST', body: '01234567890' })).status, 413);
  assert.equal((await fetch(`${url}/by-path/big`, { method: 'POST', body: 'xx' })).status, 200);
  assert.equal((await fetch(`${url}/by-path/small`, { method: 'POST', body: 'xx' })).status, 413);
  const chunked = await raw(
    server.port,
    'POST /in HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\nff\r\n' +
      'x'.repeat(255) +
      '\r\n0\r\n\r\n',
  );
  assert.match(chunked, /^HTTP\/1\.1 413 /);
  const lying = await raw(
    server.port,
    'POST /in HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 99999999999\r\n\r\nx',
  );
  assert.match(lying, /^HTTP\/1\.1 413 /);
});

test('a client that trickles is cut; broken requests get 400', async () => {
  const { server } = await serve([{ method: 'POST', path: '/in', handler: () => jsonAnswer(200, 1) }], {
    readTimeoutMs: 200,
  });
  const started = performance.now();
  const slow = await raw(server.port, 'POST /in HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 10\r\n\r\nx');
  assert.match(slow, /^HTTP\/1\.1 408 |^$/);
  assert.ok(performance.now() - started < 5000);
  assert.match(await raw(server.port, 'NONSENSE\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(
    await raw(
      server.port,
      'POST /in HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\nx',
    ),
    /^HTTP\/1\.1 400 /,
  );
  const open = await raw(
    server.port,
    'POST /in HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx',
  );
  assert.match(open, /^HTTP\/1\.1 200 /);
});

test('other sites and rebound names are refused, machines are not asked', async () => {
  const { server } = await serve([
    { method: 'POST', path: '/api/x', handler: () => jsonAnswer(200, 1) },
    { method: 'GET', path: '/api/x', handler: () => jsonAnswer(200, 1) },
    { method: 'POST', path: '/ingest/*', machine: true, handler: () => jsonAnswer(200, 1) },
  ]);
  const own = `127.0.0.1:${server.port}`;
  const status = async (method: string, path: string, headers: Record<string, string>) => {
    const sent = httpRequest({
      host: '127.0.0.1',
      port: server.port,
      method,
      path,
      headers: { host: own, ...headers },
    });
    sent.end();
    const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    return response.statusCode;
  };
  assert.equal(await status('GET', '/api/x', { host: 'evil.example' }), 421);
  assert.equal(await status('GET', '/api/x', { host: 'localhost:1' }), 200);
  assert.equal(await status('POST', '/api/x', {}), 200);
  assert.equal(await status('POST', '/api/x', { origin: `http://${own}` }), 200);
  assert.equal(await status('POST', '/api/x', { origin: 'http://evil.example' }), 403);
  assert.equal(await status('POST', '/api/x', { origin: 'null' }), 403);
  assert.equal(await status('POST', '/api/x', { 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await status('POST', '/ingest/a', { host: 'hooks.example', origin: 'http://x.example' }), 200);
});

test('server-sent events: framing, end of the client, end of the server', async () => {
  assert.equal(
    eventText({ id: '1\n2', event: 'case', data: 'a\nb\r\nevent: forged' }),
    'id: 12\nevent: case\ndata: a\ndata: b\ndata: event: forged\n\n',
  );
  let ended = 0;
  const { url, server } = await serve([
    {
      method: 'GET',
      path: '/events',
      handler: () => ({
        status: 200,
        body: async function* (signal) {
          try {
            yield { data: 'first' };
            await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          } finally {
            ended++;
          }
        },
      }),
    },
  ]);
  const leaving = new AbortController();
  const response = await fetch(`${url}/events`, { signal: leaving.signal });
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const reader = response.body?.getReader();
  let text = '';
  while (!text.includes('data: first')) text += new TextDecoder().decode((await reader?.read())?.value);
  leaving.abort();
  while (ended < 1) await new Promise((resolve) => setImmediate(resolve));
  const second = await fetch(`${url}/events`);
  const reading = second.text();
  await server.close(1000);
  assert.match(await reading, /data: first/);
  assert.equal(ended, 2);
});

test('closing waits for a running request and then refuses new ones', async () => {
  let finish = (): void => {};
  const { url, server } = await serve([
    {
      method: 'GET',
      path: '/slow',
      handler: () => new Promise((resolve) => (finish = () => resolve(jsonAnswer(200, 'done')))),
    },
  ]);
  const pending = fetch(`${url}/slow`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closed = server.close(5000);
  finish();
  assert.equal(await (await pending).json(), 'done');
  await closed;
  await assert.rejects(fetch(`${url}/slow`));
});

test('an address that is taken is a sentence', async () => {
  const { server } = await serve([]);
  await assert.rejects(
    startServer({ host: '127.0.0.1', port: server.port, routes: [], nowMs: () => 0, log: () => {} }),
    /cannot listen on 127\.0\.0\.1:\d+: another process listens there/,
  );
});

test('static files: only those below the folder, with types and tags', async () => {
  const root = await mkdtemp(join(tmpdir(), 'zw-static-'));
  closers.push(() => rm(root, { recursive: true }));
  const site = join(root, 'site');
  await mkdir(join(site, 'assets'), { recursive: true });
  await writeFile(join(root, 'secret.txt'), 'secret');
  await writeFile(join(site, 'index.html'), '<p>console</p>');
  await writeFile(join(site, '.env'), 'secret');
  await writeFile(join(site, 'assets', 'app.js'), 'run()');
  await symlink(join(root, 'secret.txt'), join(site, 'link.txt'));
  const { url, server } = await serve([{ method: 'GET', path: '/*', handler: createStaticFiles(site) }]);
  const index = await fetch(`${url}/`);
  assert.equal(await index.text(), '<p>console</p>');
  assert.match(index.headers.get('content-security-policy') ?? '', /default-src 'self'/);
  assert.equal(await (await fetch(`${url}/cases/123`)).text(), '<p>console</p>');
  const script = await fetch(`${url}/assets/app.js`);
  assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  const again = await fetch(`${url}/assets/app.js`, {
    headers: { 'if-none-match': script.headers.get('etag') ?? '' },
  });
  assert.equal(again.status, 304);
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%252e%252e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/.env',
    '/link.txt',
    '/index.html%00.txt',
    '/%c0%ae%c0%ae/secret.txt',
    '/absent.js',
  ]) {
    const answer = await raw(
      server.port,
      `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 404 /, path);
    assert.doesNotMatch(answer, /secret$/);
  }
  assert.equal(safePath('/a/b'), join('a', 'b'));
});

test('static files: smaller for those who take them so, the same for everybody else, and one tag for both', async () => {
  const site = await mkdtemp(join(tmpdir(), 'zw-coded-'));
  closers.push(() => rm(site, { recursive: true }));
  const text = 'export const word = "zone";\n'.repeat(400);
  await writeFile(join(site, 'app.js'), text);
  await writeFile(join(site, 'small.js'), 'run()');
  await writeFile(join(site, 'picture.png'), Buffer.alloc(4000));
  const { url, server } = await serve([{ method: 'GET', path: '/*', handler: createStaticFiles(site) }]);
  // Written by hand on the socket: fetch would undo the coding.
  const ask = async (path: string, accepted: string): Promise<{ head: string; length: number }> => {
    const answer = await raw(
      server.port,
      `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept-encoding: ${accepted}\r\nconnection: close\r\n\r\n`,
    );
    const head = answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase();
    return { head, length: Number(/content-length: (\d+)/.exec(head)?.[1]) };
  };
  for (const [accepted, coding] of [
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['*', 'br'],
  ] as const) {
    const { head, length } = await ask('/app.js', accepted);
    assert.match(head, new RegExp(`content-encoding: ${coding}`), accepted);
    assert.match(head, /vary: accept-encoding/);
    assert.ok(length > 0 && length < text.length / 10, `${accepted}: ${length} bytes`);
  }
  for (const [path, accepted] of [
    ['/app.js', 'identity'],
    ['/app.js', 'gzip;q=0'],
    ['/small.js', 'gzip, br'],
    ['/picture.png', 'gzip, br'],
  ] as const)
    assert.doesNotMatch((await ask(path, accepted)).head, /content-encoding/, `${path} ${accepted}`);
  const coded = await fetch(`${url}/app.js`);
  assert.equal(await coded.text(), text);
  const plain = await fetch(`${url}/app.js`, {
    headers: { 'accept-encoding': 'identity', 'if-none-match': coded.headers.get('etag') ?? '' },
  });
  assert.equal(plain.status, 304);
});

test('a connection that was opened in advance does not hold up the end', async () => {
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    routes: [],
    nowMs: () => 0,
    log: () => undefined,
  });
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  // A request on another connection: the server has seen this one by then.
  assert.equal((await fetch(`http://127.0.0.1:${server.port}/`)).status, 404);
  const startMs = performance.now();
  await server.close(4000);
  assert.ok(performance.now() - startMs < 2000);
  socket.destroy();
});

test('the secret in an intake path is not logged when its handler throws', async () => {
  const { url, logged } = await serve([
    {
      method: 'ANY',
      path: '/ingest/*',
      handler: () => {
        throw new Error('fault');
      },
    },
  ]);
  assert.equal(
    (await fetch(`${url}/ingest/dnsimple/CANARY-path`, { method: 'POST', body: 'x' })).status,
    500,
  );
  assert.equal(logged.length, 1);
  assert.match(logged[0] ?? '', /\/ingest\/dnsimple\/\*\*\*/);
  assert.equal(logged.join().includes('CANARY'), false);
});
