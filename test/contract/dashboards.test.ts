/** Dashboards: committed JSON is up to date, every query parses, and every name in it is a name the collector emits. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parser as logql } from '@grafana/lezer-logql';
import { parser as promql } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { alertFiles } from '../../collector/src/app/alert-model/alert-files.ts';
import { recordName, serviceLevels, burnWindows } from '../../collector/src/app/alert-model/slo-rules.ts';
import { dashboardFiles } from '../../collector/src/app/dashboard-model/dashboard-files.ts';
import { metadataName } from '../../collector/src/app/dashboard-model/panels.ts';
import { isEventType } from '../../collector/src/contract/event-types.ts';
import {
  attributeNames,
  commonAttributes,
  eventNames,
  metricNames,
  prometheusName,
  type MetricDefinition,
} from '../../collector/src/contract/names.ts';

const root = new URL('../../', import.meta.url);

interface ParsedPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly fieldConfig: {
    readonly defaults: { readonly unit: string; readonly links?: { readonly url: string }[] };
    readonly overrides: {
      readonly matcher: { readonly options: string };
      readonly properties: { readonly id: string; readonly value: unknown }[];
    }[];
  };
  readonly transformations: {
    readonly id: string;
    readonly options: { readonly renameByName?: Readonly<Record<string, string>> };
  }[];
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: { readonly type: string; readonly uid: string };
  }[];
}
interface ParsedDashboard {
  readonly id: null;
  readonly uid: string;
  readonly title: string;
  readonly panels: ParsedPanel[];
  readonly templating: {
    readonly list: {
      readonly name: string;
      readonly type: string;
      readonly query: string | { readonly query: string };
    }[];
  };
}

const dashboards = dashboardFiles().map(([path, json]) => ({
  path,
  json,
  board: JSON.parse(json) as ParsedDashboard,
}));

/** Grafana's own variables as durations, others stay: they stand inside strings. */
function withoutMacros(expr: string): string {
  return expr.replaceAll(/\$__(rate_interval|auto|range|interval)/g, '5m');
}

interface Walk {
  readonly names: readonly { readonly type: string; readonly text: string }[];
}

function walked(language: 'promql' | 'logql', expr: string, place: string): Walk {
  const text = withoutMacros(expr);
  const tree = (language === 'promql' ? promql : logql).parse(text);
  const names: { type: string; text: string }[] = [];
  tree.iterate({
    enter(node) {
      assert.ok(
        !node.type.isError,
        `${place}: does not parse near ${JSON.stringify(text.slice(node.from, node.from + 30))} in ${text}`,
      );
      names.push({ type: node.name, text: text.slice(node.from, node.to) });
    },
  });
  return { names };
}

const definitions = new Map<string, MetricDefinition>(
  Object.values(metricNames).map((definition) => [prometheusName(definition), definition]),
);
const recorded = new Set(
  serviceLevels.flatMap((level) => burnWindows.map((window) => recordName(level, window))),
);
/** Labels that scraping, alerting and grouping add. */
const addedLabels = new Set(['instance', 'job', 'alertname', 'alertstate', 'signal', 'severity', 'window']);

function checkPromql(expr: string, place: string): number {
  const { names } = walked('promql', expr, place);
  const labels = new Set(addedLabels);
  let metrics = 0;
  for (const { type, text } of names)
    if (type === 'Identifier') {
      if (text === 'ALERTS') ['source', 'sink', 'tenant'].forEach((label) => labels.add(label));
      else if (!recorded.has(text)) {
        const definition = definitions.get(text);
        assert.ok(definition !== undefined, `${place}: unknown metric ${text}`);
        definition.labels.forEach((label) => labels.add(label));
      }
      metrics++;
    }
  for (const { type, text } of names)
    if (type === 'LabelName') assert.ok(labels.has(text), `${place}: unknown label ${text} in ${expr}`);
  assert.ok(metrics > 0, place);
  return metrics;
}

const metadata = new Set(
  [
    ...Object.values(commonAttributes),
    ...Object.values(attributeNames).flatMap((table) => table.map(({ attribute }) => attribute)),
    'service.name',
  ].map(metadataName),
);

