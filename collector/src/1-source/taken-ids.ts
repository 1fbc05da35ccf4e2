/**
 * Which records of overlapping windows were already taken, small enough to stand in a cursor: nine bytes of the SHA-256
 * of each id. Only ids that the window before or the present one showed can come again, so only those are kept.
 */
import { createHash } from 'node:crypto';

/** Ids shown by the window before and by the present one: marks of twelve base64url characters, one after the other. */
export interface Taken {
  readonly before: string;
  readonly window: string;
}

/** Nothing taken yet. */
export const emptyTaken: Taken = { before: '', window: '' };

/** Reads and extends `Taken`; keeps the sets of the newest one, so that a page costs its own length only. */
export interface TakenMemory {
  /** Items not taken before, each once; items without id ('') always. `taken` includes all of them. */
  take<I extends { readonly id: string }>(
    taken: Taken,
    items: readonly I[],
  ): { readonly fresh: readonly I[]; readonly taken: Taken };
  /** The window is complete: what it showed is what the next one may repeat. */
  closed(taken: Taken): Taken;
  /** The window starts again: everything it showed so far counts as taken before. */
  restarted(taken: Taken): Taken;
}

const markLength = 12;
/** Above this the oldest are forgotten; what they repeat is recognised by its event id. */
const marksMax = 20_000;

function markOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, markLength);
}

function* marksIn(text: string): Generator<string> {
  for (let at = 0; at + markLength <= text.length; at += markLength) yield text.slice(at, at + markLength);
}

function bounded(marks: string): string {
  return marks.length <= marksMax * markLength ? marks : marks.slice(-marksMax * markLength);
}

/** Builds the memory. */
export function createTakenMemory(): TakenMemory {
  let newest = emptyTaken;
  let known = new Set<string>();
  let shown = new Set<string>();
  const load = (taken: Taken): void => {
    if (taken.before === newest.before && taken.window === newest.window) return;
    known = new Set([...marksIn(taken.before), ...marksIn(taken.window)]);
    shown = new Set(marksIn(taken.window));
    newest = taken;
  };
  return {
    take(taken, items) {
      load(taken);
      const marked = items.map((item) => ({ item, mark: item.id === '' ? '' : markOf(item.id) }));
      const inPage = new Set<string>();
      const fresh = marked.filter(({ mark }) => {
        if (mark === '') return true;
        if (known.has(mark) || inPage.has(mark)) return false;
        inPage.add(mark);
        return true;
      });
      const added = new Set(marked.flatMap(({ mark }) => (mark === '' || shown.has(mark) ? [] : [mark])));
      const next = { before: taken.before, window: bounded(taken.window + [...added].join('')) };
      return { fresh: fresh.map(({ item }) => item), taken: next };
    },
    closed: (taken) => ({ before: taken.window, window: '' }),
    restarted: (taken) => ({ before: bounded(taken.before + taken.window), window: '' }),
  };
}
