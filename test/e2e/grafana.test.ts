/**
 * Everything the repository ships for Grafana, in a real Grafana server: provisioning is taken whole, rules evaluate without
 * error, dashboards' queries run, a case of the demo reaches every contact point, and the uninstall files leave nothing.
 * Needs Grafana 12 or newer: its home folder in ZONEWARDEN_GRAFANA (`bin/grafana` in it, or the binary's path in
 * ZONEWARDEN_GRAFANA_BINARY), and Prometheus. The plugin is that of `npm run build`, or the folder in ZONEWARDEN_GRAFANA_PLUGIN.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
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
const pluginToken = 'token-of-the-plugin-0123456789';

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

const pluginFolder = process.env['ZONEWARDEN_GRAFANA_PLUGIN'] ?? join(root, 'grafana-plugin/dist');

/** Puts the plugin where Grafana looks for it. Its lower bound is left out, so that an older server can be tried. */
function installPlugin(home: string, ports: Ports): void {
  const folder = join(home, 'plugins/zonewarden-domains-app');
  cpSync(pluginFolder, folder, { recursive: true });
  const file = join(folder, 'plugin.json');
  const plugin = readFileSync(file, 'utf8');
  writeFileSync(file, plugin.replace(/("grafanaDependency": *")[^"]*"/, '$1>=12.0.0"'));
  const shipped = readFileSync(
    join(root, 'deploy/grafana/provisioning/plugins/zonewarden.yaml.example'),
    'utf8',
  );
  const folderOfPlugins = join(home, 'provisioning/plugins');
  mkdirSync(folderOfPlugins);
  writeFileSync(
    join(folderOfPlugins, 'zonewarden.yaml'),
    shipped.replaceAll('http://collector:8470', `http://127.0.0.1:${ports.collector}`),
  );
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
  if (existsSync(join(pluginFolder, 'plugin.json'))) installPlugin(home, ports);
  for (const entry of readdirSync(provisioning, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const text = readFileSync(file, 'utf8')
      .replaceAll('http://mimir:9009/prometheus', `http://127.0.0.1:${ports.prometheus}`)
      .replaceAll('http://receiver:8480', `http://127.0.0.1:${ports.receiver}`)
      .replaceAll('/etc/zonewarden/dashboards', join(home, 'dashboards'))
      .replaceAll(/\/run\/(zonewarden|secrets)\//g, `${join(home, 'secrets')}/`);
    for (const [, secret = ''] of text.matchAll(/\$__file\{([^}]+)\}/g))
      writeFileSync(
        secret,
        secret.endsWith('grafana_token') ? pluginToken : `http://127.0.0.1:${ports.receiver}/slack`,
      );
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
root_url = http://127.0.0.1:${ports.grafana}/
[security]
admin_user = admin
admin_password = provisioned
[analytics]
reporting_enabled = false
check_for_updates = false
check_for_plugin_updates = false
[plugins]
allow_loading_unsigned_plugins = zonewarden-domains-app
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
  patch(path: string, body: unknown): Promise<void>;
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
    async patch(path, body) {
      const answer = await fetch(base + path, { method: 'PATCH', headers, body: JSON.stringify(body) });
      assert.equal(answer.status, 200, path);
    },
  };
  await until('Grafana', async () => {
    await api.get('/api/org');
    return true;
  });
  return { api, child };
}

/** The demo with an API that knows the plugin's token and takes Grafana's word for people. */
function collectorConfig(directory: string, ports: Ports): string {
  const file = join(directory, 'zonewarden.yaml');
  const digest = createHash('sha256').update(pluginToken).digest('hex');
  writeFileSync(
    file,
    `version: 1
listen: 127.0.0.1:${ports.collector}
sinks: [{ id: prometheus, kind: prometheus }]
outgoing: { allow_networks: [127.0.0.0/8], allow_plain_http: [127.0.0.1] }
api:
  tokens: [{ id: grafana, sha256: ${digest}, roles: [viewer] }]
  grafana:
    jwks_url: http://127.0.0.1:${ports.grafana}/api/signing-keys/keys
    issuer: http://127.0.0.1:${ports.grafana}/
    audience: org:1
    users: [{ subject: 'user:1', id: 'okta:root@acme.example', roles: [viewer, responder] }]
`,
  );
  return file;
}

/** What people of different roles may do through Grafana's proxy, and who the collector takes them for. */
async function proxied(api: Api, port: number): Promise<void> {
  for (const [login, role] of [
    ['vera', 'Viewer'],
    ['edith', 'Editor'],
  ] as const) {
    const made = await api.post('/api/admin/users', {
      name: login,
      login,
      password: `${login}-secret`,
      OrgId: 1,
    });
    const { id } = made.body as { id: number };
    await api.patch(`/api/org/users/${id}`, { role });
  }
  const ask = async (
    who: string,
    method: string,
    path: string,
  ): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(
      `http://127.0.0.1:${port}/api/plugin-proxy/zonewarden-domains-app/api/v1${path}`,
      {
        method,
        headers: {
          authorization: `Basic ${Buffer.from(who).toString('base64')}`,
          'content-type': 'application/json',
        },
        ...(method === 'POST' && { body: JSON.stringify({ text: 'seen' }) }),
      },
    );
    return { status: answer.status, body: await answer.json() };
  };
  const vera = 'vera:vera-secret';
  const edith = 'edith:edith-secret';
  const admin = 'admin:provisioned';
  const { items } = (await ask(vera, 'GET', '/cases')).body as { items: { case_id: string }[] };
  const note = `/cases/${items[0]?.case_id}/note`;
  assert.equal((await ask(vera, 'POST', note)).status, 403, 'Grafana lets a viewer change nothing');
  assert.equal((await ask(vera, 'GET', '/audit')).status, 403, 'nor read the audit log');
  assert.equal((await ask(edith, 'GET', '/domains')).status, 200);
  assert.equal(
    (await ask(edith, 'POST', note)).status,
    403,
    'the collector does not know the editor as a responder',
  );
  assert.equal((await ask(admin, 'POST', note)).status, 200);
  const { user } = (await ask(admin, 'GET', '/status')).body as { user: { id: string; roles: string[] } };
  assert.deepEqual([user.id, user.roles], ['okta:root@acme.example', ['viewer', 'responder']]);
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
  const config = collectorConfig(directory, ports);
  const run = ['run', '--demo', '--config', config, '--data', join(directory, 'collector')];
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

  const withPlugin = existsSync(join(pluginFolder, 'plugin.json'));
  if (withPlugin) await proxied(full.api, grafanaPort);
  else t.diagnostic('the plugin was left out: grafana-plugin/dist is not built');

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
