/** Proof of detection: what shows that a rule would fire today. Synthetic tests alone prove nothing about the real world. */
import type { LoadedRule, RuleSet } from './rule-set.ts';

/** One demonstration: a fixture from a recorded payload or a synthetic one, an incident file, or a drill end to end. */
export interface Demonstration {
  readonly detection: string;
  readonly kind: 'recorded_fixture' | 'synthetic_fixture' | 'incident' | 'drill';
  /** Test name, incident id or drill name. */
  readonly name: string;
  readonly passed: boolean;
  /** When it was run, epoch milliseconds. */
  readonly atMs: number;
  /** Meaning hash of the rule then; absent means the rule as it is now. */
  readonly meaningHash?: string;
}

/**
 * `proven`: a real demonstration passed for the rule as it is now, recently enough; `stale`: one exists but it is old,
 * failed last, or was for another meaning of the rule; `never`: no real demonstration at all.
 */
export interface RuleProof {
  readonly detection: string;
  readonly ruleId: string;
  readonly state: 'proven' | 'stale' | 'never';
  /** Why, in words. */
  readonly reason: string;
  readonly recordedFixtures: number;
  readonly syntheticFixtures: number;
  readonly incidents: readonly string[];
  /** Newest passed drill, epoch milliseconds; null when there was none. */
  readonly lastDrillMs: number | null;
}

const isReal = (demonstration: Demonstration): boolean => demonstration.kind !== 'synthetic_fixture';

/** Proof of every rule that raises findings, sorted by detection. A demonstration older than `maxAgeMs` counts as stale. */
export function proveRules(
  ruleSet: RuleSet,
  demonstrations: readonly Demonstration[],
  nowMs: number,
  maxAgeMs: number,
): RuleProof[] {
  return ruleSet.rules
    .filter((rule) => rule.standalone)
    .map((rule) => proveRule(rule, demonstrations, nowMs, maxAgeMs))
    .sort((a, b) =>
      a.detection < b.detection ? -1 : a.detection > b.detection ? 1 : a.ruleId < b.ruleId ? -1 : 1,
    );
}

function proveRule(
  rule: LoadedRule,
  all: readonly Demonstration[],
  nowMs: number,
  maxAgeMs: number,
): RuleProof {
  const mine = all.filter((item) => item.detection === rule.meta.detection);
  const passed = mine.filter((item) => item.passed);
  const drills = passed.filter((item) => item.kind === 'drill').map((item) => item.atMs);
  return {
    detection: rule.meta.detection,
    ruleId: rule.meta.id,
    ...verdict(mine.filter(isReal), rule, nowMs, maxAgeMs),
    recordedFixtures: passed.filter((item) => item.kind === 'recorded_fixture').length,
    syntheticFixtures: passed.filter((item) => item.kind === 'synthetic_fixture').length,
    incidents: passed
      .filter((item) => item.kind === 'incident')
      .map((item) => item.name)
      .sort(),
    lastDrillMs: drills.length === 0 ? null : Math.max(...drills),
  };
}

function verdict(
  real: readonly Demonstration[],
  rule: LoadedRule,
  nowMs: number,
  maxAgeMs: number,
): Pick<RuleProof, 'state' | 'reason'> {
  if (real.length === 0) return { state: 'never', reason: 'no recorded fixture, incident or drill' };
  const newest = new Map<string, Demonstration>();
  for (const item of real) {
    const key = `${item.kind}/${item.name}`;
    const known = newest.get(key);
    if (known === undefined || item.atMs >= known.atMs) newest.set(key, item);
  }
  const current = [...newest.values()];
  const failed = current.find((item) => !item.passed);
  if (failed !== undefined) return { state: 'stale', reason: `${failed.kind} "${failed.name}" failed` };
  const same = current.filter(
    (item) => item.meaningHash === undefined || item.meaningHash === rule.meaningHash,
  );
  if (same.length === 0)
    return { state: 'stale', reason: 'the rule changed its meaning since it was last shown' };
  const recent = same.find((item) => nowMs - item.atMs <= maxAgeMs);
  if (recent === undefined) return { state: 'stale', reason: 'last shown too long ago' };
  return { state: 'proven', reason: `${recent.kind} "${recent.name}"` };
}
