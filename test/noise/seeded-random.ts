/** Random numbers that a seed repeats: every figure of a noise report can be made again. */

/** A stream of random numbers. */
export interface SeededRandom {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [from, to], both included. */
  between(from: number, to: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One element; the list must not be empty. */
  pick<T>(list: readonly T[]): T;
  /** A stream of its own for a part, so that one part's appetite does not move another's numbers. */
  fork(name: string): SeededRandom;
}

/** 32-bit FNV-1a of a text, mixed with a seed. */
function hashOf(seed: number, text: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** A stream from a 32-bit seed (Mulberry32: one multiplication chain, period 2^32, enough for test data). */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (probability) => next() < probability,
    pick: (list) => list[Math.floor(next() * list.length)] as (typeof list)[number],
    fork: (name) => seededRandom(hashOf(seed, name)),
  };
}

/** Start moments of a Poisson process with this many arrivals a year on average, in [fromMs, toMs). */
export function arrivalsOf(random: SeededRandom, perYear: number, fromMs: number, toMs: number): number[] {
  const yearMs = 365 * 86_400_000;
  const times: number[] = [];
  if (perYear <= 0) return times;
  for (let at = fromMs; ;) {
    at += (-Math.log(1 - random.next()) * yearMs) / perYear;
    if (at >= toMs) return times;
    times.push(Math.floor(at));
  }
}
