/**
 * Domains a principal touched, with the time of the last touch. State holds them as two flat lists, because the preliminary
 * lane copies them for every principal every few seconds; the order of the names is kept beside the state.
 */
import type { TouchedDomains } from '../contract/ledger.ts';
import { placeOf } from '../leaf/sorted-names.ts';

/** Names sorted by code unit, by the lists they belong to. */
const sortedNames = new WeakMap<TouchedDomains, string[]>();

function namesOf(touched: TouchedDomains): string[] {
  let names = sortedNames.get(touched);
  if (names === undefined) {
    names = touched.domains.toSorted();
    sortedNames.set(touched, names);
  }
  return names;
}

/** Nobody touched anything yet. */
export function noTouches(): TouchedDomains {
  return { domains: [], atMs: [] };
}

/** What a state says; checkpoints of older versions hold a record of times by domain. */
export function touchedIn(stored: TouchedDomains | Readonly<Record<string, number>>): TouchedDomains {
  if (Array.isArray(stored.domains)) return stored as TouchedDomains;
  const entries = Object.entries(stored as Readonly<Record<string, number>>);
  entries.sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1));
  return { domains: entries.map(([domain]) => domain), atMs: entries.map(([, atMs]) => atMs) };
}

/** Says that `copy` was just copied from `from`, as state is before it is changed: the names stand in the same order. */
export function copiedTouches(from: TouchedDomains, copy: TouchedDomains): void {
  if (from === copy || sortedNames.has(copy)) return;
  const names = sortedNames.get(from);
  if (names !== undefined) sortedNames.set(copy, names.slice());
}

/** Domains held. */
export function touchedCount({ domains }: TouchedDomains): number {
  return domains.length;
}

/** Time of the last touch of a domain, epoch ms; undefined: not touched. */
export function touchedAt(touched: TouchedDomains, domain: string): number | undefined {
  const names = namesOf(touched);
  if (names[placeOf(names, domain)] !== domain) return undefined;
  return touched.atMs[touched.domains.lastIndexOf(domain)];
}

/** Notes a touch; one before the last touch of the domain changes nothing. */
export function noteTouch(touched: TouchedDomains, domain: string, timeMs: number): void {
  const { domains, atMs } = touched;
  const names = namesOf(touched);
  const nameAt = placeOf(names, domain);
  if (names[nameAt] === domain) {
    const known = domains.lastIndexOf(domain);
    if ((atMs[known] as number) >= timeMs) return;
    domains.splice(known, 1);
    atMs.splice(known, 1);
  } else names.splice(nameAt, 0, domain);
  let place = domains.length;
  for (; place > 0; place--) {
    const beforeMs = atMs[place - 1] as number;
    if (beforeMs < timeMs || (beforeMs === timeMs && (domains[place - 1] as string) < domain)) break;
  }
  domains.splice(place, 0, domain);
  atMs.splice(place, 0, timeMs);
}

/** Forgets the domain touched longest ago; of several at one time the first by name. */
export function forgetFirst(touched: TouchedDomains): void {
  const names = namesOf(touched);
  const first = touched.domains.shift();
  if (first === undefined) return;
  touched.atMs.shift();
  names.splice(placeOf(names, first), 1);
}

/** Forgets what was touched at or before `oldestMs`. */
export function forgetTouches(touched: TouchedDomains, oldestMs: number): void {
  while (touched.domains.length > 0 && (touched.atMs[0] as number) <= oldestMs) forgetFirst(touched);
}

/** Names touched after `oldestMs`, sorted; not to be changed. */
export function touchedSince(touched: TouchedDomains, oldestMs: number): readonly string[] {
  const names = namesOf(touched);
  const first = touched.atMs.findIndex((timeMs) => timeMs > oldestMs);
  if (first === 0) return names;
  const recent = new Set(first < 0 ? [] : touched.domains.slice(first));
  return names.filter((name) => recent.has(name));
}
