/** SIGTERM while a large log is being caught up and deliveries arrive: the collector stops in time and goes on from there. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openStores } from '../../collector/src/app/stores.ts';
import { stopWithinMs } from '../../collector/src/cli/stop-signals.ts';
import { encodeLogEntry } from '../../collector/src/log/entry-codec.ts';
import { benchRecords } from '../bench/bench-records.ts';
import { dnsimpleDelivery, wholeSecond } from '../fleet/dnsimple-delivery.ts';
import { deliverSigned, eventually, startCollector, type CollectorProcess } from './collector-process.ts';

/** Some ten seconds of work on a quick machine: more than a stop may take. */
const backlog = 60_000;

const secret = 'stop-secret';

interface Started {
  readonly collector: CollectorProcess;
  readonly data: string;
}

async function writeBacklog(data: string): Promise<void> {
  const stores = await openStores(data, () => Date.now());
  for (let from = 0; from < backlog; from += 4_000) {
    const records = benchRecords('okta', 4_000, Date.UTC(2026, 0, 1), 10_000, from);
    await stores.log.append(records.map((record) => encodeLogEntry({ kind: 'raw', record })));
  }
  await stores.close();
}

async function start(t: TestContext, prepare: (data: string) => Promise<void>): Promise<Started> {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-stop-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const data = join(directory, 'var');
  const inventory = join(directory, 'inventory.yaml');
  writeFileSync(
    inventory,
    `version: 1
tenants: [{id: acme}]
teams: [{id: ops, tenant: acme}]
registrar_accounts: [{id: dnsimple/1010, tenant: acme, event_feed: webhook}]
domains: [{domain: d0.example, tenant: acme, tier: 0, team: ops, registrar_account: dnsimple/1010}]
`,
  );
  const config = join(directory, 'zonewarden.yaml');
  writeFileSync(
    config,
    `version: 1
listen: 127.0.0.1:0
inventory: ${inventory}
sources:
  - {id: dnsimple, feed: dnsimple, via: webhook, tenant: acme, signature: {scheme: hmac, header: x-signature, secret: {env: STOP_SECRET}}}
sinks: [{id: prometheus, kind: prometheus}]
`,
  );
  await prepare(data);
  const collector = await startCollector(['--config', config, '--data', data], { STOP_SECRET: secret });
  t.after(() => collector.child.kill('SIGKILL'));
  return { collector, data };
}

/** Asks for a clean stop and measures it. */
async function stopped(t: TestContext, { collector }: Started): Promise<void> {
  const startedMs = performance.now();
  const code = await collector.end('SIGTERM');
  const tookMs = performance.now() - startedMs;
  t.diagnostic(`stopped after ${Math.round(tookMs)} ms`);
  assert.equal(code, 0, collector.said());
  assert.ok(tookMs < stopWithinMs, `${tookMs} ms`);
}

async function positions(data: string): Promise<{ checkpoint: number | undefined; end: number }> {
  const stores = await openStores(data, () => Date.now());
  const checkpoint = stores.checkpoints.head('engine')?.position;
  const end = stores.log.nextSequence;
  await stores.close();
  return { checkpoint, end };
}

test('SIGTERM far behind the end of the log: a clean stop in time, with what was done saved', async (t) => {
  const started = await start(t, writeBacklog);
  await stopped(t, started);
  const { checkpoint, end } = await positions(started.data);
  assert.ok(end > backlog, 'the log is whole');
  assert.ok(checkpoint !== undefined && checkpoint < end, `a checkpoint at ${checkpoint} of ${end}`);
});

test('SIGTERM while ten thousand domains change faster than they are saved: in time, and what was saved counts', async (t) => {
  const started = await start(t, async (data) => {
    const stores = await openStores(data, () => Date.now());
    for (let from = 0; from < 20_000; from += 200) {
      const records = benchRecords('dnsimple', 200, Date.UTC(2026, 0, 1), 10_000, from);
      await stores.log.append(records.map((record) => encodeLogEntry({ kind: 'raw', record })));
    }
    await stores.close();
  });
  // A state of ten thousand domains takes longer to write than the time of a stop on a busy machine.
  await eventually('half of it read', async () => {
    const text = await (await fetch(`${started.collector.url}/metrics`)).text();
    const behind = Number(/^zonewarden_engine_backlog(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1] ?? Infinity);
    return behind < 10_000 ? true : undefined;
  });
  await stopped(t, started);
  const { checkpoint, end } = await positions(started.data);
  assert.ok(end > 20_000, 'the log is whole');
  assert.ok((checkpoint ?? 0) <= end);
  t.diagnostic(`a checkpoint at ${checkpoint} of ${end}`);
});

function delivery(i: number): string {
  const name = i % 2 === 0 ? 'domain.transfer_lock_disable' : 'domain.transfer_lock_enable';
  return dnsimpleDelivery({ number: i, name, domain: 'd0.example', at: wholeSecond(Date.now()) });
}

test('SIGTERM while deliveries arrive: what was acknowledged is in the log, and the stop is clean and in time', async (t) => {
  const started = await start(t, () => Promise.resolve());
  let next = 0;
  let acknowledged = 0;
  const enough = Promise.withResolvers<void>();
  const post = async (): Promise<boolean> => {
    const status = await deliverSigned(started.collector.url, 'dnsimple', secret, delivery(next++));
    if (status === 200 && ++acknowledged === 500) enough.resolve();
    return status !== 0;
  };
  const posters = Array.from({ length: 8 }, async () => {
    while (await post());
  });
  await Promise.race([enough.promise, Promise.all(posters)]);
  assert.ok(acknowledged >= 500, `${acknowledged} were acknowledged: ${started.collector.said()}`);
  await stopped(t, started);
  await Promise.all(posters);
  const { end } = await positions(started.data);
  assert.ok(end >= acknowledged, `${acknowledged} acknowledged, ${end} in the log`);
});
