/** Where the marks of a timeline stand: lanes by plane, time squeezed where nothing happened. Pure. */
import type { TimelineEntry } from '../api/shapes.ts';
import { comparePlanes, compareSeverityDown, duration, planeOfSource } from './words.ts';

/** Entries of one lane that would lie on top of each other, as one mark. Places are shares of the width, 0 to 1. */
export interface Mark {
  readonly x: number;
  /** In order of time, never empty. */
  readonly entries: readonly TimelineEntry[];
  /** Worst of its entries. */
  readonly severity: string | undefined;
  /** Kind of its most telling entry. */
  readonly kind: TimelineEntry['kind'];
}

/** A time in which one kind of source of the lane's plane saw nothing. */
export interface BlindSpan {
  readonly x: number;
  readonly width: number;
  readonly entry: TimelineEntry;
}

/** What one plane has to tell. */
export interface Lane {
  readonly plane: string;
  readonly marks: readonly Mark[];
  readonly blind: readonly BlindSpan[];
}

/** A written time, or the length of a squeezed silence. */
export interface Tick {
  readonly x: number;
  readonly label: string;
}

/** Everything the picture is drawn from. */
export interface TimelineLayout {
  readonly lanes: readonly Lane[];
  readonly ticks: readonly Tick[];
  /** Long silences, in the middle of the place they were squeezed into. */
  readonly breaks: readonly Tick[];
  /** Place of a time; outside of the story: the nearer edge. */
  readonly placeOf: (ms: number) => number;
  /** Time at a place. */
  readonly timeAt: (x: number) => number;
}

/** Bounds of time, both included. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

const breakMs = 3_600_000;
const tickDistance = 0.13;
/** Labels to the right of this place are written to the left of their tick. */
export const labelTurns = 0.86;
/** A tick that names its day is longer. */
const dayTickDistance = 0.24;

/** Width of a silence before scaling: grows with its logarithm, so that eight years do not hide ten seconds. */
function width(gapMs: number): number {
  return Math.log2(2 + gapMs / 500);
}

const msOf = ({ at }: TimelineEntry): number => Date.parse(at);

/** End of an entry in milliseconds: of a blind span its end, endless while it lasts; of everything else its time. */
function endOf(entry: TimelineEntry): number {
  if (entry.kind !== 'blind') return msOf(entry);
  return entry.until === undefined ? Infinity : Date.parse(entry.until);
}

/** Entries that touch a window of time. */
export function entriesWithin(
  entries: readonly TimelineEntry[],
  { fromMs, toMs }: TimeWindow,
): readonly TimelineEntry[] {
  return entries.filter((entry) => msOf(entry) <= toMs && endOf(entry) >= fromMs);
}

/**
 * The part of a story that belongs together: the largest group of entries without a silence longer than an hour.
 * Undefined when nothing would be left out.
 */
export function densestPart(entries: readonly TimelineEntry[]): TimeWindow | undefined {
  const times = entries
    .filter(({ kind }) => kind !== 'blind')
    .map(msOf)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  let best: readonly number[] = [];
  let from = 0;
  for (let i = 1; i <= times.length; i++) {
    if (i < times.length && (times[i] as number) - (times[i - 1] as number) <= breakMs) continue;
    if (i - from > best.length) best = times.slice(from, i);
    from = i;
  }
  if (best.length === 0 || best.length === times.length) return undefined;
  return { fromMs: best[0] as number, toMs: best[best.length - 1] as number };
}

/** Known times, sorted and distinct, and where each stands. */
interface Scale {
  readonly times: readonly number[];
  readonly places: readonly number[];
}

function scaleOf(times: readonly number[]): Scale {
  let total = 0;
  const offsets = times.map((time, i) => {
    if (i > 0) total += width(time - (times[i - 1] as number));
    return total;
  });
  return { times, places: offsets.map((offset) => (total === 0 ? 0.5 : offset / total)) };
}

/** Value of `to` that belongs to `value` of `from`; both grow. Between two known points in proportion. */
function between(from: readonly number[], to: readonly number[], value: number): number {
  const last = from.length - 1;
  if (last < 0) return 0;
  const after = from.findIndex((each) => each >= value);
  if (after === 0 || last === 0) return to[0] as number;
  if (after < 0) return to[last] as number;
  const [a, b] = [from[after - 1] as number, from[after] as number];
  const [start, end] = [to[after - 1] as number, to[after] as number];
  return start + ((value - a) / (b - a)) * (end - start);
}

