/** State by key and name as a lane sees it: a layer that changes nothing in the sealed store below it. */
import type { StateView } from '../contract/step.ts';
import type { KeyedState, Names, NeighbourView, SealedState } from './sealed-state.ts';

const absent = Symbol('absent');

/** How many items from the start are numbers. A loop of its own, as the next one: lists of one kind are copied all the time. */
function leadingNumbers(items: readonly unknown[]): number {
  let count = 0;
  while (count < items.length && typeof items[count] === 'number') count++;
  return count;
}

/** How many items from the start are texts. */
function leadingTexts(items: readonly unknown[]): number {
  let count = 0;
  while (count < items.length && typeof items[count] === 'string') count++;
  return count;
}

function copyItems(value: readonly unknown[]): unknown[] {
  const items = value.slice();
  const plain = typeof value[0] === 'number' ? leadingNumbers(value) : leadingTexts(value);
  for (let i = plain; i < items.length; i++) {
    const item = items[i];
    if (item !== null && typeof item === 'object') items[i] = copyJson<unknown>(item);
  }
  return items;
}

/** Deep copy of plain JSON data. What is frozen is shared: nobody can change it, so nobody needs a copy. */
export function copyJson<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return copyItems(value) as T;
  const copy = { ...value } as Record<string, unknown>;
  for (const key in copy) {
    const item = copy[key];
    if (item !== null && typeof item === 'object') copy[key] = copyJson<unknown>(item);
  }
  return copy as T;
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

  view(key: string): NeighbourView {
    const view = this.#byKey.get(key) ?? new OverlayView(this, this.#base, key);
    view.refresh();
    return view;
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

/**
 * State of one key as an overlay sees it, for one step: the store below may have changed before the next. A class because
 * every step of every message asks one.
 */
export class OverlayView implements NeighbourView {
  readonly key: string;
  readonly #overlay: OverlayState;
  readonly #base: SealedState;
  #own: Map<string, Slot> = nothingOwn;
  #below: Names | undefined;

  constructor(overlay: OverlayState, base: SealedState, key: string) {
    this.#overlay = overlay;
    this.#base = base;
    this.key = key;
  }

  /** True when nothing here differs from the store below. */
  get isEmpty(): boolean {
    return this.#own.size === 0;
  }

  /** Looks at the store below again. */
  refresh(): void {
    this.#below = this.#base.namesOf(this.key);
  }

  beside(key: string): StateView {
    return this.#overlay.view(key);
  }

  get<T>(name: string): T | undefined {
    const slot = this.#own.get(name);
    if (slot === undefined) return this.#base.valueIn(this.#below, this.key, name) as T | undefined;
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
    for (const name of this.#below?.keys() ?? []) if (name.startsWith(prefix)) names.add(name);
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
