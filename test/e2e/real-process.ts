/** A collector in a process of its own, with one signed webhook, for tests of what happens to the process as a whole. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openStores } from '../../collector/src/app/stores.ts';
import { dnsimpleDelivery, wholeSecond } from '../fleet/dnsimple-delivery.ts';
import { decodeLogEntry } from '../../collector/src/log/entry-codec.ts';
import {
  deliverPatiently,
  deliverSigned,
  startCollector,
  untilReady,
  type CollectorProcess,
} from './collector-process.ts';

const secret = 'process-secret';

/** Where such a collector lives. */
export interface Home {
  readonly directory: string;
  readonly config: string;
  readonly data: string;
}

/** A configuration with two domains; `more` is added to it. */
export function makeHome(t: TestContext, more = ''): Home {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-process-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const data = join(directory, 'var');
  mkdirSync(data);
  const inventory = join(directory, 'inventory.yaml');
  writeFileSync(
    inventory,
    `version: 1
tenants: [{id: acme}]
teams: [{id: ops, tenant: acme}]
registrar_accounts: [{id: dnsimple/1010, tenant: acme, event_feed: webhook}]
domains:
  - {domain: d0.example, tenant: acme, tier: 0, team: ops, registrar_account: dnsimple/1010, expect: {transfer_lock: true}}
  - {domain: d1.example, tenant: acme, tier: 1, team: ops, registrar_account: dnsimple/1010, expect: {transfer_lock: true}}
`,
  );
  const config = join(directory, 'zonewarden.yaml');
  writeFileSync(
    config,
    `version: 1
listen: 127.0.0.1:0
inventory: ${inventory}
outgoing: {allow_networks: [127.0.0.0/8], allow_plain_http: [127.0.0.1]}
sources:
  - {id: dnsimple, feed: dnsimple, via: webhook, tenant: acme, signature: {scheme: hmac, header: x-signature, secret: {env: PROCESS_SECRET}}}
sinks:
  - {id: prometheus, kind: prometheus}
${more}`,
  );
  return { directory, config, data };
}

/** Starts it; `nodeArgs` go to Node itself. Resolves when it is ready, rejects with what it said when it ends before. */
export async function startProcess(
  t: TestContext,
  home: Home,
  nodeArgs: readonly string[] = [],
  as: { readonly uid?: number; readonly gid?: number } = {},
): Promise<CollectorProcess> {
  const args = ['--config', home.config, '--data', home.data];
  const running = await startCollector(args, { PROCESS_SECRET: secret }, nodeArgs, as);
  t.after(() => running.child.kill('SIGKILL'));
  await untilReady(running.url);
  return running;
}

/** The i-th delivery: renewals, with a lock that is taken off now and then. */
export function deliveryBody(i: number): string {
  return dnsimpleDelivery({
    number: i,
    name: i % 50 === 0 ? 'domain.transfer_lock_disable' : 'domain.renew',
    domain: `d${i % 2}.example`,
    at: wholeSecond(1_790_000_000_000 + i * 1000),
  });
}

/** Status of the answer to a signed delivery; 0 when none came. */
export function deliver(url: string, body: string): Promise<number> {
  return deliverSigned(url, 'dnsimple', secret, body);
}

/** The same, and again while it is too much at once. */
export function deliverInTime(url: string, body: string): Promise<number> {
  return deliverPatiently(url, 'dnsimple', secret, body);
}

/** Bodies of the raw records in a log that no process holds. */
export async function bodiesInLog(data: string): Promise<Set<string>> {
  const stores = await openStores(data, () => Date.now());
  const bodies = new Set<string>();
  for await (const batch of stores.log.batches(stores.log.firstSequence))
    for (const record of batch.records) {
      const entry = decodeLogEntry(record);
      if (entry.ok && entry.value.kind === 'raw')
        bodies.add(Buffer.from(entry.value.record.bytes).toString());
    }
  await stores.close();
  return bodies;
}

/** Value of a metric without labels or with `label`, summed; fails when nobody reports such a metric. */
export async function metricOf(url: string, name: string, label = ''): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  if (!text.includes(`# TYPE ${name} `)) throw new Error(`there is no metric ${name}`);
  return text
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
