/** Which rules are shown, and their ATT&CK techniques. Pure. */
import type { RuleView } from '../../api/shapes.ts';

/** Technique ids of a rule as people write them, such as `T1584.001`. */
export function techniques({ tags }: Pick<RuleView, 'tags'>): string[] {
  return tags
    .filter((tag) => /^attack\.t\d/i.test(tag))
    .map((tag) => tag.slice('attack.'.length).toUpperCase());
}

/** Rules that pass the filters, by detection. */
export function shownRules(
  items: readonly RuleView[],
  { q, health, proof }: { readonly q: string; readonly health: string; readonly proof: string },
): RuleView[] {
  const wanted = q.trim().toLowerCase();
  return items
    .filter((rule) => health === '' || rule.health === health)
    .filter((rule) => proof === '' || rule.proof === proof)
    .filter((rule) =>
      `${rule.detection} ${rule.title} ${rule.plane} ${techniques(rule).join(' ')}`
        .toLowerCase()
        .includes(wanted),
    )
    .sort((a, b) => (a.detection < b.detection ? -1 : Number(a.detection > b.detection)));
}
