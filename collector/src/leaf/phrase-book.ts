/**
 * A short form for JSON texts of which many are alike: what is often quoted in them, with the punctuation behind it, is one
 * character from U+00A0 to U+00FF. For memory only: a book is learned from a sample and lives as long as the process.
 */

const firstCode = 0xa0;
const phrasesMax = 0x100 - firstCode;
const phrase = /"(?:[^"\\]|\\.)*"[:,[\]{}]*/g;
const code = /[\u00a0-\u00ff]/g;

/** Phrases and their characters. */
export class PhraseBook {
  readonly #phrases: readonly string[];
  readonly #codes: ReadonlyMap<string, string>;

  /** Learns from texts the phrases that save most. */
  constructor(sample: readonly string[]) {
    const counts = new Map<string, number>();
    for (const text of sample)
      for (const [found] of text.matchAll(phrase)) counts.set(found, (counts.get(found) ?? 0) + 1);
    const saving = ([text, count]: readonly [string, number]): number => (text.length - 1) * (count - 1);
    this.#phrases = [...counts]
      .filter(([, count]) => count > 1)
      .sort((a, b) => saving(b) - saving(a) || (a[0] < b[0] ? -1 : 1))
      .slice(0, phrasesMax)
      .map(([text]) => text);
    this.#codes = new Map(this.#phrases.map((text, i) => [text, String.fromCharCode(firstCode + i)]));
  }

  /** The short form of an ASCII text: characters below U+0080 and from U+00A0 to U+00FF. */
  shorten(text: string): string {
    return text.replace(phrase, (found) => this.#codes.get(found) ?? found);
  }

  /** The text of a short form. */
  restore(short: string): string {
    return short.replace(code, (found) => this.#phrases[found.charCodeAt(0) - firstCode] ?? '');
  }
}
