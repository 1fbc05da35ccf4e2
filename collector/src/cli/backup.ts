/** `zonewarden backup`: a copy of a data directory, taken while the collector runs, read back and ready to start from. */
import { backUp, type Backup } from '../app/backup.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine, misuse } from './command-line.ts';

function optionsOf(argv: readonly string[]) {
  return commandLine('backup', {
    args: [...argv],
    options: {
      data: { type: 'string' },
      out: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  }).values;
}

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`;
  return bytes < 1024 ** 3
    ? `${(bytes / 1024 ** 2).toFixed(1)} MiB`
    : `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}

function summary({ directory, files, bytes, position, log }: Backup): string {
  const left = log.end - (position ?? log.first);
  return `backed up to ${directory}: ${files} files, ${size(bytes)}, ${log.end - log.first} records read back.
Start from it with "zonewarden run --data ${directory}" and your configuration; it then decides the newest ${left} records.
`;
}

/** A line per part, and a summary; with `--json` one line at the end. Exit status: 0 done, 2 something stands in the way. */
export async function backup(argv: readonly string[], io: CommandIo): Promise<number> {
  const { data, out, json } = optionsOf(argv);
  if (data === undefined || out === undefined) throw misuse('backup', '--data DIR and --out DIR are needed');
  const made = await backUp(data, out, (part, bytes) => {
    if (!json) io.stdout.write(`${part.padEnd(20)} ${size(bytes).padStart(10)}\n`);
  });
  io.stdout.write(json ? `${JSON.stringify(made)}\n` : summary(made));
  return exitCodes.held;
}
