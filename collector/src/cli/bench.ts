/** `zonewarden bench [--only NAME]`: the benchmark of the repository, one JSON line per figure. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine } from './command-line.ts';

/** Exit 0: every goal held; 1: one was missed; 2: bad usage, or not run from the repository, which alone has the benchmark. */
export async function bench(argv: readonly string[], io: CommandIo): Promise<number> {
  const { only } = commandLine('bench', { args: [...argv], options: { only: { type: 'string' } } }).values;
  const script = fileURLToPath(new URL('../../../test/bench/run.ts', import.meta.url));
  if (!existsSync(script)) {
    io.stderr.write('the benchmark is part of the repository, not of the package; run it from a clone\n');
    return exitCodes.unusable;
  }
  const flags = ['--expose-gc', '--max-semi-space-size=64'];
  const child = spawn(process.execPath, [...flags, script, ...(only === undefined ? [] : [only])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(io.stdout, { end: false });
  child.stderr.pipe(io.stderr, { end: false });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? exitCodes.unusable));
  });
}
