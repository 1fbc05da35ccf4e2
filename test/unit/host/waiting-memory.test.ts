/** What waits for the watermark is bounded: intake is held, nothing is lost, and time alone opens it again. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCollector, type CollectorOptions } from '../../../collector/src/app/collector.ts';
import { openStores } from '../../../collector/src/app/stores.ts';
import type { RawRecord } from '../../../collector/src/contract/raw-record.ts';
import { isHeldBack } from '../../../collector/src/contract/error-codes.ts';
import { encodeLogEntry } from '../../../collector/src/log/entry-codec.ts';
import { WaitingMemory } from '../../../collector/src/host/waiting-memory.ts';
import { startTracing } from '../../../collector/src/self/tracing.ts';

const startMs = Date.UTC(2026, 2, 2, 10);
const minuteMs = 60_000;
const clock = {
  tenant: '*',
  id: 'collector',
  feed: 'collector',
  kind: 'pipeline',
  intervalMs: 1_000,
} as const;
const kib = 1024;

test('what was taken in before the watermark counts no more, and rounds without messages never did', () => {
  const memory = new WaitingMemory();
  memory.add(1_000, 2, 500);
  memory.add(1_000, 1, 100);
  memory.add(2_000, 0, 1_000_000);
  memory.add(3_000, 1, 50);
  // 8 KiB a message and twice its record.
  assert.equal(memory.bytes, 4 * 8 * kib + 2 * 650);
  memory.sealed(1_000);
  assert.equal(memory.bytes, 4 * 8 * kib + 2 * 650, 'a message of that very moment may still wait');
  memory.sealed(2_500);
  assert.equal(memory.bytes, 8 * kib + 2 * 50);
  memory.sealed(Infinity);
  assert.equal(memory.bytes, 0);
});

function edit(n: number, nowMs: number): RawRecord {
  const event = {
    event_type: 'dns.record.updated',
    id: `edit-${String(n)}`,
    timestamp: new Date(nowMs).toISOString(),
    domain: `d${String(n)}.example`,
    record_name: `d${String(n)}.example`,
    record_type: 'A',
    new_value: ['192.0.2.1'],
  };
  return {
    tenant: 't',
    source: 'webhook',
    receivedAtMs: nowMs,
    contentType: 'application/json',
    verified: true,
    bytes: Buffer.from(JSON.stringify(event)),
  };
}

test('intake is held when too much waits, and opens when the watermark has passed it', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-waiting-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  let nowMs = startMs;
  const stores = await openStores(directory, () => nowMs);
  t.after(() => stores.close());
  const options: CollectorOptions = {
    stores,
    documents: {
      inventory: { version: 1, tenants: [{ id: 't' }], teams: [], domains: [] },
      intents: [],
      rules: [],
    },
    paths: { rules: [] },
    sources: [],
    sinks: [],
    retention: {},
    around: {
      nowMs: () => nowMs,
      random: () => 0.5,
      sleep: () => Promise.resolve(),
      log: () => undefined,
    },
    tracing: startTracing({}, {}),
    version: 'test',
    waitingBytesMax: 128 * kib,
  };
  const collector = await createCollector(options);
  const { host, intake, readers, figures } = collector;
  const metric = (name: string) =>
    readers.flatMap((reader) => [...reader()]).find((sample) => sample.metric === name)?.value;
  let accepted = 0;
  const offer = async (): Promise<unknown> => {
    try {
      await intake.accept([edit(accepted, nowMs)]);
      accepted += 1;
      await host.catchUp();
      return undefined;
    } catch (error) {
      return error;
    }
  };
  let refusal: unknown;
  while (refusal === undefined && accepted < 100) refusal = await offer();
  assert.ok(isHeldBack(refusal), String(refusal));
  // 8 KiB and twice a record of a few hundred bytes each: the fifteenth passes 128 KiB.
  assert.ok(accepted >= 13 && accepted <= 16, `${String(accepted)} accepted`);
  assert.equal(host.engine.waiting, accepted);
  assert.ok(host.waitingBytes > 128 * kib);
  assert.deepEqual([metric('engine_waiting'), metric('engine_waiting_max')], [host.waitingBytes, 128 * kib]);
  assert.deepEqual([metric('intake_refused'), figures.refusals.get('engine_full')], [1, 1]);
  // The collector's own clock moves the watermark; nobody has to send anything.
  for (let minute = 0; minute < 12; minute += 1) {
    nowMs += minuteMs;
    const tick = { kind: 'heartbeat', atMs: nowMs, source: clock } as const;
    await stores.log.append([encodeLogEntry(tick)]);
    await host.catchUp();
  }
  assert.equal(host.engine.waiting, 0);
  assert.equal(host.waitingBytes, 0);
  const before = accepted;
  assert.equal(await offer(), undefined);
  assert.equal(accepted, before + 1);
  // What waited at a checkpoint waits again after it.
  host.checkpoint();
  const again = await createCollector(options);
  await again.host.catchUp();
  assert.deepEqual([again.host.engine.waiting, again.host.waitingBytes > 8 * kib], [1, true]);
});
