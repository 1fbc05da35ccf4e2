/** How commands talk to a running collector: address and token from flags and environment, failures as sentences. */
import { readFile } from 'node:fs/promises';
import { UnusableInput } from '../app/unusable-input.ts';

/** Where and as whom. */
export interface ApiTarget {
  readonly url: string;
  readonly token: string | undefined;
}

/** Address usual for `zonewarden run`. */
export const usualUrl = 'http://127.0.0.1:8470';

/** Reads `--url` and the token: `--token-file FILE`, else the variable ZONEWARDEN_TOKEN, else none. */
export async function apiTarget(flags: {
  readonly url?: string;
  readonly 'token-file'?: string;
}): Promise<ApiTarget> {
  const url = flags.url ?? usualUrl;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UnusableInput([`--url: ${JSON.stringify(url)} is not an http or https address`]);
  const path = flags['token-file'];
  if (path === undefined) return { url, token: process.env['ZONEWARDEN_TOKEN'] };
  const token = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UnusableInput([`${path}: cannot be read: ${error.message}`]);
  });
  return { url, token: token.trim() };
}

/** An answer of the API; `detail` is the sentence of a problem. */
export interface ApiAnswered {
  readonly status: number;
  readonly body: unknown;
  readonly detail: string;
}

/** Sends one request below `/api/v1`; with `body` a POST. Throws UnusableInput when the collector cannot be reached. */
export async function askApi(target: ApiTarget, path: string, body?: object): Promise<ApiAnswered> {
  const address = new URL(`/api/v1${path}`, target.url);
  const answer = await fetch(address, {
    headers: {
      ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    redirect: 'error',
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  }).catch((error: Error) => {
    const { cause } = error as { cause?: { code?: string } };
    throw new UnusableInput([
      `${target.url}: cannot be reached (${cause?.code ?? error.message}); is "zonewarden run" running there?`,
    ]);
  });
  const text = await answer.text();
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    read = undefined;
  }
  const { title, detail } = (read ?? {}) as { title?: string; detail?: string };
  return { status: answer.status, body: read, detail: detail ?? title ?? `status ${answer.status}` };
}
