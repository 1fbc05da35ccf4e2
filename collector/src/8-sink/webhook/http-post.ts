/** One HTTP POST with a bounded answer; the default transport of the webhook sink. */
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { HttpOutcome } from '../http-outcome.ts';

/** Sends `body` and resolves with the answer; rejects when there is none within `timeoutMs`. Follows no redirects. */
export type HttpPost = (
  url: string,
  message: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly timeoutMs: number;
  },
  signal: AbortSignal,
) => Promise<HttpOutcome>;

const answerCharsMax = 2048;

/** A poster with its TLS settings. */
export function createHttpPost(
  tls: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'lookup'> = {},
): HttpPost {
  return (url, { headers, body, timeoutMs }, signal) =>
    new Promise((resolve, reject) => {
      const request = url.startsWith('https:') ? tlsRequest : plainRequest;
      // The whole exchange is bounded: an endpoint that trickles its answer must not hold the queue.
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const sent = request(
        url,
        {
          method: 'POST',
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          signal: bounded,
          ...tls,
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            if (text.length < answerCharsMax) text += chunk.slice(0, answerCharsMax - text.length);
          });
          const retryAfter = response.headers['retry-after'];
          const finish = () =>
            resolve({
              status: response.statusCode ?? 0,
              text,
              ...(retryAfter !== undefined && { retryAfter }),
            });
          response.on('end', finish);
          // Cut in the middle of the answer: the status is what counts.
          response.on('error', finish);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
}
