/** Collector, Prometheus with the shipped rules, Alertmanager with the shipped tree, and a receiver that keeps what it gets. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { alertmanagerConfig, samplePlaces } from '../../collector/src/app/alert-model/alertmanager-file.ts';
import type { Route } from '../../collector/src/app/alert-model/alert-types.ts';
import { policyTree } from '../../collector/src/app/alert-model/policy-tree.ts';
import { deliverSigned } from './collector-process.ts';
import { freePort } from './free-port.ts';

/** The repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'collector/src/cli/main.ts');
const secret = 'alerting-secret';
const limitMs = 90_000;

/** A request the receiver got. */
export interface Received {
  readonly path: string;
  readonly atMs: number;
  readonly body: Record<string, unknown>;
}

/** Programs that are not installed. */
export function missing(): string[] {
  return ['prometheus', 'prometheus-alertmanager'].filter(
    (tool) => spawnSync(tool, ['--version']).error !== undefined,
  );
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function started(t: TestContext, command: string, args: readonly string[], env: object = {}): ChildProcess {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  return child;
}

/** Waits for a line on standard output. */
async function urlOf(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    const url = /listens on (\S+)/.exec(text)?.[1];
    if (url !== undefined) {
      child.stdout?.resume();
      return url;
    }
  }
  throw new Error(`the collector ended: ${text}`);
}

/** Asks again and again, for as long as `limitMs` allows. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const endMs = Date.now() + limitMs;
  while (Date.now() < endMs) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited ${limitMs / 1000} s for ${what}`);
}

async function answers(url: string): Promise<true | undefined> {
  const answer = await fetch(url).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.status === 200 ? true : undefined;
}

function collectorConfig(directory: string): string {
  const inventory = join(directory, 'inventory.yaml');
  writeFileSync(
    inventory,
    stringify({
      version: 1,
      tenants: [{ id: 'acme' }],
      teams: [{ id: 'dns-ops', tenant: 'acme' }],
      registrar_accounts: [{ id: 'dnsimple/1010', tenant: 'acme', event_feed: 'webhook' }],
      domains: [
        {
          domain: 'shop.example',
          tenant: 'acme',
          tier: 0,
          team: 'dns-ops',
          owner: 'payments',
          registrar_account: 'dnsimple/1010',
          expect: { transfer_lock: true },
          critical_hosts: ['www'],
          approved: {
            nameservers: ['ns1.a.example'],
            records: [{ name: 'www.shop.example', type: 'A', values: ['192.0.2.1'] }],
          },
        },
      ],
    }),
  );
  const config = join(directory, 'zonewarden.yaml');
  const signature = { scheme: 'hmac', header: 'x-signature', secret: { env: 'ALERTING_SECRET' } };
  writeFileSync(
    config,
    stringify({
      version: 1,
      listen: '127.0.0.1:0',
      inventory,
      sources: [{ id: 'dnsimple', feed: 'dnsimple', via: 'webhook', tenant: 'acme', signature }],
      sinks: [{ id: 'prometheus', kind: 'prometheus' }],
    }),
  );
  return config;
}

let request = 0;

/** A delivery as DNSimple sends it, signed. */
export async function deliver(url: string, name: string, data: object): Promise<void> {
  const body = JSON.stringify({
    data,
    name,
    actor: { id: '1010', entity: 'account', pretty: 'x@acme.example' },
    account: { id: 1010, display: 'x', identifier: 'x' },
    api_version: 'v2',
    request_identifier: `00000000-0000-4000-8000-${String(++request).padStart(12, '0')}`,
  });
  assert.equal(await deliverSigned(url, 'dnsimple', secret, body), 200);
}

/** The shipped tree with shorter waits; matchers, receivers and order are as shipped. */
function hurried(route: Route): Route {
  return {
    ...route,
    ...(route.groupWait && { groupWait: '1s' }),
    ...(route.groupInterval && { groupInterval: '3s' }),
    ...(route.routes && { routes: route.routes.map(hurried) }),
  };
}

/** Where everything listens, and what came out at the end. */
export interface Stack {
  readonly url: string;
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly received: Received[];
}

/** Starts everything and waits until it answers; it ends with the test. */
export async function stack(t: TestContext): Promise<Stack> {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-alerting-'));
  const received: Received[] = [];
  const receiver = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      received.push({ path: incoming.url ?? '', atMs: Date.now(), body });
      response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"success"}');
    });
  });
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  t.after(() => receiver.closeAllConnections());
  t.after(() => receiver.close());
  const base = `http://127.0.0.1:${await listening(receiver)}`;
  const args = [main, 'run', '--config', collectorConfig(directory), '--data', join(directory, 'data')];
  const url = await urlOf(started(t, process.execPath, args, { ALERTING_SECRET: secret }));
  const at = (name: string): string => join(directory, name);
  writeFileSync(at('slack_url'), `${base}/slack`);
  writeFileSync(at('pagerduty_key'), 'f'.repeat(32));
  const places = {
    ...samplePlaces,
    slackUrlFile: at('slack_url'),
    pagerdutyKeyFile: at('pagerduty_key'),
    pagerdutyUrl: `${base}/pagerduty`,
    jiraUrl: `${base}/jira`,
    servicenowUrl: `${base}/servicenow`,
    automationUrl: `${base}/automation`,
    operationsUrl: `${base}/operations`,
    templates: join(root, 'alert-rules/alertmanager/templates/*.tmpl'),
  };
  writeFileSync(at('alertmanager.yaml'), alertmanagerConfig(places, hurried(policyTree)));
  const alertmanager = `127.0.0.1:${await freePort()}`;
  started(t, 'prometheus-alertmanager', [
    `--config.file=${at('alertmanager.yaml')}`,
    `--storage.path=${at('alertmanager')}`,
    `--web.listen-address=${alertmanager}`,
    '--cluster.listen-address=',
  ]).stderr?.resume();
  writeFileSync(
    at('prometheus.yaml'),
    stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [join(root, 'alert-rules/prometheus/*.rules.yaml')],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
      scrape_configs: [{ job_name: 'zonewarden', static_configs: [{ targets: [new URL(url).host] }] }],
    }),
  );
  const prometheus = `127.0.0.1:${await freePort()}`;
  started(t, 'prometheus', [
    `--config.file=${at('prometheus.yaml')}`,
    `--storage.tsdb.path=${at('prometheus')}`,
    `--web.listen-address=${prometheus}`,
  ]).stderr?.resume();
  await Promise.all([
    until('Prometheus', () => answers(`http://${prometheus}/-/ready`)),
    until('Alertmanager', () => answers(`http://${alertmanager}/-/ready`)),
    until('the collector', () => answers(`${url}/readyz`)),
  ]);
  return { url, prometheus: `http://${prometheus}`, alertmanager: `http://${alertmanager}`, received };
}
