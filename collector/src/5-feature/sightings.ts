/** When a value was seen: spells of sightings, so that those of a confirmed case can be left out when they are read. */
import type { HostileSpan } from './confirmed-cases.ts';

const dayMs = 86_400_000;
/** Sightings no further apart belong to one spell. */
const gapMs = dayMs;
const spellsMax = 4;

/** Spells, oldest first: from, to, from, to … in epoch ms. Flat, because state is copied all the time. */
export type Spells = number[];

/** Spells with a sighting at `atMs`, which is not before the last one; what ended before `oldestMs` is forgotten. */
export function withSighting(spells: readonly number[], atMs: number, oldestMs: number): Spells {
  const lastMs = spells.at(-1);
  if (lastMs !== undefined && atMs >= lastMs && atMs <= lastMs + gapMs)
    return spells.with(spells.length - 1, atMs);
  return joined([...spells, atMs, atMs], oldestMs);
}

/** Spells of both. */
export function unitedSpells(a: readonly number[], b: readonly number[]): Spells {
  return joined([...a, ...b], -Infinity);
}

function joined(spells: readonly number[], oldestMs: number): Spells {
  const pairs: [number, number][] = [];
  for (let i = 0; i + 1 < spells.length; i += 2) pairs.push([spells[i] as number, spells[i + 1] as number]);
  pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const merged: [number, number][] = [];
  for (const [from, to] of pairs) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + gapMs) last[1] = Math.max(last[1], to);
    else if (to > oldestMs) merged.push([from, to]);
  }
  const kept = merged.filter(([, to]) => to > oldestMs);
  while (kept.length > spellsMax) {
    const [oldest, next] = kept.splice(0, 2) as [[number, number], [number, number]];
    kept.unshift([oldest[0], next[1]]);
  }
  return kept.flat();
}

/** First and last sighting that no confirmed case explains; undefined: there is none. */
export function lawfulSightings(
  spells: readonly number[],
  spans: readonly HostileSpan[],
): { readonly firstMs: number; readonly lastMs: number } | undefined {
  if (spells.length === 0) return undefined;
  if (spans.length === 0) return { firstMs: spells[0] as number, lastMs: spells.at(-1) as number };
  let firstMs = Infinity;
  let lastMs = -Infinity;
  for (let i = 0; i + 1 < spells.length; i += 2) {
    for (const [from, to] of outside(spells[i] as number, spells[i + 1] as number, spans)) {
      firstMs = Math.min(firstMs, from);
      lastMs = Math.max(lastMs, to);
    }
  }
  return firstMs === Infinity ? undefined : { firstMs, lastMs };
}

/** Parts of a spell outside all spans that hold a sighting: one of its ends, or more than the largest gap. */
function outside(from: number, to: number, spans: readonly HostileSpan[]): [number, number][] {
  let parts: [number, number][] = [[from, to]];
  for (const span of spans)
    parts = parts.flatMap(([a, b]): [number, number][] => {
      if (span.untilMs < a || span.fromMs > b) return [[a, b]];
      const left: [number, number][] = [];
      if (a < span.fromMs) left.push([a, span.fromMs - 1]);
      if (b > span.untilMs) left.push([span.untilMs + 1, b]);
      return left;
    });
  return parts.filter(([a, b]) => a === from || b === to || b - a > gapMs);
}
