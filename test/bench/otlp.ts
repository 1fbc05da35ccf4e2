/**
 * OTLP export of events: from a canonical event to the answer of an endpoint on loopback, 512 records a batch, beside JSON.stringify of the
 * same events. CPU of the exporting thread; the endpoint works in another one.
 */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createOtlpLogSink } from '../../collector/src/8-sink/otlp-log/otlp-log-sink.ts';
import { normaliserFor } from '../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import type { Signal } from '../../collector/src/contract/component.ts';
import { benchRecords } from './bench-records.ts';
import { interleaved, type Figure } from './figure.ts';

const batchRecords = 512;
const batchesOfRound = 20;
const warmUpRounds = 2;
/** An export may cost this many times the text of the event. */
const dearerMax = 5;
const startMs = Date.UTC(2026, 0, 1);

const endpoint = `
  const { createServer } = require('node:http');
  const { parentPort } = require('node:worker_threads');
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function signalsOf(count: number): Signal[] {
  const normaliser = normaliserFor('okta');
  if (normaliser === undefined) throw new Error('no normaliser for okta');
  const sha256 = (data: string | Uint8Array): string => hash('sha256', data, 'hex');
  return benchRecords('okta', count, startMs, 1).map((record): Signal => {
    const outcome = normaliseRecord(record, normaliser, record.receivedAtMs, { sha256 });
    const event = outcome.ok ? outcome.value.events[0] : undefined;
    if (event === undefined) throw new Error('refused');
    return { kind: 'event', key: event.event_id, timeMs: record.receivedAtMs, body: event };
  });
}

/** Microseconds of CPU per exported event. */
export async function* otlpFigures(rounds: number): AsyncGenerator<Figure> {
  const worker = new Worker(endpoint, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const sink = createOtlpLogSink({
    id: 'bench',
    accepts: ['event'],
    resource: { 'service.name': 'bench' },
    endpoint: `http://127.0.0.1:${port}`,
    batchMax: batchRecords,
    nowMs: () => startMs,
  });
  const signals = signalsOf(batchRecords * batchesOfRound);
  const stop = new AbortController();
  const values: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    const before = threadCpuMs();
    let characters = 0;
    for (const { body } of signals) characters += JSON.stringify(body).length;
    if (characters === 0) throw new Error('nothing was written');
    const between = threadCpuMs();
    for (let i = 0; i < signals.length; i += batchRecords) {
      const delivery = await sink.write(signals.slice(i, i + batchRecords), stop.signal);
      if (delivery.status !== 'delivered') throw new Error(JSON.stringify(delivery));
    }
    const after = threadCpuMs();
    if (round < warmUpRounds) continue;
    floors.push((1000 * (between - before)) / signals.length);
    values.push((1000 * (after - between)) / signals.length);
  }
  await sink.close();
  await worker.terminate();
  const note = `Okta events of 2 KB, ${batchRecords} a batch; floor: JSON.stringify(event)`;
  yield interleaved('otlp.events', 'cpu us/record', values, floors, 1 / dearerMax, note);
}
