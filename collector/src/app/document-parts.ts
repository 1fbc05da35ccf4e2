/**
 * Cuts a large block-style YAML document at the entries of its long top-level lists, so that it can be parsed part by part: the
 * parser's nodes take a hundred times the text. Only text whose parts mean the same alone is cut (YAML 1.2.2 section 8.2); what
 * needs a whole parse is left whole.
 */

/** Some entries of a list: a block sequence of its own. */
export interface ListPart {
  readonly list: string;
  /** Index of its first entry in the list. */
  readonly firstIndex: number;
  /** How many entries it has. */
  readonly count: number;
  /** Line of the document, from 1, on which its text begins. */
  readonly firstLine: number;
  readonly text: string;
}

/** The document without its long lists, which are empty in it, and their entries. */
export interface CutDocument {
  readonly rest: string;
  readonly parts: readonly ListPart[];
  /** Line of the document that a line of `rest` was, both from 1. */
  lineOf(restLine: number): number;
}

interface Line {
  readonly from: number;
  /** After its line break. */
  readonly end: number;
  readonly number: number;
}

const keyLine = /^([A-Za-z][\w-]*):[ \t]*(?:#[^\n]*)?\r?\n?$/;

/** The document cut into parts of about so many characters, or undefined when it has to stay whole. */
export function cutDocument(text: string, partChars: number): CutDocument | undefined {
  // Directives change what follows, a lone CR is a line break to some, and tabs do not indent.
  if (/^%|^\.\.\.|\r(?!\n)|^ *\t/m.test(text)) return undefined;
  const rest: string[] = [];
  const lines: number[] = [];
  const parts: ListPart[] = [];
  const reader = new LineReader(text);
  let begun = false;
  for (let line = reader.next(); line !== undefined; line = reader.next()) {
    const said = text.slice(line.from, line.end);
    if (said.startsWith('---') && begun) return undefined;
    begun ||= !/^(?:#|\s*$)/.test(said);
    const key = keyLine.exec(said)?.[1];
    const cut = key === undefined ? undefined : cutList(text, reader, key, partChars);
    if (cut === null) return undefined;
    rest.push(cut === undefined ? said : `${key}: []\n`);
    lines.push(line.number);
    if (cut !== undefined) parts.push(...cut);
  }
  if (parts.length === 0) return undefined;
  return { rest: rest.join(''), parts, lineOf: (restLine) => lines[restLine - 1] ?? 0 };
}

/** The entries that follow the key; undefined: none, the reader is where it was; null: not a list that can be cut. */
function cutList(
  text: string,
  reader: LineReader,
  list: string,
  partChars: number,
): ListPart[] | undefined | null {
  const start = reader.mark();
  const first = reader.nextSaying();
  if (first === undefined || !isEntry(text, first.from + first.indent)) {
    reader.reset(start);
    return undefined;
  }
  const { indent } = first;
  const parts: ListPart[] = [];
  let index = 1;
  let part = { from: first.line.from, firstIndex: 0, firstLine: first.line.number };
  const close = (end: number): void => {
    parts.push({
      list,
      firstIndex: part.firstIndex,
      count: index - part.firstIndex,
      firstLine: part.firstLine,
      text: text.slice(part.from, end),
    });
  };
  for (;;) {
    const before = reader.mark();
    const found = reader.nextSaying();
    if (found !== undefined && found.indent > indent) continue;
    if (found?.indent === indent && isEntry(text, found.from + indent)) {
      if (found.line.from - part.from >= partChars) {
        close(found.line.from);
        part = { from: found.line.from, firstIndex: index, firstLine: found.line.number };
      }
      index++;
      continue;
    }
    // What stands here belongs to the top level, or the list is indented in a way only a whole parse can judge.
    if (found !== undefined && found.indent > 0) return null;
    close(found?.line.from ?? text.length);
    if (found !== undefined) reader.reset(before, found.line);
    return parts;
  }
}

function isEntry(text: string, at: number): boolean {
  return text[at] === '-' && (text[at + 1] === ' ' || text[at + 1] === '\n' || text[at + 1] === '\r');
}

/** Where a reader stands. */
interface Mark {
  readonly at: number;
  readonly number: number;
}

class LineReader {
  readonly #text: string;
  #at = 0;
  #number = 0;

  constructor(text: string) {
    this.#text = text;
  }

  mark(): Mark {
    return { at: this.#at, number: this.#number };
  }

  /** Goes back to a mark, or to the line given after it. */
  reset({ at, number }: Mark, line?: Line): void {
    this.#at = line?.from ?? at;
    this.#number = line === undefined ? number : line.number - 1;
  }

  next(): Line | undefined {
    const from = this.#at;
    if (from >= this.#text.length) return undefined;
    const found = this.#text.indexOf('\n', from);
    this.#at = found === -1 ? this.#text.length : found + 1;
    return { from, end: this.#at, number: ++this.#number };
  }

  /** The next line that is neither empty nor a comment, with its indentation. */
  nextSaying(): { readonly line: Line; readonly from: number; readonly indent: number } | undefined {
    for (let line = this.next(); line !== undefined; line = this.next()) {
      let at = line.from;
      while (this.#text[at] === ' ') at++;
      const character = this.#text[at];
      if (character === undefined || character === '\n' || character === '\r' || character === '#') continue;
      return { line, from: line.from, indent: at - line.from };
    }
    return undefined;
  }
}
