/**
 * How fast: from event to page, and from the first event of a case to each stage. Counted where cases are seen live, so
 * a restart begins at 0 as Prometheus counters may.
 */
import type { Case } from '../contract/case.ts';
import type { MetricSample } from '../contract/names.ts';
import { parseInstant } from '../leaf/time.ts';

/** Stages in their order; `paged` is not a state of a case. */
const stageOfState: Readonly<Partial<Record<Case['state'], string>>> = {
  acknowledged: 'acknowledged',
  contained: 'contained',
  closed: 'closed',
};

/** A page later than this after its event is out of time, milliseconds (the service level of docs/costs.md). */
export const pageInTimeMs = 60_000;

const casesKeptMax = 20_000;

interface Sum {
  count: number;
  seconds: number;
}

/** Counts each case once per stage. */
export class ResponseTimes {
  readonly #reached = new Map<string, Set<string>>();
  readonly #stages = new Map<string, Sum>();
  readonly #pages = new Map<string, { inTime: number; late: number; seconds: number }>();

  /** Remembers what a stored case had reached already; counts nothing. */
  restore(one: Case): void {
    this.#take(one, () => {});
  }

  /** Takes a case as it is at `nowMs`. Drills are not counted. */
  apply(one: Case, nowMs: number): void {
    if (one.drill) return;
    this.#take(one, (stage) => {
      const sinceOpenMs = nowMs - (parseInstant(one.opened_at)?.ms ?? nowMs);
      if (stage === 'paged') this.#page(one, nowMs);
      const key = JSON.stringify([one.tenant, one.severity, stage]);
      const sum = this.#stages.get(key) ?? { count: 0, seconds: 0 };
      this.#stages.set(key, sum);
      sum.count++;
      sum.seconds += Math.max(0, sinceOpenMs) / 1000;
    });
  }

  #page(one: Case, nowMs: number): void {
    const delayMs = Math.max(0, nowMs - (parseInstant(one.paged_at ?? '')?.ms ?? nowMs));
    const sum = this.#pages.get(one.tenant) ?? { inTime: 0, late: 0, seconds: 0 };
    this.#pages.set(one.tenant, sum);
    if (delayMs <= pageInTimeMs) sum.inTime++;
    else sum.late++;
    sum.seconds += delayMs / 1000;
  }

  #take(one: Case, reached: (stage: string) => void): void {
    const key = `${one.tenant}\n${one.case_id}`;
    const known = this.#reached.get(key) ?? new Set<string>();
    this.#reached.delete(key);
    this.#reached.set(key, known);
    const now = [one.paged_at === null ? undefined : 'paged', stageOfState[one.state]];
    for (const stage of now) {
      if (stage === undefined || known.has(stage)) continue;
      known.add(stage);
      reached(stage);
    }
    for (const oldest of this.#reached.keys()) {
      if (this.#reached.size <= casesKeptMax) break;
      this.#reached.delete(oldest);
    }
  }

  /**
   * The samples of now. `tenants`: those whose pages begin at 0, so that a rate sees the first one; a series that begins
   * at 1 has no increase.
   */
  *samples(tenants: Iterable<string> = []): Generator<MetricSample> {
    for (const tenant of tenants)
      if (!this.#pages.has(tenant)) this.#pages.set(tenant, { inTime: 0, late: 0, seconds: 0 });
    for (const [tenant, { inTime, late, seconds }] of this.#pages) {
      yield { metric: 'pages', labels: { tenant, in_time: 'true' }, value: inTime };
      yield { metric: 'pages', labels: { tenant, in_time: 'false' }, value: late };
      yield { metric: 'page_delay', labels: { tenant }, value: seconds };
    }
    for (const [key, { count, seconds }] of this.#stages) {
      const [tenant = '', severity = '', stage = ''] = JSON.parse(key) as string[];
      yield { metric: 'case_stages', labels: { tenant, severity, stage }, value: count };
      yield { metric: 'case_stage_time', labels: { tenant, severity, stage }, value: seconds };
    }
  }
}
