/** `zonewarden move`: what an embedded collector knows, to the Kafka engine of its new configuration. */
import { loadConfig } from '../app/config-file.ts';
import { problemLine } from '../app/document-problem.ts';
import { moveToKafka } from '../app/kafka-move.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { wallClock } from '../app/wall-clock.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine, misuse } from './command-line.ts';

function optionsOf(argv: readonly string[]) {
  return commandLine('move', {
    args: [...argv],
    options: { config: { type: 'string' }, 'dry-run': { type: 'boolean', default: false } },
  }).values;
}

/** A line per kind of thing on standard output. Exit status: 0 moved, 2 something stands in the way and nothing counts as moved. */
export async function move(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = optionsOf(argv);
  if (options.config === undefined) throw misuse('move', '--config FILE is needed');
  const loaded = await loadConfig(options.config, { env: process.env, workingDirectory: process.cwd() });
  if (!loaded.ok) throw new UnusableInput(loaded.problems.map(problemLine));
  const around = wallClock((level, message) => void io.stderr.write(`${level} ${message}\n`));
  const dryRun = options['dry-run'];
  const lines = await moveToKafka({ config: loaded.config, around, stdout: io.stdout, dryRun });
  for (const line of lines) io.stdout.write(`${line}\n`);
  io.stdout.write(dryRun ? 'nothing was moved\n' : 'moved; start "zonewarden run" with this configuration\n');
  return exitCodes.held;
}
