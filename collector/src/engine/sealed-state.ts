/**
 * The sealed store of one operator: what the watermark has passed, by key and name, changed in place. A key, or a value
 * of a large key, that rests is kept as the text its checkpoint row has: a tenth of the objects for the collector of
 * garbage, and less than half of the memory. It is opened when somebody asks for it.
 */
import type { StateView } from '../contract/step.ts';
import { PackedTexts } from '../leaf/packed-texts.ts';
import { DirtyRows } from './dirty-rows.ts';

/** Values of a key by name; the text of a value may rest elsewhere. */
export type Names = Map<string, unknown>;

/** Stands for a value whose text rests. */
const resting = Symbol('resting');

/** State of one key, from which other keys of the same tenant and shard can be reached: one operator has them all. */
export interface NeighbourView extends StateView {
  beside(key: string): StateView;
}

/** Where state of one operator lives. */
export interface KeyedState {
  view(key: string): NeighbourView;
}

/** A row of state: of a whole key, or of one value when names are tracked. `text` undefined: it is gone. */
export interface StateText {
  readonly key: string;
  readonly name?: string;
  readonly text: string | undefined;
}

const separator = '\u0000';
/** Values shorter than this are not worth a text of their own. */
const packedFrom = 64;

function namesOfText(text: string): Names {
  return new Map(Object.entries(JSON.parse(text) as Record<string, unknown>));
}

function textOfNames(names: Names): string {
  let text = '{';
  for (const [name, value] of names) {
    const valueText = JSON.stringify(value) as string | undefined;
    if (valueText === undefined) continue;
    text += `${text.length === 1 ? '' : ','}${JSON.stringify(name)}:${valueText}`;
  }
  return `${text}}`;
}

/** Sealed state by key. */
export class SealedState implements KeyedState {
  /** Values of the keys that do not rest. */
  readonly #byKey = new Map<string, Names>();
  /** Texts of what rests: whole keys, or `key\0name`. */
  readonly #texts = new PackedTexts();
  readonly #rows = new DirtyRows((id, rests) => this.#textOf(id, rests));
  /** Rows of single values by key; undefined: rows are whole keys. */
  #rowsOfKey: Map<string, DirtyRows> | undefined;
  /** What was opened since it was last packed: whole keys, or `key\0name`. */
  #open = new Set<string>();
  /** What was opened before the running snapshot began and has not been packed by it yet. */
  #packing = new Set<string>();

  /** Keys held. */
  get size(): number {
    return this.#byKey.size + (this.#rowsOfKey === undefined ? this.#texts.size : 0);
  }

  /** Keys that do not rest; where rows are values, the values opened since the last snapshot. */
  get openCount(): number {
    return this.#rowsOfKey === undefined ? this.#byKey.size : this.#open.size;
  }

  /** From now on rows are single values: for operators whose keys hold so many that no row could hold all. */
  trackNames(): void {
    this.#rowsOfKey ??= new Map();
  }

  view(key: string): NeighbourView {
    return new SealedView(this, key);
  }

