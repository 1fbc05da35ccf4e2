/** A feed over a WebSocket that is cut, falls silent, refuses or answers nonsense. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { WebSocketServer, type WebSocket } from 'ws';
import { createOutgoingPolicy } from '../../../collector/src/1-source/address-policy.ts';
import { createCertstreamSource } from '../../../collector/src/1-source/certstream/certstream-source.ts';
import { backOffMs, standardBackOff } from '../../../collector/src/1-source/reconnecting-socket.ts';
import { manualClock, fakeIntake, identity, closers, until, feedServer, source } from './socket-feed.ts';

test('messages become records with their topic, and the position is kept', async () => {
  const paths: string[] = [];
  const server = await feedServer((socket, path) => {
    paths.push(path);
    socket.send('{"domain":"a.example."}');
    socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
  });
  const clock = manualClock();
  const intake = fakeIntake();
  const { run, stop } = source(server.port, clock);
  const ended = run.run(intake, stop.signal);
  await until(() => intake.records.length === 2, 'two records');
  assert.deepEqual(paths, ['/ws/newly_registered_domain']);
  const [record, broken] = intake.records;
  assert.deepEqual(record && { ...record, bytes: Buffer.from(record.bytes).toString() }, {
    tenant: '*',
    source: 'zonestream',
    receivedAtMs: 1_000_000,
    contentType: 'application/json',
    verified: false,
    bytes: '{"domain":"a.example."}',
    meta: { topic: 'newly_registered_domain' },
  });
  assert.deepEqual([...(broken?.bytes ?? [])], [0xff, 0xfe]);
  assert.equal(intake.cursor('zs/newly_registered_domain'), '1000000');
  stop.abort();
  await ended;
  assert.deepEqual(intake.gaps, []);
});

test('a cut connection comes back with growing waits, and the blind time is written down', async () => {
  let connections = 0;
  const first = await feedServer((socket) => {
    connections++;
    socket.send('{"n":1}');
  });
  const clock = manualClock();
  const intake = fakeIntake();
  const { run, stop } = source(first.port, clock);
  const ended = run.run(intake, stop.signal);
  await until(() => intake.records.length === 1, 'first record');
  first.stop();
  await until(() => clock.lines.some((line) => line.includes('disconnected')), 'the cut is noticed');
  assert.match(clock.lines.at(-1) ?? '', /"retryInMs":5000/);
  clock.advance(5000);
  await until(() => clock.lines.some((line) => line.includes('"retryInMs":7500')), 'second wait');
  assert.deepEqual(
    intake.gaps.map(([from, to]) => [from, to]),
    [[1_000_000, 1_005_000]],
  );
  const again = await feedServer((socket) => {
    connections++;
    socket.send('{"n":2}');
  }, first.port);
  clock.advance(7500);
  await until(() => intake.records.length === 2, 'record after reconnecting');
  assert.deepEqual(
    intake.gaps.map(([from, to]) => [from, to]),
    [
      [1_000_000, 1_005_000],
      [1_005_000, 1_012_500],
    ],
  );
  assert.equal(connections, 2);
  stop.abort();
  await ended;
  again.stop();
});

/** A feed whose first connection is answered `ms` late. */
async function gapsAfterSlowStart(ms: number): Promise<readonly [number, number, string][]> {
  const clock = manualClock();
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });
  http.on('upgrade', (request, socket, head) => {
    clock.advance(ms);
    server.handleUpgrade(request, socket, head, (opened) => {
      opened.on('error', () => {});
      opened.send('{}');
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  closers.push(() => {
    for (const opened of server.clients) opened.terminate();
    http.closeAllConnections();
    http.close();
  });
  const intake = fakeIntake();
  const { run, stop } = source((http.address() as AddressInfo).port, clock);
  const ended = run.run(intake, stop.signal);
  await until(() => intake.records.length === 1, 'a record');
  stop.abort();
  await ended;
  return intake.gaps;
}

test('a first connection that took its time leaves blind time, a quick one leaves none', async () => {
  const slow = await gapsAfterSlowStart(4_000);
  assert.deepEqual(
    slow.map(([from, to]) => [from, to]),
    [[1_000_000, 1_004_000]],
  );
  assert.deepEqual(await gapsAfterSlowStart(999), []);
});

test('time between the last record and a restart is blind time', async () => {
  const server = await feedServer((socket) => socket.send('{}'));
  const clock = manualClock();
  const intake = fakeIntake('400000');
  const { run, stop } = source(server.port, clock);
  const ended = run.run(intake, stop.signal);
  await until(() => intake.records.length === 1, 'a record');
  assert.deepEqual(intake.gaps, [[400_000, 1_000_000, 'the collector was not running']]);
  stop.abort();
  await ended;
});

test('a half-open connection is noticed by the missing pong', async () => {
  // Speaks the handshake through ws, then swallows everything: pings get no answer.
  const raw: Socket[] = [];
  const server = await feedServer((socket) => {
    const inner = (socket as unknown as { _socket: Socket })._socket;
    inner.pause();
    inner.removeAllListeners('data');
    raw.push(inner);
  });
  const clock = manualClock();
  const intake = fakeIntake();
  const { run, stop } = source(server.port, clock);
  const ended = run.run(intake, stop.signal);
  await until(() => raw.length === 1 && clock.sleeping > 0, 'connected');
  clock.advance(20_000);
  await until(() => clock.sleeping > 0, 'waiting for the pong');
  clock.advance(20_000);
  await until(() => clock.lines.some((line) => line.includes('no answer to a ping')), 'noticed');
  assert.equal(intake.heartbeats, 0);
  clock.advance(5000);
  await until(() => intake.gaps.length === 1, 'gap');
  assert.deepEqual(intake.gaps[0]?.slice(0, 2), [1_000_000, 1_045_000]);
  stop.abort();
  await ended;
});

test('an answered ping is a heartbeat; a feed that only pongs is ended when idle too long', async () => {
  const server = await feedServer(() => {});
  const clock = manualClock();
  const intake = fakeIntake();
  const { run, stop } = source(server.port, clock, { idleTimeoutMs: 50_000, pongTimeoutMs: 10_000 });
  const ended = run.run(intake, stop.signal);
  await until(() => clock.lines.some((line) => line.includes('connected')), 'connected');
  await until(() => clock.sleeping > 0, 'before the first ping');
  const [accepted] = server.sockets;
  const pinged = once(accepted as WebSocket, 'ping');
  clock.advance(20_000);
  await pinged;
  await new Promise((resolve) => setTimeout(resolve, 30));
  clock.advance(10_000);
  await until(() => intake.heartbeats === 1, 'heartbeat');
  await until(() => clock.sleeping > 0, 'before the second ping');
  const second = once(accepted as WebSocket, 'ping');
  clock.advance(20_000);
  await second;
  await new Promise((resolve) => setTimeout(resolve, 30));
  clock.advance(10_000);
  await until(() => clock.lines.some((line) => line.includes('no message for 50000 ms')), 'idle');
  stop.abort();
  await ended;
});

test('servers that refuse, answer nonsense or trickle are survived', async () => {
  for (const answer of [
    'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n',
    'garbage\r\n\r\n',
    'HTTP/1.1 302 Found\r\nlocation: ws://169.254.169.254/\r\ncontent-length: 0\r\n\r\n',
  ]) {
    const tcp = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(answer));
    });
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    closers.push(() => tcp.close());
    const clock = manualClock();
    const { run, stop } = source((tcp.address() as AddressInfo).port, clock);
    const intake = fakeIntake();
    const ended = run.run(intake, stop.signal);
    await until(() => clock.lines.some((line) => line.includes('disconnected')), 'refused');
    clock.advance(60);
    stop.abort();
    await ended;
    assert.equal(intake.records.length, 0);
    assert.equal(intake.gaps.length, 1);
  }
});

