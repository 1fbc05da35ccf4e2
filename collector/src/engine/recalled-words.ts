/** Statements an earlier life made after its last checkpoint, until this life has said the same or something else. */
import type { Published } from './statement.ts';

/** Such a statement. `current`: the newest word of this life about it, when it differs. */
export interface RecalledWord {
  readonly statement: Published;
  readonly digest: string;
  readonly revision: number;
  readonly timeMs: number;
  current?: Published;
}

/** They by id: `f/<finding id>`, `c/<case id>`. */
export class RecalledWords {
  readonly #byId = new Map<string, RecalledWord>();

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Remembers a word unless a newer one is known. */
  add(id: string, word: RecalledWord): void {
    if ((this.#byId.get(id)?.revision ?? -1) < word.revision) this.#byId.set(id, word);
  }

  /** This life says something: the revision its word must have when it is the same; undefined: it is not. */
  heard(id: string, digest: string, statement: Published): number | undefined {
    const recalled = this.#byId.size === 0 ? undefined : this.#byId.get(id);
    if (recalled === undefined) return undefined;
    if (recalled.digest !== digest) {
      recalled.current = statement;
      return undefined;
    }
    this.#byId.delete(id);
    return recalled.revision;
  }

  /** Takes out what lies before the watermark and is not open any more. */
  takePassed(watermarkMs: number, isOpen: (id: string) => boolean): [id: string, word: RecalledWord][] {
    const passed = [...this.#byId].filter(([id, { timeMs }]) => timeMs < watermarkMs && !isOpen(id));
    for (const [id] of passed) this.#byId.delete(id);
    return passed;
  }
}
