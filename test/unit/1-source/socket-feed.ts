/** A feed over a WebSocket for tests: its server, a source that reads it, an intake and a clock that moves only when told to. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'node:test';
import { WebSocketServer, type WebSocket } from 'ws';
import { createOutgoingPolicy } from '../../../collector/src/1-source/address-policy.ts';
import { createZonestreamSource } from '../../../collector/src/1-source/zonestream/zonestream-source.ts';
import type { Intake, SourceIdentity, Surroundings } from '../../../collector/src/contract/component.ts';
import type { RawRecord } from '../../../collector/src/contract/raw-record.ts';

/** A clock that moves only when told to. */
export function manualClock() {
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

/** `position`: what the cursor of an earlier run says, absent when there was none. */
export function fakeIntake(position?: string): FakeIntake {
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

/** Who the feed is. */
export const identity: SourceIdentity = {
  tenant: '*',
  id: 'zs',
  feed: 'zonestream',
  kind: 'zone_feed',
  intervalMs: 20_000,
};

/** Loopback, also without TLS. */
const policy = createOutgoingPolicy({ allowNetworks: ['127.0.0.0/8'], allowPlainHttp: ['127.0.0.1'] });
/** Called after each test. */
export const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Waits until `done` holds; the event loop turns, no time passes on the manual clock. */
export async function until(done: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + 5000;
  while (!done()) {
    if (performance.now() > endMs) assert.fail(`still waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A server of a feed on loopback; port 0 takes a free one. It ends with the test. */
export async function feedServer(onConnection: (socket: WebSocket, path: string) => void, port = 0) {
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

/** A source that reads the feed at `port`; `fields` replace its settings. It stops with the test. */
export function source(port: number, clock: ReturnType<typeof manualClock>, fields: object = {}) {
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
