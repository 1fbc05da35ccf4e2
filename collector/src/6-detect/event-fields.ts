/**
 * Fields of the event at hand, read once however many rules ask. Two hundred rules name the same few dozen fields; each
 * walk through nested objects, and each text search over the whole event, happens once per event.
 */
import { allTexts, fieldReader, hasDottedKey, scalarText } from './field-path.ts';
import type { FieldReader } from './field-path.ts';

/** One field as rules compare it. */
export interface Field {
  /** The value; see `FieldReader`. */
  readonly read: FieldReader;
  /** Lower-case text of a scalar; undefined for what is absent, null, a list or an object. */
  readonly lower: (event: object) => string | undefined;
}

/**
 * Shares readings among the rules of a set. Outside of `begin` and `end`, or for another event than the one begun, every
 * reading is made anew: an event that somebody changes between two rounds is never judged by what it was.
 */
export class EventFields {
  #event: object | undefined;
  #round = 0;
  readonly #fields = new Map<string, Field>();
  readonly #texts = this.#shared(allTexts);
  readonly #isFlattened = this.#shared(hasDottedKey);

  /** The same field for the same name. */
  field(name: string): Field {
    let field = this.#fields.get(name);
    if (field === undefined) {
      const read = this.#shared(fieldReader(name, this.#isFlattened));
      field = { read, lower: this.#shared((event) => scalarText(read(event))?.toLowerCase()) };
      this.#fields.set(name, field);
    }
    return field;
  }

  /** Every scalar of the event as text, for keywords. */
  texts(event: object): readonly string[] {
    return this.#texts(event);
  }

  /** From here to `end`, readings of this event are shared; it must not change meanwhile. */
  begin(event: object): void {
    this.#event = event;
    this.#round += 1;
  }

  /** Ends the sharing. */
  end(): void {
    this.#event = undefined;
  }

  #shared<T>(read: (event: object) => T): (event: object) => T {
    let round = -1;
    let value: T;
    return (event) => {
      if (event !== this.#event) return read(event);
      if (round !== this.#round) {
        value = read(event);
        round = this.#round;
      }
      return value;
    };
  }
}
