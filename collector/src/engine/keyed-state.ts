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
  /** Names changed by key, for operators whose keys hold so many that a checkpoint must not write all of them. */
  #dirtyNames: Map<string, Set<string>> | undefined;
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
    const touch = (name: string): void => this.#touch(key, name);
    return {
      get: <T>(name: string) => names.get(name) as T | undefined,
      edit: <T extends object>(name: string, initial: () => T) => {
        touch(name);
        let value = names.get(name) as T | undefined;
        if (value === undefined) {
          value = initial();
          names.set(name, value);
        }
        return value;
      },
      put: (name, value) => {
        touch(name);
        names.set(name, value);
      },
      delete: (name) => {
        touch(name);
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

  /** Replaces a value of a key. */
  write(key: string, name: string, value: unknown): void {
    this.#touch(key, name);
    const names = this.#byKey.get(key);
    if (names === undefined) this.#byKey.set(key, new Map([[name, value]]));
    else names.set(name, value);
  }

  /** Removes a value of a key. */
  remove(key: string, name: string): void {
    this.#touch(key, name);
    this.#byKey.get(key)?.delete(name);
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

  /** From now on changes are known by name too. */
  trackNames(): void {
    this.#dirtyNames ??= new Map();
  }

  /** True when `takeDirtyNames` says more than `takeDirty`. */
  get tracksNames(): boolean {
    return this.#dirtyNames !== undefined;
  }

  /** Keys and names changed since the last call; forgets them. Empty unless names are tracked. */
  takeDirtyNames(): (readonly [key: string, name: string])[] {
    const dirty: (readonly [string, string])[] = [];
    for (const [key, names] of this.#dirtyNames ?? []) for (const name of names) dirty.push([key, name]);
    this.#dirtyNames?.clear();
    this.#dirty.clear();
    return dirty;
  }

  /** Puts back values of a key read from a checkpoint. */
  restore(key: string, values: Iterable<readonly [string, unknown]>): void {
    const names = this.#byKey.get(key);
    if (names === undefined) this.#byKey.set(key, new Map(values));
    else for (const [name, value] of values) names.set(name, value);
  }

  #touch(key: string, name: string): void {
    this.#dirty.add(key);
    if (this.#dirtyNames === undefined) return;
    const names = this.#dirtyNames.get(key);
    if (names === undefined) this.#dirtyNames.set(key, new Set([name]));
    else names.add(name);
  }

  /** Says that every value of a key must be written with the next checkpoint. */
  touchAll(key: string): void {
    for (const name of this.#byKey.get(key)?.keys() ?? []) this.#touch(key, name);
  }
}

/** Changes of a generation, in the order they were made: the view and the name, alternating. */
export type StateJournal = (OverlayView | string)[];

/** A throw-away layer over a sealed store: reads through, copies on edit, never writes below, and can go back. */
export class OverlayState implements KeyedState {
  readonly #base: SealedState;
  readonly #byKey = new Map<string, OverlayView>();
  /** Journal and number of the running generation; views write into it. */
  journal: StateJournal = [];
  generation = 0;

  constructor(base: SealedState) {
    this.#base = base;
  }

  /** Keys this layer holds own values of. */
  get size(): number {
    return this.#byKey.size;
  }

  view(key: string): StateView {
    return this.#byKey.get(key) ?? new OverlayView(this, this.#base, key);
  }

  /** A view that holds its first own value. */
  hold(view: OverlayView): void {
    this.#byKey.set(view.key, view);
  }

  /** Begins a generation; changes from here on are undone by `undo`, or taken over by `adopt`, of what this returns. */
  begin(generation: number): StateJournal {
    this.generation = generation;
    this.journal = [];
    return this.journal;
  }

  /** Makes what generation `upTo` changed part of the store below. Generations are adopted oldest first. */
  adopt(journal: StateJournal, upTo: number): void {
    for (let i = 0; i < journal.length; i += 2) {
      const view = journal[i] as OverlayView;
      view.settle(journal[i + 1] as string, upTo, true);
      if (view.isEmpty) this.#byKey.delete(view.key);
    }
  }

  /** The store below went past generation `upTo` by itself: what it holds shines through. */
  release(journal: StateJournal, upTo: number): void {
    for (let i = 0; i < journal.length; i += 2) {
      const view = journal[i] as OverlayView;
      view.settle(journal[i + 1] as string, upTo, false);
      if (view.isEmpty) this.#byKey.delete(view.key);
    }
  }
}

/** Puts back what a generation changed. Generations are undone newest first. */
export function undoState(journal: StateJournal): void {
  for (let i = 0; i < journal.length; i += 2) (journal[i] as OverlayView).undo(journal[i + 1] as string);
}

/** Lets go of what would be needed to undo generation `upTo`. */
export function forgetState(journal: StateJournal, upTo: number): void {
  for (let i = 0; i < journal.length; i += 2)
    (journal[i] as OverlayView).forget(journal[i + 1] as string, upTo);
}

/** A value and the generation it belongs to, over the one an earlier generation left. */
class Slot {
  value: unknown;
  readonly generation: number;
  older: Slot | undefined;

  constructor(value: unknown, generation: number, older: Slot | undefined) {
    this.value = value;
    this.generation = generation;
    this.older = older;
  }
}

const nothingOwn = new Map<string, Slot>();

/** State of one key as an overlay sees it. A class because every step of every message asks one. */
export class OverlayView implements StateView {
  readonly key: string;
  readonly #overlay: OverlayState;
  readonly #base: SealedState;
  #own: Map<string, Slot> = nothingOwn;

  constructor(overlay: OverlayState, base: SealedState, key: string) {
    this.#overlay = overlay;
    this.#base = base;
    this.key = key;
  }

  /** True when nothing here differs from the store below. */
  get isEmpty(): boolean {
    return this.#own.size === 0;
  }

  get<T>(name: string): T | undefined {
    const slot = this.#own.get(name);
    if (slot === undefined) return this.#base.valueOf(this.key, name) as T | undefined;
    return slot.value === absent ? undefined : (slot.value as T);
  }

  edit<T extends object>(name: string, initial: () => T): T {
    const slot = this.#own.get(name);
    const { generation } = this.#overlay;
    if (slot?.generation === generation && slot.value !== absent) return slot.value as T;
    // What an earlier generation left stays as it was, so that going back finds it.
    const below = this.get<T>(name);
    const value = below === undefined ? initial() : copyJson(below);
    this.#set(name, slot, value);
    return value;
  }

  put(name: string, value: unknown): void {
    this.#set(name, this.#own.get(name), value);
  }

  delete(name: string): void {
    this.#set(name, this.#own.get(name), absent);
  }

  names(prefix = ''): string[] {
    const names = new Set<string>();
    for (const name of this.#base.entries(this.key).keys()) if (name.startsWith(prefix)) names.add(name);
    for (const [name, { value }] of this.#own) {
      if (value === absent) names.delete(name);
      else if (name.startsWith(prefix)) names.add(name);
    }
    return [...names].sort();
  }

  /** Drops the newest value of a name. */
  undo(name: string): void {
    const older = this.#own.get(name)?.older;
    if (older === undefined) this.#own.delete(name);
    else this.#own.set(name, older);
  }

  /** Drops the values of a name up to generation `upTo`, the newest of them into the store below when `handed` is true. */
  settle(name: string, upTo: number, handed: boolean): void {
    let younger: Slot | undefined;
    let slot = this.#own.get(name);
    while (slot !== undefined && slot.generation > upTo) {
      younger = slot;
      slot = slot.older;
    }
    if (slot === undefined) return;
    if (younger === undefined) this.#own.delete(name);
    else younger.older = undefined;
    if (!handed) return;
    if (slot.value === absent) this.#base.remove(this.key, name);
    else this.#base.write(this.key, name, slot.value);
  }

  /** Forgets what the name was before generation `upTo` ended: it will not be undone. */
  forget(name: string, upTo: number): void {
    let slot = this.#own.get(name);
    while (slot !== undefined && slot.generation > upTo) slot = slot.older;
    if (slot !== undefined) slot.older = undefined;
  }

  #set(name: string, slot: Slot | undefined, value: unknown): void {
    const { generation, journal } = this.#overlay;
    if (slot?.generation === generation) {
      slot.value = value;
      return;
    }
    if (this.#own.size === 0) {
      if (this.#own === nothingOwn) this.#own = new Map();
      this.#overlay.hold(this);
    }
    this.#own.set(name, new Slot(value, generation, slot));
    journal.push(this, name);
  }
}
