import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { OutboxOptions, RefusedBatch } from '../../../collector/src/8-sink/outbox.ts';
import { Outbox } from '../../../collector/src/8-sink/outbox.ts';
import type { Signal, SinkRun } from '../../../collector/src/contract/component.ts';
import type { Delivery } from '../../../collector/src/contract/outcome.ts';
import { openCursorStore } from '../../../collector/src/log/cursor-store.ts';
import { SignalLog } from '../../../collector/src/log/signal-log.ts';
import { opened } from '../log/log-setup.ts';
import { MemoryDisk, seeded } from '../log/memory-disk.ts';

const delivered: Delivery = { status: 'delivered' };
const away: Delivery = { status: 'retryable', code: 'endpoint_unreachable', message: 'connection refused' };

function keyed(n: number, kind: Signal['kind'] = 'finding'): Signal {
  return { kind, key: `k${n}`, timeMs: n, body: { key: n % 7, n } };
}

async function queueWith(t: TestContext, count: number, disk = new MemoryDisk()) {
  const at = mkdtempSync(`${tmpdir()}/zonewarden-test-`);
  t.after(() => rmSync(at, { recursive: true, force: true }));
  const cursors = openCursorStore(`${at}/cursors`);
  assert.ok(cursors.ok);
  t.after(() => cursors.value.close());
  const queue = new SignalLog(await opened(disk, { segmentBytes: 256 * 1024 }), cursors.value);
  for (let n = 0; n < count; n += 100)
    await queue.append(Array.from({ length: Math.min(100, count - n) }, (_, i) => keyed(n + i)));
  return queue;
}

/** Virtual time: sleeping moves the clock. */
function virtual() {
  const clock = { nowMs: 0 };
  const lines: string[] = [];
  return {
    clock,
    lines,
    around: {
      nowMs: () => clock.nowMs,
      random: seeded(3),
      sleep: async (ms: number, signal: AbortSignal) => {
        signal.throwIfAborted();
        clock.nowMs += ms;
      },
      log: (level: string, message: string) => void lines.push(`${level} ${message}`),
    },
  };
}

function sinkOf(write: (batch: readonly Signal[]) => Promise<Delivery> | Delivery, batchMax = 50): SinkRun {
  return {
    id: 'test',
    accepts: ['finding', 'case'],
    batchMax,
    write: async (batch) => write(batch),
    probe: async () => ({ ok: true, value: '' }),
    close: async () => undefined,
  };
}

/** Runs until `isDone` says so, checked at every write and pause. */
async function runUntil(options: OutboxOptions, isDone: () => boolean): Promise<Outbox> {
  const stop = new AbortController();
  const check = () => {
    if (isDone()) stop.abort();
  };
  const outbox = new Outbox({
    ...options,
    queue: {
      get end() {
        return options.queue.end;
      },
      position: (reader) => options.queue.position(reader),
      advance: (reader, position) => {
        options.queue.advance(reader, position);
        check();
      },
      read: (position, maxBytes) => options.queue.read(position, maxBytes),
      waitFor: (position, signal) => {
        check();
        return options.queue.waitFor(position, signal);
      },
    },
  });
  await outbox.run(stop.signal);
  return outbox;
}

test('an endpoint away for ten minutes loses nothing: all delivered once, in order, with bounded memory', async (t) => {
  const total = 20_000;
  const queue = await queueWith(t, total);
  const { clock, lines, around } = virtual();
  const received: Signal[] = [];
  let attempts = 0;
  const sink = sinkOf((batch) => {
    attempts++;
    if (clock.nowMs < 600_000) return away;
    received.push(...batch);
    return delivered;
  });
  let largestRead = 0;
  const watched = Object.create(queue, {
    read: {
      value: async (position: number, maxBytes: number) => {
        const batch = await queue.read(position, maxBytes);
        largestRead = Math.max(largestRead, batch.signals.length);
        return batch;
      },
    },
    position: { value: (reader: string) => queue.position(reader) },
    advance: { value: (reader: string, position: number) => queue.advance(reader, position) },
    waitFor: { value: (position: number, signal: AbortSignal) => queue.waitFor(position, signal) },
    end: { get: () => queue.end },
  }) as SignalLog;
  const outbox = await runUntil(
    {
      sink,
      queue: watched,
      around,
      quarantine: () => assert.fail('nothing to put aside'),
      readBytesMax: 32 * 1024,
    },
    () => received.length === total,
  );
  assert.deepEqual(
    received.map((one) => one.key),
    Array.from({ length: total }, (_, n) => `k${n}`),
  );
  assert.ok(attempts - total / 50 < 40, `${attempts} attempts: the pauses grow`);
  assert.ok(largestRead < 2_000, `${largestRead} signals in memory at most`);
  assert.equal(outbox.stats().backlog, 0);
  assert.equal(outbox.stats().delivered, total);
  assert.ok((outbox.stats().retries.get('endpoint_unreachable') ?? 0) > 10);
  assert.ok(lines.length < 6, lines.join('\n'));
  assert.match(lines.at(-1) ?? '', /takes signals again/);
});

