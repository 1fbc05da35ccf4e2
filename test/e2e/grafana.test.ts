/**
 * Everything the repository ships for Grafana, in a real Grafana server: provisioning is taken whole, rules evaluate without
 * error, dashboards' queries run, a case of the demo reaches every contact point, and the uninstall files leave nothing.
 * Needs Grafana 12 or newer: its home folder in ZONEWARDEN_GRAFANA (`bin/grafana` in it, or the binary's path in
 * ZONEWARDEN_GRAFANA_BINARY), and Prometheus. The plugin is that of `npm run build`, or the folder in ZONEWARDEN_GRAFANA_PLUGIN.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dashboardFiles } from '../../collector/src/app/dashboard-model/dashboard-files.ts';
import {
  main,
  missing,
  until,
  receiver,
  pluginFolder,
  type Ports,
  provisioned,
  type Api,
  grafana,
  collectorConfig,
} from './grafana-server.ts';
import { ended, started } from './server-process.ts';
import { freePort } from './free-port.ts';

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
