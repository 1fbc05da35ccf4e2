/** What the fleet page computes from its lists. Pure. */
import type { CaseSummary, CoverageView, DomainSummary } from '../../api/shapes.ts';
import { isOpenCase } from '../../model/open-case.ts';
import { severitiesDown } from '../../model/words.ts';

/** Orders of the list. */
export type FleetOrder = 'urgency' | 'score' | 'fall' | 'coverage' | 'name';

/** What a person filters by; empty: everything. `band` is the lower bound of a band of scores, or `unknown`. */
export interface FleetFilter {
  readonly q: string;
  readonly team: string;
  readonly tier: string;
  readonly tenant: string;
  readonly band: string;
}

const rank = new Map<string, number>(severitiesDown.map((severity, at) => [severity, at]));
const unknownRank = severitiesDown.length;

function byName(a: DomainSummary, b: DomainSummary): number {
  return a.domain < b.domain ? -1 : Number(a.domain > b.domain);
}

const comparers: Readonly<Record<FleetOrder, (a: DomainSummary, b: DomainSummary) => number>> = {
  urgency: (a, b) =>
    (rank.get(a.worst_severity ?? '') ?? unknownRank) - (rank.get(b.worst_severity ?? '') ?? unknownRank) ||
    (a.tier ?? 9) - (b.tier ?? 9) ||
    (a.score ?? 101) - (b.score ?? 101),
  score: (a, b) => (a.score ?? 101) - (b.score ?? 101),
  fall: (a, b) => (a.score_change_1d ?? 0) - (b.score_change_1d ?? 0),
  coverage: (a, b) => a.coverage - b.coverage,
  name: () => 0,
};

/** Bands of scores, worst first: from, up to (without). */
export const scoreBands: readonly (readonly [number, number])[] = [
  [0, 20],
  [20, 40],
  [40, 60],
  [60, 80],
  [80, 101],
];

function inBand(score: number | null, band: string): boolean {
  if (band === '') return true;
  if (score === null) return band === 'unknown';
  const found = scoreBands.find(([from]) => String(from) === band);
  return found !== undefined && score >= found[0] && score < found[1];
}

/** Domains that pass the filter, in order. Ties go by name. `among`: `tenant/domain` of those to show; absent: all. */
export function shownDomains(
  items: readonly DomainSummary[],
  filter: FleetFilter,
  order: FleetOrder,
  among?: ReadonlySet<string>,
): readonly DomainSummary[] {
  const words = filter.q.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const compare = comparers[order] ?? comparers.urgency;
  return items
    .filter((item) => {
      if (filter.team !== '' && item.team !== filter.team) return false;
      if (filter.tier !== '' && String(item.tier ?? '') !== filter.tier) return false;
      if (filter.tenant !== '' && item.tenant !== filter.tenant) return false;
      if (!inBand(item.score, filter.band)) return false;
      if (among?.has(`${item.tenant}/${item.domain}`) === false) return false;
      if (words.length === 0) return true;
      const text =
        `${item.domain} ${item.owner ?? ''} ${item.team ?? ''} ${item.registrar_account ?? ''} ${item.dns_provider ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => compare(a, b) || byName(a, b));
}

/** The portfolio in a few numbers. */
export interface FleetHealth {
  readonly domains: number;
  /** Domains per band of `scoreBands`, then those without a score. */
  readonly bands: readonly number[];
  readonly worst: readonly DomainSummary[];
  readonly falling: readonly DomainSummary[];
  /** Mean share of what is known, 0 to 1; undefined without domains. */
  readonly known: number | undefined;
  readonly openCases: readonly CaseSummary[];
  readonly urgent: readonly CaseSummary[];
  readonly blind: readonly CoverageView[];
  readonly kinds: number;
}

const listed = 3;
const fallMin = 0.5;

/** Sums the lists up. Drills are no cases of the portfolio. */
export function fleetHealth(
  items: readonly DomainSummary[],
  cases: readonly CaseSummary[],
  kinds: readonly CoverageView[],
): FleetHealth {
  const bands = scoreBands.map(
    ([from, to]) => items.filter(({ score }) => score !== null && score >= from && score < to).length,
  );
  const scored = items.filter(({ score }) => score !== null);
  const openCases = cases.filter((item) => isOpenCase(item) && !item.drill);
  return {
    domains: items.length,
    bands: [...bands, items.length - scored.length],
    worst: [...scored].sort((a, b) => comparers.score(a, b) || byName(a, b)).slice(0, listed),
    falling: items
      .filter(({ score_change_1d: change }) => change !== null && change <= -fallMin)
      .sort((a, b) => comparers.fall(a, b) || byName(a, b))
      .slice(0, listed),
    known:
      items.length === 0 ? undefined : items.reduce((sum, { coverage }) => sum + coverage, 0) / items.length,
    openCases,
    urgent: openCases
      .filter(({ severity }) => severity === 'critical' || severity === 'high')
      .slice(0, listed),
    blind: kinds.filter(({ alive }) => !alive),
    kinds: kinds.length,
  };
}
