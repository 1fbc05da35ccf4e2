import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import fc from 'fast-check';
import { WebSocketServer, type WebSocket } from 'ws';
import { createOutgoingPolicy } from '../../../collector/src/1-source/address-policy.ts';
import { createCertstreamSource } from '../../../collector/src/1-source/certstream/certstream-source.ts';
import { backOffMs, standardBackOff } from '../../../collector/src/1-source/reconnecting-socket.ts';
import { createZonestreamSource } from '../../../collector/src/1-source/zonestream/zonestream-source.ts';
import type { Intake, SourceIdentity, Surroundings } from '../../../collector/src/contract/component.ts';
import type { RawRecord } from '../../../collector/src/contract/raw-record.ts';

/** A clock that moves only when told to. */
function manualClock() {
  let nowMs = 1_000_000;
  let sleepers: { atMs: number; wake: () => void }[] = [];
  const lines: string[] = [];
  const surroundings: Surroundings = {
    nowMs: () => nowMs,
    random: () => 0.5,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(new Error('aborted'));
        sleepers.push({ atMs: nowMs + ms, wake: resolve });
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      }),
    log: (_, message, fields) => lines.push(`${message} ${JSON.stringify(fields ?? {})}`),
  };
  return {
    surroundings,
    lines,
    advance(ms: number): void {
      nowMs += ms;
      const due = sleepers.filter((one) => one.atMs <= nowMs);
      sleepers = sleepers.filter((one) => one.atMs > nowMs);
      for (const one of due) one.wake();
    },
    get sleeping() {
      return sleepers.length;
    },
  };
}

interface FakeIntake extends Intake {
  readonly records: RawRecord[];
  readonly gaps: [number, number, string][];
  heartbeats: number;
  fail: Error | undefined;
  gate: Promise<void> | undefined;
}

function fakeIntake(position?: string): FakeIntake {
  const records: RawRecord[] = [];
  const gaps: [number, number, string][] = [];
  let stored = position;
  return {
    records,
    gaps,
    heartbeats: 0,
    fail: undefined,
    gate: undefined,
    async accept(batch, cursor) {
      await this.gate;
      if (this.fail !== undefined) throw this.fail;
      records.push(...batch);
      stored = cursor?.position;
    },
    cursor: () => stored,
    heartbeat() {
      this.heartbeats++;
    },
    gap: (_, from, to, reason) => gaps.push([from, to, reason]),
  };
}

const identity: SourceIdentity = {
  tenant: '*',
  id: 'zs',
  feed: 'zonestream',
  kind: 'zone_feed',
  intervalMs: 20_000,
};
const policy = createOutgoingPolicy({ allowNetworks: ['127.0.0.0/8'], allowPlainHttp: ['127.0.0.1'] });
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Waits until `done` holds; the event loop turns, no time passes on the manual clock. */
async function until(done: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + 5000;
  while (!done()) {
    if (performance.now() > endMs) assert.fail(`still waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function feedServer(onConnection: (socket: WebSocket, path: string) => void, port = 0) {
  const http: Server = createServer();
  const server = new WebSocketServer({ server: http });
  const sockets = new Set<WebSocket>();
  server.on('connection', (socket, request) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket, request.url ?? '');
  });
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  const stop = (): void => {
    for (const socket of sockets) socket.terminate();
    server.close();
    http.closeAllConnections();
    http.close();
  };
  closers.push(stop);
  return { port: (http.address() as AddressInfo).port, stop, sockets };
}

function source(port: number, clock: ReturnType<typeof manualClock>, fields: object = {}) {
  const stop = new AbortController();
  closers.push(() => stop.abort());
  const run = createZonestreamSource(
    {
      identity,
      url: `ws://127.0.0.1:${port}/ws`,
      topics: ['newly_registered_domain'],
      headers: {},
      messageBytesMax: 10_000,
      pingIntervalMs: 20_000,
      pongTimeoutMs: 20_000,
      idleTimeoutMs: 0,
      ...fields,
    },
    policy,
    clock.surroundings,
  );
  return { run, stop };
}

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

