/** The data layer over the collector's API. */
import type { Answer, List } from './answer.ts';
import type { Answers } from './contract.gen.ts';
import type { Asking, ChangeBody, ChangeName, DataLayer, Filters, PathValues } from './data-layer.ts';
import { ask, filledPath, queryText } from './http.ts';
import { followStream } from './live-stream.ts';

type GetName = Extract<keyof Answers, `GET ${string}`>;

/** The first answer is short, so that something stands soon; the others are as long as the API allows. */
const firstItems = '200';
const pageItems = '2000';
/** Lists stop here: beyond it a person filters. */
const listItemsMax = 50_000;

function one<K extends GetName>(
  name: K,
  values: PathValues,
  asking: Asking<never>,
  filters: Filters = {},
): Promise<Answer<Answers[K]>> {
  const path = filledPath(name.slice('GET '.length), values);
  return ask<Answers[K]>('GET', path + queryText(filters), { signal: asking.signal });
}

/** A list to its end, page by page; `partly` gets what has come after each page. */
async function list<T>(path: string, filters: Filters, asking: Asking<T>): Promise<Answer<List<T>>> {
  const items: T[] = [];
  let cursor: string | undefined;
  let total = 0;
  do {
    const page = await ask<{ items: T[]; next_cursor: string | null; total: number }>(
      'GET',
      path + queryText({ ...filters, limit: cursor === undefined ? firstItems : pageItems, cursor }),
      { signal: asking.signal },
    );
    if (!page.ok) return page;
    items.push(...page.value.items);
    total = page.value.total;
    cursor = page.value.next_cursor ?? undefined;
    if (cursor !== undefined) asking.partly?.({ items: [...items], total });
  } while (cursor !== undefined && items.length < listItemsMax && !asking.signal.aborted);
  return { ok: true, value: { items, total } };
}

async function change<K extends ChangeName>(
  name: K,
  values: PathValues,
  body: ChangeBody<K>,
): Promise<Answer<{ readonly accepted: boolean; readonly id?: string }>> {
  const [method, template = ''] = name.split(' ');
  return ask(method as 'POST' | 'DELETE', filledPath(template, values), {
    body: method === 'DELETE' ? undefined : body,
  });
}

/** The collector's API as data layer. */
export const collectorLayer: DataLayer = {
  kind: 'collector',
  writable: true,
  status: (asking) => one('GET /status', {}, asking),
  domains: (filters, asking) => list('/domains', filters, asking),
  domain: (tenant, domain, asking) => one('GET /domains/{tenant}/{domain}', { tenant, domain }, asking),
  domainHistory: (tenant, domain, asking) =>
    one('GET /domains/{tenant}/{domain}/history', { tenant, domain }, asking),
  readiness: (filters, asking) => list('/readiness', filters, asking),
  cases: (filters, asking) => list('/cases', filters, asking),
  caseDetail: (id, asking) => one('GET /cases/{id}', { id }, asking),
  evidence: (id, asking) => one('GET /evidence/{id}', { id }, asking),
  exportCase: (id, asking) => one('GET /cases/{id}/export', { id }, asking),
  findings: (filters, asking) => list('/findings', filters, asking),
  coverage: (filters, asking) => one('GET /coverage', {}, asking, filters),
  domainCoverage: (filters, asking) => list('/coverage/domains', filters, asking),
  sharedValues: async (filters, asking) => one('GET /pivots', {}, asking, { ...filters, limit: firstItems }),
  quarantine: (filters, asking) => list('/quarantine', filters, asking),
  rules: (filters, asking) => list('/rules', filters, asking),
  rule: (id, asking) => one('GET /rules/{id}', { id }, asking),
  suppressions: (filters, asking) => list('/suppressions', filters, asking),
  silences: (filters, asking) => list('/silences', filters, asking),
  actions: (filters, asking) => list('/actions', filters, asking),
  auditPage: async (filters, asking) => {
    const page = await one('GET /audit', {}, asking, filters);
    if (!page.ok) return page;
    const { items, total, next_cursor: next } = page.value;
    return { ok: true, value: { items, total, next } };
  },
  auditVerification: (asking) => one('GET /audit/verification', {}, asking),
  change,
  follow: followStream,
};
