/** What is wrong in a file a person wrote, and how it is told: one line, clickable, with the place and the way out. */

import { printable } from '../leaf/printable.ts';

/** Steps from the top of a document to a value: keys and list indexes. */
export type DocumentPath = readonly (string | number)[];

/** One problem in one file. `line` counts from 1; 0 when the file as a whole is meant (missing, unreadable). */
export interface DocumentProblem {
  readonly file: string;
  readonly line: number;
  readonly path: DocumentPath;
  readonly message: string;
  /** `error`: the file cannot be used. `warning`: it can, and does not do what its author may think. */
  readonly level: 'error' | 'warning';
}

/** Path as people write it: `sources[0].feed`; keys that are not plain words are quoted; '' for the whole document. */
export function pathText(path: DocumentPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** One line `file:line: path: message`; parts that do not apply are left out; control characters are escaped. */
export function problemLine(problem: DocumentProblem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}` : problem.file;
  const path = problem.path.length === 0 ? '' : ` ${pathText(problem.path)}:`;
  const level = problem.level === 'warning' ? ' warning:' : '';
  return printable(`${place}:${path}${level} ${problem.message}`);
}

/** Problems ordered by line, then path; the order they are printed in. */
export function sortProblems(problems: readonly DocumentProblem[]): DocumentProblem[] {
  return problems.toSorted(
    (a, b) =>
      compareText(a.file, b.file) || a.line - b.line || compareText(pathText(a.path), pathText(b.path)),
  );
}

/** True when at least one problem makes the file unusable. */
export function hasErrors(problems: readonly DocumentProblem[]): boolean {
  return problems.some((problem) => problem.level === 'error');
}

/** Short form of a value for a message: JSON, at most 60 characters. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

/** The known word closest to a mistyped one (edit distance at most a third of its length), or undefined. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein distance in which swapping two neighbours also costs one. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforePrevious[j - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Takes a problem; an error unless it says otherwise. */
export type Note = (path: DocumentPath, message: string, level?: 'error' | 'warning') => void;

/** Sentence for a word that is none of those allowed. */
export function choice(found: unknown, words: readonly string[]): string {
  const near = typeof found === 'string' ? nearestWord(found, words) : undefined;
  const hint = near === undefined ? '' : `; did you mean ${quoted(near)}?`;
  return `must be one of ${words.join(', ')}; found ${quoted(found)}${hint}`;
}
