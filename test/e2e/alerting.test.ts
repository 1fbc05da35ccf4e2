/**
 * From an event to a notification through the real tools: collector, Prometheus that scrapes it, the shipped rules,
 * Alertmanager with the shipped tree, local receivers. Prints how long it took.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { alertmanagerConfig, samplePlaces } from '../../collector/src/app/alert-model/alertmanager-file.ts';
import type { Route } from '../../collector/src/app/alert-model/alert-types.ts';
import { dashboardFiles } from '../../collector/src/app/dashboard-model/dashboard-files.ts';
import { policyTree } from '../../collector/src/app/alert-model/policy-tree.ts';
import { freePort } from './free-port.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'collector/src/cli/main.ts');
const secret = 'alerting-secret';
const limitMs = 90_000;

interface Received {
  readonly path: string;
  readonly atMs: number;
  readonly body: Record<string, unknown>;
}

function missing(): string[] {
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

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
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
async function deliver(url: string, name: string, data: object): Promise<void> {
  const body = JSON.stringify({
    data,
    name,
    actor: { id: '1010', entity: 'account', pretty: 'x@acme.example' },
    account: { id: 1010, display: 'x', identifier: 'x' },
    api_version: 'v2',
    request_identifier: `00000000-0000-4000-8000-${String(++request).padStart(12, '0')}`,
  });
  const answer = await fetch(`${url}/ingest/dnsimple`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-signature': createHmac('sha256', secret).update(body).digest('hex'),
    },
    body,
  });
  assert.ok(answer.ok, await answer.text());
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

interface Stack {
  readonly url: string;
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly received: Received[];
}

async function stack(t: TestContext): Promise<Stack> {
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

/** Rules that Prometheus could not evaluate, e.g. because a join found two partners. */
async function brokenRules(prometheus: string): Promise<string[]> {
  const answer = (await (await fetch(`${prometheus}/api/v1/rules`)).json()) as {
    data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
  };
  return answer.data.groups.flatMap(({ rules }) =>
    rules.flatMap(({ name, health, lastError }) => (health === 'err' ? [`${name}: ${lastError}`] : [])),
  );
}

interface Board {
  readonly panels: {
    readonly title: string;
    readonly targets: { readonly expr: string; readonly datasource: { readonly type: string } }[];
  }[];
}

/** Every PromQL query of every dashboard, with the variables as Grafana fills them. */
async function dashboardQueries(prometheus: string): Promise<{ asked: number; answered: number }> {
  let asked = 0;
  let answered = 0;
  for (const [path, json] of dashboardFiles())
    for (const { title, targets } of (JSON.parse(json) as Board).panels)
      for (const { expr, datasource } of targets) {
        if (datasource.type !== 'prometheus') continue;
        const query = expr
          .replaceAll(/\$__(rate_interval|range)/g, '1m')
          .replaceAll('$tenant', '.*')
          .replaceAll('$domain', 'shop.example');
        const answer = await fetch(`${prometheus}/api/v1/query`, {
          method: 'POST',
          body: new URLSearchParams({ query }),
        });
        const { status, error, data } = (await answer.json()) as {
          status: string;
          error?: string;
          data?: { result: unknown[] };
        };
        assert.equal(status, 'success', `${path} › ${title}: ${error}\n${query}`);
        asked++;
        if ((data?.result.length ?? 0) > 0) answered++;
      }
  return { asked, answered };
}

interface GrafanaRules {
  readonly groups: {
    readonly rules: {
      readonly uid: string;
      readonly data: { readonly model: { readonly expr?: string } }[];
    }[];
  }[];
}