function checkLogql(expr: string, place: string): void {
  const { names } = walked('logql', expr, place);
  for (const { type, text } of names)
    if (type === 'Identifier') assert.ok(metadata.has(text), `${place}: unknown field ${text} in ${expr}`);
  assert.ok(expr.includes('{service_name="zonewarden"}'), place);
  for (const [, value = ''] of expr.matchAll(/event_name="([^"]+)"/g))
    assert.ok(
      Object.values<string>(eventNames).includes(value) || isEventType(value),
      `${place}: event ${value}`,
    );
}

test('committed dashboards are what the model gives, and nothing else lies there', () => {
  const folder = new URL('dashboards/', root);
  for (const { path, json } of dashboards)
    assert.equal(readFileSync(new URL(path, root), 'utf8'), json, `${path} is out of date: npm run generate`);
  const present = readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith('.json'));
  assert.deepEqual(present.sort(), dashboards.map(({ path }) => path.replace('dashboards/', '')).sort());
  assert.equal(dashboards.length, 8);
});

test('every query of every panel parses and names only what the collector emits', () => {
  let queries = 0;
  for (const { board } of dashboards)
    for (const panel of board.panels)
      for (const target of panel.targets) {
        const place = `${board.uid} › ${panel.title}`;
        queries++;
        assert.equal(target.datasource.type === 'loki', target.datasource.uid === '${logs}', place);
        if (target.datasource.type === 'loki') checkLogql(target.expr, place);
        else checkPromql(target.expr, place);
      }
  assert.ok(queries > 70, `${queries} queries`);
});

test('variables take data sources by choice and names from the contract', () => {
  for (const { board } of dashboards) {
    const list = board.templating.list;
    assert.deepEqual(
      list.slice(0, 2).map(({ name, type, query }) => [name, type, query]),
      [
        ['metrics', 'datasource', 'prometheus'],
        ['logs', 'datasource', 'loki'],
      ],
    );
    const known = new Set(list.map(({ name }) => name));
    for (const { query } of list.slice(2)) {
      const [, metric = '', label = ''] =
        /^label_values\((\w+)(?:\{[^}]*\})?, (\w+)\)$/.exec((query as { query: string }).query) ?? [];
      assert.ok(definitions.get(metric)?.labels.includes(label), JSON.stringify(query));
    }
    for (const [, name = ''] of JSON.stringify(board.panels).matchAll(/\$\{?([a-z][a-z_]*)\b/g))
      assert.ok(known.has(name), `${board.uid}: variable ${name}`);
  }
});

test('panels have stable unique ids, a title, a description, a unit and a place of their own', () => {
  const uids = new Set<string>();
  for (const { board } of dashboards) {
    assert.match(board.uid, /^zonewarden-[a-z-]{1,29}$/);
    assert.equal(board.id, null);
    uids.add(board.uid);
    const ids = board.panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, board.uid);
    const cells = new Set<string>();
    for (const panel of board.panels) {
      const place = `${board.uid} › ${panel.title}`;
      assert.ok(panel.description.length > 20 && panel.description.endsWith('.'), place);
      assert.ok(panel.fieldConfig.defaults.unit !== '', place);
      assert.ok(
        panel.targets.length > 0 &&
          new Set(panel.targets.map(({ refId }) => refId)).size === panel.targets.length,
        place,
      );
      const { x, y, w, h } = panel.gridPos;
      assert.ok(x + w <= 24, place);
      for (let column = x; column < x + w; column++)
        for (let row = y; row < y + h; row++) {
          assert.ok(!cells.has(`${column},${row}`), `${place} overlaps`);
          cells.add(`${column},${row}`);
        }
    }
  }
  assert.equal(uids.size, 8);
});

function linksOf({ defaults, overrides }: ParsedPanel['fieldConfig']): { readonly url: string }[] {
  const ofColumns = overrides
    .flatMap(({ properties }) => properties)
    .filter(({ id }) => id === 'links')
    .flatMap(({ value }) => value as { url: string }[]);
  return [...(defaults.links ?? []), ...ofColumns];
}

