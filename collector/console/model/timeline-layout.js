/** Where the marks of a timeline stand: lanes by plane, time squeezed where nothing happened. Pure. */
import { comparePlanes, compareSeverityDown, duration } from './words.js';

/** @import { TimelineEntry } from '../../src/contract/case.ts' */

/**
 * Entries of one lane that would lie on top of each other, as one mark.
 * @typedef {object} Mark
 * @property {number} x 0..1
 * @property {TimelineEntry[]} entries in order of time, never empty
 * @property {string | undefined} severity worst of its entries
 * @property {string} kind kind of its most telling entry
 */

/**
 * @typedef {object} Lane
 * @property {string} plane
 * @property {Mark[]} marks
 */

/**
 * @typedef {object} Tick
 * @property {number} x 0..1
 * @property {string} label
 */

/**
 * @typedef {object} TimelineLayout
 * @property {Lane[]} lanes
 * @property {Tick[]} ticks
 * @property {Tick[]} breaks long silences, in the middle of the place they were squeezed into
 */

const breakMs = 3_600_000;
const tickDistance = 0.13;

/** Width of a silence before scaling: grows with its logarithm, so that eight years do not hide ten seconds.
 * @param {number} gapMs */
function width(gapMs) {
  return Math.log2(2 + gapMs / 500);
}

/**
 * Entries inside a window of time, in order of time. Either bound may be absent.
 * @param {readonly TimelineEntry[]} entries
 * @param {number} fromMs
 * @param {number} toMs
 */
export function entriesWithin(entries, fromMs, toMs) {
  return entries.filter(({ at }) => {
    const ms = Date.parse(at);
    return ms >= fromMs && ms <= toMs;
  });
}

/**
 * The part of a story that belongs together: the largest group of entries without a silence longer than an hour.
 * @param {readonly TimelineEntry[]} entries ordered by time
 * @returns {{ fromMs: number, toMs: number } | undefined} undefined when nothing would be left out
 */
export function densestPart(entries) {
  const times = entries.map(({ at }) => Date.parse(at)).sort((a, b) => a - b);
  let best = { from: 0, to: 0 };
  let from = 0;
  for (let i = 1; i <= times.length; i++) {
    const ends =
      i === times.length || /** @type {number} */ (times[i]) - /** @type {number} */ (times[i - 1]) > breakMs;
    if (!ends) continue;
    if (i - from > best.to - best.from) best = { from, to: i };
    from = i;
  }
  if (best.to - best.from === times.length || times.length === 0) return undefined;
  return {
    fromMs: /** @type {number} */ (times[best.from]),
    toMs: /** @type {number} */ (times[best.to - 1]),
  };
}

/** @param {number[]} times sorted, distinct */
function scaleOf(times) {
  let total = 0;
  const offsets = times.map((time, i) => {
    if (i > 0) total += width(time - /** @type {number} */ (times[i - 1]));
    return total;
  });
  return new Map(
    times.map((time, i) => [time, total === 0 ? 0.5 : /** @type {number} */ (offsets[i]) / total]),
  );
}

/** @param {number[]} times @param {ReadonlyMap<number, number>} scale */
function ticksOf(times, scale) {
  /** @type {Tick[]} */
  const ticks = [];
  let lastX = -1;
  let lastDay = '';
  for (const time of times) {
    const x = /** @type {number} */ (scale.get(time));
    const iso = new Date(time).toISOString();
    const day = iso.slice(0, 10);
    if (ticks.length > 0 && x - lastX < tickDistance) continue;
    ticks.push({ x, label: day === lastDay ? iso.slice(11, 19) : `${day} ${iso.slice(11, 19)}` });
    lastX = x;
    lastDay = day;
  }
  return ticks;
}

/** @param {number[]} times @param {ReadonlyMap<number, number>} scale */
function breaksOf(times, scale) {
  /** @type {Tick[]} */
  const breaks = [];
  for (let i = 1; i < times.length; i++) {
    const before = /** @type {number} */ (times[i - 1]);
    const after = /** @type {number} */ (times[i]);
    if (after - before < breakMs) continue;
    const x = ((scale.get(before) ?? 0) + (scale.get(after) ?? 0)) / 2;
    breaks.push({ x, label: duration(after - before) });
  }
  return breaks;
}

/** @param {TimelineEntry[]} entries @param {ReadonlyMap<number, number>} scale @param {number} distance */
function marksOf(entries, scale, distance) {
  /** @type {Mark[]} */
  const marks = [];
  for (const entry of entries) {
    const x = scale.get(Date.parse(entry.at)) ?? 0;
    const last = marks.at(-1);
    if (last !== undefined && x - last.x < distance) {
      last.entries.push(entry);
      if (compareSeverityDown(entry.severity, last.severity) < 0) last.severity = entry.severity;
      if (last.kind === 'finding') last.kind = entry.kind;
    } else marks.push({ x, entries: [entry], severity: entry.severity, kind: entry.kind });
  }
  return marks;
}

/**
 * Lays entries out. Entries with a time that cannot be read are left out of the picture (they stay in the list).
 * @param {readonly TimelineEntry[]} entries
 * @param {number} [distance] share of the width below which marks of a lane are joined
 * @returns {TimelineLayout}
 */
export function layoutTimeline(entries, distance = 0.03) {
  const usable = entries
    .filter(({ at }) => Number.isFinite(Date.parse(at)))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const times = [...new Set(usable.map(({ at }) => Date.parse(at)))];
  const scale = scaleOf(times);
  /** @type {Map<string, TimelineEntry[]>} */
  const byPlane = new Map();
  for (const entry of usable) {
    const lane = byPlane.get(entry.plane);
    if (lane === undefined) byPlane.set(entry.plane, [entry]);
    else lane.push(entry);
  }
  const lanes = [...byPlane]
    .sort(([a], [b]) => comparePlanes(a, b))
    .map(([plane, own]) => ({ plane, marks: marksOf(own, scale, distance) }));
  return { lanes, ticks: ticksOf(times, scale), breaks: breaksOf(times, scale) };
}
