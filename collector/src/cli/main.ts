/** argv to command. One line per command; each is loaded only when called, so that help and small commands start fast. */
import type { CommandIo } from './command-io.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { commandCatalogue } from './command-catalogue.ts';
import { helpText, overviewText } from './command-help.ts';
import { exitCodes } from './command-io.ts';
import { safeStream } from './safe-stream.ts';

type Command = (argv: readonly string[], io: CommandIo) => Promise<number>;

const loads: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).run,
  check: async () => (await import('./check.ts')).check,
  normalise: async () => (await import('./normalise.ts')).normalise,
  replay: async () => (await import('./replay.ts')).replay,
  backfill: async () => (await import('./backfill.ts')).backfill,
  incident: async () => (await import('./incident.ts')).incident,
  rules: async () => (await import('./rules.ts')).rules,
  intents: async () => (await import('./intents.ts')).intents,
  route: async () => (await import('./route.ts')).route,
  topics: async () => (await import('./topics.ts')).topics,
  move: async () => (await import('./move.ts')).move,
  backup: async () => (await import('./backup.ts')).backup,
  probe: async () => (await import('./probe.ts')).probe,
  bench: async () => (await import('./bench.ts')).bench,
  evidence: async () => (await import('./evidence.ts')).evidence,
  drill: async () => (await import('./drill.ts')).drill,
};

/** Runs one command line and returns its exit status. Never throws: problems go to standard error, one line each. */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.stdout.write(overviewText());
    return name === undefined ? exitCodes.unusable : exitCodes.held;
  }
  const help = commandCatalogue.find((command) => command.name === name);
  const load = Object.hasOwn(loads, name) ? loads[name] : undefined;
  if (help === undefined || load === undefined) {
    io.stderr.write(`zonewarden: unknown command ${JSON.stringify(name)}; see "zonewarden --help"\n`);
    return exitCodes.unusable;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    io.stdout.write(helpText(help));
    return exitCodes.held;
  }
  try {
    const command = await load();
    return await command(rest, io);
  } catch (error) {
    const lines =
      error instanceof UnusableInput ? error.problems : [`zonewarden ${name}: ${sentence(error)}`];
    for (const line of lines) io.stderr.write(`${line}\n`);
    return exitCodes.unusable;
  }
}

function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (process.env['ZONEWARDEN_DEBUG'] !== undefined && error instanceof Error) return error.stack ?? message;
  return message.split('\n')[0] ?? message;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough, such as `head`, is not a failure of ours.
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
const status = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: safeStream(process.stderr),
});
process.exitCode = status;
// A peer that never answers may still hold a socket; it must not hold a command that is done.
setTimeout(() => process.exit(status), 500).unref();
