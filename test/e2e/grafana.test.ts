/**
 * Everything the repository ships for Grafana, in a real Grafana server: provisioning is taken whole, rules evaluate without
 * error, dashboards' queries run, a case of the demo reaches every contact point, and the uninstall files leave nothing.
 * Needs Grafana 12 or newer: its home folder in ZONEWARDEN_GRAFANA (`bin/grafana` in it, or the binary's path in
 * ZONEWARDEN_GRAFANA_BINARY), and Prometheus.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dashboardFiles } from '../../collector/src/app/dashboard-model/dashboard-files.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'collector/src/cli/main.ts');
const grafanaHome = process.env['ZONEWARDEN_GRAFANA'] ?? '';
const grafanaBinary = process.env['ZONEWARDEN_GRAFANA_BINARY'] ?? join(grafanaHome, 'bin/grafana');
const limitMs = 120_000;

function missing(): string | undefined {
  if (!existsSync(grafanaBinary) || !existsSync(join(grafanaHome, 'conf/defaults.ini')))
    return 'no Grafana: set ZONEWARDEN_GRAFANA to the home folder of a Grafana 12 or 13';
  if (spawnSync('prometheus', ['--version']).error !== undefined) return 'prometheus is not installed';
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function started(t: TestContext, command: string, args: readonly string[], env: object = {}): ChildProcess {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  t.after(() => ended(child));
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const endMs = Date.now() + limitMs;
  while (Date.now() < endMs) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`waited ${limitMs / 1000} s for ${what}`);
}

/** What the contact points of the compose file reach: bodies by path. */
async function receiver(t: TestContext): Promise<{ port: number; bodies: Map<string, string[]> }> {
  const bodies = new Map<string, string[]>();
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
      bodies.set(path, [...(bodies.get(path) ?? []), Buffer.concat(chunks).toString()]);
      const search = path.includes('/search');
      const answer = path.includes('/rest/api/')
        ? JSON.stringify(search ? { issues: [], total: 0 } : { id: '1', key: 'SEC-1' })
        : path === '/slack'
          ? 'ok'
          : JSON.stringify({ status: 'success' });
      response.writeHead(path === '/pagerduty' ? 202 : path.endsWith('/issue') ? 201 : 200, {
        'content-type': path === '/slack' ? 'text/plain' : 'application/json',
      });
      response.end(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, bodies };
}

interface Ports {
  readonly grafana: number;
  readonly prometheus: number;
  readonly collector: number;
  readonly receiver: number;
}

