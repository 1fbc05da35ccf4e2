/** State by key and name: the sealed store, and an overlay that changes nothing below it. */
import type { StateView } from '../contract/step.ts';

const absent = Symbol('absent');
const nothingHeld: ReadonlyMap<string, unknown> = new Map();

/** Deep copy of plain JSON data. What is frozen is shared: nobody can change it, so nobody needs a copy. */
export function copyJson<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = value.slice();
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (item !== null && typeof item === 'object') items[i] = copyJson<unknown>(item);
    }
    return items as T;
  }
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = copyJson((value as Record<string, unknown>)[key]);
  return copy as T;
}

/** Where state of one operator lives. */
export interface KeyedState {
  view(key: string): StateView;
}

/** The sealed store of one operator: what the watermark has passed, changed in place, checkpointed by dirty key. */
export class SealedState implements KeyedState {
  readonly #byKey = new Map<string, Map<string, unknown>>();
  readonly #dirty = new Set<string>();
  readonly #views = new WeakMap<Map<string, unknown>, StateView>();

  /** Keys held. */
  get size(): number {
    return this.#byKey.size;
  }

  view(key: string): StateView {
    let names = this.#byKey.get(key);
    if (names === undefined) {
      names = new Map();
      this.#byKey.set(key, names);
    }
    let view = this.#views.get(names);
    if (view === undefined) {
      view = this.#makeView(key, names);
      this.#views.set(names, view);
    }
    return view;
  }

  #makeView(key: string, names: Map<string, unknown>): StateView {
    const touch = (): void => {
      this.#dirty.add(key);
    };
    return {
      get: <T>(name: string) => names.get(name) as T | undefined,
      edit: <T extends object>(name: string, initial: () => T) => {
        touch();
        let value = names.get(name) as T | undefined;
        if (value === undefined) {
          value = initial();
          names.set(name, value);
        }
        return value;
      },
      put: (name, value) => {
        touch();
        names.set(name, value);
      },
      delete: (name) => {
        touch();
        names.delete(name);
      },
      names: (prefix = '') => [...names.keys()].filter((name) => name.startsWith(prefix)).sort(),
    };
  }

  /** Read-only: the names and values of a key; empty when the key is not held. */
  entries(key: string): ReadonlyMap<string, unknown> {
    return this.#byKey.get(key) ?? nothingHeld;
  }

  /** Read-only: one value of a key. */
  valueOf(key: string, name: string): unknown {
    return this.#byKey.get(key)?.get(name);
  }

  /** Every key held that has at least one value, in no order. */
  keys(): string[] {
    return [...this.#byKey].filter(([, names]) => names.size > 0).map(([key]) => key);
  }

  /** Keys changed since the last call; forgets them. */
  takeDirty(): string[] {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    return dirty;
  }

  /** Puts back a key read from a checkpoint. */
  restore(key: string, names: Iterable<readonly [string, unknown]>): void {
    this.#byKey.set(key, new Map(names));
  }
}

/** What an overlay held before a generation of changes: by view, the own value of each name it then changed. */
export type StateJournal = Map<OverlayView, Map<string, unknown>>;

/** A throw-away layer over a sealed store: reads through, copies on edit, never writes below, and can go back. */
export class OverlayState implements KeyedState {
  readonly #base: SealedState;
  readonly #byKey = new Map<string, OverlayView>();
  /** Journal of the running generation; views write into it. */
  journal: StateJournal = new Map();

  constructor(base: SealedState) {
    this.#base = base;
  }

  /** Keys this layer has touched. */
  get size(): number {
    return this.#byKey.size;
  }

  view(key: string): StateView {
    let view = this.#byKey.get(key);
    if (view === undefined) {
      view = new OverlayView(this, this.#base, key);
      this.#byKey.set(key, view);
    }
    return view;
  }

  /** Begins a generation; changes from here on are undone by `undo` of what this returns. */
  begin(): StateJournal {
    this.journal = new Map();
    return this.journal;
  }
}

/** Puts back what a generation changed. Generations are undone newest first. */
export function undoState(journal: StateJournal): void {
  for (const [view, before] of journal) view.restore(before);
}

/** State of one key as an overlay sees it. A class because every step of every message asks one. */
export class OverlayView implements StateView {
  readonly #overlay: OverlayState;
  readonly #base: SealedState;
  readonly #key: string;
  readonly #own = new Map<string, unknown>();
  #journal: StateJournal | undefined;
  #before: Map<string, unknown> = new Map();

  constructor(overlay: OverlayState, base: SealedState, key: string) {
    this.#overlay = overlay;
    this.#base = base;
    this.#key = key;
  }

  get<T>(name: string): T | undefined {
    const value = this.#own.get(name);
    if (value === absent) return undefined;
    return (value === undefined ? this.#base.valueOf(this.#key, name) : value) as T | undefined;
  }

  edit<T extends object>(name: string, initial: () => T): T {
    const mine = this.#own.get(name);
    if (!this.#note(name, mine) && mine !== undefined && mine !== absent) return mine as T;
    // What an earlier generation left stays as it was, so that going back finds it.
    const below =
      mine === absent ? undefined : ((mine ?? this.#base.valueOf(this.#key, name)) as T | undefined);
    const value = below === undefined ? initial() : copyJson(below);
    this.#own.set(name, value);
    return value;
  }

  put(name: string, value: unknown): void {
    this.#note(name, this.#own.get(name));
    this.#own.set(name, value);
  }

  delete(name: string): void {
    this.#note(name, this.#own.get(name));
    this.#own.set(name, absent);
  }

  names(prefix = ''): string[] {
    const names = new Set<string>();
    for (const name of this.#base.entries(this.#key).keys()) if (name.startsWith(prefix)) names.add(name);
    for (const [name, value] of this.#own) {
      if (value === absent) names.delete(name);
      else if (name.startsWith(prefix)) names.add(name);
    }
    return [...names].sort();
  }

  /** Own values as they were; undefined: there was none. */
  restore(before: ReadonlyMap<string, unknown>): void {
    for (const [name, value] of before) {
      if (value === undefined) this.#own.delete(name);
      else this.#own.set(name, value);
    }
  }

  /** True when this is the first change of a name in the running generation. */
  #note(name: string, mine: unknown): boolean {
    const { journal } = this.#overlay;
    if (journal !== this.#journal) {
      this.#journal = journal;
      this.#before = new Map();
      journal.set(this, this.#before);
    }
    if (this.#before.has(name)) return false;
    this.#before.set(name, mine);
    return true;
  }
}
