/** A day of probes in virtual time: 20,000 domains, registries that answer 429 to whoever exceeds one request a second. */
import { probeBudget } from '../../collector/src/1-source/probe-budget.ts';

/** The world. Domains are spread evenly over registries; the first ones of the list are tier 0, then 1, then 2, the rest 3. */
export interface SimulatedWorld {
  readonly domains: number;
  readonly registries: number;
  readonly tier0: number;
  readonly tier1: number;
  readonly tier2: number;
  /** Within which all first checks are wanted, as after a start; absent: spread over the intervals. */
  readonly firstWithinMs?: number;
  readonly days: number;
}

/** What happened. Gaps: longest time between two checks of one domain, or from the start to the first, or from the last to the end. */
export interface SimulatedDay {
  readonly requests: number;
  readonly refused: number;
  readonly tier0DelegationGapMs: number;
  readonly rdapGapMs: number;
  readonly unseenRdap: number;
  readonly otherDelegationGapMs: number;
  readonly suspicionWaitMs: number;
  readonly cpuMs: number;
}

const dayMs = 86_400_000;

interface Registry {
  tokens: number;
  atMs: number;
  refused: number;
}

/** True: answered. A bucket of one token a second, with no burst, is the strictest reading of "one request a second". */
function ask(registry: Registry, nowMs: number): boolean {
  registry.tokens = Math.min(1, registry.tokens + (nowMs - registry.atMs) / 1000);
  registry.atMs = nowMs;
  if (registry.tokens < 1 - 1e-6) {
    registry.refused++;
    return false;
  }
  registry.tokens -= 1;
  return true;
}

/** Plays the world with the real scheduler. Delegation and RDAP of a registry share its one request a second. */
export function simulateProbes(world: SimulatedWorld): SimulatedDay {
  const startedAt = process.cpuUsage();
  const endMs = world.days * dayMs;
  const registries = new Map<string, Registry>();
  for (let n = 0; n < world.registries; n++) registries.set(`r${n}`, { tokens: 1, atMs: 0, refused: 0 });
  const budget = probeBudget(
    Object.fromEntries([...registries.keys()].map((name) => [name, { perSecond: 1, burst: 1 }])),
  );
  const tierOf = (n: number): 0 | 1 | 2 | 3 =>
    n < world.tier0
      ? 0
      : n < world.tier0 + world.tier1
        ? 1
        : n < world.tier0 + world.tier1 + world.tier2
          ? 2
          : 3;
  const lastMs = new Map<string, number>();
  for (let n = 0; n < world.domains; n++)
    for (const kind of ['delegation', 'rdap'] as const) {
      const id = `${kind}/d${n}`;
      lastMs.set(id, 0);
      const buckets = [`r${n % world.registries}`];
      budget.add({ id, kind, domain: `d${n}`, tier: tierOf(n), buckets }, 0, world.firstWithinMs);
    }
  const gaps = { top: 0, rdap: 0, other: 0 };
  const seenRdap = new Set<string>();
  const widen = (id: string, kind: string, tier: number, nowMs: number): void => {
    const group = kind === 'rdap' ? 'rdap' : tier === 0 ? 'top' : 'other';
    gaps[group] = Math.max(gaps[group], nowMs - lastMs.get(id)!);
    lastMs.set(id, nowMs);
  };
  // A quiet domain at the end of the list, in the middle of the day's load.
  const suspect = `d${world.domains - 1}`;
  const suspectAtMs = Math.floor(endMs / 3) + 123;
  let suspicionWaitMs = -1;
  let requests = 0;
  for (let nowMs = 0; nowMs <= endMs;) {
    if (suspicionWaitMs === -1 && nowMs >= suspectAtMs) {
      suspicionWaitMs = -2;
      budget.suspect(suspect, nowMs + 600_000, nowMs);
    }
    const next = budget.next(nowMs);
    if (next.kind === 'wait') {
      const until = suspicionWaitMs === -1 ? Math.min(next.untilMs, suspectAtMs) : next.untilMs;
      nowMs = Math.max(until, nowMs + 1);
      continue;
    }
    const { id, kind, tier, domain, buckets } = next.task;
    const answered = ask(registries.get(buckets[0]!)!, nowMs);
    requests++;
    if (suspicionWaitMs === -2 && domain === suspect) suspicionWaitMs = nowMs - suspectAtMs;
    if (answered) widen(id, kind, tier, nowMs);
    if (answered && kind === 'rdap') seenRdap.add(id);
    budget.finished(id, answered, nowMs);
  }
  for (let n = 0; n < world.domains; n++)
    for (const kind of ['delegation', 'rdap']) widen(`${kind}/d${n}`, kind, tierOf(n), endMs);
  const used = process.cpuUsage(startedAt);
  return {
    requests,
    refused: [...registries.values()].reduce((sum, registry) => sum + registry.refused, 0),
    tier0DelegationGapMs: gaps.top,
    rdapGapMs: gaps.rdap,
    unseenRdap: world.domains - seenRdap.size,
    otherDelegationGapMs: gaps.other,
    suspicionWaitMs,
    cpuMs: (used.user + used.system) / 1000,
  };
}
