/** Order of domains and rules by how badly they see, and what would help most. Pure. */
import type { CoverageView, DomainCoverage, RuleView } from '../../api/shapes.ts';

function blindness({ kinds }: DomainCoverage): number {
  const live = kinds.filter(({ state }) => state === 'live').length;
  const silent = kinds.length - live;
  // Nobody live is worse than anything else; then the most silent witnesses.
  return (live === 0 ? 1000 : 0) + silent;
}

/** Least watched first; of those alike the lower tier first, then by name. An unknown tier counts as the highest. */
export function mostBlindFirst(items: readonly DomainCoverage[]): DomainCoverage[] {
  return [...items].sort(
    (a, b) =>
      blindness(b) - blindness(a) ||
      (a.tier ?? 0) - (b.tier ?? 0) ||
      (a.domain < b.domain ? -1 : Number(a.domain > b.domain)),
  );
}

/** A kind of source that rules miss. */
export interface MissedKind {
  readonly kind: string;
  /** There is such a source, and it is silent; otherwise none is connected. */
  readonly silent: boolean;
  /** Rules that see nothing for want of it and others, and rules that see less. */
  readonly blind: number;
  readonly degraded: number;
}

/** The kinds among what a rule needs that nobody hears now, in the rule's order. The collector hears itself. */
export function missedBy(rule: Pick<RuleView, 'requires_sources'>, kinds: readonly CoverageView[]): string[] {
  const alive = new Set(kinds.filter((kind) => kind.alive).map(({ source_kind: kind }) => kind));
  return rule.requires_sources.filter((kind) => kind !== 'pipeline' && !alive.has(kind));
}

/** What to connect or mend first: kinds by how many blind rules want them, then by how many see less. */
export function missedKinds(rules: readonly RuleView[], kinds: readonly CoverageView[]): MissedKind[] {
  const known = new Set(kinds.map(({ source_kind: kind }) => kind));
  const found = new Map<string, { blind: number; degraded: number }>();
  for (const rule of rules) {
    if (rule.health === 'ok') continue;
    for (const kind of missedBy(rule, kinds)) {
      const sum = found.get(kind) ?? { blind: 0, degraded: 0 };
      sum[rule.health] += 1;
      found.set(kind, sum);
    }
  }
  return [...found]
    .map(([kind, sum]) => ({ kind, silent: known.has(kind), ...sum }))
    .sort(
      (a, b) =>
        b.blind - a.blind || b.degraded - a.degraded || (a.kind < b.kind ? -1 : Number(a.kind > b.kind)),
    );
}
