/** Questions to Prometheus and Loki through Grafana's query API (`/api/ds/query`), and their data frames as plain rows. */
import { dataFrameFromJSON, type DataFrame, type DataFrameJSON } from '@grafana/data';
import { getBackendSrv } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';
import { problemOf, type Answer } from '../answer.ts';

/** One series at the end of the range. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One log line with its labels and structured metadata. `at`: RFC 3339. */
export interface Line {
  readonly at: string;
  readonly text: string;
  readonly fields: Readonly<Record<string, string>>;
}

interface QueryAnswer {
  readonly results?: Readonly<Record<string, { readonly frames?: DataFrameJSON[]; readonly error?: string }>>;
}

async function frames(query: object, from: string, signal: AbortSignal): Promise<Answer<DataFrame[]>> {
  try {
    const { data } = await lastValueFrom(
      getBackendSrv().fetch<QueryAnswer>({
        url: '/api/ds/query',
        method: 'POST',
        data: { queries: [{ refId: 'A', ...query }], from, to: 'now' },
        abortSignal: signal,
        showErrorAlert: false,
      }),
    );
    const result = data.results?.['A'];
    if (result?.error !== undefined) return problemOf(400, { detail: result.error });
    return { ok: true, value: (result?.frames ?? []).map((frame) => dataFrameFromJSON(frame)) };
  } catch (error) {
    const failure = error as {
      status?: number;
      data?: { message?: string; results?: QueryAnswer['results'] };
    };
    const said = failure.data?.results?.['A']?.error ?? failure.data?.message;
    return problemOf(failure.status ?? 0, said === undefined ? undefined : { detail: said });
  }
}

/** Frames of an instant query: one a series, or one table whose text columns are labels. */
export function samplesOf(answered: readonly DataFrame[]): Sample[] {
  return answered.flatMap(({ fields, length }) => {
    const number = fields.find(({ type }) => type === 'number');
    if (number === undefined) return [];
    const texts = fields.filter(({ type }) => type === 'string');
    return Array.from({ length }, (_, row) => ({
      labels: {
        ...number.labels,
        ...Object.fromEntries(texts.map(({ name, values }) => [name, String(values[row] ?? '')])),
      },
      value: Number(number.values[row]),
    }));
  });
}

function isFields(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Frames of a log query; newest first. Loki's labels and structured metadata stand together in one column of objects. */
export function linesOf(answered: readonly DataFrame[]): Line[] {
  const lines = answered.flatMap(({ fields, length }) => {
    const time = fields.find(({ type }) => type === 'time');
    const text = fields.find(({ name, type }) => type === 'string' && (name === 'Line' || name === 'body'));
    const labels = fields.find(({ name }) => name === 'labels');
    if (time === undefined || text === undefined) return [];
    return Array.from({ length }, (_, row) => {
      const own: unknown = labels?.values[row];
      return {
        at: new Date(Number(time.values[row])).toISOString(),
        text: String(text.values[row] ?? ''),
        fields: isFields(own) ? own : (text.labels ?? {}),
      };
    });
  });
  return lines.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

/** A PromQL query at this moment. */
export async function askMetrics(uid: string, expr: string, signal: AbortSignal): Promise<Answer<Sample[]>> {
  const answer = await frames(
    { datasource: { uid, type: 'prometheus' }, expr, instant: true, range: false, format: 'table' },
    'now-5m',
    signal,
  );
  return answer.ok ? { ok: true, value: samplesOf(answer.value) } : answer;
}

/** A LogQL query for the newest lines. */
export async function askLogs(
  uid: string,
  expr: string,
  bounds: { readonly days: number; readonly lines: number },
  signal: AbortSignal,
): Promise<Answer<Line[]>> {
  const answer = await frames(
    { datasource: { uid, type: 'loki' }, expr, queryType: 'range', maxLines: bounds.lines },
    `now-${bounds.days}d`,
    signal,
  );
  return answer.ok ? { ok: true, value: linesOf(answer.value) } : answer;
}
