/** A small typed form of Grafana's classic dashboard JSON (schema version 41, read by 12.4 and 13). Pure. */
import { pluginPath } from '../alert-model/case-rule.ts';

/** Units of Grafana's value formats that are used here. */
export type Unit =
  'none' | 'short' | 's' | 'bytes' | 'percentunit' | 'percent' | 'dateTimeAsIso' | 'bool' | 'cps' | 'Bps';

/** A query. `table`: one row per series at the end of the range. */
export interface Query {
  readonly expr: string;
  readonly legend?: string;
  readonly source: 'metrics' | 'logs';
  readonly instant?: true;
}

/** Links of a value; `${__data.fields.x}` and `${__field.labels.x}` are Grafana's. */
export type Links = readonly { readonly title: string; readonly url: string }[];

/** A column of a table: a label of the series, or `Value`. Labels that no column names are left out. */
export interface Column {
  readonly field: string;
  readonly title: string;
  readonly width?: number;
  readonly unit?: Unit;
  readonly links?: Links;
  /** Value to word and colour; a word of a severity, say. */
  readonly words?: readonly Word[];
  /** A number as a bar between these bounds, coloured by `thresholds`. */
  readonly bar?: { readonly min: number; readonly max: number };
  readonly thresholds?: Thresholds;
}

/** How one value of a field is shown. */
export interface Word {
  readonly value: string;
  readonly text: string;
  readonly colour: string;
}

/** Where colour changes; the first step has no value. */
export type Thresholds = readonly (readonly [value: number | null, colour: string])[];

/** A panel. `id` is stable: alert rules and links name it. Width in 24ths, height in grid rows. */
export interface Panel {
  readonly id: number;
  readonly title: string;
  /** What it shows and what to do when it looks wrong. */
  readonly description: string;
  readonly type: 'stat' | 'timeseries' | 'table' | 'logs' | 'bargauge' | 'state-timeline';
  readonly unit: Unit;
  readonly width: 4 | 6 | 8 | 12 | 24;
  readonly height: number;
  readonly queries: readonly Query[];
  readonly min?: number;
  readonly max?: number;
  readonly thresholds?: Thresholds;
  readonly links?: Links;
  readonly words?: readonly Word[];
  /** Columns of a table over metrics, in order. */
  readonly columns?: readonly Column[];
  /** Colours of lines by their name. */
  readonly colours?: Readonly<Record<string, string>>;
  /** Shown instead of "No data" where nothing is the normal state. */
  readonly whenEmpty?: string;
}

/** A choice at the top, filled from label values. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly metric: string;
  readonly ofLabel: string;
  readonly filter?: string;
  readonly multi?: true;
}

/** A dashboard. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Variable[];
  readonly panels: readonly Panel[];
}

/** Address of a page of the app plugin. */
export function appPage(path: string): string {
  return `${pluginPath}${path}`;
}

const kinds = { metrics: 'prometheus', logs: 'loki' } as const;

function datasource(source: Query['source']) {
  return { type: kinds[source], uid: `\${${source}}` };
}

function targetOf(query: Query, index: number, type: Panel['type']) {
  const refId = String.fromCharCode(65 + index);
  const common = { refId, datasource: datasource(query.source), expr: query.expr };
  const legendFormat = query.legend ?? '__auto';
  if (query.source === 'logs')
    return {
      ...common,
      legendFormat,
      queryType: query.instant ? 'instant' : 'range',
      ...(type === 'logs' && { maxLines: 500 }),
    };
  return {
    ...common,
    legendFormat,
    editorMode: 'code',
    instant: query.instant === true,
    range: query.instant !== true,
    ...(type === 'table' && { format: 'table' }),
  };
}

function optionsOf(panel: Panel): object {
  switch (panel.type) {
    case 'stat':
      return {
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
        colorMode: 'value',
        // A number of now has no line behind it.
        graphMode: panel.queries[0]?.instant === true ? 'none' : 'area',
        textMode: 'auto',
      };
    case 'bargauge':
      return {
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
        orientation: 'horizontal',
        displayMode: 'basic',
      };
    case 'timeseries':
      return {
        legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
        tooltip: { mode: 'multi', sort: 'desc' },
      };
    case 'state-timeline':
      return { showValue: 'never', mergeValues: true, legend: { displayMode: 'list', placement: 'bottom' } };
    case 'logs':
      return { showTime: true, wrapLogMessage: true, enableLogDetails: true, sortOrder: 'Descending' };
    case 'table':
      return { showHeader: true, cellHeight: 'sm', sortBy: [] };
  }
}

function mappingsOf(words: readonly Word[] | undefined) {
  if (words === undefined) return [];
  const options = words.map(
    ({ value, text, colour }, index) => [value, { text, color: colour, index }] as const,
  );
  return [{ type: 'value', options: Object.fromEntries(options) }];
}

function linksOf(links: Links) {
  return links.map((link) => ({ ...link, targetBlank: false }));
}

function thresholdsOf(thresholds: Thresholds) {
  return { mode: 'absolute', steps: thresholds.map(([value, color]) => ({ value, color })) };
}

