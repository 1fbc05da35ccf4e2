/**
 * Gauges of cases, scores and findings, read from state. An open case is 1; a closed one is *explicitly* 0 for a while,
 * so that alerts recover by value and not by a series that vanished (Grafana would call that MissingSeries).
 */
import type { Case } from '../contract/case.ts';
import type { Signal } from '../contract/component.ts';
import type { MetricReader, MetricSample } from '../contract/names.ts';
import { metricNames } from '../contract/names.ts';
import type { ControlScore } from '../contract/score.ts';
import type { Severity } from '../contract/severity.ts';
import { compareSeverity, maxSeverity } from '../contract/severity.ts';
import { parseInstant } from '../leaf/time.ts';
import { caseFacts } from './case-facts.ts';
import { ResponseTimes } from './response-times.ts';

interface CaseFact {
  readonly revision: number;
  readonly tenant: string;
  readonly severity: Severity;
  readonly state: Case['state'];
  readonly isOpen: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Words for notifications (case-facts.ts). */
  readonly facts: Readonly<Record<string, string>>;
  /** When it stopped being open, wall clock epoch milliseconds; 0 while open. */
  readonly closedAtMs: number;
}

/** What the gauges show of a score. */
type ScoreFact = Pick<ControlScore, 'tenant' | 'domain' | 'tier' | 'team' | 'score' | 'coverage' | 'risk'>;

/** A label set a case no longer has, still reported as 0. */
interface OldSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly sinceMs: number;
}

/** Closed cases stay in the counts this long at most, by number. */
const casesKeptMax = 20_000;
const oldSeriesMax = 1_000;

function isOpenState(state: Case['state']): boolean {
  return state !== 'closed' && state !== 'merged';
}

/** Keeps what the gauges need; feed it with every case and score signal, in order, and with stored ones at the start. */
export class CaseBoard {
  readonly #nowMs: () => number;
  readonly #zeroForMs: number;
  readonly #cases = new Map<string, CaseFact>();
  /** By tenant and domain. */
  readonly #scores = new Map<string, Map<string, ScoreFact>>();
  readonly #times = new ResponseTimes();
  /** Newest drill of each tenant, wall clock epoch milliseconds. */
  readonly #drills = new Map<string, number>();
  #old: OldSeries[] = [];

  /** `zeroForMs`: how long a closed case is reported as 0; at least three evaluation intervals of the alert rules. */
  constructor(nowMs: () => number, zeroForMs = 15 * 60_000) {
    this.#nowMs = nowMs;
    this.#zeroForMs = zeroForMs;
  }

  /** Takes a signal; kinds other than case and score are ignored, older revisions too. */
  apply(signal: Pick<Signal, 'kind' | 'body'>): void {
    if (signal.kind === 'case') this.applyCase(signal.body as Case);
    if (signal.kind === 'score') this.applyScore(signal.body as ControlScore);
  }

  /** Takes a case from storage at a start: nothing is counted as happening now. */
  restoreCase(one: Case): void {
    this.#times.restore(one);
    this.#take(one);
  }

  /** Takes the present statement about a case. */
  applyCase(one: Case): void {
    this.#times.apply(one, this.#nowMs());
    this.#take(one);
  }

