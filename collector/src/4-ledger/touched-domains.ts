/**
 * Domains a principal touched, with the order they are asked in. The record of times is state and plain JSON; its two
 * orders are kept beside it, so that an event costs two insertions instead of sorting everything again.
 */
import { ownNumber } from '../leaf/own-number.ts';
import { placeOf } from '../leaf/sorted-names.ts';

/** Time of the last touch (epoch ms) by domain. */
export type Touched = Record<string, number>;

/** Names sorted by code unit, and sorted by (time, name). */
export interface TouchIndex {
  readonly byName: string[];
  readonly byTime: string[];
}

const indexes = new WeakMap<Touched, TouchIndex>();

/** Orders of a record; made anew for a record not met before, as after a restart. */
export function touchIndex(touched: Touched): TouchIndex {
  let index = indexes.get(touched);
  if (index === undefined) {
    const byName = Object.keys(touched).sort();
    index = { byName, byTime: byName.toSorted((a, b) => ownNumber(touched, a) - ownNumber(touched, b)) };
    indexes.set(touched, index);
  }
  return index;
}

/**
 * Says that `copy` was just copied from `from`, as state is before it is changed: what is known of the one holds for the
 * other.
 */
export function copiedTouches(from: Touched | undefined, copy: Touched): void {
  if (from === undefined || from === copy || indexes.has(copy)) return;
  const index = indexes.get(from);
  if (index !== undefined) indexes.set(copy, { byName: index.byName.slice(), byTime: index.byTime.slice() });
}

/** Sets the time of a domain. */
export function noteTouch(touched: Touched, domain: string, atMs: number): void {
  const { byName, byTime } = touchIndex(touched);
  if (Object.hasOwn(touched, domain)) {
    if (touched[domain] === atMs) return;
    byTime.splice(byTime.lastIndexOf(domain), 1);
  } else byName.splice(placeOf(byName, domain), 0, domain);
  let place = byTime.length;
  for (; place > 0; place--) {
    const before = byTime[place - 1] as string;
    const beforeMs = touched[before] as number;
    if (beforeMs < atMs || (beforeMs === atMs && before < domain)) break;
  }
  byTime.splice(place, 0, domain);
  touched[domain] = atMs;
}

/** Forgets the domain touched longest ago; of several at one time the first by name. */
export function forgetFirst(touched: Touched): void {
  const { byName, byTime } = touchIndex(touched);
  const first = byTime.shift();
  if (first === undefined) return;
  byName.splice(placeOf(byName, first), 1);
  delete touched[first];
}

/** Forgets what was touched at or before `oldestMs`. */
export function forgetTouches(touched: Touched, oldestMs: number): void {
  const { byTime } = touchIndex(touched);
  while (byTime.length > 0 && (touched[byTime[0] as string] as number) <= oldestMs) forgetFirst(touched);
}

/** Names touched after `oldestMs`, sorted; not to be changed. */
export function touchedSince(touched: Touched, oldestMs: number): readonly string[] {
  const { byName, byTime } = touchIndex(touched);
  const first = byTime[0];
  if (first === undefined || (touched[first] as number) > oldestMs) return byName;
  return byName.filter((name) => (touched[name] as number) > oldestMs);
}
