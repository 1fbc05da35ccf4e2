/**
 * Decides correlations over the entries of one group: sliding windows over event time, both ends included, never aligned
 * to a clock. Polled events lie somewhere in [lo, hi]; an order or a distance holds when some choice of instants has it.
 */
import type { Evidence } from '../contract/finding.ts';
import { withinBounds } from './sigma-correlation.ts';
import type { Correlation, Term } from './sigma-correlation.ts';
import type { EntryFacts } from './finding-context.ts';

/** One matched event (or firing of an inner correlation) in a group's state. Plain JSON. */
export interface Entry {
  /** Event id, or finding id of an inner correlation. */
  readonly i: string;
  /** Indexes of the rules it matched, ascending. */
  readonly r: readonly number[];
  /** Earliest and latest instant, epoch milliseconds; equal for a point in time. */
  readonly lo: number;
  readonly hi: number;
  /** Values of the correlation's field: texts for value_count, numbers for the arithmetic types. */
  readonly v?: readonly (string | number)[];
  /** Id of the filter that would have removed it. */
  readonly f?: string;
  /** Evidence: one event, or all events of an inner correlation. */
  readonly e: readonly Evidence[];
  readonly c: EntryFacts;
}

/** Entries that make a condition true. */
export interface Satisfied {
  readonly anchors: readonly Entry[];
  readonly order: 'certain' | 'possible';
}

/** Sorts by (latest instant, id), the order of events in the stream. */
export function compareEntries(a: Entry, b: Entry): number {
  return a.hi - b.hi || (a.i < b.i ? -1 : a.i > b.i ? 1 : 0);
}

/**
 * First way in which `newest` completes the condition together with entries not after it in the list, or undefined.
 * Only for conditions that are decided at once.
 */
export function satisfiedBy(
  correlation: Correlation,
  entries: readonly Entry[],
  newest: Entry,
): Satisfied | undefined {
  if (correlation.terms.length === 0) {
    const window = entries.filter(
      (e) => e.hi >= newest.hi - correlation.spanMs && compareEntries(e, newest) <= 0,
    );
    return measuredHolds(correlation, window) ? { anchors: window, order: 'certain' } : undefined;
  }
  for (const term of correlation.terms) {
    const found = assignTerm(correlation, term, entries, newest);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** True when the number measured over the entries satisfies the bounds; false when it cannot be measured. */
export function measuredHolds(correlation: Correlation, entries: readonly Entry[]): boolean {
  const measured = measure(correlation, entries);
  return measured !== undefined && withinBounds(measured, correlation.bounds);
}

/** Percentiles use the nearest rank: the smallest value with at least p % of the values not above it. */
function measure({ type, percentile }: Correlation, entries: readonly Entry[]): number | undefined {
  if (type === 'event_count') return entries.length;
  const values = entries.flatMap((entry) => entry.v ?? []);
  if (type === 'value_count') return new Set(values).size;
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length === 0) return undefined;
  const sum = numbers.reduce((total, value) => total + value, 0);
  if (type === 'value_sum') return sum;
  if (type === 'value_avg') return sum / numbers.length;
  numbers.sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percentile / 100) * numbers.length));
  return numbers[rank - 1];
}

/** Bound on the search; only hostile input comes near it. */
const searchStepsMax = 20_000;

/** Different events for the rules of a term, `newest` among them, within the span and, where asked, in order. */
function assignTerm(
  correlation: Correlation,
  term: Term,
  entries: readonly Entry[],
  newest: Entry,
): Satisfied | undefined {
  // Mostly the other half has not come, and there is nothing to search for.
  for (const wanted of term.present) if (!entries.some(({ r }) => r.includes(wanted))) return undefined;
  const ordered = correlation.type === 'temporal_ordered';
  const span = correlation.spanMs;
  const near = entries.filter(
    (entry) =>
      compareEntries(entry, newest) <= 0 && entry.hi >= newest.lo - span && entry.lo <= newest.hi + span,
  );
  const chosen: Entry[] = [];
  let steps = 0;
  const fits = (candidate: Entry): boolean =>
    !chosen.includes(candidate) &&
    chosen.every(
      (earlier) => (ordered ? earlier.lo <= candidate.hi : true) && apart(earlier, candidate) <= span,
    );
  const search = (position: number): boolean => {
    if (position === term.present.length) return chosen.includes(newest);
    const wanted = term.present[position];
    for (const candidate of near) {
      steps += 1;
      if (steps > searchStepsMax) return false;
      if (wanted === undefined || !candidate.r.includes(wanted) || !fits(candidate)) continue;
      chosen.push(candidate);
      if (search(position + 1)) return true;
      chosen.pop();
    }
    return false;
  };
  if (!search(0)) return undefined;
  const certain =
    !ordered || chosen.every((entry, index) => index === 0 || (chosen[index - 1]?.hi ?? 0) <= entry.lo);
  return { anchors: chosen, order: certain ? 'certain' : 'possible' };
}

/** Least distance between two intervals, 0 when they overlap. */
function apart(a: Entry, b: Entry): number {
  return Math.max(0, Math.max(a.lo, b.lo) - Math.min(a.hi, b.hi));
}

/**
 * True when no entry of a negated rule lies in a common window with the anchors: from the last anchor less the span
 * (from the first anchor on when ordered) to the first anchor plus the span.
 */
export function absenceHolds(
  correlation: Correlation,
  term: Term,
  anchors: readonly Entry[],
  entries: readonly Entry[],
): boolean {
  const first = Math.min(...anchors.map((entry) => entry.hi));
  const last = Math.max(...anchors.map((entry) => entry.hi));
  const from = correlation.type === 'temporal_ordered' ? first : last - correlation.spanMs;
  const until = first + correlation.spanMs;
  return !entries.some(
    (entry) =>
      !anchors.some((anchor) => anchor.i === entry.i) &&
      entry.r.some((rule) => term.absent.includes(rule)) &&
      entry.hi >= from &&
      entry.lo <= until,
  );
}

/** Ways in which `newest` completes the positive part of each term; the negated part is decided when the window closes. */
export function positivesCompletedBy(
  correlation: Correlation,
  entries: readonly Entry[],
  newest: Entry,
): { term: number; found: Satisfied }[] {
  return correlation.terms.flatMap((term, index) => {
    const found = assignTerm(correlation, term, entries, newest);
    return found === undefined ? [] : [{ term: index, found }];
  });
}
