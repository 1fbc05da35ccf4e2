/**
 * What every source that holds a connection open holds: nothing is taken away before it is durable, a damaged message costs only
 * itself, a restart goes on and makes no second event of what is repeated, and a peer that fails is waited out without telling a secret.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { normalisers } from '../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import type { Surroundings } from '../../collector/src/contract/component.ts';
import {
  assertNoSecret,
  createRecorder,
  startMs,
  textsOf,
  type Recorder,
} from '../unit/1-source/api-fake.ts';
import { canary } from './source-cases.ts';
import { streamCases, type Peer, type StreamCase } from './stream-cases.ts';

const context = { sha256: (data: string | Uint8Array) => hash('sha256', data) };
const patienceMs = 60_000;

/** One life of a source; time passes only when the test lets it. */
interface Life {
  readonly waits: number[];
  pass(ms: number): void;
  end(): Promise<void>;
}

function start(peer: Peer, recorder: Recorder, fromMs = startMs): Life {
  let nowMs = fromMs;
  let sleepers: { atMs: number; wake: () => void }[] = [];
  const waits: number[] = [];
  const stop = new AbortController();
  const around: Surroundings = {
    nowMs: () => nowMs,
    random: () => 0.5,
    log: (level, message, fields) => recorder.log.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(new Error('aborted'));
        waits.push(ms);
        sleepers.push({ atMs: nowMs + ms, wake: resolve });
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      }),
  };
  const running = peer.build(around).run(recorder.intake, stop.signal);
  return {
    waits,
    pass(ms) {
      nowMs += ms;
      const due = sleepers.filter((each) => each.atMs <= nowMs);
      sleepers = sleepers.filter((each) => each.atMs > nowMs);
      for (const each of due) each.wake();
    },
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Lets time pass in steps of the source until `holds`; the real wait is for the state, never for a time. */
async function until(one: StreamCase, life: Life, holds: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!holds()) {
    assert.ok(performance.now() < endMs, `still waiting: ${what}`);
    life.pass(one.stepMs);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const idsOf = (one: StreamCase, recorder: Recorder): string[] =>
  textsOf(recorder).flatMap((text) => one.idOf(text) ?? []);

/** Event ids of everything that can be read. */
function eventIds(one: StreamCase, recorder: Recorder): string[] {
  const normaliser = normalisers.find((each) => each.source === one.feed);
  assert.ok(normaliser !== undefined);
  return recorder.records.flatMap((record) => {
    const outcome = normaliseRecord(record, normaliser, record.receivedAtMs, context);
    return outcome.ok ? outcome.value.events.map((event) => event.event_id) : [];
  });
}

for (const one of streamCases) {
  const opened = async (t: TestContext): Promise<Peer | undefined> => {
    if (one.missing !== undefined) {
      t.skip(one.missing);
      return undefined;
    }
    const peer = await one.open();
    t.after(() => peer.close());
    return peer;
  };

  test(`${one.name}: what comes is stored once and in order; a damaged message costs only itself`, async (t) => {
    const peer = await opened(t);
    if (peer === undefined) return;
    const recorder = createRecorder();
    const life = start(peer, recorder);
    peer.tell('1', 'bad', '2', '3');
    await until(one, life, () => idsOf(one, recorder).includes('3'), 'the last message');
    assert.deepEqual(idsOf(one, recorder), ['1', '2', '3']);
    assert.equal(recorder.records.length, 4, 'the damaged one is kept for a person to look at');
    assert.equal(new Set(eventIds(one, recorder)).size, 3);
    await life.end();
    assertNoSecret(recorder, canary);
  });

  test(`${one.name}: nothing is taken away before it is durable, and all of it comes when there is room`, async (t) => {
    const peer = await opened(t);
    if (peer === undefined) return;
    const recorder = createRecorder();
    const life = start(peer, recorder);
    recorder.refuse = 1_000_000;
    peer.tell('1', '2');
    await until(one, life, () => recorder.refuse < 1_000_000, 'an attempt to store');
    assert.deepEqual([recorder.records.length, recorder.cursors.size], [0, 0]);
    if (peer.takenAway !== undefined) assert.equal(peer.takenAway(), 0, 'acknowledged before it was durable');
    recorder.refuse = 0;
    await until(one, life, () => idsOf(one, recorder).includes('2'), 'both messages');
    assert.deepEqual([...new Set(idsOf(one, recorder))], ['1', '2']);
    await life.end();
  });

  test(`${one.name}: started again it goes on, and what is repeated is no second event`, async (t) => {
    const peer = await opened(t);
    if (peer === undefined) return;
    const recorder = createRecorder();
    const first = start(peer, recorder);
    peer.tell('1');
    await until(one, first, () => idsOf(one, recorder).includes('1'), 'the first message');
    await first.end();
    const second = start(peer, recorder, startMs + 3_600_000);
    peer.repeatLast();
    peer.tell('2');
    await until(one, second, () => idsOf(one, recorder).includes('2'), 'the message after the restart');
    await second.end();
    assert.deepEqual(idsOf(one, recorder), ['1', '1', '2']);
    assert.equal(new Set(eventIds(one, recorder)).size, 2);
  });

  test(`${one.name}: a peer that fails is waited out without haste and without noise`, async (t) => {
    const peer = await opened(t);
    if (peer === undefined) return;
    const recorder = createRecorder();
    peer.fail(true);
    const life = start(peer, recorder);
    peer.tell('1');
    if (one.isClient) {
      await until(one, life, () => life.waits.length >= 5, 'five attempts');
      assert.ok(
        life.waits.every((ms) => ms >= 500),
        life.waits.join(),
      );
      assert.equal(
        recorder.log.filter((line) => line.startsWith('error')).length <= 2,
        true,
        recorder.log.join('\n'),
      );
    }
    peer.fail(false);
    await until(one, life, () => idsOf(one, recorder).includes('1'), 'the message after the failure');
    await life.end();
    assert.deepEqual(idsOf(one, recorder), ['1']);
    assertNoSecret(recorder, canary);
  });

  test(`${one.name}: stops while it waits and while it stores`, async (t) => {
    const peer = await opened(t);
    if (peer === undefined) return;
    const idle = start(peer, createRecorder());
    await idle.end();
    const recorder = createRecorder();
    recorder.refuse = 1_000_000;
    const busy = start(peer, recorder, startMs + 60_000);
    peer.tell('1');
    await until(one, busy, () => recorder.refuse < 1_000_000, 'an attempt to store');
    await busy.end();
    assert.equal(recorder.records.length, 0);
  });
}