function ticksOf({ times, places }: Scale): Tick[] {
  const ticks: Tick[] = [];
  let free = 0;
  let lastDay = '';
  for (const [i, time] of times.entries()) {
    const x = places[i] as number;
    // Near the right edge a label ends at its place instead of beginning there.
    if (ticks.length > 0 && (x > labelTurns ? x - tickDistance : x) < free) continue;
    const iso = new Date(time).toISOString();
    const day = iso.slice(0, 10);
    ticks.push({ x, label: day === lastDay ? iso.slice(11, 19) : `${day} ${iso.slice(11, 19)}` });
    free = x + (day === lastDay ? tickDistance : dayTickDistance);
    lastDay = day;
  }
  return ticks;
}

function breaksOf({ times, places }: Scale): Tick[] {
  const breaks: Tick[] = [];
  for (let i = 1; i < times.length; i++) {
    const gapMs = (times[i] as number) - (times[i - 1] as number);
    if (gapMs < breakMs) continue;
    breaks.push({ x: ((places[i - 1] as number) + (places[i] as number)) / 2, label: duration(gapMs) });
  }
  return breaks;
}

function marksOf(
  entries: readonly TimelineEntry[],
  placeOf: (ms: number) => number,
  distance: number,
): Mark[] {
  const marks: { x: number; entries: TimelineEntry[]; severity?: string; kind: TimelineEntry['kind'] }[] = [];
  for (const entry of entries) {
    const x = placeOf(msOf(entry));
    const last = marks.at(-1);
    if (last !== undefined && x - last.x < distance) {
      last.entries.push(entry);
      if (compareSeverityDown(entry.severity, last.severity) < 0 && entry.severity !== undefined)
        last.severity = entry.severity;
      if (last.kind === 'finding') last.kind = entry.kind;
    } else
      marks.push({
        x,
        entries: [entry],
        kind: entry.kind,
        ...(entry.severity === undefined ? {} : { severity: entry.severity }),
      });
  }
  return marks.map((mark) => ({ severity: undefined, ...mark }));
}

const planeOfBlind = ({ source_kind: kind, plane }: TimelineEntry): string =>
  kind === undefined ? plane : planeOfSource(kind);

/** Lays entries out. Entries with a time that cannot be read are left out of the picture (they stay in the list). */
export function layoutTimeline(entries: readonly TimelineEntry[], distance = 0.03): TimelineLayout {
  const usable = entries.filter((entry) => Number.isFinite(msOf(entry))).sort((a, b) => msOf(a) - msOf(b));
  const blind = usable.filter(({ kind }) => kind === 'blind');
  const told = usable.filter(({ kind }) => kind !== 'blind');
  const scale = scaleOf([...new Set((told.length > 0 ? told : blind).map(msOf))].sort((a, b) => a - b));
  const placeOf = (ms: number): number => between(scale.times, scale.places, ms);
  const planes = new Set([...told.map(({ plane }) => plane), ...blind.map(planeOfBlind)]);
  const lanes = [...planes].sort(comparePlanes).map((plane) => ({
    plane,
    marks: marksOf(
      told.filter((entry) => entry.plane === plane),
      placeOf,
      distance,
    ),
    blind: blind
      .filter((entry) => planeOfBlind(entry) === plane)
      .map((entry) => {
        const end = endOf(entry);
        const x = told.length === 0 ? 0 : placeOf(msOf(entry));
        return { x, width: (end === Infinity ? 1 : placeOf(end)) - x, entry };
      }),
  }));
  return {
    lanes,
    ticks: ticksOf(scale),
    breaks: breaksOf(scale),
    placeOf,
    timeAt: (x) => between(scale.places, scale.times, x),
  };
}

/** The window after zooming by `factor` (below 1: closer) around a time, within the bounds of the story. */
export function zoomed(layout: TimelineLayout, aroundMs: number, factor: number): TimeWindow {
  const middle = layout.placeOf(aroundMs);
  const from = Math.max(0, middle - factor / 2);
  const to = Math.min(1, middle + factor / 2);
  return { fromMs: Math.floor(layout.timeAt(from)), toMs: Math.ceil(layout.timeAt(to)) };
}
