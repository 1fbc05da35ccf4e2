/** Bad usage or unreadable input: one line per problem, each `file:path: message` or a sentence. Commands exit with 2. */
export class UnusableInput extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
