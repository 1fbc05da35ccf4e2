/**
 * Fifty times `kill -9` under load: every delivery that was answered 2xx is in the log, and what the collector ends up
 * with equals an undisturbed run over the same log.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readCheckpointState } from './checkpoint-state.ts';
import { openLog } from '../../collector/src/log/segmented-log.ts';
import { nodeDisk } from '../../collector/src/log/disk.ts';
import { decodeLogEntry } from '../../collector/src/log/entry-codec.ts';

const main = fileURLToPath(new URL('../../collector/src/cli/main.ts', import.meta.url));
const kills = Number(process.env['ZONEWARDEN_TEST_KILLS'] ?? 50);
const secret = 'kill-nine-secret';

function configIn(directory: string): string {
  const inventory = join(directory, 'inventory.yaml');
  writeFileSync(
    inventory,
    `version: 1
tenants: [{id: acme}]
teams: [{id: ops, tenant: acme}]
registrar_accounts: [{id: dnsimple/1010, tenant: acme, event_feed: webhook}]
domains:
${[0, 1, 2, 3, 4, 5].map((i) => `  - {domain: d${i}.example, tenant: acme, tier: ${i % 3}, team: ops, registrar_account: dnsimple/1010, expect: {transfer_lock: true}, critical_hosts: [www], approved: {nameservers: [ns1.a.example], records: [{name: www.d${i}.example, type: A, values: [192.0.2.1]}]}}`).join('\n')}
`,
  );
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

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
}

function start(config: string, data: string): Promise<Running> {
  const child = spawn(process.execPath, [main, 'run', '--config', config, '--data', data], {
    env: { ...process.env, KILL_SECRET: secret },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let out = '';
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const url = /listens on (\S+)/.exec(out)?.[1];
      if (url !== undefined) resolve({ child, url });
    });
    child.once('exit', (code) => reject(new Error(`the collector ended with ${code}: ${errors}`)));
  });
}

async function ready(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) =>
    child.exitCode === null && child.signalCode === null ? child.once('exit', () => resolve()) : resolve(),
  );
}

const names = [
  'zone_record.update',
  'domain.transfer_lock_disable',
  'zone_record.delete',
  'domain.transfer_lock_enable',
];

function delivery(i: number): string {
  const domain = `d${i % 6}.example`;
  const name = names[(i >> 2) % names.length] as string;
  const at = new Date().toISOString().replace(/\.\d+/, '');
  const data = name.startsWith('zone_record')
    ? {
        zone_record: {
          id: i,
          ttl: 60,
          name: 'www',
          type: 'A',
          content: `203.0.113.${i % 200}`,
          zone_id: domain,
          updated_at: at,
        },
      }
    : { domain: { id: i, name: domain, state: 'registered', account_id: 1010, updated_at: at } };
  return JSON.stringify({
    data,
    name,
    actor: { id: '1010', entity: 'account', pretty: 'x@acme.example' },
    account: { id: 1010, display: 'x', identifier: 'x' },
    api_version: 'v2',
    request_identifier: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  });
}

async function post(url: string, body: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/ingest/dnsimple`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-signature': createHmac('sha256', secret).update(body).digest('hex'),
      },
      body,
    });
    await answer.arrayBuffer();
    return answer.status >= 200 && answer.status < 300;
  } catch {
    return false;
  }
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
  { timeout: 580_000 },
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
      const { child, url } = await start(config, data);
      restarts++;
      await ready(url);
      const untilMs = Date.now() + 20 + random() * 300;
      const posters = Array.from({ length: 4 }, async () => {
        while (Date.now() < untilMs) {
          const body = delivery(next++);
          if (await post(url, body))
            acknowledged.push((JSON.parse(body) as { request_identifier: string }).request_identifier);
        }
      });
      await Promise.race([
        Promise.all(posters),
        new Promise((resolve) => setTimeout(resolve, Math.max(0, untilMs - Date.now() - 5))),
      ]);
      child.kill('SIGKILL');
      await Promise.all([...posters, ended(child)]);
    }
    assert.equal(restarts, kills);
    assert.ok(acknowledged.length > kills, `only ${acknowledged.length} deliveries were acknowledged`);

    // A clean start and stop seals a checkpoint over everything.
    const last = await start(config, data);
    await ready(last.url);
    last.child.kill('SIGTERM');
    await ended(last.child);
    assert.equal(last.child.exitCode, 0);

    const logged = await identifiersInLog(join(data, 'log'));
    const lost = acknowledged.filter((id) => !logged.has(id));
    assert.deepEqual(lost, [], 'acknowledged deliveries missing from the log');

    const oracle = join(directory, 'oracle');
    cpSync(join(data, 'log'), join(oracle, 'log'), { recursive: true });
    const undisturbed = await start(config, oracle);
    await ready(undisturbed.url);
    undisturbed.child.kill('SIGTERM');
    await ended(undisturbed.child);
    const [disturbed, expected] = [readCheckpointState(data), readCheckpointState(oracle)];
    assert.ok(Object.keys(expected.findings).length > 0, 'the load must raise findings');
    assert.deepEqual(disturbed.findings, expected.findings);
    assert.deepEqual(disturbed.state, expected.state);
    t.diagnostic(
      `${kills} kills, ${acknowledged.length} acknowledged, ${logged.size} in the log, ${Object.keys(expected.findings).length} findings`,
    );
  },
);
