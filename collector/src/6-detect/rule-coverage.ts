/** Which rules can see at all: a rule whose sources are all silent is blind, not quiet. */
import type { SourcesView } from '../contract/step.ts';
import type { LoadedRule } from './rule-set.ts';

/** `seeing`: every source it wants is alive; `degraded`: some are; `blind`: none is; `unknown`: the rule names no source. */
export type Sight = 'seeing' | 'degraded' | 'blind' | 'unknown';

/** Sight of one rule for one tenant, with the kinds of source that are missing or silent, in the rule's order. */
export interface RuleCoverage {
  readonly ruleId: string;
  readonly detection: string;
  readonly sight: Sight;
  readonly missing: readonly string[];
  readonly silent: readonly string[];
  readonly degraded: string | undefined;
}

/** The collector hears itself: what it says about its own sources, rules and suppressions needs no feed and is never missing. */
export const ownSource = 'pipeline';

/** Coverage of one rule at a moment, epoch milliseconds. */
export function coverageOf(
  rule: LoadedRule,
  sources: SourcesView,
  tenant: string,
  atMs: number,
): RuleCoverage {
  const { id, detection, requiresSources, degraded } = rule.meta;
  const missing: string[] = [];
  const silent: string[] = [];
  for (const kind of requiresSources) {
    if (kind === ownSource) continue;
    const status = sources.status(tenant, kind, atMs);
    if (status === undefined) missing.push(kind);
    else if (!status.alive) silent.push(kind);
  }
  const lost = missing.length + silent.length;
  const sight: Sight =
    requiresSources.length === 0
      ? 'unknown'
      : lost === 0
        ? 'seeing'
        : lost < requiresSources.length
          ? 'degraded'
          : 'blind';
  return { ruleId: id, detection, sight, missing, silent, degraded: lost > 0 ? degraded : undefined };
}
