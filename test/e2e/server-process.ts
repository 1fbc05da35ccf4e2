/** Servers beside the collector that a test starts: each ends with it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

/** SIGKILL, and waits until it is gone. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** A process that ends with the test. */
export function started(
  t: TestContext,
  command: string,
  args: readonly string[],
  env: object = {},
): ChildProcess {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  t.after(() => ended(child));
  return child;
}
