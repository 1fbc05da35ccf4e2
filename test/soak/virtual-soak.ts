/**
 * The load of a soak on a clock that runs as fast as the collector decides: an hour costs less than a minute of CPU. Without
 * transports, so what those keep is not in it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
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
import { judgeSoak, type SoakSample, type SoakVerdict } from './verdict.ts';

/** How long and how dense. */
export interface VirtualSoak {
  readonly minutes: number;
  /** Steps of the load a second; each is one to four records. */
  readonly rate: number;
  /** Told after each virtual minute. */
  readonly onMinute?: (minute: number, heapBytes: number) => void;
}

/** What came of it. */
export interface VirtualSoakResult {
  readonly records: number;
  /** Signals the sink took. */
  readonly received: number;
  readonly samples: readonly SoakSample[];
  readonly verdicts: readonly SoakVerdict[];
}

const minuteMs = 60_000;
/** At three steps a second what is kept by count (5,000 events) is full after eleven minutes. */
const warmUpMs = 20 * minuteMs;
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

function recordOf(feed: SourceName, contentType: string, text: string, atMs: number): RawRecord {
  return {
    // What one feed sees of everybody belongs to nobody.
    tenant: feed === 'zonestream' ? sharedTenant : 'acme',
    source: feed,
    receivedAtMs: atMs,
    contentType,
    verified: true,
    bytes: Buffer.from(text),
    meta: { source: feed },
  };
}

/** The i-th step of the load, as `SoakLoad` does it over real transports. */
function step(i: number, atMs: number): RawRecord[] {
  const json = 'application/json';
  return [
    ...(i % 3 === 0 ? [recordOf('okta', json, oktaEvent(i, atMs), atMs)] : []),
    ...(i % 2 === 0 ? [recordOf('zonestream', json, zoneMessage(i, atMs), atMs)] : []),
    ...(i % 2 === 1 ? [recordOf('bind-log', 'text/plain', queryLine(i, atMs), atMs)] : []),
    ...(i % 4 === 0 ? [recordOf('aws-cloudtrail', json, trailLine(i, atMs), atMs)] : []),
    recordOf('dnsimple', json, i % 100 === 99 ? `{"broken ${i}` : deliveryOf(i, atMs), atMs),
  ];
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** The longest turn of the loop, in CPU time of its own thread; what neighbours on the machine take is not in it. */
class TurnTimes {
  #longestMs = 0;
  #lastMs = threadCpuMs();
  #isRunning = true;

  constructor() {
    void this.#watch();
  }

  stop(): void {
    this.#isRunning = false;
  }

  /** What the garbage collection of a look takes is not the collector's. */
  skip(): void {
    this.#lastMs = threadCpuMs();
  }

  /** Since the last call. */
  take(): number {
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return longestMs;
  }

  async #watch(): Promise<void> {
    while (this.#isRunning) {
      await nextTurn();
      const nowMs = threadCpuMs();
      this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs);
      this.#lastMs = nowMs;
    }
  }
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Runs it to its end and judges it. Rejects when the collector stops by itself. */
export async function virtualSoak({ minutes, rate, onMinute }: VirtualSoak): Promise<VirtualSoakResult> {
  const clock = new MovedClock();
  let intake: Intake | undefined;
  let received = 0;
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
  let failure: unknown;
  const running = collector.run(stop.signal).catch((error: unknown) => (failure = error));
  const undelivered = (): number =>
    collector.outboxes.reduce((sum, outbox) => sum + outbox.stats().backlog, 0);
  const samples: SoakSample[] = [];
  const turns = new TurnTimes();
  const sample = (atMs: number): void => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    samples.push({
      atMs,
      heapBytes: heapUsed + external,
      residentBytes: heapUsed + external,
      handles: clock.waitingCount,
      descriptors: process.getActiveResourcesInfo().length,
      loopDelayP99Ms: turns.take(),
      idleDelayP99Ms: 0,
      engineBacklog: stores.log.nextSequence - collector.host.position,
      sinkBacklog: undelivered(),
    });
    onMinute?.(atMs / minuteMs, heapUsed + external);
    turns.skip();
  };
  try {
    while (intake === undefined && failure === undefined) await nextTurn();
    let steps = 0;
    let records = 0;
    for (let second = 1; second <= minutes * 60; second++) {
      clock.moveTo(startMs + second * 1000);
      const batch: RawRecord[] = [];
      while (steps < second * rate) batch.push(...step(steps++, clock.nowMs));
      records += batch.length;
      await intake?.accept(batch);
      while (failure === undefined && collector.host.position < stores.log.nextSequence) await nextTurn();
      if (failure !== undefined) throw failure;
      if (second % 60 === 0) sample(second * 1000);
    }
    // Deliveries go on beside.
    for (let turn = 0; undelivered() > 0 && turn < 10_000; turn++) {
      clock.moveTo(clock.nowMs + 10);
      await nextTurn();
    }
    sample((minutes + 1) * minuteMs);
    const delivered = collector.outboxes.reduce((sum, outbox) => sum + outbox.stats().delivered, 0);
    const count = { name: 'signals delivered, once by key', expected: delivered, found: received };
    return { records, received, samples, verdicts: judgeSoak(samples, records, [count], warmUpMs) };
  } finally {
    turns.stop();
    stop.abort();
    await running;
    await stores.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
