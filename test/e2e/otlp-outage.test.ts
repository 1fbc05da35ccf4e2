/**
 * Sixty thousand signals through log, outbox and the real OTLP exporter, while the endpoint refuses, hangs, answers 503
 * and cuts connections; time between attempts is virtual. Everything arrives, in order, each id at least once.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { createOtlpLogSink } from '../../collector/src/8-sink/otlp-log/otlp-log-sink.ts';
import { Outbox } from '../../collector/src/8-sink/outbox.ts';
import { openCursorStore } from '../../collector/src/log/cursor-store.ts';
import { nodeDisk } from '../../collector/src/log/disk.ts';
import { openLog } from '../../collector/src/log/segmented-log.ts';
import { SignalLog } from '../../collector/src/log/signal-log.ts';
import { atMs, sampleFinding, signalOf } from '../unit/8-sink/sample-signals.ts';

const total = 60_000;
const outageMs = 600_000;

test('ten minutes of a broken OTLP endpoint cost nothing but delay', { timeout: 180_000 }, async (t) => {
  const at = mkdtempSync(`${tmpdir()}/zonewarden-outage-`);
  t.after(() => rmSync(at, { recursive: true, force: true }));
  const log = await openLog({ directory: `${at}/signals`, disk: nodeDisk(), nowMs: () => 0 });
  const cursors = openCursorStore(`${at}/cursors`);
  assert.ok(log.ok && cursors.ok);
  const queue = new SignalLog(log.value, cursors.value);
  for (let n = 0; n < total; n += 1_000)
    await queue.append(
      Array.from({ length: 1_000 }, (_, i) =>
        signalOf('finding', sampleFinding({ finding_id: `f${n + i}` }), `f${n + i}.0`),
      ),
    );

  const clock = { nowMs: atMs };
  const received: number[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests++;
      if (clock.nowMs < atMs + outageMs) {
        if (requests % 4 === 0) request.socket.destroy();
        else if (requests % 4 === 1) response.writeHead(503, { 'retry-after': '30' }).end();
        else if (requests % 4 === 2) response.writeHead(429).end();
        return;
      }
      for (const [, key] of Buffer.concat(chunks)
        .toString()
        .matchAll(/"log\.record\.uid","value":\{"stringValue":"f(\d+)\.0"/g))
        received.push(Number(key));
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const sink = createOtlpLogSink({
    id: 'otlp',
    accepts: ['finding'],
    resource: { 'service.name': 'zonewarden' },
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    timeoutMs: 300,
    nowMs: () => clock.nowMs,
  });
  const stop = new AbortController();
  const around = {
    nowMs: () => clock.nowMs,
    random: () => 0.5,
    sleep: async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted();
      clock.nowMs += ms;
    },
    log: () => undefined,
  };
  const outbox = new Outbox({
    sink,
    queue,
    around,
    quarantine: () => assert.fail('nothing is refused for good'),
  });
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const running = outbox.run(stop.signal);
  while (outbox.stats().backlog > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const grown = (process.memoryUsage().heapUsed - before) / 2 ** 20;
  stop.abort();
  await running;
  await sink.close();
  server.closeAllConnections();
  server.close();
  await log.value.close();
  cursors.value.close();

  const distinct = [...new Set(received)];
  assert.equal(distinct.length, total);
  assert.ok(
    distinct.every((n, index) => n === index),
    'order is kept',
  );
  assert.equal(received.length, total, 'nothing was taken twice in this run');
  assert.ok(clock.nowMs - atMs >= outageMs);
  t.diagnostic(
    `${total} signals after ${(clock.nowMs - atMs) / 1000} virtual seconds, heap ${grown.toFixed(0)} MiB more`,
  );
  assert.ok(grown < 150, `heap grew by ${grown} MiB`);
});
