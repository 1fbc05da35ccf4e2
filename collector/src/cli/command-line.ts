/** The command line of one command: options by `node:util`, and one form of saying that it was used wrongly. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UnusableInput } from '../app/unusable-input.ts';

/** Bad usage of `zonewarden <command>`, with the way to its help. */
export function misuse(command: string, message: string): UnusableInput {
  return new UnusableInput([`zonewarden ${command}: ${message}; see "zonewarden ${command} --help"`]);
}

/** Options and positionals of a command, by the rules of `parseArgs`; throws `misuse` where it would throw. */
export function commandLine<T extends ParseArgsConfig>(
  command: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw misuse(command, (error as Error).message);
  }
}
