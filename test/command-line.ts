/**
 * The command line of the programs beside the tests (bench, faults, fuzz, noise, sim, soak …): `--help`, and wrong words told
 * in a sentence with exit status 2. Nobody shall read a stack trace because of a typing error, and a name that fits
 * nothing shall not look like a run without problems.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T }>>['values'];

/** A command line that was understood. Its methods end the program with status 2 when what they are asked for is not there. */
export interface CommandLine<T extends Options> {
  readonly values: Values<T>;
  /** What stands beside the options, in order. */
  readonly words: readonly string[];
  /** The number behind an option or a word, `least` or more; `name` is what the message calls it. */
  number(name: string, text: string, least?: number): number;
  /** Those with one of the words in their name, all of them without words; every word has to fit something. */
  named<N extends { readonly name: string }>(all: readonly N[], words?: readonly string[]): readonly N[];
  /** Says what is wrong with the command line, and how it is meant. */
  stop(problem: string): never;
}

/**
 * Reads the command line of this process. `usage`: how to call the program, shown by `--help` and behind every problem;
 * `wordsMax`: how many words may stand beside the options.
 */
export function commandLineOf<const T extends Options>(
  usage: string,
  options: T,
  wordsMax = 0,
): CommandLine<T> {
  const stop = (problem: string): never => {
    process.stderr.write(`${problem}\n${usage}\n`);
    process.exit(2);
  };
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  let parsed: { readonly values: Values<T>; readonly positionals: readonly string[] };
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // What follows the first sentence is about words that begin with a dash.
    return stop((error as Error).message.split('. ')[0] as string);
  }
  const { values, positionals: words } = parsed;
  if (words.length > wordsMax) return stop(`unexpected word '${words[wordsMax]}'`);
  return {
    values,
    words,
    stop,
    number(name, text, least = 0) {
      const value = text.trim() === '' ? NaN : Number(text);
      return value >= least && value < Infinity
        ? value
        : stop(`${name} has to be a number of ${least} or more, not '${text}'`);
    },
    named(all, wanted = words) {
      const names = all.map(({ name }) => name);
      for (const word of wanted)
        if (!names.some((name) => name.includes(word)))
          stop(`nothing is named '${word}'; there are ${names.join(', ')}`);
      return wanted.length === 0 ? all : all.filter(({ name }) => wanted.some((word) => name.includes(word)));
    },
  };
}
