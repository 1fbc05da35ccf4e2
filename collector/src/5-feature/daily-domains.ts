/**
 * How many domains did something per day in the last 180 days, for the number to expect in an hour. Which domains it were is
 * kept beside the counts, day by day, so that those of a confirmed case can be left out when the count is read.
 */
import type { StateView, StepContext } from '../contract/step.ts';
import { hostileSpansByName, isHostileDay } from './confirmed-cases.ts';
import { featureConstants } from './constants.ts';

const { historyMs } = featureConstants.cluster;
const dayMs = 86_400_000;
const daysKept = historyMs / dayMs;
const slots = daysKept + 1;
const domainsMax = 1024;
const gapShareMax = 0.1;

/** Counts per day, of which days without any are left out. */
export interface DailyCounts {
  days: [day: number, count: number][];
  since: number;
}

/** Domains of one day with how often each was counted, of at most 1,024. */
interface DomainsOfDay {
  day: number;
  of: Record<string, number>;
}

function rowName(name: string, day: number): string {
  return `${name}.of/${String(day % slots)}`;
}

/** Counts a domain on the day of `atMs`. `name`: of the row that `counts` is from. */
export function countDomain(
  state: StateView,
  name: string,
  counts: DailyCounts,
  domain: string,
  atMs: number,
): void {
  const day = Math.floor(atMs / dayMs);
  counts.days = counts.days.filter(([number]) => number > day - daysKept);
  const today = counts.days.find(([number]) => number === day);
  if (today === undefined) counts.days.push([day, 1]);
  else today[1] += 1;
  if (domain === '__proto__') return;
  const row = rowName(name, day);
  if (state.get<DomainsOfDay>(row)?.day !== day) state.put(row, { day, of: {} } satisfies DomainsOfDay);
  const { of } = state.edit<DomainsOfDay>(row, () => ({ day, of: {} }));
  if (!Object.hasOwn(of, domain) && Object.keys(of).length >= domainsMax) return;
  of[domain] = (of[domain] ?? 0) + 1;
}

/** What a count over days tells of the time before today. */
export interface Expectation {
  /** Counted in the history, without what belongs to confirmed cases. */
  readonly n: number;
  /** Hours of the history in which the source was heard. */
  readonly hours: number;
  /** There are 180 days of history, of which the source was silent for a tenth at most. */
  readonly known: boolean;
}

/** The number to expect; `kind`: source whose silence is a gap, which is no quiet time. */
export function expectation(
  state: StateView,
  name: string,
  counts: DailyCounts,
  atMs: number,
  context: StepContext,
  tenant: string,
  kind: string,
): Expectation {
  const today = Math.floor(atMs / dayMs);
  let n = 0;
  for (const [day, count] of counts.days) if (day < today) n += count;
  n = Math.max(0, n - hostileCount(state, name, today));
  const heardMs = Math.min(historyMs, Math.max(0, atMs - counts.since));
  const gapMs = context.sources.silentMs(tenant, kind, atMs - heardMs, atMs);
  const hours = Math.max(1, (heardMs - gapMs) / 3_600_000);
  return {
    n,
    hours,
    known: heardMs >= historyMs && gapMs <= gapShareMax * historyMs,
  };
}

/** What domains of confirmed cases counted while the cases ran, before today. */
function hostileCount(state: StateView, name: string, today: number): number {
  const byName = hostileSpansByName(state);
  if (byName.size === 0) return 0;
  let sum = 0;
  for (let day = today - daysKept + 1; day < today; day++) {
    const row = state.get<DomainsOfDay>(rowName(name, day));
    if (row?.day !== day) continue;
    for (const domain of Object.keys(row.of))
      if (isHostileDay(byName.get(domain) ?? [], day)) sum += row.of[domain] ?? 0;
  }
  return sum;
}
