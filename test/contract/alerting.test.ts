/** Alert rules, contact points and policies: generated files are up to date, and the real tools agree with the model. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { alertFiles } from '../../collector/src/app/alert-model/alert-files.ts';
import { alertmanagerConfig, samplePlaces } from '../../collector/src/app/alert-model/alertmanager-file.ts';
import { receiverNames, type Route } from '../../collector/src/app/alert-model/alert-types.ts';
import { policyTree, routesFor } from '../../collector/src/app/alert-model/policy-tree.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

function has(tool: string): boolean {
  return spawnSync(tool, ['--version']).error === undefined;
}

function ran(tool: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(tool, args, { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, `${tool} ${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout;
}

test('committed files are what the model gives; `npm run generate` writes them', () => {
  for (const [path, text] of alertFiles()) {
    assert.equal(readFileSync(join(root, path), 'utf8'), text, `${path} is out of date`);
    if (path.endsWith('.yaml')) assert.ok(parse(text) !== null, path);
  }
});

test('promtool: rules are valid and do what their tests say', (t) => {
  if (!has('promtool')) return t.skip('promtool is not installed (Debian package prometheus)');
  const rules = alertFiles().flatMap(([path]) => (path.includes('/prometheus/') ? [path] : []));
  assert.equal(rules.length, 3);
  ran('promtool', ['check', 'rules', ...rules]);
  for (const name of ['cases', 'pipeline'])
    assert.match(ran('promtool', ['test', 'rules', `alert-rules/tests/${name}.test.yaml`]), /SUCCESS/);
});

/** Label sets and who must hear of them: written by hand from the issue, not from the tree. */
const expected: readonly (readonly [
  labels: Readonly<Record<string, string>>,
  receivers: readonly string[],
])[] = [
  [
    { signal: 'case', notify: 'page', severity: 'critical' },
    ['pagerduty', 'slack', 'jira', 'servicenow', 'automation'],
  ],
  [
    { signal: 'case', notify: 'page', severity: 'high' },
    ['pagerduty', 'slack', 'jira', 'servicenow', 'automation'],
  ],
  [{ signal: 'case', notify: 'ticket', severity: 'high' }, ['slack', 'jira', 'servicenow', 'automation']],
  [{ signal: 'case', notify: 'ticket', severity: 'medium' }, ['slack', 'jira', 'servicenow', 'automation']],
  [{ signal: 'case', notify: 'digest', severity: 'low' }, ['digest']],
  [{ signal: 'case', notify: 'digest', severity: 'informational' }, ['digest']],
  [{ signal: 'case', notify: 'none', severity: 'critical' }, ['operations']],
  [{ signal: 'case', notify: 'ticket', severity: 'critical', drill: 'true' }, ['automation']],
  [{ signal: 'pipeline', severity: 'critical' }, ['operations']],
  [{ signal: 'slo', severity: 'high' }, ['operations']],
  [{ signal: 'case', notify: 'page', alertname: 'DatasourceError' }, ['operations']],
  [{ signal: 'case' }, ['operations']],
  [{ source: 'elsewhere', notify: 'page', severity: 'critical' }, ['operations']],
];

test('the tree of the model says who hears of what', () => {
  for (const [labels, receivers] of expected)
    assert.deepEqual(
      routesFor({ source: 'zonewarden', ...labels }).map(({ route }) =>
        route.receiver.replace('zonewarden-', ''),
      ),
      receivers,
      JSON.stringify(labels),
    );
});

test('amtool: Alertmanager routes the same as the model, for every combination of labels', (t) => {
  if (!has('amtool')) return t.skip('amtool is not installed (Debian package prometheus-alertmanager)');
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-amtool-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const config = join(directory, 'alertmanager.yaml');
  const templates = join(root, 'alert-rules/alertmanager/templates/*.tmpl');
  writeFileSync(config, alertmanagerConfig({ ...samplePlaces, templates }));
  assert.match(ran('amtool', ['check-config', config]), /1 templates\s+SUCCESS/);
  const combinations: Record<string, string>[] = expected.map(([labels]) => ({
    source: 'zonewarden',
    ...labels,
  }));
  for (const notify of ['', 'page', 'ticket', 'digest', 'none', 'pageant'])
    for (const drill of ['', 'true', 'false'])
      for (const alertname of ['ZonewardenCase', 'DatasourceNoData'])
        combinations.push({
          source: 'zonewarden',
          signal: 'case',
          alertname,
          notify,
          drill,
          team: 'dns-ops',
        });
  for (const labels of combinations) {
    const pairs = Object.entries(labels).flatMap(([name, value]) =>
      value === '' ? [] : [`${name}=${value}`],
    );
    const said = ran('amtool', ['config', 'routes', 'test', `--config.file=${config}`, ...pairs]).trim();
    const ours = routesFor(labels).map(({ route }) => route.receiver);
    assert.deepEqual(said.split(','), ours, pairs.join(' '));
  }
});

test('an escalation from ticket to page keeps the routes that open tickets, so the ticket stays the same', () => {
  const before = routesFor({ source: 'zonewarden', signal: 'case', notify: 'ticket', severity: 'medium' });
  const after = routesFor({ source: 'zonewarden', signal: 'case', notify: 'page', severity: 'critical' });
  for (const id of ['jira', 'servicenow', 'automation']) {
    const path = (taken: typeof before) => taken.find(({ route }) => route.id === id)?.path;
    assert.ok(path(before) !== undefined);
    assert.deepEqual(path(before), path(after), id);
  }
});

test('every route explains itself, group by case is inherited, every receiver is reached by somebody', () => {
  const reached = new Set<string>();
  const visit = (route: Route): void => {
    assert.ok(route.why.length > 20 && route.id !== '');
    reached.add(route.receiver);
    route.routes?.forEach(visit);
  };
  visit(policyTree);
  assert.deepEqual([...reached].sort(), [...receiverNames].sort());
});
