/**
 * Which rows of a store changed since the last snapshot, and how a snapshot of them is taken in parts while the store goes
 * on changing: a row about to change is written out first, as it was when the snapshot began.
 */

/** Id of a row and its text; undefined: the row is gone. */
export type Row = readonly [id: string, text: string | undefined];

/** Writes the row `id`. `resting`: nobody is about to change it, so the store may keep the text instead of what it holds. */
export type TextOf = (id: string, resting: boolean) => string | undefined;

/** Changed rows of one store. */
export class DirtyRows {
  readonly #textOf: TextOf;
  #dirty = new Set<string>();
  #frozen = new Set<string>();
  #isSorted = true;
  /** Rows of the running snapshot that changed since it began. */
  #early: Row[] = [];

  constructor(textOf: TextOf) {
    this.#textOf = textOf;
  }

  /** A row is about to change. */
  touch(id: string): void {
    if (this.#frozen.size > 0 && this.#frozen.delete(id)) this.#early.push([id, this.#textOf(id, false)]);
    this.#dirty.add(id);
  }

  /** Begins a snapshot of what changed since the last one. What that one still owed is part of this one. */
  freeze(): void {
    for (const id of this.#frozen) this.#dirty.add(id);
    this.#early = [];
    this.#frozen = this.#dirty;
    this.#isSorted = false;
    this.#dirty = new Set();
  }

  /** True when the running snapshot owes nothing. */
  get isTaken(): boolean {
    return this.#frozen.size === 0 && this.#early.length === 0;
  }

  /**
   * The next rows of the snapshot, about `chars` characters of text, in the order of their ids: a store that keeps rows
   * sorted writes neighbours together instead of a page for each.
   */
  take(chars: number): Row[] {
    this.#sort();
    const rows = this.#early;
    this.#early = [];
    let left = chars;
    for (const [, text] of rows) left -= text?.length ?? 0;
    for (const id of this.#frozen) {
      if (left <= 0) break;
      this.#frozen.delete(id);
      const text = this.#textOf(id, true);
      rows.push([id, text]);
      left -= id.length + (text?.length ?? 0);
    }
    return rows;
  }

  /** Not when the snapshot begins: that moment has to be short. */
  #sort(): void {
    if (this.#isSorted) return;
    this.#frozen = new Set([...this.#frozen].sort());
    this.#isSorted = true;
  }
}