  /** Read-only: values of a key, some of them perhaps at rest (`valueIn`); undefined when the key is not held. */
  namesOf(key: string): Names | undefined {
    const held = this.#byKey.get(key);
    if (held !== undefined || this.#rowsOfKey !== undefined) return held;
    const text = this.#texts.get(key);
    if (text === undefined) return undefined;
    const names = namesOfText(text);
    this.#texts.delete(key);
    this.#byKey.set(key, names);
    this.#open.add(key);
    return names;
  }

  /** Read-only: a value in what `namesOf` returned. */
  valueIn(names: Names | undefined, key: string, name: string): unknown {
    const value = names?.get(name);
    if (value !== resting) return value;
    const id = key + separator + name;
    const open: unknown = JSON.parse(this.#texts.get(id) as string);
    this.#texts.delete(id);
    names?.set(name, open);
    this.#open.add(id);
    return open;
  }

  /** Read-only: one value of a key. */
  valueOf(key: string, name: string): unknown {
    return this.valueIn(this.namesOf(key), key, name);
  }

  /** Read-only: the names and values of a key, leaving at rest what rests; empty when the key is not held. */
  entries(key: string): ReadonlyMap<string, unknown> {
    const held = this.#byKey.get(key);
    if (held === undefined) {
      const text = this.#rowsOfKey === undefined ? this.#texts.get(key) : undefined;
      return text === undefined ? new Map() : namesOfText(text);
    }
    return this.#rowsOfKey === undefined
      ? held
      : new Map([...held].map(([name, value]) => [name, this.#opened(key, name, value)]));
  }

  /** Replaces a value of a key. */
  write(key: string, name: string, value: unknown): void {
    this.touch(key, name);
    const names = this.namesOf(key);
    if (names === undefined) this.#byKey.set(key, new Map([[name, value]]));
    else {
      if (names.get(name) === resting) this.#texts.delete(key + separator + name);
      names.set(name, value);
    }
  }

  /** Removes a value of a key, and the key with its last value. */
  remove(key: string, name: string): void {
    this.touch(key, name);
    const names = this.namesOf(key);
    if (names?.get(name) === resting) this.#texts.delete(key + separator + name);
    names?.delete(name);
    if (names?.size === 0) this.#byKey.delete(key);
  }

  /** Every key held, in no order. */
  keys(): string[] {
    return this.#rowsOfKey === undefined
      ? [...this.#byKey.keys(), ...this.#texts.keys()]
      : [...this.#byKey.keys()];
  }

  /** A value of a key is about to change. */
  touch(key: string, name: string): void {
    if (this.#rowsOfKey === undefined) {
      this.#rows.touch(key);
      return;
    }
    let rows = this.#rowsOfKey.get(key);
    if (rows === undefined) {
      rows = new DirtyRows((each, resting) => this.#valueText(key, each, resting));
      this.#rowsOfKey.set(key, rows);
    }
    rows.touch(name);
  }

  /** Says that every value of a key must be written with the next checkpoint. */
  touchAll(key: string): void {
    for (const name of this.namesOf(key)?.keys() ?? []) this.touch(key, name);
  }

  /** Puts back values of a key read from a checkpoint. */
  restore(key: string, values: Iterable<readonly [string, unknown]>): void {
    const names = this.namesOf(key);
    if (names === undefined) this.#byKey.set(key, new Map(values));
    else for (const [name, value] of values) names.set(name, value);
  }

  /** Puts back a row of a checkpoint; it rests until somebody asks for it. */
  restoreText(key: string, name: string | undefined, text: string): void {
    if (name !== undefined) {
      this.restore(key, [
        [name, isPackable(text) && this.#rowsOfKey !== undefined ? resting : JSON.parse(text)],
      ]);
      if (this.#byKey.get(key)?.get(name) === resting) this.#texts.set(key + separator + name, text);
    } else if (this.#rowsOfKey !== undefined || this.#byKey.has(key) || this.#texts.has(key))
      this.restore(key, namesOfText(text));
    else if (text !== '{}') this.#texts.set(key, text);
  }

  /** Begins a snapshot of the rows that changed since the last one; `takeRows` gives them as they are now. */
  beginSnapshot(): void {
    this.#rows.freeze();
    for (const rows of this.#rowsOfKey?.values() ?? []) rows.freeze();
    for (const id of this.#open) this.#packing.add(id);
    this.#open = new Set();
  }

  /** The next rows of the snapshot, about `chars` characters of text; undefined when all were taken. */
  takeRows(chars: number): StateText[] | undefined {
    if (!this.#rows.isTaken) return this.#rows.take(chars).map(([key, text]) => ({ key, text }));
    for (const [key, rows] of this.#rowsOfKey ?? [])
      if (!rows.isTaken) return rows.take(chars).map(([name, text]) => ({ key, name, text }));
    if (this.#packing.size === 0) return undefined;
    this.#pack(chars);
    return [];
  }

  /** Packs what was opened only to be read. */
  #pack(chars: number): void {
    let left = chars;
    for (const id of this.#packing) {
      if (left <= 0) return;
      this.#packing.delete(id);
      left -= this.#restingText(id)?.length ?? 0;
    }
  }

  #restingText(id: string): string | undefined {
    const cut = id.indexOf(separator);
    if (this.#rowsOfKey === undefined || cut < 0) return this.#textOf(id, true);
    return this.#valueText(id.slice(0, cut), id.slice(cut + 1), true);
  }

  #textOf(id: string, rests: boolean): string | undefined {
    const held = this.#byKey.get(id);
    if (held === undefined) return this.#texts.get(id);
    const text = textOfNames(held);
    if (rests) {
      this.#byKey.delete(id);
      this.#texts.set(id, text);
      this.#open.delete(id);
    }
    return text;
  }

  #valueText(key: string, name: string, rests: boolean): string | undefined {
    const names = this.#byKey.get(key);
    if (names === undefined) return undefined;
    const id = key + separator + name;
    const value = names.get(name);
    if (value === resting) return this.#texts.get(id);
    if (rests) this.#open.delete(id);
    if (value === undefined) return undefined;
    const text = JSON.stringify(value);
    if (rests && isPackable(text)) {
      names.set(name, resting);
      this.#texts.set(id, text);
    }
    return text;
  }

  #opened(key: string, name: string, value: unknown): unknown {
    return value === resting ? JSON.parse(this.#texts.get(key + separator + name) as string) : value;
  }
}

function isPackable(text: string): boolean {
  return text.length >= packedFrom && (text.startsWith('{') || text.startsWith('['));
}

/** State of one key, changed in place. */
class SealedView implements NeighbourView {
  readonly #state: SealedState;
  readonly #key: string;

  constructor(state: SealedState, key: string) {
    this.#state = state;
    this.#key = key;
  }

  beside(key: string): StateView {
    return new SealedView(this.#state, key);
  }

  get<T>(name: string): T | undefined {
    return this.#state.valueOf(this.#key, name) as T | undefined;
  }

  edit<T extends object>(name: string, initial: () => T): T {
    const known = this.get<T>(name);
    if (known === undefined) {
      const value = initial();
      this.#state.write(this.#key, name, value);
      return value;
    }
    this.#state.touch(this.#key, name);
    return known;
  }

  put(name: string, value: unknown): void {
    this.#state.write(this.#key, name, value);
  }

  delete(name: string): void {
    this.#state.remove(this.#key, name);
  }

  names(prefix = ''): string[] {
    const names = this.#state.namesOf(this.#key)?.keys() ?? [];
    return [...names].filter((name) => name.startsWith(prefix)).sort();
  }
}