/** The shipped files with the addresses of this run; `alerting` is the folder, or the file, to take for alerting. */
function provisioned(directory: string, alerting: string, ports: Ports): string {
  const home = mkdtempSync(join(directory, 'grafana-'));
  const provisioning = join(home, 'provisioning');
  cpSync(join(root, 'deploy/grafana/provisioning'), provisioning, { recursive: true });
  rmSync(join(provisioning, 'alerting'), { recursive: true });
  const target = join(provisioning, 'alerting');
  if (alerting.endsWith('.yaml')) cpSync(join(root, alerting), join(target, 'zonewarden.yaml'));
  else cpSync(join(root, alerting), target, { recursive: true });
  cpSync(join(root, 'dashboards'), join(home, 'dashboards'), { recursive: true });
  rmSync(join(provisioning, 'plugins'), { recursive: true, force: true });
  mkdirSync(join(home, 'secrets'));
  for (const entry of readdirSync(provisioning, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const text = readFileSync(file, 'utf8')
      .replaceAll('http://mimir:9009/prometheus', `http://127.0.0.1:${ports.prometheus}`)
      .replaceAll('http://receiver:8480', `http://127.0.0.1:${ports.receiver}`)
      .replaceAll('/etc/zonewarden/dashboards', join(home, 'dashboards'))
      .replaceAll(/\/run\/(zonewarden|secrets)\//g, `${join(home, 'secrets')}/`);
    for (const [, secret = ''] of text.matchAll(/\$__file\{([^}]+)\}/g))
      writeFileSync(secret, `http://127.0.0.1:${ports.receiver}/slack`);
    writeFileSync(file, text);
  }
  writeFileSync(
    join(home, 'grafana.ini'),
    `[paths]
data = ${join(directory, 'grafana-data')}
logs = ${join(home, 'logs')}
plugins = ${join(home, 'plugins')}
provisioning = ${provisioning}
[server]
http_addr = 127.0.0.1
http_port = ${ports.grafana}
[security]
admin_user = admin
admin_password = provisioned
[analytics]
reporting_enabled = false
check_for_updates = false
check_for_plugin_updates = false
[plugins]
preinstall_disabled = true
[unified_alerting]
min_interval = 10s
`,
  );
  return join(home, 'grafana.ini');
}

interface Api {
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
}

async function grafana(
  t: TestContext,
  ini: string,
  port: number,
): Promise<{ api: Api; child: ChildProcess }> {
  const child = started(t, grafanaBinary, ['server', '--homepath', grafanaHome, '--config', ini]);
  const headers = {
    authorization: `Basic ${Buffer.from('admin:provisioned').toString('base64')}`,
    'content-type': 'application/json',
  };
  const base = `http://127.0.0.1:${port}`;
  const api: Api = {
    async get(path) {
      const answer = await fetch(base + path, { headers });
      assert.equal(answer.status, 200, `${path} ${await answer.clone().text()}`);
      return answer.json();
    },
    async post(path, body) {
      const answer = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: answer.status, body: await answer.json() };
    },
  };
  await until('Grafana', async () => {
    await api.get('/api/org');
    return true;
  });
  return { api, child };
}

interface RuleState {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
  readonly lastEvaluation: string;
}

async function ruleStates(api: Api): Promise<RuleState[]> {
  const answer = (await api.get('/api/prometheus/grafana/api/v1/rules')) as {
    data: { groups: { rules: RuleState[] }[] };
  };
  return answer.data.groups.flatMap(({ rules }) => rules);
}

/** Rules once each of them was evaluated. */
function evaluated(api: Api): Promise<RuleState[]> {
  return until('every rule to be evaluated', async () => {
    const rules = await ruleStates(api);
    return rules.length > 0 && rules.every(({ lastEvaluation }) => !lastEvaluation.startsWith('0001'))
      ? rules
      : undefined;
  });
}

interface Board {
  readonly uid: string;
  readonly panels: {
    readonly title: string;
    readonly targets: {
      readonly expr: string;
      readonly instant?: boolean;
      readonly datasource: { readonly type: string };
    }[];
  }[];
}

