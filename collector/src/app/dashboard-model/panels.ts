/** Short forms for panels. */
import { commonAttributes, eventNames } from '../../contract/names.ts';
import { caseExpression, metric } from '../alert-model/case-rule.ts';
import { appPage } from './dashboard.ts';
import type { Column, Panel, Query, Unit, Word } from './dashboard.ts';

export { metric };

/** Colours of a value that is bad when it is high: green, then orange, then red. */
export const lowIsGood = (warn: number, bad: number): NonNullable<Panel['thresholds']> => [
  [null, 'green'],
  [warn, 'orange'],
  [bad, 'red'],
];

/** Colours of a value that is bad when it is low. */
export const highIsGood = (bad: number, fine: number): NonNullable<Panel['thresholds']> => [
  [null, 'red'],
  [bad, 'orange'],
  [fine, 'green'],
];

/** A PromQL query over time. */
export function over(expr: string, legend?: string): Query {
  return { source: 'metrics', expr, ...(legend !== undefined && { legend }) };
}

/** A PromQL query at the end of the range. */
export function now(expr: string, legend?: string): Query {
  return { ...over(expr, legend), instant: true };
}

/** Name of an attribute as Loki's structured metadata: every other character becomes `_`. */
export function metadataName(attribute: string): string {
  return attribute.replace(/[^a-zA-Z0-9_]/g, '_');
}

const eventNameLabel = metadataName(commonAttributes.eventName);
const kindLabel = metadataName(commonAttributes.kind);

/** Log lines of the collector: `kind` of signal, further filters on structured metadata. */
export function lines(kind: 'event' | 'finding' | 'case' | 'score', filters = ''): string {
  const stream = '{service_name="zonewarden"}';
  const named = kind === 'event' ? `${kindLabel}="event"` : `${eventNameLabel}="${eventNames[kind]}"`;
  return `${stream} | ${named}${filters === '' ? '' : ` | ${filters}`}`;
}

/** A LogQL query. */
export function logs(expr: string, legend?: string): Query {
  return { source: 'logs', expr, ...(legend !== undefined && { legend }) };
}

/** Severities with a colour each; the word stays, colour alone says nothing. */
export const severityColours: Readonly<Record<string, string>> = {
  critical: 'red',
  high: 'orange',
  medium: 'yellow',
  low: 'blue',
  informational: 'text',
};

/** Severities as words of a column. */
export const severityWords: readonly Word[] = Object.entries(severityColours).map(
  ([value, colour], index) => ({
    value,
    text: `${'●'.repeat(Math.max(1, 5 - index))} ${value}`,
    colour,
  }),
);

const notifyWords: readonly Word[] = [
  { value: 'page', text: 'paged', colour: 'red' },
  { value: 'ticket', text: 'ticket', colour: 'orange' },
  { value: 'digest', text: 'digest', colour: 'text' },
  { value: 'none', text: 'suppressed', colour: 'text' },
];

/** Severity of a row. */
export const severityColumn: Column = {
  field: 'severity',
  title: 'Severity',
  width: 130,
  words: severityWords,
};

/** Domain of a row, leading to its page and its history. */
export const domainColumn: Column = {
  field: 'domain',
  title: 'Domain',
  links: [
    { title: 'Domain in the app', url: appPage('/domains/${__data.fields.domain}') },
    { title: 'Domain over time', url: '/d/zonewarden-domain?var-domain=${__data.fields.domain}' },
  ],
};

/** Open cases as rows: how bad, what, where, who, and whether anybody was told. */
export const caseColumns: readonly Column[] = [
  severityColumn,
  {
    field: 'title',
    title: 'What happened',
    links: [{ title: 'Case in the app', url: appPage('/cases/${__data.fields.case_id}') }],
  },
  { ...domainColumn, width: 180 },
  { field: 'team', title: 'Team', width: 110 },
  { field: 'owner', title: 'Owner', width: 110 },
  { field: 'notify', title: 'Told', width: 90, words: notifyWords },
  { field: 'case_id', title: 'Case', width: 190 },
];

/** Open cases with the words of the alert rule, of the tenants that the selector chooses. */
export function openCases(selector: string): string {
  return `((${caseExpression()}) > 0) and on (tenant, case_id) ${metric('case_open')}${selector}`;
}

/** A domain with one number. */
export function domainColumns(number: Omit<Column, 'field'>): readonly Column[] {
  return [
    domainColumn,
    { field: 'Value', ...number },
    { field: 'tier', title: 'Tier', width: 70 },
    { field: 'team', title: 'Team', width: 120 },
    { field: 'tenant', title: 'Tenant', width: 110 },
  ];
}

type Head = Pick<Panel, 'id' | 'title' | 'description'>;

/** A single number. */
export function stat(head: Head, unit: Unit, query: Query, thresholds: Panel['thresholds']): Panel {
  return {
    ...head,
    type: 'stat',
    unit,
    width: 6,
    height: 4,
    queries: [query],
    whenEmpty: '–',
    ...(thresholds && { thresholds }),
  };
}

/** Lines over time. */
export function graph(head: Head, unit: Unit, queries: readonly Query[], more: Partial<Panel> = {}): Panel {
  return { ...head, type: 'timeseries', unit, width: 12, height: 8, queries, ...more };
}

/** Rows. */
export function table(
  head: Head,
  query: Query,
  columns: readonly Column[],
  more: Partial<Panel> = {},
): Panel {
  return { ...head, type: 'table', unit: 'none', width: 12, height: 9, queries: [query], columns, ...more };
}

/** Log lines. */
export function logPanel(head: Head, expr: string, more: Partial<Panel> = {}): Panel {
  return { ...head, type: 'logs', unit: 'none', width: 24, height: 10, queries: [logs(expr)], ...more };
}
