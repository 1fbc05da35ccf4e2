/**
 * Read-only data layer over Loki and Prometheus, for when Grafana cannot reach the collector: scores and open cases from
 * metrics, cases with their story from logs. What telemetry does not carry is the problem `unsupported`.
 */
import type { Answer, List, Problem } from '../answer.ts';
import type { Asking, DataLayer, Filters, LiveEvent, LiveState } from '../data-layer.ts';
import type { CaseDetail, CaseSummary, Coverage, DomainDetail, DomainSummary } from '../shapes.ts';
import { caseOfLine, caseOfSample, entryOfLine, newestCases, summaryOfCase } from './case-lines.ts';
import { askLogs, askMetrics, type Sample } from './query.ts';

/** uids of the data sources; absent: not chosen. */
export interface TelemetrySources {
  readonly metricsUid?: string;
  readonly logsUid?: string;
}

const stream = '{service_name="zonewarden"}';
const caseDays = 30;
const storyDays = 30;
const linesMax = 1000;
const pollMs = 30_000;
/** A collector that is gone reports nothing: its last word counts this long. */
const lastWord = '1d';

function last(metric: string): string {
  return `last_over_time(${metric}[${lastWord}])`;
}

function unsupported(detail: string): Problem {
  return { ok: false, kind: 'unsupported', status: 0, detail };
}

const needsCollector = () => Promise.resolve(unsupported('only the collector knows this'));

function unset(what: string): Problem {
  return unsupported(`no ${what} data source is chosen in the configuration of the plugin`);
}

