/** A fake vendor API on loopback, the real outgoing client towards it, and an intake that remembers. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  Intake,
  SourceIdentity,
  SourceRun,
  Surroundings,
} from '../../../collector/src/contract/component.ts';
import type { RawRecord } from '../../../collector/src/contract/raw-record.ts';
import { createOutgoingPolicy } from '../../../collector/src/1-source/address-policy.ts';
import { createOutgoingClient, type OutgoingClient } from '../../../collector/src/1-source/outgoing-http.ts';

/** What the fake answers; undefined: it hangs. */
export type FakeAnswer = { status?: number; headers?: Record<string, string>; body?: unknown } | undefined;
export interface FakeCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Fake {
  readonly url: string;
  readonly calls: FakeCall[];
  readonly client: OutgoingClient;
  close(): Promise<void>;
}

export async function startFake(answer: (call: FakeCall) => FakeAnswer, timeoutMs = 2_000): Promise<Fake> {
  const calls: FakeCall[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
      const call = {
        method: request.method ?? '',
        url,
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      calls.push(call);
      const found = answer(call);
      if (found === undefined) return;
      response.writeHead(found.status ?? 200, { 'content-type': 'application/json', ...found.headers });
      response.end(
        typeof found.body === 'string' || found.body instanceof Uint8Array
          ? found.body
          : JSON.stringify(found.body ?? []),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const policy = createOutgoingPolicy({ allowNetworks: ['127.0.0.0/8'], allowPlainHttp: ['127.0.0.1'] });
  const real = createOutgoingClient(policy, { nowMs: () => Date.now(), userAgent: 'test' });
  return {
    url,
    calls,
    client: (request, signal) => real({ ...request, timeoutMs }, signal),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Everything a source did. `refuse`: how many acceptances fail with `disk_full` first. */
export interface Recorder {
  readonly intake: Intake;
  readonly records: RawRecord[];
  readonly cursors: Map<string, string>;
  readonly gaps: { fromMs: number; toMs: number; reason: string }[];
  readonly log: string[];
  heartbeats: number;
  refuse: number;
}

export function createRecorder(): Recorder {
  const recorder: Recorder = {
    records: [],
    cursors: new Map(),
    gaps: [],
    log: [],
    heartbeats: 0,
    refuse: 0,
    intake: {
      accept: async (records, cursor) => {
        await Promise.resolve();
        if (recorder.refuse > 0) {
          recorder.refuse -= 1;
          throw Object.assign(new Error('no space'), { code: 'disk_full' });
        }
        recorder.records.push(...records);
        if (cursor !== undefined) recorder.cursors.set(cursor.source, cursor.position);
      },
      cursor: (source) => recorder.cursors.get(source),
      heartbeat: () => {
        recorder.heartbeats += 1;
      },
      gap: (_source, fromMs, toMs, reason) => recorder.gaps.push({ fromMs, toMs, reason }),
    },
  };
  return recorder;
}

/** Virtual time: a sleep moves the clock, and the run ends after `sleeps` of them. */
export interface Clock {
  readonly around: Surroundings;
  readonly waits: number[];
  nowMs: number;
}

export function createClock(recorder: Recorder, stop: AbortController, sleeps: number, nowMs: number): Clock {
  const clock: Clock = {
    nowMs,
    waits: [],
    around: {
      nowMs: () => clock.nowMs,
      random: () => 0,
      log: (level, message, fields) =>
        recorder.log.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
      sleep: async (ms) => {
        clock.waits.push(ms);
        clock.nowMs += ms;
        if (clock.waits.length >= sleeps) stop.abort();
        await Promise.resolve();
      },
    },
  };
  return clock;
}

export const startMs = Date.UTC(2026, 10, 20, 12, 0, 0);

export function identityOf(feed: string): SourceIdentity {
  return { tenant: 'acme', id: `${feed}-1`, feed, kind: 'identity_log', intervalMs: 60_000 };
}

/** Runs a source until it has slept `sleeps` times. */
export async function runFor(
  build: (around: Surroundings) => SourceRun,
  recorder: Recorder,
  sleeps: number,
  nowMs = startMs,
): Promise<Clock> {
  const stop = new AbortController();
  const clock = createClock(recorder, stop, sleeps, nowMs);
  await build(clock.around).run(recorder.intake, stop.signal);
  return clock;
}

export const textsOf = (recorder: Recorder): string[] =>
  recorder.records.map((record) => Buffer.from(record.bytes).toString('utf8'));

/** Nothing that leaves a source may hold a credential: records, positions, operator lines, gaps. */
export function assertNoSecret(recorder: Recorder, secret: string): void {
  const told = [
    ...textsOf(recorder),
    ...recorder.cursors.values(),
    ...recorder.log,
    JSON.stringify(recorder.gaps),
  ];
  assert.equal(told.join('\n').includes(secret), false, 'a secret is shown');
}
