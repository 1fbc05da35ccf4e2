/**
 * What a probe believes about one name and type, and when a new answer becomes a change: seen by two vantages in one round,
 * or twice in a row. Tri-state: an answer, a sure "no such record", or "could not tell", which never changes anything.
 */

/** One reading of one vantage. `value` is canonical and sorted; empty with `absent` and `unknown`. */
export interface Reading {
  readonly vantage: string;
  readonly outcome: 'answer' | 'absent' | 'unknown';
  readonly value: readonly string[];
}

/** A value that waits for its second witness. */
interface Candidate {
  readonly value: readonly string[];
  readonly firstSeenMs: number;
}

/** Belief about one name and type. Plain data, stored between runs. Times in epoch milliseconds. */
export interface Belief {
  /** Confirmed value; empty: confirmed to be absent. */
  readonly value: readonly string[];
  /** Last time somebody saw the confirmed value: the lower bound of a change. */
  readonly lastSeenMs: number;
  /** Counts confirmed values; part of event ids, so that A-B-A gives three facts. */
  readonly epoch: number;
  readonly candidate?: Candidate;
  /** Values that came and went between rounds (round robin over sets, geo answers); each other one of them is no news. */
  readonly variants?: readonly (readonly string[])[];
  /** Value before the confirmed one: servers and caches that lag still give it, which is no way back. */
  readonly previous?: readonly string[];
  /** Rounds in which nobody could tell, in a row. */
  readonly unknownRounds: number;
}

/** A change that has enough witnesses. `old` undefined: first belief, nothing changed. */
export interface ConfirmedChange {
  readonly old: readonly string[] | undefined;
  readonly value: readonly string[];
  readonly earliestMs: number | undefined;
  readonly atMs: number;
  readonly epoch: number;
  readonly basis: 'probe_2_vantages' | 'probe_twice_in_a_row' | 'probe_first_reading';
  /** `2 of 3`: witnesses of the new value among those who could tell. */
  readonly vantage: string;
}

/** What one round led to. `suspicious`: a new value waits for its second witness; probe again soon. */
export interface RoundResult {
  readonly belief: Belief | undefined;
  readonly change?: ConfirmedChange;
  readonly suspicious: boolean;
}

const variantsMax = 8;

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** Values of this round with their witnesses, most witnesses first, then by text. */
function tally(readings: readonly Reading[]): { value: readonly string[]; vantages: number }[] {
  const byText = new Map<string, { value: readonly string[]; vantages: number }>();
  for (const reading of readings) {
    const key = reading.value.join('\n');
    const found = byText.get(key);
    if (found === undefined) byText.set(key, { value: reading.value, vantages: 1 });
    else found.vantages++;
  }
  return [...byText.entries()]
    .sort(([a, x], [b, y]) => y.vantages - x.vantages || (a < b ? -1 : 1))
    .map(([, each]) => each);
}

function isVariant(belief: Belief, value: readonly string[]): boolean {
  const { variants } = belief;
  if (variants === undefined) return false;
  if (variants.some((variant) => same(variant, value))) return true;
  // A name that rotates gives other choices out of the same pool: only a member that was never seen is news.
  return (
    value.length > 0 &&
    value.every((each) => belief.value.includes(each) || variants.some((variant) => variant.includes(each)))
  );
}

/** A candidate that vanished while the old value was seen again: part of a rotation from now on. */
function withVariant(belief: Belief, value: readonly string[]): Belief {
  const variants = belief.variants ?? [];
  if (value.length === 0 || isVariant(belief, value) || variants.length >= variantsMax) return belief;
  return { ...belief, variants: [...variants, value] };
}

function first(readings: readonly Reading[], nowMs: number, rotates: boolean): RoundResult {
  const [best, ...others] = tally(readings);
  if (best === undefined) return { belief: undefined, suspicious: false };
  // Vantages that differ from the start see a geo answer or a rotation, not a change.
  const variants = rotates ? others.map(({ value }) => value).filter((value) => value.length > 0) : [];
  const belief: Belief = {
    value: best.value,
    lastSeenMs: nowMs,
    epoch: 0,
    unknownRounds: 0,
    ...(variants.length > 0 ? { variants: variants.slice(0, variantsMax) } : {}),
  };
  return {
    belief,
    suspicious: false,
    change: {
      old: undefined,
      value: best.value,
      earliestMs: undefined,
      atMs: nowMs,
      epoch: 0,
      basis: best.vantages > 1 ? 'probe_2_vantages' : 'probe_first_reading',
      vantage: `${best.vantages} of ${readings.length}`,
    },
  };
}

/** Takes one round of readings. Pure; `belief` undefined before the first one. `rotates` false: variants are real changes (delegations). */
export function takeRound(
  belief: Belief | undefined,
  readings: readonly Reading[],
  nowMs: number,
  rotates: boolean,
): RoundResult {
  const told = readings.filter((reading) => reading.outcome !== 'unknown');
  if (told.length === 0)
    return {
      belief: belief === undefined ? undefined : { ...belief, unknownRounds: belief.unknownRounds + 1 },
      suspicious: false,
    };
  if (belief === undefined) return first(told, nowMs, rotates);
  const values = tally(told);
  const confirmed = values.some(
    (each) => same(each.value, belief.value) || (rotates && isVariant(belief, each.value)),
  );
  const { previous } = belief;
  const news = values.find(
    (each) =>
      !same(each.value, belief.value) &&
      !(rotates && isVariant(belief, each.value)) &&
      !(confirmed && previous !== undefined && same(each.value, previous)),
  );
  const { candidate, ...settled } = { ...belief, unknownRounds: 0 };
  const seen: Belief = confirmed ? { ...settled, lastSeenMs: nowMs } : settled;
  if (news === undefined) {
    const dropped = candidate !== undefined && rotates ? withVariant(seen, candidate.value) : seen;
    return { belief: dropped, suspicious: false };
  }
  const twice = candidate !== undefined && same(candidate.value, news.value);
  if (news.vantages < 2 && !twice)
    return { belief: { ...seen, candidate: { value: news.value, firstSeenMs: nowMs } }, suspicious: true };
  const firstSeenMs = twice ? candidate.firstSeenMs : nowMs;
  const epoch = belief.epoch + 1;
  return {
    belief: {
      value: news.value,
      lastSeenMs: nowMs,
      epoch,
      previous: belief.value,
      unknownRounds: 0,
      ...(belief.variants !== undefined ? { variants: belief.variants } : {}),
    },
    suspicious: true,
    change: {
      old: belief.value,
      value: news.value,
      earliestMs: Math.min(belief.lastSeenMs, firstSeenMs),
      atMs: firstSeenMs,
      epoch,
      basis: news.vantages > 1 ? 'probe_2_vantages' : 'probe_twice_in_a_row',
      vantage: `${news.vantages} of ${told.length}`,
    },
  };
}
