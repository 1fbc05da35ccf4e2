/**
 * What a probe believes about one name and type, and when a new answer becomes a change: seen by two vantages in one round,
 * or twice in a row. Tri-state: an answer, a sure "no such record", or "could not tell", which never changes anything.
 */
import {
  isLearning,
  isWide,
  lookedAt,
  poolOf,
  sightingsNeeded,
  union,
  withMembers,
  type AnswerPool,
} from './answer-pool.ts';

/** One reading of one vantage. `value` is canonical and sorted; empty with `absent` and `unknown`. */
export interface Reading {
  /** Where we looked from, or the resolver we asked: several servers seen from one place are one vantage. */
  readonly vantage: string;
  readonly outcome: 'answer' | 'absent' | 'unknown';
  readonly value: readonly string[];
  /** Server that answered, where a vantage asks several; two answers of one server in one round show that it rotates. */
  readonly source?: string;
  /** How long a cache will repeat this answer: within that time another look at it is not a second sight. */
  readonly cachedForMs?: number;
  /** Name outside the zone whose addresses a resolver gives, following the alias at the name asked for. */
  readonly alias?: string;
}

/** A value that waits for its second witness. */
interface Candidate {
  readonly value: readonly string[];
  readonly firstSeenMs: number;
  /** Absent: one. */
  readonly sightings?: number;
  /** Until then the cache of `vantage` repeats the value. */
  readonly cachedUntilMs?: number;
  readonly vantage?: string;
  /** Everything that was seen since the confirmed value, and how many values in a row were all different. */
  readonly seen?: readonly string[];
  readonly restless?: number;
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
  /** Of a name that rotates: absent until a value came and went. */
  readonly pool?: AnswerPool;
  /** Value before the confirmed one: servers and caches that lag still give it, which is no way back. */
  readonly previous?: readonly string[];
  /** Rounds in which nobody could tell, in a row. */
  readonly unknownRounds: number;
  /** Rounds since the first reading, counted while they are few. */
  readonly rounds?: number;
}

/** A change that has enough witnesses. `old` undefined: first belief, nothing changed. */
export interface ConfirmedChange {
  readonly old: readonly string[] | undefined;
  readonly value: readonly string[];
  readonly earliestMs: number | undefined;
  readonly atMs: number;
  readonly epoch: number;
  readonly basis: 'probe_2_vantages' | 'probe_twice_in_a_row' | 'probe_first_reading';
  /** `2 of 3`: vantages that saw the new value among those who could tell. */
  readonly vantage: string;
}

/** What one round led to. `suspicious`: a new value waits for its second witness; probe again soon. */
export interface RoundResult {
  readonly belief: Belief | undefined;
  readonly change?: ConfirmedChange;
  readonly suspicious: boolean;
}

/** How to read a round. `rotates` false: variants are real changes (delegations). */
export interface RoundKind {
  readonly rotates: boolean;
  /** Members that the servers behind a cache are known to rotate over. */
  readonly knownElsewhere?: readonly string[];
  /** They are still being learnt: chance may repeat one behind the cache. */
  readonly learningElsewhere?: boolean;
}

/** So many different values in a row are a rotation, not a chain of changes. */
const restlessMax = 3;
/** A rotation that shows within so many rounds was there before we looked. */
const earlyRounds = 10;

