/**
 * `node test/soak/soak-hour.ts [--minutes N] [--rate N] [--snapshots DIR]`: the load of a soak for an hour on a clock that runs as fast as
 * the collector decides; heap after collection and what is behind, once a virtual minute; judged like a soak. One JSON line of
 * verdicts; exit 1 when one did not hold.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createCollector } from '../../collector/src/app/collector.ts';
import { readRuleFiles, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import { sharedTenant } from '../../collector/src/3-enrich/tenant.ts';
import { openStores } from '../../collector/src/app/stores.ts';
import type { Intake, SinkRun, SourceRun } from '../../collector/src/contract/component.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import type { SourceName } from '../../collector/src/contract/source-name.ts';
import { startTracing } from '../../collector/src/self/tracing.ts';
import { deliveryOf, oktaEvent, queryLine, soakInventory, trailLine, zoneMessage } from './soak-records.ts';
import { judgeSoak, type SoakSample } from './verdict.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '3' },
    snapshots: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);
const minuteMs = 60_000;
const startMs = Date.UTC(2026, 2, 1);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A clock that somebody moves; who waits is woken in order. */
class MovedClock {
  nowMs = startMs;
  #waiting: { readonly atMs: number; readonly wake: () => void }[] = [];

  get waitingCount(): number {
    return this.#waiting.length;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry = {
        atMs: this.nowMs + ms,
        wake: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      this.#waiting.push(entry);
      const abort = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== entry);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  moveTo(nowMs: number): void {
    this.nowMs = nowMs;
    const due = this.#waiting.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#waiting = this.#waiting.filter(({ atMs }) => atMs > nowMs);
    for (const { wake } of due) wake();
  }
}

const clock = new MovedClock();
let intake: Intake | undefined;
let received = 0;
const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
const source: SourceRun = {
  identity: { tenant: 'acme', id: 'soak', feed: 'dnsimple', kind: 'registrar_audit', intervalMs: minuteMs },
  async run(given, signal) {
    intake = given;
    await untilAborted(signal);
  },
  probe: () => Promise.resolve({ ok: true, value: 'reachable' }),
};
const sink: SinkRun = {
  id: 'memory',
  accepts: ['finding', 'case'],
  batchMax: 100,
  write(batch) {
    received += batch.length;
    return Promise.resolve({ status: 'delivered' });
  },
  probe: () => Promise.resolve({ ok: true, value: 'reachable' }),
  close: () => Promise.resolve(),
};

function recordOf(feed: SourceName, contentType: string, text: string): RawRecord {
  return {
    // What one feed sees of everybody belongs to nobody.
    tenant: feed === 'zonestream' ? sharedTenant : 'acme',
    source: feed,
    receivedAtMs: clock.nowMs,
    contentType,
    verified: true,
    bytes: Buffer.from(text),
    meta: { source: feed },
  };
}

/** The i-th step of the load, as `SoakLoad` does it over real transports. */
function step(i: number): RawRecord[] {
  const atMs = clock.nowMs;
  const json = 'application/json';
  return [
    ...(i % 3 === 0 ? [recordOf('okta', json, oktaEvent(i, atMs))] : []),
    ...(i % 2 === 0 ? [recordOf('zonestream', json, zoneMessage(i, atMs))] : []),
    ...(i % 2 === 1 ? [recordOf('bind-log', 'text/plain', queryLine(i, atMs))] : []),
    ...(i % 4 === 0 ? [recordOf('aws-cloudtrail', json, trailLine(i, atMs))] : []),
    recordOf('dnsimple', json, i % 100 === 99 ? `{"broken ${i}` : deliveryOf(i, atMs)),
  ];
}

const directory = mkdtempSync(join(tmpdir(), 'zonewarden-soak-hour-'));
const stores = await openStores(directory, () => clock.nowMs);
const collector = await createCollector({
  stores,
  documents: { inventory: soakInventory, intents: [], rules: await readRuleFiles([shippedRulesPath()]) },
  paths: { rules: [] },
  sources: [source],
  sinks: [sink],
  retention: {},
  around: {
    nowMs: () => clock.nowMs,
    random: () => 0.5,
    sleep: (ms, signal) => clock.sleep(ms, signal),
    log: (level, message) => {
      if (level === 'error') process.stderr.write(`${message}\n`);
    },
  },
  tracing: startTracing({}, {}),
  version: 'soak',
});
const stop = new AbortController();
const running = collector.run(stop.signal);
running.catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
while (intake === undefined) await nextTurn();
const samples: SoakSample[] = [];

async function decided(): Promise<void> {
  while (collector.host.position < stores.log.nextSequence) await nextTurn();
}

const undelivered = (): number => collector.outboxes.reduce((sum, outbox) => sum + outbox.stats().backlog, 0);

function sample(atMs: number): void {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  samples.push({
    atMs,
    heapBytes: heapUsed + external,
    residentBytes: heapUsed + external,
    handles: clock.waitingCount,
    descriptors: process.getActiveResourcesInfo().length,
    loopDelayP99Ms: 0,
    idleDelayP99Ms: 0,
    engineBacklog: stores.log.nextSequence - collector.host.position,
    sinkBacklog: undelivered(),
  });
  const minute = atMs / minuteMs;
  if (values.snapshots === undefined) return;
  process.stderr.write(`${minute} ${Math.round((heapUsed + external) / 2 ** 20)} MiB\n`);
  if (minute === 14 || minute === minutes - 1)
    writeHeapSnapshot(join(values.snapshots, `${minute}.heapsnapshot`));
}

let steps = 0;
let records = 0;
for (let second = 1; second <= minutes * 60; second++) {
  clock.moveTo(startMs + second * 1000);
  const batch: RawRecord[] = [];
  while (steps < second * rate) batch.push(...step(steps++));
  records += batch.length;
  await intake.accept(batch);
  await decided();
  if (second % 60 === 0) sample(second * 1000);
}
// Deliveries go on beside.
for (let turn = 0; undelivered() > 0 && turn < 10_000; turn++) {
  clock.moveTo(clock.nowMs + 10);
  await nextTurn();
}
sample((minutes + 1) * minuteMs);
const verdicts = judgeSoak(samples, records, [
  {
    name: 'signals delivered, once by key',
    expected: collector.outboxes.reduce((sum, outbox) => sum + outbox.stats().delivered, 0),
    found: received,
  },
]);
stop.abort();
await running;
await stores.close();
rmSync(directory, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify({ minutes, rate, records, received, verdicts })}\n`);
process.exit(verdicts.every(({ held }) => held) ? 0 : 1);
