/** Order of domains by how badly they are watched. Pure. */
import type { DomainCoverage } from '../../api/shapes.ts';

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
