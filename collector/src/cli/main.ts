/** argv to command. One line per command; each is loaded only when called, so that help and small commands start fast. */
import type { CommandIo } from './command-io.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { exitCodes } from './command-io.ts';
import { safeStream } from './safe-stream.ts';

type Command = (argv: readonly string[], io: CommandIo) => Promise<number>;

interface Entry {
  readonly name: string;
  readonly usage: string;
  readonly about: string;
  readonly load: () => Promise<Command>;
}

const commands: readonly Entry[] = [
  {
    name: 'run',
    usage: 'run [--config FILE] [--data DIR] [--listen HOST:PORT] [--demo]',
    about: 'the collector; without --config the embedded demo; --demo: the demo with a configuration',
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'check',
    usage: 'check --config FILE [--probe]',
    about: 'validate configuration, inventory, intents and rules',
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'normalise',
    usage: 'normalise --source NAME [--tenant T] [--received-at TIME] FILE...',
    about: 'raw records to canonical events (NDJSON)',
    load: async () => (await import('./normalise.ts')).normalise,
  },
  {
    name: 'replay',
    usage:
      'replay --events FILE --inventory FILE | --entries CONFIG [--from TIME | --offset PARTITION:OFFSET...] [--to TIME] [--inventory FILE] [--intents FILE] [--warmup FILE] [--rules PATH] [--against DIR] --out DIR',
    about:
      'canonical events through the pipeline in virtual time; --against: the difference from an earlier result',
    load: async () => (await import('./replay.ts')).replay,
  },
  {
    name: 'backfill',
    usage:
      'backfill --inventory FILE [--from events|SOURCE] [--tenant T] [--network FILE]... (--data DIR | --url URL [--token-file FILE] | --dry-run) FILE...',
    about: 'what history teaches, into a stopped (--data) or running (--url) collector; notifies nobody',
    load: async () => (await import('./backfill.ts')).backfill,
  },
  {
    name: 'incident',
    usage:
      'incident [--sources all|minimal] [--shuffle SECONDS] [--seed N] [--duplicate] [--late-audit SECONDS] [--restart] FILE...',
    about: 'run incident files and judge page, cases and escalations',
    load: async () => (await import('./incident.ts')).incident,
  },
  {
    name: 'rules',
    usage:
      'rules check PATH... | rules match --rules PATH --events FILE [--raw] | rules test [PATH] | rules proof [--incidents FILE]... [--drills FILE] [--max-age-days N]',
    about: 'load, match and test Sigma rules; what proves that each would fire',
    load: async () => (await import('./rules.ts')).rules,
  },
  {
    name: 'intents',
    usage:
      'intents import --from dnscontrol|octodns|terraform|servicenow|jira|signed --inventory FILE [--tenant T] [--valid-hours N] [--at TIME] [--requested-by WHO] [--approved-by WHO] [--key PEM] [--ndjson] FILE',
    about: 'the plan of another tool, or a signed file, as an intents file; what it leaves open is refused',
    load: async () => (await import('./intents.ts')).intents,
  },
  {
    name: 'route',
    usage: 'route --case FILE [--json]',
    about: 'who would be notified for a case, and why',
    load: async () => (await import('./route.ts')).route,
  },
  {
    name: 'topics',
    usage: 'topics --config FILE [--sink ID] [--partitions N] [--replicas N] [--engine] [--dry-run]',
    about: 'create the topics of a Kafka sink, or say what differs',
    load: async () => (await import('./topics.ts')).topics,
  },
  {
    name: 'move',
    usage: 'move --config FILE [--dry-run]',
    about: 'what an embedded collector knows, to the Kafka engine that the configuration names now',
    load: async () => (await import('./move.ts')).move,
  },
  {
    name: 'backup',
    usage: 'backup --data DIR --out DIR [--json]',
    about: 'copy a data directory while the collector runs; the copy is read back and can be started from',
    load: async () => (await import('./backup.ts')).backup,
  },
  {
    name: 'probe',
    usage: 'probe DOMAIN [--host NAME]... [--dkim SELECTOR]... [--resolver ADDRESS]... [--json]',
    about: 'what parent, name servers and resolvers say about a domain now (network)',
    load: async () => (await import('./probe.ts')).probe,
  },
  {
    name: 'bench',
    usage: 'bench [--only NAME]',
    about: 'the benchmark (from a clone of the repository); one JSON line per figure',
    load: async () => (await import('./bench.ts')).bench,
  },
  {
    name: 'evidence',
    usage:
      'evidence export CASE [--url URL] [--token-file FILE] [--data DIR] [--out FILE] | evidence verify FILE [--key PEM] [--checkpoints FILE] | evidence tiles AUDIT-FOLDER [--origin NAME] [--out DIR]',
    about:
      'signed bundle of a case from a running collector (or a stopped data directory); offline check of bundles and audit logs',
    load: async () => (await import('./evidence.ts')).evidence,
  },
  {
    name: 'drill',
    usage:
      'drill [NAME] [--url URL] [--token-file FILE] [--tenant T] [--domain NAME] [--timeout SECONDS] [--notified] [--json]',
    about: 'send a labelled synthetic incident through the running collector and report hop by hop (network)',
    load: async () => (await import('./drill.ts')).drill,
  },
];

function help(): string {
  const lines = commands.map(({ usage, about }) => `  zonewarden ${usage}\n      ${about}`);
  return `Domain control, watched like production.\n\n${lines.join('\n')}\n\nExit status: 0 done and all held, 1 it ran and something fell short, 2 bad usage or unreadable input.\n`;
}

/** Runs one command line and returns its exit status. Never throws: problems go to standard error, one line each. */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.stdout.write(help());
    return name === undefined ? exitCodes.unusable : exitCodes.held;
  }
  const entry = commands.find((command) => command.name === name);
  if (entry === undefined) {
    io.stderr.write(`zonewarden: unknown command ${JSON.stringify(name)}; see "zonewarden --help"\n`);
    return exitCodes.unusable;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    io.stdout.write(`zonewarden ${entry.usage}\n  ${entry.about}\n`);
    return exitCodes.held;
  }
  try {
    const command = await entry.load();
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
