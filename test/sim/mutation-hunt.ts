/** Looks for the first seed that finds a planted bug; each life in a process of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A bug and what found it; `seed` is undefined when none of the tried ones did. */
export interface Hunt {
  readonly mutation: string;
  readonly seed: number | undefined;
  readonly tried: number;
  readonly problem: string;
}

const command = fileURLToPath(new URL('./run.ts', import.meta.url));
const preload = new URL('./mutate.ts', import.meta.url).href;

function lived(
  mutation: string,
  seed: number,
  lives: number,
  minutes: number,
  hard: boolean,
): Promise<string> {
  const args = [
    '--import',
    preload,
    command,
    '--seed',
    `${seed}`,
    '--lives',
    `${lives}`,
    '--minutes',
    `${minutes}`,
    ...(hard ? ['--hard'] : []),
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ZONEWARDEN_SIM_MUTATION: mutation },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return new Promise((resolve, reject) =>
    child.on('close', () => {
      const line = output.split('\n')[0] ?? '';
      // A bug that was not planted, or that does not even load, finds nothing.
      if (!line.startsWith('{') || errors.includes('was never loaded') || errors.includes('exactly once'))
        return reject(new Error(`${mutation}, seed ${seed}: ${errors.slice(0, 400)}`));
      resolve((JSON.parse(line) as { problems: string[] }).problems[0] ?? '');
    }),
  );
}

/** Tries seeds from `first` on, at most `tries`. */
export async function hunt(
  mutation: string,
  first: number,
  tries: number,
  lives = 3,
  minutes = 5,
  hard = false,
): Promise<Hunt> {
  for (let seed = first; seed < first + tries; seed++) {
    const problem = await lived(mutation, seed, lives, minutes, hard);
    if (problem !== '') return { mutation, seed, tried: seed - first + 1, problem: problem.slice(0, 160) };
  }
  return { mutation, seed: undefined, tried: tries, problem: '' };
}
