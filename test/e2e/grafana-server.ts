/** A Grafana server with everything the repository ships for it, a collector's configuration, and what its contact points reach. */
import assert from 'node:assert/strict';
import { spawnSync, type ChildProcess } from 'node:child_process';
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
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { started } from './server-process.ts';

/** Root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
/** The command of the collector. */
export const main = join(root, 'collector/src/cli/main.ts');
const grafanaHome = process.env['ZONEWARDEN_GRAFANA'] ?? '';
const grafanaBinary = process.env['ZONEWARDEN_GRAFANA_BINARY'] ?? join(grafanaHome, 'bin/grafana');
const limitMs = 120_000;
const pluginToken = 'token-of-the-plugin-0123456789';

/** Why there can be no run; undefined: there can. */
export function missing(): string | undefined {
  if (!existsSync(grafanaBinary) || !existsSync(join(grafanaHome, 'conf/defaults.ini')))
    return 'no Grafana: set ZONEWARDEN_GRAFANA to the home folder of a Grafana 12 or 13';
  if (spawnSync('prometheus', ['--version']).error !== undefined) return 'prometheus is not installed';
  return undefined;
}

/** Looks again until there is something. */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const endMs = Date.now() + limitMs;
  while (Date.now() < endMs) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`waited ${limitMs / 1000} s for ${what}`);
}

/** What the contact points of the compose file reach: bodies by path. */
export async function receiver(t: TestContext): Promise<{ port: number; bodies: Map<string, string[]> }> {
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

/** The plugin as it is built. */
export const pluginFolder = process.env['ZONEWARDEN_GRAFANA_PLUGIN'] ?? join(root, 'grafana-plugin/dist');

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

/** Who listens where. */
export interface Ports {
  readonly grafana: number;
  readonly prometheus: number;
  readonly collector: number;
  readonly receiver: number;
}

/** The shipped files with the addresses of this run; `alerting` is the folder, or the file, to take for alerting. */
export function provisioned(directory: string, alerting: string, ports: Ports): string {
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

/** Grafana as its administrator. */
export interface Api {
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  patch(path: string, body: unknown): Promise<void>;
}

/** A Grafana that answers. */
export async function grafana(
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
export function collectorConfig(directory: string, ports: Ports): string {
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
