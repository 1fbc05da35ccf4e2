/** A map whose values rest as their checkpoint text when nobody changes them. */
import { PackedValue } from './sealed-state.ts';

/** How values rest: as text of their own form, which is shorter than their JSON. */
export interface PackedForm<T> {
  pack(value: T): string;
  open(text: string): T;
}

const asJson: PackedForm<never> = {
  pack: (value) => JSON.stringify(value),
  open: (text) => JSON.parse(text) as never,
};

/** Values of plain JSON data by key, in the order they were put. */
export class PackedMap<T extends object> {
  readonly #held = new Map<string, T | PackedValue>();
  readonly #form: PackedForm<T>;

  constructor(form: PackedForm<T> = asJson as unknown as PackedForm<T>) {
    this.#form = form;
  }

  get size(): number {
    return this.#held.size;
  }

  has(key: string): boolean {
    return this.#held.has(key);
  }

  /** Read-only: the value as it is; changing it changes nothing. */
  get(key: string): T | undefined {
    const held = this.#held.get(key);
    return held instanceof PackedValue ? this.#form.open(held.text) : held;
  }

  /** Puts a value last. */
  set(key: string, value: T): void {
    this.#held.delete(key);
    this.#held.set(key, value);
  }

  delete(key: string): boolean {
    return this.#held.delete(key);
  }

  clear(): void {
    this.#held.clear();
  }

  keys(): IterableIterator<string> {
    return this.#held.keys();
  }

  /** JSON of a value; it rests from then on when `resting` is true. */
  textOf(key: string, resting: boolean): string | undefined {
    const held = this.#held.get(key);
    if (held === undefined) return undefined;
    if (held instanceof PackedValue) return JSON.stringify(this.#form.open(held.text));
    if (resting) this.#held.set(key, new PackedValue(this.#form.pack(held)));
    return JSON.stringify(held);
  }

  /** Puts a value that rests. */
  setText(key: string, text: string): void {
    this.#held.set(key, new PackedValue(this.#form.pack(JSON.parse(text) as T)));
  }
}
