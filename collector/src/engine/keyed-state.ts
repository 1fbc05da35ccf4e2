/** State by key and name: the sealed store, and an overlay that changes nothing below it. */
import type { StateView } from '../contract/step.ts';

const absent = Symbol('absent');

/** Deep copy of plain JSON data. */
export function copyJson<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    return value.map(copyJson) as T;
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
    return this.#byKey.get(key) ?? new Map();
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

/** A throw-away layer over a sealed store: reads through, copies on edit, never writes below. */
export class OverlayState implements KeyedState {
  readonly #base: SealedState;
  readonly #byKey = new Map<string, Map<string, unknown>>();

  constructor(base: SealedState) {
    this.#base = base;
  }

  /** Keys this layer has touched. */
  get size(): number {
    return this.#byKey.size;
  }

  view(key: string): StateView {
    const base = this.#base.entries(key);
    let own = this.#byKey.get(key);
    if (own === undefined) {
      own = new Map();
      this.#byKey.set(key, own);
    }
    return overlayView(base, own);
  }
}

function overlayView(base: ReadonlyMap<string, unknown>, own: Map<string, unknown>): StateView {
  const read = (name: string): unknown => {
    const value = own.get(name);
    if (value === absent) return undefined;
    return value === undefined ? base.get(name) : value;
  };
  return {
    get: <T>(name: string) => read(name) as T | undefined,
    edit: <T extends object>(name: string, initial: () => T) => {
      const mine = own.get(name);
      if (mine !== undefined && mine !== absent) return mine as T;
      const below = mine === absent ? undefined : (base.get(name) as T | undefined);
      const value = below === undefined ? initial() : copyJson(below);
      own.set(name, value);
      return value;
    },
    put: (name, value) => {
      own.set(name, value);
    },
    delete: (name) => {
      own.set(name, absent);
    },
    names: (prefix = '') => {
      const names = new Set<string>();
      for (const name of base.keys()) if (name.startsWith(prefix)) names.add(name);
      for (const [name, value] of own) {
        if (value === absent) names.delete(name);
        else if (name.startsWith(prefix)) names.add(name);
      }
      return [...names].sort();
    },
  };
}