test('after a restart delivery goes on where it was, repeating at most one batch', async (t) => {
  const queue = await queueWith(t, 1_000);
  const { around } = virtual();
  const received: string[] = [];
  const first = sinkOf((batch) => {
    received.push(...batch.map((one) => one.key));
    return delivered;
  });
  await runUntil({ sink: first, queue, around, quarantine: () => undefined }, () => received.length >= 500);
  const soFar = received.length;
  assert.ok(soFar >= 500 && soFar < 1_000);
  await runUntil({ sink: first, queue, around, quarantine: () => undefined }, () => received.length >= 1_000);
  assert.equal(new Set(received).size, 1_000);
  assert.ok(received.length <= 1_050);
});

test('what the endpoint asked to wait is respected', async (t) => {
  const queue = await queueWith(t, 1);
  const { clock, around } = virtual();
  let attempts = 0;
  const sink = sinkOf(() => (attempts++ === 0 ? { ...away, afterMs: 45_000 } : delivered));
  await runUntil({ sink, queue, around, quarantine: () => undefined }, () => attempts === 2);
  assert.ok(clock.nowMs >= 45_000 && clock.nowMs < 46_000);
});

test('a refused batch is halved until the bad signals are alone; they go to quarantine, their neighbours arrive', async (t) => {
  const queue = await queueWith(t, 200);
  const { around } = virtual();
  const bad = new Set(['k3', 'k77', 'k199']);
  const received: string[] = [];
  const aside: RefusedBatch[] = [];
  const sink = sinkOf((batch) => {
    if (batch.some((one) => bad.has(one.key)))
      return { status: 'rejected', code: 'endpoint_refused', message: '400', rejectedCount: batch.length };
    received.push(...batch.map((one) => one.key));
    return delivered;
  });
  const outbox = await runUntil(
    { sink, queue, around, quarantine: (batch) => void aside.push(batch) },
    () => received.length === 197 && aside.length === 3,
  );
  assert.deepEqual(
    aside.map((one) => one.signals.map((signal) => signal.key)),
    [['k3'], ['k77'], ['k199']],
  );
  assert.deepEqual(
    received,
    Array.from({ length: 200 }, (_, n) => `k${n}`).filter((key) => !bad.has(key)),
  );
  assert.equal(outbox.stats().rejected.get('endpoint_refused'), 3);
  assert.equal(outbox.stats().delivered, 197);
});

test('a partly taken batch is not repeated; it is counted and put aside whole', async (t) => {
  const queue = await queueWith(t, 10);
  const { around } = virtual();
  let writes = 0;
  const aside: RefusedBatch[] = [];
  const sink = sinkOf(() => {
    writes++;
    return { status: 'rejected', code: 'endpoint_refused', message: '2 of 10', rejectedCount: 2 };
  });
  const outbox = await runUntil(
    { sink, queue, around, quarantine: (batch) => void aside.push(batch) },
    () => aside.length === 1,
  );
  assert.equal(writes, 1);
  assert.equal(aside[0]?.signals.length, 10);
  assert.equal(aside[0]?.rejectedCount, 2);
  assert.equal(outbox.stats().delivered, 8);
});

test('a sink that throws loses only the signal it cannot map, and a full quarantine is waited for', async (t) => {
  const queue = await queueWith(t, 8);
  const { around, lines } = virtual();
  const received: string[] = [];
  const aside: RefusedBatch[] = [];
  let full = 2;
  const sink = sinkOf((batch) => {
    if (batch.some((one) => one.key === 'k5')) throw new TypeError('no such field');
    received.push(...batch.map((one) => one.key));
    return delivered;
  });
  const quarantine = (batch: RefusedBatch) => {
    if (full-- > 0) throw new Error('database or disk is full');
    aside.push(batch);
  };
  await runUntil({ sink, queue, around, quarantine }, () => received.length === 7 && aside.length === 1);
  assert.deepEqual(received, ['k0', 'k1', 'k2', 'k3', 'k4', 'k6', 'k7']);
  assert.equal(aside[0]?.code, 'normaliser_bug');
  assert.ok(lines.some((line) => /could not be put into quarantine yet/.test(line)));
});

test('kinds and severities a sink does not want are passed over, and stopping ends a hanging write', async (t) => {
  const queue = await queueWith(t, 4);
  await queue.append([keyed(4, 'event'), keyed(5, 'case'), keyed(6, 'event'), keyed(7, 'score')]);
  const { around } = virtual();
  const received: string[] = [];
  const sink = sinkOf((batch) => {
    received.push(...batch.map((one) => one.key));
    return delivered;
  });
  const wants = (signal: Signal) => signal.key !== 'k2';
  await runUntil(
    { sink, queue, around, quarantine: () => undefined, wants },
    () => queue.position('test') === 6,
  );
  assert.deepEqual(received, ['k0', 'k1', 'k3', 'k5']);
  assert.equal(queue.position('test'), 8, 'what nobody wants is passed, too');
  const stop = new AbortController();
  await queue.append([keyed(8)]);
  const hanging = sinkOf(() => {
    setImmediate(() => stop.abort());
    return new Promise<Delivery>(() => undefined);
  });
  await new Outbox({ sink: hanging, queue, around, quarantine: () => undefined }).run(stop.signal);
  assert.equal(queue.position('test'), 8, 'not delivered, so not passed');
});