  #take(one: Case): void {
    const key = `${one.tenant}\n${one.case_id}`;
    const known = this.#cases.get(key);
    if (known && known.revision > one.revision) return;
    const worst = one.severity_history.reduce<Severity>(
      (so, entry) => maxSeverity(so, entry.severity),
      one.severity,
    );
    const severity = known ? maxSeverity(worst, known.severity) : worst;
    const labels = {
      tenant: one.tenant,
      case_id: one.case_id,
      // Sticky: a case that grows must not change its series.
      domain: known?.labels['domain'] || (one.domains[0] ?? ''),
      severity,
      team: one.team ?? '',
      kind: one.kind,
    };
    const isOpen = isOpenState(one.state);
    const nowMs = this.#nowMs();
    if (known && Object.entries(labels).some(([name, value]) => known.labels[name] !== value))
      this.#old = [...this.#old, { labels: known.labels, sinceMs: nowMs }].slice(-oldSeriesMax);
    const closedAtMs = isOpen ? 0 : this.#closedAtMs(one, known, nowMs);
    this.#cases.delete(key);
    this.#cases.set(key, {
      revision: one.revision,
      tenant: one.tenant,
      severity,
      state: one.state,
      isOpen,
      labels,
      // A closed case keeps its last words, so that "resolved" still says what it was about.
      facts: isOpen || known === undefined ? caseFacts(one) : known.facts,
      closedAtMs,
    });
    if (one.drill) this.#drill(one, nowMs);
    if (this.#cases.size > casesKeptMax) this.#forgetOldestClosed();
  }

  #drill(one: Case, nowMs: number): void {
    const atMs = Math.min(nowMs, parseInstant(one.opened_at)?.ms ?? nowMs);
    this.#drills.set(one.tenant, Math.max(atMs, this.#drills.get(one.tenant) ?? 0));
  }

  #closedAtMs(one: Case, known: CaseFact | undefined, nowMs: number): number {
    if (known) return known.isOpen ? nowMs : known.closedAtMs;
    // Read from storage at a start: it closed when it was last changed, not now.
    return Math.min(nowMs, parseInstant(one.updated_at)?.ms ?? nowMs);
  }

  /** Takes the present score of a domain. */
  applyScore(score: ControlScore): void {
    const { tenant, domain, tier, team, score: points, coverage, risk } = score;
    const ofTenant = this.#scores.get(tenant) ?? new Map<string, ScoreFact>();
    ofTenant.set(domain, { tenant, domain, tier, team, score: points, coverage, risk });
    this.#scores.set(tenant, ofTenant);
  }

  /** Removes a domain that left the inventory. */
  forgetScore(tenant: string, domain: string): void {
    const ofTenant = this.#scores.get(tenant);
    if (ofTenant?.delete(domain) === true && ofTenant.size === 0) this.#scores.delete(tenant);
  }

  #forgetOldestClosed(): void {
    for (const [key, fact] of this.#cases)
      if (!fact.isOpen) {
        this.#cases.delete(key);
        return;
      }
  }

  /** The samples of now. */
  readonly reader: MetricReader = () => [
    ...this.#caseSamples(),
    ...this.#factSamples(),
    ...this.#countSamples(),
    ...this.#times.samples(this.#tenants()),
    ...[...this.#drills].map(([tenant, atMs]): MetricSample => ({
      metric: 'drill_age',
      labels: { tenant },
      value: Math.max(0, this.#nowMs() - atMs) / 1000,
    })),
    ...this.#scoreSamples(),
  ];

  #tenants(): Set<string> {
    return new Set([...[...this.#cases.values()].map(({ tenant }) => tenant), ...this.#scores.keys()]);
  }

  /** Most severe first, so that the bound of a metric cuts off what matters least. */
  #openCases(): CaseFact[] {
    return [...this.#cases.values()]
      .filter((fact) => fact.isOpen)
      .sort(
        (a, b) =>
          compareSeverity(b.severity, a.severity) || (a.labels['case_id']! < b.labels['case_id']! ? -1 : 1),
      );
  }

  /** One series per case, bounded here because `case_open` already tells how many were left out. */
  *#factSamples(): Generator<MetricSample> {
    const nowMs = this.#nowMs();
    const closed = [...this.#cases.values()].filter(
      (fact) => !fact.isOpen && nowMs - fact.closedAtMs < this.#zeroForMs,
    );
    for (const { tenant, labels, facts, revision } of [...this.#openCases(), ...closed].slice(
      0,
      metricNames.case_facts.bound,
    ))
      yield {
        metric: 'case_facts',
        labels: { tenant, case_id: labels['case_id'] ?? '', ...facts },
        value: revision + 1,
      };
  }

  *#caseSamples(): Generator<MetricSample> {
    const nowMs = this.#nowMs();
    this.#old = this.#old.filter((old) => nowMs - old.sinceMs < this.#zeroForMs);
    for (const { labels } of this.#openCases()) yield { metric: 'case_open', labels, value: 1 };
    for (const fact of this.#cases.values())
      if (!fact.isOpen && nowMs - fact.closedAtMs < this.#zeroForMs)
        yield { metric: 'case_open', labels: fact.labels, value: 0 };
    if (this.#old.length === 0) return;
    const present = new Set([...this.#cases.values()].map((fact) => JSON.stringify(fact.labels)));
    for (const { labels } of this.#old)
      if (!present.has(JSON.stringify(labels))) yield { metric: 'case_open', labels, value: 0 };
  }

  *#countSamples(): Generator<MetricSample> {
    const counts = new Map<string, number>();
    for (const { tenant, severity, state } of this.#cases.values()) {
      const key = JSON.stringify([tenant, severity, state]);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    for (const [key, value] of counts) {
      const [tenant = '', severity = '', state = ''] = JSON.parse(key) as string[];
      yield { metric: 'cases', labels: { tenant, severity, state }, value };
    }
  }

  *#scoreSamples(): Generator<MetricSample> {
    const lowestFirst = [...this.#scores.values()]
      .flatMap((ofTenant) => [...ofTenant.values()])
      .sort((a, b) => (a.score ?? 101) - (b.score ?? 101));
    for (const one of lowestFirst.slice(0, metricNames.control_score.bound * 2)) {
      const labels = {
        tenant: one.tenant,
        domain: one.domain,
        tier: one.tier === null ? '' : String(one.tier),
        team: one.team ?? '',
      };
      // Unknown is no number: a domain without known components has a coverage of 0 and no score.
      if (one.score !== null) yield { metric: 'control_score', labels, value: one.score };
      yield { metric: 'control_score_coverage', labels, value: one.coverage };
      if (one.risk !== null) yield { metric: 'domain_risk', labels, value: one.risk };
    }
  }
}
