/** Requests that carry a bearer token, with one fresh token when the API no longer takes the kept one. */
import { createSecret } from '../leaf/secret.ts';
import type { TokenSource } from './access-token.ts';
import { askApi, type ApiAnswer } from './api-answer.ts';
import type { OutgoingClient } from './outgoing-http.ts';

/** Sends a GET with the token of `tokens`. A 401 is tried once more with a new token. */
export async function askWithToken(
  client: OutgoingClient,
  tokens: TokenSource,
  url: string,
  nowMs: number,
  signal: AbortSignal,
  method = 'GET',
): Promise<ApiAnswer> {
  let answer: ApiAnswer | undefined;
  for (let attempt = 0; attempt < 2; attempt++) {
    const got = await tokens.token(nowMs, signal);
    if (!got.ok) return got;
    const headers = {
      accept: 'application/json',
      authorization: createSecret(`Bearer ${got.token.reveal()}`),
    };
    answer = await askApi(client, { method, url, headers, answerBytesMax: answerBytesMax }, nowMs, signal);
    if (answer.ok || answer.status !== 401) return answer;
    tokens.forget();
  }
  return answer as ApiAnswer;
}

/** Largest page of an audit API taken: a thousand records of the vendors' usual size and a wide margin. */
export const answerBytesMax = 32 * 1024 * 1024;