test('a message larger than the limit ends the connection, not the process', async () => {
  const server = await feedServer((socket) => {
    socket.send('{"small":1}');
    socket.send('x'.repeat(20_000));
  });
  const clock = manualClock();
  const intake = fakeIntake();
  const { run, stop } = source(server.port, clock);
  const ended = run.run(intake, stop.signal);
  await until(() => clock.lines.some((line) => line.includes('larger than message_bytes_max')), 'ended');
  assert.equal(intake.records.length, 1);
  stop.abort();
  await ended;
});

test('a slow log holds the sender; nothing is lost and memory stays bounded', async () => {
  const total = 20_000;
  const server = await feedServer((socket) => {
    for (let at = 0; at < total; at++) socket.send(`{"n":${at},"pad":"${'x'.repeat(500)}"}`);
  });
  const clock = manualClock();
  const intake = fakeIntake();
  let release = (): void => {};
  intake.gate = new Promise((resolve) => (release = resolve));
  const { run, stop } = source(server.port, clock);
  const ended = run.run(intake, stop.signal);
  const [accepted] = await untilValue(() => (server.sockets.size > 0 ? server.sockets : undefined));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok((accepted as WebSocket).bufferedAmount > 1_000_000, 'the sender still holds most of it');
  intake.gate = undefined;
  release();
  await until(() => intake.records.length === total, 'all records');
  assert.ok(intake.records.every((record, at) => Buffer.from(record.bytes).includes(`"n":${at},`)));
  stop.abort();
  await ended;
});

test('a full disk pauses and resumes; a failed disk ends the run', async () => {
  const server = await feedServer((socket) => socket.send('{}'));
  const clock = manualClock();
  const intake = fakeIntake();
  intake.fail = Object.assign(new Error('full'), { code: 'disk_full' });
  const { run, stop } = source(server.port, clock);
  const ended = run.run(intake, stop.signal);
  await until(() => clock.sleeping === 2, 'paused');
  intake.fail = undefined;
  clock.advance(5000);
  await until(() => intake.records.length === 1, 'taken after all');
  stop.abort();
  await ended;

  const broken = fakeIntake();
  broken.fail = Object.assign(new Error('device gone'), { code: 'disk_fault' });
  const second = source(server.port, clock);
  await assert.rejects(second.run.run(broken, second.stop.signal), /device gone/);
});

test('what was lost while a full disk held the sender is blind time, although the connection lived on', async () => {
  const server = await feedServer((socket) => {
    // The cable breaks during the hold: no answer to any ping comes back.
    socket.pong = () => {};
    socket.send('{"n":1}');
  });
  const clock = manualClock();
  const intake = fakeIntake();
  intake.fail = Object.assign(new Error('full'), { code: 'disk_full' });
  const { run, stop } = source(server.port, clock);
  const ended = run.run(intake, stop.signal);
  await until(() => clock.sleeping === 2, 'paused');
  const heldMs = clock.surroundings.nowMs();
  intake.fail = undefined;
  clock.advance(5000);
  await until(() => intake.records.length === 1, 'taken after all');
  assert.equal(intake.cursor('zs/newly_registered_domain'), String(heldMs), 'not the time of the commit');
  for (const socket of server.sockets) socket.terminate();
  await until(() => clock.lines.some((line) => line.startsWith('feed disconnected')), 'cut');
  clock.advance(10_000);
  await until(() => intake.gaps.length > 0, 'the gap');
  assert.equal(intake.gaps[0]?.[0], heldMs, 'blind since the sender was held');
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

async function untilValue<T>(read: () => T | undefined): Promise<T> {
  let value: T | undefined;
  await until(() => (value = read()) !== undefined, 'value');
  return value as T;
}
