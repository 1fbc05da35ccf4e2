/**
 * Baselines that were learned elsewhere: a year of history is played in a run of its own, and what it taught comes in as
 * the directive `baseline.learned`, one per entity. Only habits and counts are taken over, never what is, what was approved
 * or what somebody decided. Merging is idempotent; what was seen live wins where both speak about the same thing.
 */
import type { Annotator, Message, Scope, StateView } from '../contract/step.ts';
import { baselineShapes } from './baseline-shapes.ts';
import type { ChurnState } from './churn.ts';
import { featureConstants } from './constants.ts';
import { usersMax } from './organisation-novelty.ts';
import { unitedSpells } from './sightings.ts';
import { finishedDays, type SpikeState } from './spike.ts';

/** One row of state as plain JSON, by its name. */
export type BaselineRows = Readonly<Record<string, unknown>>;

type Row = Readonly<Record<string, unknown>>;
type DayRow = readonly [day: number, ...counts: number[]];

interface Baseline {
  readonly scope: Scope;
  readonly covers: (name: string) => boolean;
  readonly shape: keyof typeof baselineShapes;
  /** The part of a past row that is a baseline; undefined: nothing of it. */
  readonly taught: (past: Row) => Row | undefined;
  readonly merge: (live: Row, past: Row) => Row;
}

const dayMs = 86_400_000;
const listed =
  (...names: string[]) =>
  (name: string): boolean =>
    names.includes(name);

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}

function tableOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** Rows by day: per day the larger count, so that the same history twice counts once. */
function mergeDays(live: unknown, past: unknown): DayRow[] {
  const byDay = new Map<number, number[]>();
  for (const list of [live, past])
    for (const [day, ...counts] of (Array.isArray(list) ? list : []) as DayRow[]) {
      const known = byDay.get(day);
      byDay.set(
        day,
        known === undefined ? counts : counts.map((count, at) => Math.max(count, known[at] ?? 0)),
      );
    }
  return [...byDay].sort(([a], [b]) => a - b).map(([day, counts]) => [day, ...counts]);
}

/** Members of both tables; per member `choose` decides. At most `max`, those that `weight` highest. */
function mergeTables(
  live: unknown,
  past: unknown,
  choose: (live: unknown, past: unknown) => unknown,
  weight: (value: unknown) => number,
  max: number,
): Record<string, unknown> {
  const [now, before] = [tableOf(live), tableOf(past)];
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter(
    (name) => name !== '__proto__',
  );
  const all = names.map((name): [string, unknown] => [
    name,
    !Object.hasOwn(before, name)
      ? now[name]
      : !Object.hasOwn(now, name)
        ? before[name]
        : choose(now[name], before[name]),
  ]);
  const kept = all.toSorted((a, b) => weight(b[1]) - weight(a[1]) || (a[0] < b[0] ? -1 : 1)).slice(0, max);
  return Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const latest = (a: unknown, b: unknown): number => Math.max(numberOf(a, 0), numberOf(b, 0));
const sinceOf = (live: Row, past: Row): number =>
  Math.min(numberOf(live['since'], Infinity), numberOf(past['since'], Infinity));
const keepLive = (live: unknown): unknown => live;

const spike: Omit<Baseline, 'scope' | 'covers'> = {
  shape: 'spike',
  taught: (past) => {
    const days = baselineShapes.spike.Check(past) ? finishedDays(past) : past['days'];
    return { since: past['since'], days, window: [] } satisfies Record<keyof SpikeState, unknown>;
  },
  merge: (live, past) => ({
    ...live,
    since: sinceOf(live, past),
    days: mergeDays(live['days'], past['days']),
  }),
};

const churn: Omit<Baseline, 'scope' | 'covers'> = {
  shape: 'churn',
  taught: ({ atMs, days, n }) => ({ value: 0, atMs, days, n }) satisfies Record<keyof ChurnState, unknown>,
  merge: (live, past) => ({
    ...live,
    days: mergeDays(live['days'], past['days']),
    n: latest(live['n'], past['n']),
  }),
};

/** Counts per day of an organisation; what is in the running window stays its own. */
const countsPerDay: Omit<Baseline, 'scope' | 'covers'> = {
  shape: 'countsPerDay',
  taught: ({ days, since, told }) => ({
    entries: [],
    days,
    since,
    evicted: 0,
    ...(told === undefined ? {} : { told: {} }),
  }),
  merge: spike.merge,
};

const properties = ['country', 'asn', 'agent', 'method'] as const;

/** Spells of a member; a number is the last time alone. */
function spellsIn(value: unknown): number[] {
  if (typeof value === 'number') return [value, value];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'number') : [];
}