/** Text inside the quotes of a LogQL or PromQL string. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

function keyOf({ tenant, domain }: Readonly<Record<string, string>>): string {
  return `${tenant ?? ''}/${domain ?? ''}`;
}

function byDomain(samples: readonly Sample[]): Map<string, number> {
  return new Map(samples.map(({ labels, value }) => [keyOf(labels), value]));
}

const severityOrder = ['informational', 'low', 'medium', 'high', 'critical'];

function domainOf(
  labels: Readonly<Record<string, string>>,
  scores: ReadonlyMap<string, number>,
  risks: ReadonlyMap<string, number>,
  coverage: number,
  cases: readonly CaseSummary[],
): DomainSummary {
  const { tenant = '', domain = '', tier, team } = labels;
  const own = cases.filter((found) => found.tenant === tenant && found.domains.includes(domain));
  const worst = own
    .map(({ severity }) => severity)
    .sort((a, b) => severityOrder.indexOf(b) - severityOrder.indexOf(a));
  const known = tier === undefined || tier === '' ? null : Number(tier);
  return {
    tenant,
    domain,
    tier: known,
    owner: null,
    team: team === undefined || team === '' ? null : team,
    registrar_account: null,
    dns_provider: null,
    roles: [],
    score: scores.get(keyOf(labels)) ?? null,
    coverage,
    score_change_1d: null,
    risk: risks.get(keyOf(labels)) ?? null,
    open_cases: own.length,
    worst_severity: worst[0] ?? null,
    next_best_action: null,
    last_change_at: null,
  };
}

function passes<T>(
  items: readonly T[],
  filters: Filters,
  read: (item: T, name: string) => string | undefined,
): T[] {
  const wanted = Object.entries(filters).filter(
    ([name, value]) => value !== undefined && value !== '' && !['sort', 'limit', 'cursor'].includes(name),
  );
  return items.filter((item) => wanted.every(([name, value]) => read(item, name) === value));
}

/** The layer over the chosen data sources. */
export function telemetryLayer({ metricsUid, logsUid }: TelemetrySources): DataLayer {
  async function openCases(signal: AbortSignal): Promise<Answer<CaseSummary[]>> {
    if (metricsUid === undefined) return unset('metrics');
    const [open, facts] = await Promise.all([
      askMetrics(
        metricsUid,
        `max by (tenant, case_id, domain, severity, team, kind) (${last('zonewarden_case_open')}) > 0`,
        signal,
      ),
      askMetrics(
        metricsUid,
        `topk by (tenant, case_id) (1, max by (tenant, case_id, notify, drill, title, owner) (${last('zonewarden_case_facts')}))`,
        signal,
      ),
    ]);
    if (!open.ok) return open;
    const words = new Map((facts.ok ? facts.value : []).map(({ labels }) => [labels['case_id'], labels]));
    return {
      ok: true,
      value: open.value.map((sample) => caseOfSample(sample, words.get(sample.labels['case_id']))),
    };
  }

  async function cases(filters: Filters, asking: Asking<CaseSummary>): Promise<Answer<List<CaseSummary>>> {
    const open = await openCases(asking.signal);
    const told =
      logsUid === undefined
        ? unset('logs')
        : await askLogs(
            logsUid,
            `${stream} | event_name="zonewarden.case"`,
            { days: caseDays, lines: linesMax },
            asking.signal,
          );
    if (!open.ok && !told.ok) return told;
    const known = told.ok ? newestCases(told.value).map(summaryOfCase) : [];
    const ids = new Set(known.map(({ case_id }) => case_id));
    const all = [...known, ...(open.ok ? open.value.filter(({ case_id }) => !ids.has(case_id)) : [])];
    const items = passes(all, filters, (item, name) => {
      if (name === 'domain') return item.domains.find((domain) => domain === filters['domain']);
      const value = (item as unknown as Record<string, unknown>)[name];
      return typeof value === 'string' ? value : undefined;
    });
    return { ok: true, value: { items, total: items.length } };
  }

  async function domains(
    filters: Filters,
    asking: Asking<DomainSummary>,
  ): Promise<Answer<List<DomainSummary>>> {
    if (metricsUid === undefined) return unset('metrics');
    const by = 'max by (tenant, domain, tier, team)';
    const [coverage, scores, risks, open] = await Promise.all([
      askMetrics(metricsUid, `${by} (${last('zonewarden_control_score_coverage')})`, asking.signal),
      askMetrics(metricsUid, `${by} (${last('zonewarden_control_score')})`, asking.signal),
      askMetrics(metricsUid, `max by (tenant, domain) (${last('zonewarden_domain_risk')})`, asking.signal),
      openCases(asking.signal),
    ]);
    if (!coverage.ok) return coverage;
    const score = byDomain(scores.ok ? scores.value : []);
    const risk = byDomain(risks.ok ? risks.value : []);
    const rows = coverage.value.map(({ labels, value }) =>
      domainOf(labels, score, risk, value, open.ok ? open.value : []),
    );
    const items = passes(rows, filters, (item, name) => {
      const value = (item as unknown as Record<string, unknown>)[name];
      return value === null || value === undefined ? undefined : String(value as string | number);
    });
    return { ok: true, value: { items, total: items.length } };
  }

  async function domain(tenant: string, name: string, asking: Asking<never>): Promise<Answer<DomainDetail>> {
    const all = await domains({ tenant }, { signal: asking.signal });
    if (!all.ok) return all;
    const summary = all.value.items.find((item) => item.domain === name);
    if (summary === undefined)
      return { ok: false, kind: 'missing', status: 404, detail: `no metrics about ${name}` };
    const known = await cases({ domain: name, tenant }, { signal: asking.signal });
    return {
      ok: true,
      value: {
        summary,
        score: null,
        inventory: null,
        controls: [],
        changes: [],
        intents: [],
        coverage: [],
        checks: [],
        restore: {
          tenant,
          domain: name,
          executor: null,
          state: 'unknown',
          checked_at: null,
          detail: 'only the collector knows this',
          changes: [],
        },
        cases: known.ok ? known.value.items.map(({ case_id }) => case_id) : [],
      } as unknown as DomainDetail,
    };
  }

  async function caseDetail(id: string, asking: Asking<never>): Promise<Answer<CaseDetail>> {
    if (logsUid === undefined) return unset('logs');
    const { signal } = asking;
    const own = `${stream} | event_name="zonewarden.case" | zonewarden_case_id=${quoted(id)}`;
    const told = await askLogs(logsUid, own, { days: caseDays, lines: 50 }, signal);
    if (!told.ok) return told;
    const newest =
      newestCases(told.value)[0] ?? (told.value[0] === undefined ? undefined : caseOfLine(told.value[0]));
    if (newest === undefined)
      return {
        ok: false,
        kind: 'missing',
        status: 404,
        detail: `no log line about ${id} in ${caseDays} days`,
      };
    const bounds = { days: storyDays, lines: linesMax };
    const names = newest.domains.map((name) => name.replace(/[.]/g, '[.]')).join('|');
    const [events, findings] = await Promise.all([
      names === ''
        ? Promise.resolve({ ok: true as const, value: [] })
        : askLogs(
            logsUid,
            `${stream} | zonewarden_signal="event" | zonewarden_domain=~${quoted(names)}`,
            bounds,
            signal,
          ),
      askLogs(
        logsUid,
        `${stream} | event_name="zonewarden.finding" | zonewarden_case_id=${quoted(id)}`,
        bounds,
        signal,
      ),
    ]);
    const from = new Date(Date.parse(newest.opened_at) - 24 * 3_600_000).toISOString();
    const lines = [...(events.ok ? events.value : []), ...(findings.ok ? findings.value : [])];
    const timeline = lines
      .map(entryOfLine)
      .filter(({ at }) => at >= from)
      .sort((a, b) => (a.at < b.at ? -1 : 1));
    const detail = {
      case: { ...newest, timeline },
      findings: [],
      playbook: null,
      proposals: [],
      notifications: [],
    };
    return { ok: true, value: detail as unknown as CaseDetail };
  }

  async function coverage(_filters: Filters, asking: Asking<never>): Promise<Answer<Coverage>> {
    if (metricsUid === undefined) return unset('metrics');
    const up = await askMetrics(
      metricsUid,
      `min by (tenant, source) (${last('zonewarden_source_up')})`,
      asking.signal,
    );
    if (!up.ok) return up;
    const kinds = up.value.map(({ labels, value }) => ({
      tenant: labels['tenant'] ?? '',
      source_kind: labels['source'] ?? '',
      alive: value > 0,
      interval_ms: 0,
      silent_since: null,
      last_seen: null,
      blind_minutes_24h: 0,
      silent_sources: [],
      domains: 0,
    }));
    return { ok: true, value: { kinds, sources: [] } as unknown as Coverage };
  }

  async function follow(
    take: (event: LiveEvent) => void,
    told: (state: LiveState) => void,
    signal: AbortSignal,
  ): Promise<void> {
    told('polling');
    while (!signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs);
        signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
      });
      if (!signal.aborted) take('resync');
    }
  }

  return {
    kind: 'telemetry',
    writable: false,
    status: needsCollector,
    domains,
    domain,
    domainHistory: needsCollector,
    readiness: needsCollector,
    cases,
    caseDetail,
    evidence: needsCollector,
    exportCase: needsCollector,
    findings: needsCollector,
    coverage,
    domainCoverage: needsCollector,
    sharedValues: needsCollector,
    quarantine: needsCollector,
    rules: needsCollector,
    rule: needsCollector,
    suppressions: needsCollector,
    silences: needsCollector,
    actions: needsCollector,
    auditPage: needsCollector,
    auditVerification: needsCollector,
    change: needsCollector,
    follow,
  };
}