test('the address policy holds for sockets too', async () => {
  const server = await feedServer(() => {});
  const clock = manualClock();
  const stop = new AbortController();
  const strict = createOutgoingPolicy({ allowNetworks: [], allowPlainHttp: ['127.0.0.1'] });
  const run = createCertstreamSource(
    {
      identity: { ...identity, feed: 'certstream', kind: 'ct_log' },
      url: `ws://127.0.0.1:${server.port}/`,
      headers: {},
      messageBytesMax: 1000,
      pingIntervalMs: 1000,
      pongTimeoutMs: 1000,
      idleTimeoutMs: 0,
    },
    strict,
    clock.surroundings,
  );
  const probed = await run.probe(stop.signal);
  assert.ok(!probed.ok);
  assert.match(probed.failure.message, /not public/);
  const ended = run.run(fakeIntake(), stop.signal);
  await until(() => clock.lines.length > 0, 'refused');
  stop.abort();
  await ended;
  assert.equal(server.sockets.size, 0);
});

test('a probe opens and closes one connection', async () => {
  const server = await feedServer(() => {});
  const clock = manualClock();
  const { run } = source(server.port, clock);
  const probed = await run.probe(new AbortController().signal);
  assert.deepEqual(probed, { ok: true, value: `connected to 127.0.0.1:${server.port}` });
  server.stop();
  const refused = await run.probe(new AbortController().signal);
  assert.ok(!refused.ok);
  assert.match(refused.failure.message, /ECONNREFUSED/);
});

test('property: waits grow to the longest and stay within a fifth', () => {
  assert.deepEqual(
    [0, 1, 2].map((attempt) => backOffMs(standardBackOff, attempt, 0.5)),
    [5000, 7500, 11_250],
  );
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const delayMs = backOffMs(standardBackOff, attempt, random);
      assert.ok(delayMs >= 4000 && delayMs <= 120_000);
    }),
  );
});
