/**
 * Fifty times `kill -9` under load: every delivery that was answered 2xx is in the log, and what the collector ends up
 * with equals an undisturbed run over the same log.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dnsimpleDelivery, wholeSecond } from '../fleet/dnsimple-delivery.ts';
import { watchedFleet } from '../fleet/watched-fleet.ts';
import { readCheckpointState } from './checkpoint-state.ts';
import { deliverSigned, startCollector, untilReady, type CollectorProcess } from './collector-process.ts';
import { openLog } from '../../collector/src/log/segmented-log.ts';
import { nodeDisk } from '../../collector/src/log/disk.ts';
import { decodeLogEntry } from '../../collector/src/log/entry-codec.ts';

const kills = Number(process.env['ZONEWARDEN_TEST_KILLS'] ?? 50);
const secret = 'kill-nine-secret';

function configIn(directory: string): string {
  const inventory = join(directory, 'inventory.yaml');
  const domains = [0, 1, 2, 3, 4, 5].map((i) => `d${i}.example`);
  writeFileSync(inventory, JSON.stringify(watchedFleet(domains)));
  const config = join(directory, 'zonewarden.yaml');
  writeFileSync(
    config,
    `version: 1
listen: 127.0.0.1:0
inventory: ${inventory}
sources:
  - {id: dnsimple, feed: dnsimple, via: webhook, tenant: acme, signature: {scheme: hmac, header: x-signature, secret: {env: KILL_SECRET}}}
sinks: [{id: prometheus, kind: prometheus}]
`,
  );
  return config;
}

const start = (config: string, data: string): Promise<CollectorProcess> =>
  startCollector(['--config', config, '--data', data], { KILL_SECRET: secret });

const names = [
  'zone_record.update',
  'domain.transfer_lock_disable',
  'zone_record.delete',
  'domain.transfer_lock_enable',
];

function delivery(i: number): string {
  const name = names[(i >> 2) % names.length] as string;
  return dnsimpleDelivery({ number: i, name, domain: `d${i % 6}.example`, at: wholeSecond(Date.now()) });
}

async function identifiersInLog(directory: string): Promise<Set<string>> {
  const opened = await openLog({ directory, disk: nodeDisk(), nowMs: () => Date.now() });
  assert.ok(opened.ok, opened.ok ? '' : opened.failure.message);
  const found = new Set<string>();
  for await (const batch of opened.value.batches(opened.value.firstSequence))
    for (const record of batch.records) {
      const entry = decodeLogEntry(record);
      if (!entry.ok || entry.value.kind !== 'raw') continue;
      const body = JSON.parse(Buffer.from(entry.value.record.bytes).toString('utf8')) as {
        request_identifier: string;
      };
      found.add(body.request_identifier);
    }
  await opened.value.close();
  return found;
}

test(
  `${kills} times kill -9 under load loses no acknowledged delivery and changes no result`,
  { timeout: Math.max(580_000, kills * 60_000) },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'zonewarden-kill9-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const config = configIn(directory);
    const data = join(directory, 'var');
    const acknowledged: string[] = [];
    let next = 0;
    let seed = 17;
    const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    let restarts = 0;
    for (let round = 0; round < kills; round++) {
      const running = await start(config, data);
      restarts++;
      await untilReady(running.url);
      const untilMs = Date.now() + 20 + random() * 300;
      const posters = Array.from({ length: 4 }, async () => {
        while (Date.now() < untilMs) {
          const body = delivery(next++);
          if ((await deliverSigned(running.url, 'dnsimple', secret, body)) === 200)
            acknowledged.push((JSON.parse(body) as { request_identifier: string }).request_identifier);
        }
      });
      await Promise.race([
        Promise.all(posters),
        new Promise((resolve) => setTimeout(resolve, Math.max(0, untilMs - Date.now() - 5))),
      ]);
      await Promise.all([running.end('SIGKILL'), ...posters]);
    }
    assert.equal(restarts, kills);
    assert.ok(acknowledged.length > kills, `only ${acknowledged.length} deliveries were acknowledged`);

    // A clean start and stop seals a checkpoint over everything.
    const last = await start(config, data);
    await untilReady(last.url);
    assert.equal(await last.end('SIGTERM'), 0, last.said());

    const logged = await identifiersInLog(join(data, 'log'));
    const lost = acknowledged.filter((id) => !logged.has(id));
    assert.deepEqual(lost, [], 'acknowledged deliveries missing from the log');

    const oracle = join(directory, 'oracle');
    cpSync(join(data, 'log'), join(oracle, 'log'), { recursive: true });
    const undisturbed = await start(config, oracle);
    await untilReady(undisturbed.url);
    assert.equal(await undisturbed.end('SIGTERM'), 0, undisturbed.said());
    const [disturbed, expected] = [readCheckpointState(data), readCheckpointState(oracle)];
    assert.ok(Object.keys(expected.findings).length > 0, 'the load must raise findings');
    assert.deepEqual(disturbed.findings, expected.findings);
    assert.deepEqual(disturbed.state, expected.state);
    t.diagnostic(
      `${kills} kills, ${acknowledged.length} acknowledged, ${logged.size} in the log, ${Object.keys(expected.findings).length} findings`,
    );
  },
);