interface Value {
  readonly value: readonly string[];
  readonly vantages: readonly string[];
  readonly readings: number;
  readonly cachedForMs: number;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** Several answers of one server in one round as one reading of all of them. */
function mergeSamples(readings: readonly Reading[]): { readings: readonly Reading[]; rotating: boolean } {
  const bySource = new Map<string, Reading[]>();
  for (const reading of readings) {
    const key = `${reading.vantage}\n${reading.source ?? ''}`;
    const found = bySource.get(key);
    if (found === undefined) bySource.set(key, [reading]);
    else found.push(reading);
  }
  let rotating = false;
  const merged = [...bySource.values()].map((samples) => {
    const [sample] = samples;
    const answers = samples.filter(({ outcome }) => outcome === 'answer');
    if (answers.every(({ value }) => same(value, answers[0]!.value))) return answers[0] ?? sample!;
    rotating = true;
    return { ...sample!, outcome: 'answer' as const, value: union(...answers.map(({ value }) => value)) };
  });
  return { readings: merged, rotating };
}

/** Values of this round with their witnesses: most vantages first, then most servers, then by text. */
function tally(readings: readonly Reading[]): Value[] {
  const byText = new Map<string, Reading[]>();
  for (const reading of readings) {
    const key = reading.value.join('\n');
    const found = byText.get(key);
    if (found === undefined) byText.set(key, [reading]);
    else found.push(reading);
  }
  return [...byText.entries()]
    .map(([text, group]) => ({
      text,
      value: group[0]!.value,
      vantages: [...new Set(group.map(({ vantage }) => vantage))],
      readings: group.length,
      cachedForMs: Math.min(...group.map(({ cachedForMs }) => cachedForMs ?? 0)),
    }))
    .sort(
      (a, b) =>
        b.vantages.length - a.vantages.length || b.readings - a.readings || (a.text < b.text ? -1 : 1),
    );
}

function outsideOf(belief: Belief, value: readonly string[], kind: RoundKind): readonly string[] {
  const { pool } = belief;
  return value.filter(
    (each) =>
      !belief.value.includes(each) &&
      pool?.members.includes(each) !== true &&
      kind.knownElsewhere?.includes(each) !== true,
  );
}

/** True when the value is one of the choices a rotating name has. */
function isChoice(belief: Belief, value: readonly string[], kind: RoundKind): boolean {
  if (!kind.rotates || (belief.pool === undefined && kind.knownElsewhere === undefined)) return false;
  return value.length > 0 && outsideOf(belief, value, kind).length === 0;
}

function first(readings: readonly Reading[], nowMs: number, kind: RoundKind): RoundResult {
  const [best, ...others] = tally(readings);
  if (best === undefined) return { belief: undefined, suspicious: false };
  // Answers that differ from the start are a geo answer or a rotation, not a change.
  const pool = kind.rotates
    ? poolOf(
        others.flatMap(({ value }) => value),
        true,
      )
    : undefined;
  return {
    belief: {
      value: best.value,
      lastSeenMs: nowMs,
      epoch: 0,
      unknownRounds: 0,
      rounds: 0,
      ...(pool === undefined ? {} : { pool }),
    },
    suspicious: false,
    change: {
      old: undefined,
      value: best.value,
      earliestMs: undefined,
      atMs: nowMs,
      epoch: 0,
      basis: best.vantages.length > 1 ? 'probe_2_vantages' : 'probe_first_reading',
      vantage: `${best.vantages.length} of ${new Set(readings.map(({ vantage }) => vantage)).size}`,
    },
  };
}

/** A candidate that vanished while the confirmed value was seen again: part of a rotation from now on. */
function settled(belief: Belief, candidate: Candidate | undefined, kind: RoundKind): Belief {
  if (candidate === undefined || !kind.rotates) return belief;
  const pool = withMembers(belief.pool, outsideOf(belief, candidate.value, kind));
  return pool === undefined ? belief : { ...belief, pool };
}

function absorbed(belief: Belief, members: readonly string[], kind: RoundKind): Belief {
  const pool = withMembers(belief.pool, outsideOf(belief, members, kind));
  return pool === undefined ? belief : { ...belief, pool };
}

/** Whether new members are what a rotating name that is still being learnt, or one that was never still, brings by itself. */
function isLearnt(belief: Belief, news: Value, rotating: boolean, kind: RoundKind): boolean {
  if (!kind.rotates || news.value.length === 0) return false;
  const { pool } = belief;
  if (pool === undefined)
    return rotating && belief.epoch === 0 && (belief.rounds ?? earlyRounds) < earlyRounds;
  if (!isLearning(pool)) return false;
  return rotating || outsideOf(belief, news.value, kind).length < news.value.length;
}

/** The same value again; of a rotation that shares a new member is enough. */
function isSame(
  belief: Belief,
  candidate: Candidate,
  news: Value,
  rotating: boolean,
  kind: RoundKind,
): boolean {
  if (same(candidate.value, news.value)) return true;
  if (!kind.rotates || (!rotating && belief.pool === undefined) || isWide(belief.pool)) return false;
  const before = outsideOf(belief, candidate.value, kind);
  return outsideOf(belief, news.value, kind).some((each) => before.includes(each));
}

/** Next state of what waits for a witness. */
function nextCandidate(
  candidate: Candidate | undefined,
  again: boolean,
  news: Value,
  nowMs: number,
): Candidate {
  const cache = news.cachedForMs > 0 ? { cachedUntilMs: nowMs + news.cachedForMs } : {};
  const seen = union(candidate?.seen ?? candidate?.value ?? [], news.value);
  const restless = again ? 0 : (candidate?.restless ?? 0) + 1;
  const vantage = news.vantages[0];
  const rest = { value: news.value, seen, restless, ...(vantage === undefined ? {} : { vantage }) };
  if (candidate === undefined || !again) return { ...rest, firstSeenMs: nowMs, sightings: 1, ...cache };
  const isRepeatedByCache =
    candidate.cachedUntilMs !== undefined &&
    nowMs < candidate.cachedUntilMs &&
    news.vantages.every((each) => each === candidate.vantage);
  if (isRepeatedByCache) return candidate;
  return {
    ...rest,
    firstSeenMs: candidate.firstSeenMs,
    sightings: (candidate.sightings ?? 1) + 1,
    ...cache,
  };
}

/** A value with enough witnesses becomes the belief. */
function confirm(
  belief: Belief,
  waiting: Candidate,
  news: Value,
  told: readonly Reading[],
  nowMs: number,
  shape: { rotating: boolean; restless: boolean; kind: RoundKind },
): RoundResult {
  const { pool } = belief;
  const epoch = belief.epoch + 1;
  const isPart = pool !== undefined && outsideOf(belief, news.value, shape.kind).length < news.value.length;
  // A rotation with one more member goes on; a value that shares nothing with it has ended it.
  const next = shape.restless
    ? poolOf(waiting.seen ?? news.value)
    : isPart
      ? withMembers(pool, union(belief.value, news.value))
      : shape.rotating
        ? poolOf(union(waiting.value, news.value))
        : undefined;
  const value = shape.restless ? (waiting.seen ?? news.value) : news.value;
  return {
    belief: {
      value,
      lastSeenMs: nowMs,
      epoch,
      previous: isPart ? belief.value : union(belief.value, pool?.members ?? []),
      unknownRounds: 0,
      ...(next === undefined ? {} : { pool: next }),
    },
    suspicious: true,
    change: {
      old: belief.value,
      value,
      earliestMs: Math.min(belief.lastSeenMs, waiting.firstSeenMs),
      atMs: waiting.firstSeenMs,
      epoch,
      basis: news.vantages.length > 1 ? 'probe_2_vantages' : 'probe_twice_in_a_row',
      vantage: `${news.vantages.length} of ${new Set(told.map(({ vantage }) => vantage)).size}`,
    },
  };
}

function isEcho(previous: readonly string[] | undefined, value: readonly string[]): boolean {
  if (previous === undefined) return false;
  return same(value, previous) || (value.length > 0 && value.every((each) => previous.includes(each)));
}

/** Takes one round of readings. Pure; `belief` undefined before the first one. */
export function takeRound(
  belief: Belief | undefined,
  readings: readonly Reading[],
  nowMs: number,
  kind: RoundKind,
): RoundResult {
  const known = readings.filter((reading) => reading.outcome !== 'unknown');
  if (known.length === 0)
    return {
      belief: belief === undefined ? undefined : { ...belief, unknownRounds: belief.unknownRounds + 1 },
      suspicious: false,
    };
  const { readings: told, rotating } = kind.rotates
    ? mergeSamples(known)
    : { readings: known, rotating: false };
  if (belief === undefined) {
    const result = first(told, nowMs, kind);
    const begun = result.belief;
    if (!rotating || begun === undefined || begun.pool !== undefined) return result;
    const pool = poolOf(begun.value);
    return pool === undefined ? result : { ...result, belief: { ...begun, pool } };
  }
  const values = tally(told);
  const isConfirmed = (value: readonly string[]): boolean =>
    same(value, belief.value) || isChoice(belief, value, kind);
  const confirmed = values.some((each) => isConfirmed(each.value));
  const news = values.find(
    (each) => !isConfirmed(each.value) && !(confirmed && isEcho(belief.previous, each.value)),
  );
  const { candidate, ...rest } = { ...belief, unknownRounds: 0 };
  const rounds = (belief.rounds ?? earlyRounds) < earlyRounds ? { rounds: (belief.rounds ?? 0) + 1 } : {};
  const looked = rest.pool === undefined ? {} : { pool: lookedAt(rest.pool, news === undefined) };
  const seen: Belief = { ...rest, ...rounds, ...looked, ...(confirmed ? { lastSeenMs: nowMs } : {}) };
  if (news === undefined) return { belief: settled(seen, candidate, kind), suspicious: false };
  if (isLearnt(belief, news, rotating, kind))
    return {
      belief: absorbed({ ...seen, lastSeenMs: nowMs }, union(news.value, candidate?.value ?? []), kind),
      suspicious: false,
    };
  const again = candidate !== undefined && isSame(belief, candidate, news, rotating, kind);
  const waiting = nextCandidate(candidate, again, news, nowMs);
  const restless =
    kind.rotates && news.value.length > 0 && !isWide(belief.pool) && (waiting.restless ?? 0) > restlessMax;
  const mayLearn =
    belief.pool === undefined ? (belief.rounds ?? earlyRounds) < earlyRounds : isLearning(belief.pool);
  if (restless && mayLearn)
    return { belief: absorbed({ ...seen, lastSeenMs: nowMs }, waiting.seen ?? [], kind), suspicious: false };
  const enough =
    restless ||
    (waiting.sightings ?? 1) >= sightingsNeeded(belief.pool, kind.learningElsewhere === true) ||
    (news.vantages.length > 1 && belief.pool === undefined);
  if (!enough)
    return {
      belief: { ...seen, candidate: waiting },
      suspicious: !isWide(belief.pool) || (waiting.sightings ?? 1) > 1,
    };
  return confirm(belief, waiting, news, told, nowMs, { rotating, restless, kind });
}

/** True when asking the same servers again would tell more: nothing is believed yet, or an answer is not what is believed. */
export function isUnsettled(
  belief: Belief | undefined,
  readings: readonly Reading[],
  kind: RoundKind,
): boolean {
  const told = readings.filter(({ outcome }) => outcome === 'answer');
  if (belief === undefined) return told.length > 0;
  return told.some(({ value }) => !same(value, belief.value) && !isChoice(belief, value, kind));
}