/** What differs for one column. Grafana finds it by its title, because the transformations have renamed it by then. */
function overrideOf(column: Column) {
  const coloured = column.words !== undefined || column.thresholds !== undefined;
  const cell =
    column.bar !== undefined
      ? { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' }
      : { type: 'color-text' };
  const properties: { id: string; value: unknown }[] = [];
  const set = (id: string, value: unknown): void => {
    if (value !== undefined) properties.push({ id, value });
  };
  // The words for an empty table would fill empty cells.
  set('noValue', '–');
  set('custom.width', column.width);
  set('unit', column.unit);
  set('min', column.bar?.min);
  set('max', column.bar?.max);
  set('mappings', column.words && mappingsOf(column.words));
  set('color', column.thresholds && { mode: 'thresholds' });
  set('thresholds', column.thresholds && thresholdsOf(column.thresholds));
  set('custom.cellOptions', coloured ? cell : undefined);
  set('links', column.links && linksOf(column.links));
  return { matcher: { id: 'byName', options: column.title }, properties };
}

function lineColour([name, colour]: readonly [string, string]) {
  return {
    matcher: { id: 'byName', options: name },
    properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: colour } }],
  };
}

/** Tables show labels as columns; the time of an instant query says nothing. */
function transformationsOf(panel: Panel): object[] {
  if (panel.type !== 'table' || panel.queries[0]?.source !== 'metrics') return [];
  const columns = panel.columns ?? [];
  return [
    { id: 'filterFieldsByName', options: { include: { names: columns.map(({ field }) => field) } } },
    {
      id: 'organize',
      options: {
        excludeByName: {},
        indexByName: Object.fromEntries(columns.map(({ field }, index) => [field, index])),
        renameByName: Object.fromEntries(columns.map(({ field, title }) => [field, title])),
      },
    },
  ];
}

function panelOf(panel: Panel, gridPos: object) {
  return {
    id: panel.id,
    type: panel.type,
    title: panel.title,
    description: panel.description,
    datasource: datasource(panel.queries[0]?.source ?? 'metrics'),
    gridPos,
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        ...(panel.min !== undefined && { min: panel.min }),
        ...(panel.max !== undefined && { max: panel.max }),
        ...(panel.whenEmpty !== undefined && { noValue: panel.whenEmpty }),
        mappings: mappingsOf(panel.words),
        ...(panel.thresholds && {
          color: { mode: 'thresholds' },
          thresholds: thresholdsOf(panel.thresholds),
        }),
        ...(panel.links && { links: linksOf(panel.links) }),
      },
      overrides: [
        ...(panel.columns ?? []).map(overrideOf),
        ...Object.entries(panel.colours ?? {}).map(lineColour),
      ],
    },
    options: optionsOf(panel),
    targets: panel.queries.map((query, index) => targetOf(query, index, panel.type)),
    transformations: transformationsOf(panel),
  };
}

function placed(panels: readonly Panel[]) {
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  return panels.map((panel) => {
    if (x + panel.width > 24) {
      x = 0;
      y += rowHeight;
      rowHeight = 0;
    }
    const gridPos = { x, y, w: panel.width, h: panel.height };
    x += panel.width;
    rowHeight = Math.max(rowHeight, panel.height);
    return panelOf(panel, gridPos);
  });
}

function variableOf({ name, label, metric, ofLabel, filter, multi }: Variable) {
  const query = `label_values(${metric}${filter === undefined ? '' : `{${filter}}`}, ${ofLabel})`;
  return {
    name,
    label,
    type: 'query',
    datasource: datasource('metrics'),
    definition: query,
    query: { query, refId: 'A', qryType: 1 },
    refresh: 2,
    sort: 1,
    multi: multi === true,
    includeAll: multi === true,
    ...(multi && { allValue: '.*' }),
    current: multi ? { text: ['All'], value: ['$__all'] } : {},
  };
}

/** All dashboards refer to each other through their common tag. */
const tag = 'zonewarden';

/** The JSON of a dashboard, ending with a line break. */
export function dashboardJson(dashboard: Dashboard): string {
  const sources = (['metrics', 'logs'] as const).map((name) => ({
    name,
    label: name === 'metrics' ? 'Metrics' : 'Logs',
    type: 'datasource',
    query: kinds[name],
    current: {},
    refresh: 1,
    hide: 0,
  }));
  const json = {
    id: null,
    uid: dashboard.uid,
    title: dashboard.title,
    description: dashboard.description,
    tags: [tag],
    schemaVersion: 41,
    version: 1,
    editable: true,
    graphTooltip: 1,
    time: { from: 'now-24h', to: 'now' },
    refresh: '1m',
    timezone: 'browser',
    templating: { list: [...sources, ...dashboard.variables.map(variableOf)] },
    annotations: { list: [] },
    links: [
      {
        type: 'dashboards',
        title: 'Zonewarden',
        tags: [tag],
        asDropdown: true,
        includeVars: false,
        keepTime: true,
      },
      { type: 'link', title: 'Cases', url: appPage('/cases'), icon: 'external link', targetBlank: false },
    ],
    panels: placed(dashboard.panels),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}
