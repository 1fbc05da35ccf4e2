/** What is wrong with a rule file, in words for its author. */

/** One problem. `error` refuses the document; `lint` is advice. `line` counts from 1; 0 when the place is unknown. */
export interface RuleProblem {
  readonly severity: 'error' | 'lint';
  readonly file: string;
  readonly line: number;
  /** Number of the document in its file, from 0; -1 when it is about the file. */
  readonly document: number;
  /** Dotted place inside the document, '' for the whole. */
  readonly path: string;
  /** Title of the rule, '' when it has none. */
  readonly title: string;
  readonly reason: string;
}

/** Collects problems of one document; `path` is a list of keys and indexes from its root. */
export interface ProblemSink {
  error(path: readonly (string | number)[], reason: string): void;
  lint(path: readonly (string | number)[], reason: string): void;
  /** Errors so far; a caller compares before and after to learn whether its part failed. */
  readonly errorCount: () => number;
}

/** `file:line: path: reason`, as the command line prints it. */
export function problemLine(problem: RuleProblem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}` : problem.file;
  return `${place}: ${problem.path === '' ? '' : `${problem.path}: `}${problem.reason}`;
}