test('a real Grafana takes what is shipped: rules, tree, contact points, dashboards; a case reaches every receiver', async (t) => {
  const reason = missing();
  if (reason !== undefined) return t.skip(reason);
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-grafana-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const { port: receiverPort, bodies } = await receiver(t);
  const [grafanaPort, prometheus, collector] = await Promise.all([freePort(), freePort(), freePort()]);
  const ports: Ports = { grafana: grafanaPort, prometheus, collector, receiver: receiverPort };

  const scrape = join(directory, 'prometheus.yml');
  writeFileSync(
    scrape,
    `global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: zonewarden, static_configs: [{ targets: ['127.0.0.1:${collector}'] }] }]\n`,
  );
  started(t, 'prometheus', [
    `--config.file=${scrape}`,
    `--storage.tsdb.path=${join(directory, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${prometheus}`,
  ]);
  const run = ['run', '--listen', `127.0.0.1:${collector}`, '--data', join(directory, 'collector')];
  started(t, process.execPath, [main, ...run]);

  const full = await grafana(
    t,
    provisioned(directory, 'deploy/grafana/provisioning/alerting', ports),
    grafanaPort,
  );
  const rules = await evaluated(full.api);
  for (const { name, health, lastError } of rules) assert.equal(health, 'ok', `${name}: ${lastError}`);
  assert.ok(rules.length > 20, String(rules.length));

  const wanted = ['/slack', '/pagerduty', '/rest/api/2/issue', '/servicenow', '/automation'];
  await until('a notification at every receiver', async () =>
    wanted.every((path) => bodies.get(path)?.some((body) => body.includes('example.com'))) ? true : undefined,
  );
  const told = bodies.get('/pagerduty')?.find((body) => body.includes('example.com')) ?? '';
  const event = JSON.parse(told) as { event_action: string; payload: { severity: string; summary: string } };
  assert.equal(event.event_action, 'trigger');
  assert.match(event.payload.summary, /example\.com/);
  assert.ok(!told.includes('no value'), told);

  let queries = 0;
  for (const [path, json] of dashboardFiles()) {
    const board = JSON.parse(json) as Board;
    const loaded = (await full.api.get(`/api/dashboards/uid/${board.uid}`)) as { dashboard: Board };
    assert.equal(loaded.dashboard.panels.length, board.panels.length, path);
    for (const { title, targets } of board.panels)
      for (const { expr, instant, datasource } of targets) {
        if (datasource.type !== 'prometheus') continue;
        const query = {
          refId: 'A',
          datasource: { uid: 'prometheus', type: 'prometheus' },
          expr: expr.replaceAll('$domain', 'example.com').replaceAll('$tenant', '.*'),
          instant: instant === true,
          range: instant !== true,
          intervalMs: 15_000,
          maxDataPoints: 500,
        };
        const answer = await full.api.post('/api/ds/query', { queries: [query], from: 'now-1h', to: 'now' });
        assert.equal(answer.status, 200, `${path} › ${title}: ${JSON.stringify(answer.body)}`);
        queries++;
      }
  }
  t.diagnostic(
    `${rules.length} rules evaluated, ${queries} dashboard queries answered, ${wanted.length} receivers told`,
  );
  await ended(full.child);
  assert.doesNotMatch(readLogs(directory), /expanding template|failed to provision|level=error.*ngalert/);

  const gone = await grafana(
    t,
    provisioned(directory, 'alert-rules/grafana/uninstall/full.yaml', ports),
    grafanaPort,
  );
  await until('every rule to be gone', async () =>
    (await ruleStates(gone.api)).length === 0 ? true : undefined,
  );
  const points = (await gone.api.get('/api/v1/provisioning/contact-points')) as { name: string }[];
  assert.deepEqual(
    points.filter(({ name }) => name.startsWith('zonewarden')),
    [],
  );
});

test('a real Grafana takes the rules-only variant beside a policy tree of its own', async (t) => {
  const reason = missing();
  if (reason !== undefined) return t.skip(reason);
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-grafana-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [grafanaPort, prometheus] = await Promise.all([freePort(), freePort()]);
  const scrape = join(directory, 'prometheus.yml');
  writeFileSync(scrape, 'global: { scrape_interval: 1s }\n');
  started(t, 'prometheus', [
    `--config.file=${scrape}`,
    `--storage.tsdb.path=${join(directory, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${prometheus}`,
  ]);
  const ports: Ports = { grafana: grafanaPort, prometheus, collector: 1, receiver: 9 };
  const { api } = await grafana(
    t,
    provisioned(directory, 'alert-rules/grafana/rules-only', ports),
    grafanaPort,
  );
  const rules = await evaluated(api);
  for (const { name, health, lastError } of rules) assert.equal(health, 'ok', `${name}: ${lastError}`);
  const tree = (await api.get('/api/v1/provisioning/policies')) as { receiver: string; routes?: unknown[] };
  assert.equal(tree.receiver, 'grafana-default-email', 'the tree is the one that was there');
  assert.equal(tree.routes?.length ?? 0, 0);
});

function readLogs(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === 'grafana.log')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('');
}
