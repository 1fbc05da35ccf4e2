/** What the probe scheduler keeps of its promises, in virtual time: 20,000 domains, one request a second per registry. */
import { rounded, type Figure } from './figure.ts';
import { simulateProbes, type SimulatedWorld } from './probe-simulation.ts';

const minuteMs = 60_000;
const worlds: Readonly<Record<string, SimulatedWorld>> = {
  /** As after a start: everything wants its first check at once. */
  'one-registry': {
    domains: 20_000,
    registries: 1,
    tier0: 15,
    tier1: 100,
    tier2: 5_000,
    firstWithinMs: minuteMs,
    days: 2,
  },
  'four-registries': {
    domains: 20_000,
    registries: 4,
    tier0: 60,
    tier1: 200,
    tier2: 10_000,
    firstWithinMs: minuteMs,
    days: 2,
  },
};

/** One figure per promise and world. */
export async function* probeFigures(): AsyncGenerator<Figure> {
  for (const [name, world] of Object.entries(worlds)) {
    const day = await Promise.resolve(simulateProbes(world));
    const note = `${world.domains} domains, ${world.tier0} of tier 0, ${world.registries} x 1 request/s for delegation and RDAP together, ${world.days} days`;
    const promise = (what: string, value: number, unit: string, goal: number): Figure => ({
      name: `probes.${name}.${what}`,
      value: rounded(value),
      unit,
      floor: null,
      ratio: null,
      goal,
      goalOf: 'value',
      held: value <= goal,
      note,
    });
    yield promise('tier0-delegation-gap', day.tier0DelegationGapMs / 1000, 's at most', 60);
    yield promise('rdap-gap', day.rdapGapMs / 3_600_000, 'h at most', 24);
    yield promise('never-asked', day.unseenRdap, 'domains', 0);
    yield promise('refused', day.refused, 'answers 429', 0);
    yield promise('suspicion-wait', day.suspicionWaitMs / 1000, 's', 2);
    yield {
      name: `probes.${name}.cpu`,
      value: rounded((1000 * day.cpuMs) / day.requests),
      unit: 'cpu us/request',
      floor: null,
      ratio: null,
      note: `${day.requests} requests planned`,
    };
  }
}
