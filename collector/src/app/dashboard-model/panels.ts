/** Short forms for panels. */
import { commonAttributes, eventNames } from '../../contract/names.ts';
import { metric } from '../alert-model/case-rule.ts';
import type { Panel, Query, Unit } from './dashboard.ts';

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
    ...(thresholds && { thresholds }),
  };
}

/** Lines over time. */
export function graph(head: Head, unit: Unit, queries: readonly Query[], more: Partial<Panel> = {}): Panel {
  return { ...head, type: 'timeseries', unit, width: 12, height: 8, queries, ...more };
}

/** Rows. */
export function table(head: Head, unit: Unit, query: Query, more: Partial<Panel> = {}): Panel {
  return { ...head, type: 'table', unit, width: 12, height: 9, queries: [query], ...more };
}

/** Log lines. */
export function logPanel(head: Head, expr: string, more: Partial<Panel> = {}): Panel {
  return { ...head, type: 'logs', unit: 'none', width: 24, height: 10, queries: [logs(expr)], ...more };
}