const lastOf = (value: unknown): number => spellsIn(value).at(-1) ?? 0;

const habits: Omit<Baseline, 'scope' | 'covers'> = {
  shape: 'habits',
  taught: (past) => past,
  merge(live, past) {
    const { valuesMax } = featureConstants.novelty;
    const merged: Record<string, unknown> = { ...live };
    for (const property of properties)
      merged[property] = mergeTables(
        live[property],
        past[property],
        (a, b) => unitedSpells(spellsIn(a), spellsIn(b)),
        lastOf,
        valuesMax,
      );
    merged['logins'] = latest(live['logins'], past['logins']);
    merged['since'] = sinceOf(live, past);
    const [early, before] = [spellsIn(live['early']), spellsIn(past['early'])];
    if (before.length > 0) merged['early'] = before.length >= early.length ? before : early;
    const [last, earlier] = [live['last'], past['last']];
    if (last === undefined && earlier !== undefined) merged['last'] = earlier;
    return merged;
  },
};

type User = readonly [who: string, fromMs: number, toMs: number];

function usersIn(value: unknown): readonly User[] {
  return typeof value === 'number' ? [['', value, value]] : Array.isArray(value) ? (value as User[]) : [];
}

const lastUseMs = (value: unknown): number => Math.max(0, ...usersIn(value).map(([, , toMs]) => toMs));

/** People of both, each from the first to the last time. */
function unitedUsers(live: unknown, past: unknown): User[] {
  const users = new Map<string, User>();
  for (const user of [...usersIn(live), ...usersIn(past)]) {
    const known = users.get(user[0]) ?? user;
    users.set(user[0], [user[0], Math.min(user[1], known[1]), Math.max(user[2], known[2])]);
  }
  return [...users.values()].sort((a, b) => b[2] - a[2] || (a[0] < b[0] ? -1 : 1)).slice(0, usersMax);
}

const networks: Omit<Baseline, 'scope' | 'covers'> = {
  shape: 'networks',
  taught: (past) => past,
  merge: (live, past) => ({
    ...live,
    asns: mergeTables(
      live['asns'],
      past['asns'],
      unitedUsers,
      lastUseMs,
      featureConstants.novelty.organisationAsnsMax,
    ),
    sessions: latest(live['sessions'], past['sessions']),
  }),
};

/** What stood last. */
const leftMs = (entry: unknown): number => {
  const last: unknown = Array.isArray(entry) ? entry.at(-1) : undefined;
  return numberOf(Array.isArray(last) ? last[1] : Array.isArray(entry) ? entry[1] : 0, 0);
};

const usual: Omit<Baseline, 'scope' | 'covers'> = {
  shape: 'usual',
  taught: ({ of, evicted }) => ({ of, evicted }),
  merge: (live, past) => ({
    ...live,
    of: mergeTables(live['of'], past['of'], keepLive, leftMs, featureConstants.deviation.usualMax),
  }),
};

/** Of a key known to both the live word stays, with the earlier first time. */
function unitedKey(live: unknown, past: unknown): unknown[] {
  const [now, before] = [live as unknown[], past as unknown[]];
  if (numberOf(now[0], 0) <= numberOf(before[0], 0)) return now;
  return [before[0], before[1], now[2] ?? now[0], now[3] ?? now[1]];
}

const keys: Omit<Baseline, 'scope' | 'covers'> = {
  shape: 'keys',
  taught: ({ keys: known }) => ({ keys: known, orders: [], evicted: 0 }),
  merge: (live, past) => ({
    ...live,
    keys: mergeTables(
      live['keys'],
      past['keys'],
      unitedKey,
      (entry) => numberOf((entry as unknown[])[2] ?? (entry as unknown[])[0], 0),
      featureConstants.certificate.keysMax,
    ),
  }),
};

