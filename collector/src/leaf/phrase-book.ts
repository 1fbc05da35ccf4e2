/**
 * A short form for JSON texts of which many are alike: what is often quoted in them, with the punctuation behind it, is one
 * character from U+00A0 to U+00FF. For memory only: a book is learned from a sample and lives as long as the process.
 */

const firstCode = 0xa0;
const phrasesMax = 0x100 - firstCode;

const quote = 0x22;
const backslash = 0x5c;
/** `:`, `,`, `[`, `]`, `{` or `}`. */
function isPunctuation(unit: number): boolean {
  return unit === 0x3a || unit === 0x2c || unit === 0x5b || unit === 0x5d || unit === 0x7b || unit === 0x7d;
}

/** End of the phrase that begins with the quote at `from`; -1 when the quote is not closed. */
function endOfPhrase(text: string, from: number): number {
  let at = from + 1;
  for (;;) {
    if (at >= text.length) return -1;
    const unit = text.charCodeAt(at);
    if (unit === quote) break;
    at += unit === backslash ? 2 : 1;
  }
  at++;
  while (at < text.length && isPunctuation(text.charCodeAt(at))) at++;
  return at;
}

/** Phrases and their characters. */
export class PhraseBook {
  readonly #phrases: readonly string[];
  readonly #codes: ReadonlyMap<string, string>;

  /** Learns from texts the phrases that save most. */
  constructor(sample: readonly string[]) {
    const counts = new Map<string, number>();
    for (const text of sample) countPhrases(text, counts);
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
    let short = '';
    let done = 0;
    for (let from = text.indexOf('"'); from >= 0;) {
      const end = endOfPhrase(text, from);
      if (end < 0) break;
      const known = this.#codes.get(text.slice(from, end));
      if (known !== undefined) {
        short += text.slice(done, from) + known;
        done = end;
      }
      from = text.indexOf('"', end);
    }
    return done === 0 ? text : short + text.slice(done);
  }

  /** The text of a short form. */
  restore(short: string): string {
    let text = '';
    let done = 0;
    for (let at = 0; at < short.length; at++) {
      const unit = short.charCodeAt(at);
      if (unit < firstCode) continue;
      text += short.slice(done, at) + (this.#phrases[unit - firstCode] ?? '');
      done = at + 1;
    }
    return done === 0 ? short : text + short.slice(done);
  }
}

function countPhrases(text: string, counts: Map<string, number>): void {
  for (let from = text.indexOf('"'); from >= 0;) {
    const end = endOfPhrase(text, from);
    if (end < 0) return;
    const found = text.slice(from, end);
    counts.set(found, (counts.get(found) ?? 0) + 1);
    from = text.indexOf('"', end);
  }
}
