/** A collector as a process of its own: started, asked until it is ready, given signed deliveries, ended by a signal. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The program. */
export const main = fileURLToPath(new URL('../../collector/src/cli/main.ts', import.meta.url));

/** One that listens. */
export interface CollectorProcess {
  readonly child: ChildProcess;
  /** Address without a slash at its end. */
  readonly url: string;
  /** Everything it said so far, both streams. */
  readonly said: () => string;
  /** Sends the signal and waits until it is gone; its exit code, null when a signal ended it. Ended before: the code of then. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

/** `args` follow `zonewarden run`; `nodeArgs` go to Node itself, `as` is another user. Rejects with what it said when it ends before it listens. */
export async function startCollector(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  nodeArgs: readonly string[] = [],
  as: { readonly uid?: number; readonly gid?: number } = {},
): Promise<CollectorProcess> {
  const child = spawn(process.execPath, [...nodeArgs, main, 'run', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...as,
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = /listens on (http:\/\/[^\s/]+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void closed.then(([code]) => reject(new Error(`ended with ${code}: ${said}`)));
  });
  return {
    child,
    url,
    said: () => said,
    async end(signal) {
      child.kill(signal);
      const [code] = await closed;
      return code;
    },
  };
}

/** Asks until there is something; what throws is asked again. Fails after four minutes: a loaded machine is slow. */
export async function eventually<T>(what: string, ready: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 240_000;
  while (performance.now() < deadline) {
    const found = await ready().catch(() => undefined);
    if (found !== undefined) return found;
    await wait(30);
  }
  throw new Error(`${what} did not happen`);
}

/** Waits until a collector has caught up with its log and takes deliveries. */
export async function untilReady(url: string): Promise<void> {
  await eventually('ready', async () => {
    const answer = await fetch(`${url}/readyz`);
    await answer.arrayBuffer();
    return answer.ok ? true : undefined;
  });
}

/** A signed delivery to a source whose signature stands in `x-signature`; status of the answer, 0 when none came. */
export async function deliverSigned(
  url: string,
  source: string,
  secret: string,
  body: string,
): Promise<number> {
  try {
    const answer = await fetch(`${url}/ingest/${source}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-signature': createHmac('sha256', secret).update(body).digest('hex'),
      },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}

/** The same, and again for as long as the answer is 429: a machine can deliver faster than the webhook's rate. */
export async function deliverPatiently(
  url: string,
  source: string,
  secret: string,
  body: string,
): Promise<number> {
  for (;;) {
    const status = await deliverSigned(url, source, secret, body);
    if (status !== 429) return status;
    await wait(200);
  }
}
