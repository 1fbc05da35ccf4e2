/** Newest control score of every domain, each as one text: ten thousand of them as objects would be most of a quiet heap. */
import type { ControlScore, ScoreComponent } from '../contract/score.ts';
import { PackedTexts } from '../leaf/packed-texts.ts';

/** What components and actions say repeats from domain to domain; what repeats too little is written out. */
const wordsMax = 4_096;

/** A text, or its number among the words. */
type Word = string | number | null;
/** What a component says, apart from its value and the time of it. */
type Saying = readonly [
  name: string,
  weight: number,
  known: boolean,
  applicable: boolean,
  reason: string,
  source: string | null,
  action: string | null,
];
type PackedScore = readonly [
  content: readonly [
    ControlScore['score'],
    number,
    ControlScore['risk'],
    ControlScore['risk_detail'],
    /** JSON of a `Saying` each. */
    sayings: readonly Word[],
  ],
  values: readonly (number | null)[],
  /** Different times of components, and for each component which it is. */
  times: readonly (string | null)[],
  seenAt: readonly number[],
  asOf: string,
  best: Word,
  tier: number | null,
  team: string | null,
];

/** Scores by `tenant|domain`, newest change last. */
export class ScoreShelf {
  readonly #packed = new PackedTexts();
  readonly #words: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #onWord: (number: number) => void;
  /** Sayings with their numbers by reason, so that what is known need not be written to be found. */
  readonly #sayings = new Map<string, { readonly said: ScoreComponent; readonly number: number }[]>();
  /** The score asked about last: whoever asks whether it is news puts it next. */
  #asked: { readonly score: ControlScore; readonly content: string } | undefined;

  /** `onWord`: told of every word the shelf learns, because texts of scores (`textOf`) name it by its number. */
  constructor(onWord: (number: number) => void = () => undefined) {
    this.#onWord = onWord;
  }

  get size(): number {
    return this.#packed.size;
  }

  /** True when a score says nothing that the one held does not: only its time and the times of its components differ. */
  says(key: string, score: ControlScore): boolean {
    const held = this.#packed.get(key);
    return held !== undefined && held.startsWith(`[${this.#content(score)},`);
  }

  set(key: string, score: ControlScore): void {
    const { components, as_of: asOf, next_best_action: best, tier, team } = score;
    const times = [...new Set(components.map(({ as_of: at }) => at))];
    const rest: unknown[] = [
      components.map(({ value }) => value),
      times,
      components.map(({ as_of: at }) => times.indexOf(at)),
      asOf,
      this.#word(best),
      tier,
      team,
    ];
    this.#packed.set(key, `[${this.#content(score)},${JSON.stringify(rest).slice(1)}`);
  }

  get(key: string): ControlScore | undefined {
    const text = this.#packed.get(key);
    return text === undefined ? undefined : this.#open(key, text);
  }

  /** A score as the shelf holds it: a tenth of its JSON. Without the words it names nobody can read it. */
  textOf(key: string): string | undefined {
    return this.#packed.get(key);
  }

  /** Puts back what `textOf` gave, when the words are back. */
  setText(key: string, text: string): void {
    this.#packed.set(key, text);
  }

  /** The word of a number; undefined when there is none. */
  wordAt(number: number): string | undefined {
    return this.#words[number];
  }

  /** Puts back a word, before the first score is put. */
  setWord(number: number, word: string): void {
    this.#words[number] = word;
    this.#numbers.set(word, number);
  }

  delete(key: string): boolean {
    return this.#packed.delete(key);
  }

  /** Nothing may be put or deleted before the last was taken or the walk was left; `values` alike. */
  keys(): Generator<string> {
    return this.#packed.keys();
  }

  *values(): Generator<ControlScore> {
    for (const [key, text] of this.#packed.entries()) yield this.#open(key, text);
  }

  #content(of: ControlScore): string {
    if (this.#asked?.score === of) return this.#asked.content;
    const { score, coverage, risk, risk_detail: detail, components } = of;
    const sayings = components.map((each) => this.#saying(each));
    const content = JSON.stringify([score, coverage, risk, detail, sayings]);
    this.#asked = { score: of, content };
    return content;
  }

  #saying(component: ScoreComponent): Word {
    const { name, weight, known, applicable, reason, source, next_action: action } = component;
    const alike = this.#sayings.get(reason);
    if (alike !== undefined)
      for (const { said, number } of alike) if (saysTheSame(said, component)) return number;
    const word = this.#word(
      JSON.stringify([name, weight, known, applicable, reason, source, action] satisfies Saying),
    );
    if (typeof word !== 'number') return word;
    if (alike === undefined) this.#sayings.set(reason, [{ said: component, number: word }]);
    else alike.push({ said: component, number: word });
    return word;
  }

  #open(key: string, text: string): ControlScore {
    const [[score, coverage, risk, detail, sayings], values, times, seenAt, asOf, best, tier, team] =
      JSON.parse(text) as PackedScore;
    const cut = key.indexOf('|');
    const components = sayings.map((word, index): ScoreComponent => {
      const [name, weight, known, applicable, reason, source, action] = JSON.parse(
        this.#text(word) ?? '',
      ) as Saying;
      return {
        name,
        weight,
        value: values[index] ?? null,
        known,
        applicable,
        reason,
        source,
        as_of: times[seenAt[index] ?? -1] ?? null,
        next_action: action,
      };
    });
    return {
      tenant: key.slice(0, cut),
      domain: key.slice(cut + 1),
      as_of: asOf,
      score,
      coverage,
      components,
      next_best_action: this.#text(best),
      risk,
      risk_detail: detail,
      tier,
      team,
    };
  }

  #word(text: string | null): Word {
    if (text === null) return null;
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#words.length >= wordsMax) return text;
    const number = this.#words.length;
    this.setWord(number, text);
    this.#onWord(number);
    return number;
  }

  #text(word: Word): string | null {
    return typeof word === 'number' ? (this.#words[word] ?? '') : word;
  }
}

function saysTheSame(a: ScoreComponent, b: ScoreComponent): boolean {
  return (
    a.name === b.name &&
    a.weight === b.weight &&
    a.known === b.known &&
    a.applicable === b.applicable &&
    a.reason === b.reason &&
    a.source === b.source &&
    a.next_action === b.next_action
  );
}