test('columns of tables are labels that the query returns, and what differs for one names its title', () => {
  let columns = 0;
  for (const { board } of dashboards)
    for (const panel of board.panels.filter(({ type }) => type === 'table')) {
      const place = `${board.uid} › ${panel.title}`;
      const renamed = panel.transformations.find(({ id }) => id === 'organize')?.options.renameByName ?? {};
      const titles = Object.values(renamed);
      assert.ok(titles.length > 0 && new Set(titles).size === titles.length, place);
      for (const field of Object.keys(renamed)) {
        assert.ok(field === 'Value' || panel.targets[0]?.expr.includes(field), `${place}: ${field}`);
        columns++;
      }
      for (const { matcher } of panel.fieldConfig.overrides)
        assert.ok(titles.includes(matcher.options), place);
    }
  assert.ok(columns > 30, String(columns));
});

test('links lead to pages of the app or to dashboards that exist', () => {
  const uids = new Set(dashboards.map(({ board }) => board.uid));
  let links = 0;
  for (const { board } of dashboards)
    for (const { fieldConfig } of board.panels)
      for (const { url } of linksOf(fieldConfig)) {
        links++;
        const uid = /^\/d\/([^?]+)/.exec(url)?.[1];
        assert.ok(
          uid === undefined
            ? /^\/a\/zonewarden-domains-app\/(cases|domains|rules)\//.test(url)
            : uids.has(uid),
          url,
        );
      }
  assert.ok(links >= 8);
});

interface Rules {
  readonly groups: {
    readonly rules: { readonly expr: string; readonly alert?: string; readonly record?: string }[];
  }[];
}

test('expressions of alert rules name only what the collector emits, and panels that rules name exist', () => {
  let rules = 0;
  for (const [path, text] of alertFiles()) {
    if (!path.startsWith('alert-rules/prometheus/')) continue;
    for (const { expr, alert, record } of (parse(text) as Rules).groups.flatMap((group) => group.rules)) {
      const { names } = walked('promql', expr, `${path} ${alert ?? record}`);
      for (const { type, text: name } of names)
        if (type === 'Identifier') assert.ok(definitions.has(name) || recorded.has(name), `${path}: ${name}`);
      rules++;
    }
  }
  assert.ok(rules > 30);
  const grafana = alertFiles().find(([path]) => path.endsWith('full/rules.yaml'))?.[1] ?? '';
  for (const [, uid = '', panelId = ''] of grafana.matchAll(/dashboardUid: (\S+)\s+panelId: (\d+)/g))
    assert.ok(
      dashboards
        .find(({ board }) => board.uid === uid)
        ?.board.panels.some(({ id }) => id === Number(panelId)),
      `${uid} ${panelId}`,
    );
});

test('every metric of the contract is shown somewhere or read by a rule', () => {
  const used =
    dashboards.map(({ json }) => json).join('') +
    alertFiles()
      .map(([, text]) => text)
      .join('');
  const silent = [...definitions.keys()].filter((name) => !new RegExp(`\\b${name}\\b`).test(used));
  // Shown by the pages of the app; no panel would help.
  assert.deepEqual(silent, [
    'zonewarden_log_segments',
    'zonewarden_log_queued_bytes',
    'zonewarden_log_torn_bytes_total',
    'zonewarden_log_free_bytes',
    'zonewarden_process_uptime_seconds',
  ]);
});

test('these checks can fail: a wrong metric, label, field, event or grammar is found', () => {
  assert.throws(() => checkPromql('sum(zonewarden_case_opened)', 'x'), /unknown metric/);
  assert.throws(() => checkPromql('sum by (colour) (zonewarden_case_open)', 'x'), /unknown label colour/);
  assert.throws(() => checkPromql('zonewarden_source_up{domain="a"}', 'x'), /unknown label domain/);
  assert.throws(() => checkPromql('sum(zonewarden_case_open', 'x'), /does not parse/);
  const stream = '{service_name="zonewarden"}';
  assert.throws(() => checkLogql(`${stream} | zonewarden_colour="red"`, 'x'), /unknown field/);
  assert.throws(
    () => checkLogql(`${stream} | event_name="zonewarden.nothing"`, 'x'),
    /event zonewarden.nothing/,
  );
  assert.throws(() => checkLogql(`${stream} | | x`, 'x'), /does not parse/);
});
