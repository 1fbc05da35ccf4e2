/** A map whose values rest as their checkpoint text when nobody changes them. */
import { PackedTexts } from '../leaf/packed-texts.ts';

/** How values rest: as text of their own form, which is shorter than their JSON. */
export interface PackedForm<T> {
  pack(value: T): string;
  open(text: string): T;
}

const asJson: PackedForm<never> = {
  pack: (value) => JSON.stringify(value),
  open: (text) => JSON.parse(text) as never,
};

/** Values of plain JSON data by key: those that rest first, each in the order they were put or came to rest. */
export class PackedMap<T extends object> {
  readonly #open = new Map<string, T>();
  readonly #texts = new PackedTexts();
  readonly #form: PackedForm<T>;

  constructor(form: PackedForm<T> = asJson as unknown as PackedForm<T>) {
    this.#form = form;
  }

  get size(): number {
    return this.#open.size + this.#texts.size;
  }

  has(key: string): boolean {
    return this.#open.has(key) || this.#texts.has(key);
  }

  /** Read-only: the value as it is; changing it changes nothing. */
  get(key: string): T | undefined {
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    const text = this.#texts.get(key);
    return text === undefined ? undefined : this.#form.open(text);
  }

  /** Puts a value last. */
  set(key: string, value: T): void {
    this.delete(key);
    this.#open.set(key, value);
  }

  delete(key: string): boolean {
    return this.#open.delete(key) || this.#texts.delete(key);
  }

  clear(): void {
    this.#open.clear();
    this.#texts.clear();
  }

  /** Nothing may be put or deleted before the last was taken or the walk was left. */
  *keys(): Generator<string> {
    yield* this.#texts.keys();
    yield* this.#open.keys();
  }

  /** JSON of a value; it rests from then on when `resting` is true. */
  textOf(key: string, resting: boolean): string | undefined {
    const open = this.#open.get(key);
    if (open === undefined) {
      const text = this.#texts.get(key);
      return text === undefined ? undefined : JSON.stringify(this.#form.open(text));
    }
    if (resting) {
      this.#open.delete(key);
      this.#texts.set(key, this.#form.pack(open));
    }
    return JSON.stringify(open);
  }

  /** Puts a value that rests. */
  setText(key: string, text: string): void {
    this.#open.delete(key);
    this.#texts.set(key, this.#form.pack(JSON.parse(text) as T));
  }
}