/** Query counts of a day: a bucket that was heard live stays. A slot holds one day of the ring, the later one. */
const volume: Omit<Baseline, 'scope' | 'covers'> = {
  shape: 'volume',
  taught: (past) => past,
  merge(live, past) {
    const [day, before] = [numberOf(live['day'], 0), numberOf(past['day'], 0)];
    if (day !== before) return day > before ? live : past;
    const earlier = Array.isArray(past['counts']) ? (past['counts'] as number[]) : [];
    const counts = (live['counts'] as number[]).map((count, at) => (count < 0 ? (earlier[at] ?? -1) : count));
    return { day, counts };
  },
};

/** Answers per network and hour of a day: an hour that was heard live stays. A slot holds one day of the ring, the later one. */
const drift: Omit<Baseline, 'scope' | 'covers'> = {
  shape: 'drift',
  taught: (past) => past,
  merge(live, past) {
    const [day, before] = [numberOf(live['day'], 0), numberOf(past['day'], 0)];
    if (day !== before) return day > before ? live : past;
    return { day, hours: { ...tableOf(past['hours']), ...tableOf(live['hours']) } };
  },
};

const baselines: readonly Baseline[] = [
  { scope: 'principal', covers: listed('novelty'), ...habits },
  { scope: 'principal', covers: listed('spike.logins'), ...spike },
  { scope: 'account', covers: listed('account-churn'), ...churn },
  { scope: 'domain', covers: listed('spike.records', 'spike.registrar'), ...spike },
  { scope: 'domain', covers: listed('churn'), ...churn },
  { scope: 'domain', covers: listed('usual'), ...usual },
  { scope: 'domain', covers: listed('certificate'), ...keys },
  { scope: 'domain', covers: (name) => /^volume(\.[1-3])?\/\d{1,2}$/u.test(name), ...volume },
  { scope: 'domain', covers: (name) => /^drift\.day\/\d{1,2}$/u.test(name), ...drift },
  { scope: 'organisation', covers: listed('networks'), ...networks },
  { scope: 'organisation', covers: listed('cluster', 'contact-cluster', 'mass-unlock'), ...countsPerDay },
];

function baselineOf(scope: Scope, name: string): Baseline | undefined {
  return baselines.find((each) => each.scope === scope && each.covers(name));
}

/** What the state of an entity has learned and may be taught to another collector; empty when nothing. */
export function learnedRows(scope: Scope, state: StateView): BaselineRows {
  const rows: Record<string, unknown> = {};
  for (const name of state.names()) {
    const taught = baselineOf(scope, name)?.taught(tableOf(state.get(name)));
    if (taught !== undefined) rows[name] = taught;
  }
  return rows;
}

function rowsOf(message: Message): BaselineRows | undefined {
  if (message.kind !== 'directive' || message.directive.type !== 'baseline.learned') return undefined;
  return tableOf(message.directive.data['rows']);
}

function fits(shape: Baseline['shape'], row: unknown): boolean {
  return baselineShapes[shape].Check(row);
}

/** Rows of another shape, or of a time that had not come yet, teach nothing. */
function isTeachable({ shape }: Baseline, row: Row, nowMs: number): boolean {
  if (!fits(shape, row)) return false;
  const days = Array.isArray(row['days']) ? (row['days'] as DayRow[]) : [];
  const since = numberOf(row['since'], 0);
  return since <= nowMs && days.every(([day]) => day * dayMs <= nowMs);
}

function learner(scope: Scope): Annotator {
  return {
    name: `baselines-${scope}`,
    scope,
    wants: [],
    step(state, message, context) {
      const rows = rowsOf(message);
      if (rows === undefined) return {};
      for (const name of Object.keys(rows).sort()) {
        const baseline = baselineOf(scope, name);
        // Taken as if it were taught anew: what is no baseline stays outside.
        const past = baseline?.taught(tableOf(rows[name]));
        if (baseline === undefined || past === undefined || !isTeachable(baseline, past, context.nowMs))
          continue;
        const live = state.get<Row>(name);
        // Copied: neither a message nor what `get` gave may become state that is edited later.
        const merged = JSON.stringify(live === undefined ? past : baseline.merge(live, past));
        state.put(name, JSON.parse(merged));
      }
      return {};
    },
  };
}

/** Annotators that take learned baselines over, one per scope. */
export const learnedBaselines: readonly Annotator[] = [
  learner('principal'),
  learner('account'),
  learner('domain'),
  learner('organisation'),
];