/** How many series above 0 the query of each Grafana-managed rule gives; a query that fails is a mistake. */
async function grafanaQueries(prometheus: string, path: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const { groups } = parse(readFileSync(join(root, path), 'utf8')) as GrafanaRules;
  for (const { uid, data } of groups.flatMap(({ rules }) => rules)) {
    const query = data[0]?.model.expr ?? '';
    const answer = await fetch(`${prometheus}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query }),
    });
    const {
      status,
      error,
      data: found,
    } = (await answer.json()) as {
      status: string;
      error?: string;
      data?: { result: { value: [number, string] }[] };
    };
    assert.equal(status, 'success', `${path} ${uid}: ${error}`);
    counts.set(uid, found?.result.filter(({ value }) => Number(value[1]) > 0).length ?? 0);
  }
  return counts;
}

/** Words of a case are others' words: a mention, a link and code marks must not survive into a chat message. */
async function hostileWords({ alertmanager, received }: Stack): Promise<void> {
  const hostile = '<!channel> & `<https://evil.example|click>`';
  const labels = {
    source: 'zonewarden',
    signal: 'case',
    notify: 'page',
    case_id: 'case-hostile',
    severity: 'critical',
  };
  const annotations = {
    summary: hostile,
    change: hostile,
    description: hostile,
    owner: hostile,
    deadline: hostile,
  };
  const answer = await fetch(`${alertmanager}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ labels: { alertname: 'ZonewardenCase', ...labels }, annotations }]),
  });
  assert.equal(answer.status, 200);
  const message = await until('the hostile message', () =>
    received.find(({ path, body }) => path === '/slack' && JSON.stringify(body).includes('case-hostile')),
  );
  const [attachment] = message.body['attachments'] as { title: string; text: string }[];
  assert.equal(attachment?.title, '[CRITICAL] &lt;!channel&gt; &amp; `&lt;https://evil.example|click&gt;`');
  assert.match(
    attachment?.text ?? '',
    /\*What changed\* `&lt;!channel&gt; &amp; '&lt;https:\/\/evil\.example\|click&gt;'`/,
  );
  assert.doesNotMatch(attachment?.text ?? '', /<!|<https:\/\/evil/);
}

test('an event becomes a page, a chat message and tickets, and grows worse without a second ticket', async (t) => {
  const absent = missing();
  if (absent.length > 0)
    return t.skip(`not installed: ${absent.join(', ')} (Debian packages of these names)`);
  const running = await stack(t);
  const { url, prometheus, received } = running;
  const at = (path: string): Received[] => received.filter((one) => one.path === path);
  const stamp = (): string => new Date().toISOString().replace(/\.\d+/, '');

  const firstMs = Date.now();
  const domain = { id: 1, name: 'shop.example', state: 'registered', account_id: 1010 };
  await deliver(url, 'domain.auto_renewal_disable', { domain: { ...domain, updated_at: stamp() } });
  const first = await until('a first webhook', () => at('/automation')[0]);
  t.diagnostic(`renewal switched off, to webhook: ${(first.atMs - firstMs) / 1000} s`);
  const firstTicket = await until('a first ticket', () => at('/jira')[0]);

  const unlockMs = Date.now();
  await deliver(url, 'zone_record.update', {
    zone_record: {
      id: 8,
      ttl: 60,
      name: 'api',
      type: 'A',
      content: '203.0.113.9',
      zone_id: 'shop.example',
      updated_at: stamp(),
    },
  });
  await deliver(url, 'domain.transfer_lock_disable', { domain: { ...domain, updated_at: stamp() } });
  const page = await until('a page', () =>
    at('/pagerduty').find(({ body }) => (body['payload'] as { severity?: string })?.severity === 'critical'),
  );
  const chat = await until('a chat message', () =>
    at('/slack').find(({ body }) => JSON.stringify(body).includes('CRITICAL')),
  );
  t.diagnostic(
    `unlock to PagerDuty: ${(page.atMs - unlockMs) / 1000} s, to Slack: ${(chat.atMs - unlockMs) / 1000} s`,
  );
  t.diagnostic('with a scrape each second, rules every 10 s as shipped, and group_wait 1 s instead of 10 s');

  const payload = page.body['payload'] as Record<string, unknown> & {
    custom_details: Record<string, string>;
  };
  assert.equal(page.body['event_action'], 'trigger');
  assert.match(String(payload['summary']), /^\[CRITICAL\] .*shop\.example/);
  assert.equal(payload['component'], 'shop.example');
  assert.match(payload.custom_details['what_changed'] ?? '', /203\.0\.113\.9|lock/);
  assert.ok((payload.custom_details['why'] ?? '').length > 20);
  assert.equal(payload.custom_details['owner'], 'payments');
  assert.match(payload.custom_details['case'] ?? '', /\/cases\/case-[a-z0-9]+$/);
  assert.equal(page.body['client_url'], payload.custom_details['case']);

  const [attachment] = chat.body['attachments'] as {
    title: string;
    text: string;
    color: string;
    fallback: string;
  }[];
  assert.equal(attachment?.color, 'danger');
  assert.match(attachment?.text ?? '', /\*Owner\* payments, team dns-ops/);
  assert.match(attachment?.text ?? '', /<http:\/\/localhost:8470\/cases\/case-[a-z0-9]+\|Case case-/);
  const escalated = await until('the ticket of the worse case', () =>
    at('/jira').find(({ body, atMs }) => atMs > unlockMs && JSON.stringify(body).includes('"critical"')),
  );
  const groupKeys = (path: string): Set<unknown> => new Set(at(path).map(({ body }) => body['groupKey']));
  const caseIds = new Set(
    at('/jira').map(({ body }) => (body['groupLabels'] as { case_id: string }).case_id),
  );
  assert.equal(groupKeys('/jira').size, caseIds.size, 'a case has one ticket identity');
  assert.equal(
    escalated.body['groupKey'],
    firstTicket.body['groupKey'],
    'the escalation joins the ticket that is there',
  );
  assert.equal(
    new Set(at('/pagerduty').map(({ body }) => body['dedup_key'])).size,
    new Set(at('/pagerduty').map(({ body }) => (body['payload'] as typeof payload).custom_details['case']))
      .size,
  );
  assert.deepEqual(
    at('/operations').filter(({ body }) => JSON.stringify(body).includes('ZonewardenCase')),
    [],
  );
  assert.deepEqual(await brokenRules(prometheus), []);
  const { asked, answered } = await dashboardQueries(prometheus);
  t.diagnostic(`${asked} queries of dashboards run in Prometheus, ${answered} of them have data here`);
  assert.ok(asked > 60 && answered > 30, `${asked} ${answered}`);
  const full = await grafanaQueries(prometheus, 'alert-rules/grafana/full/rules.yaml');
  const plain = await grafanaQueries(prometheus, 'alert-rules/grafana/rules-only/rules.yaml');
  assert.equal(full.get('zonewarden-case'), caseIds.size, 'one instance per case');
  assert.deepEqual(
    ['tickets', 'page', 'digest', 'drill'].map((suffix) => plain.get(`zonewarden-case-${suffix}`)),
    [caseIds.size, 1, 0, 0],
  );
  await hostileWords(running);
});
