/**
 * The one client for outgoing HTTP. Addresses are judged by the policy at connect time and after each redirect,
 * credentials never cross origins, sizes and times are bounded, and every failure is a value whose text names the host
 * but no header, query or body.
 */
import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ErrorCode } from '../contract/error-codes.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { Secret } from '../leaf/secret.ts';
import type { OutgoingPolicy } from './address-policy.ts';
import { parseRetryAfter } from './retry-after.ts';

/** One request. Headers whose value is a Secret, and `authorization` and `cookie`, stay with the first origin. */
export interface OutgoingRequest {
  /** Absent: GET. Only GET and HEAD follow redirects. */
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | Secret>>;
  readonly body?: string | Uint8Array;
  /** Largest answer, also after inflating; absent: 8 MiB. */
  readonly answerBytesMax?: number;
  /** For the whole exchange with all redirects; absent: 30,000. */
  readonly timeoutMs?: number;
  /** Absent: 5. */
  readonly redirectsMax?: number;
}

/** Any complete answer, whatever its status. */
export interface OutgoingAnswer {
  readonly status: number;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Address that answered in the end. */
  readonly url: string;
  /** What the answer asks to wait, milliseconds; absent when it does not. */
  readonly retryAfterMs?: number;
}

/** Sends a request. Never throws; codes are `endpoint_unreachable`, `endpoint_timeout`, `endpoint_refused` and `too_large`. */
export type OutgoingClient = (
  request: OutgoingRequest,
  signal: AbortSignal,
) => Promise<Outcome<OutgoingAnswer>>;

/** What the client needs from outside. PEM texts of `tls` are added to every connection. */
export interface OutgoingSurroundings {
  readonly nowMs: () => number;
  readonly userAgent: string;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: Secret };
}

const inflate = promisify(gunzip);
const redirects = new Set([301, 302, 303, 307, 308]);
const sharedHeaders = new Set(['accept', 'accept-language', 'user-agent']);

/** Builds the client over a policy. */
export function createOutgoingClient(
  policy: OutgoingPolicy,
  surroundings: OutgoingSurroundings,
): OutgoingClient {
  return async (request, signal) => {
    if (!URL.canParse(request.url)) return failed('endpoint_unreachable', 'the address is not a URL');
    const timeout = AbortSignal.timeout(request.timeoutMs ?? 30_000);
    const both = AbortSignal.any([signal, timeout]);
    let url = new URL(request.url);
    const { origin } = url;
    for (let hops = 0; ; hops++) {
      const allowed = policy.check(url);
      if (!allowed.ok) return allowed;
      const sent = await exchange(url, request, url.origin === origin, policy, surroundings, both).catch(
        (error: unknown) => fault(url, error, timeout.aborted),
      );
      if (!sent.ok) return sent;
      const { location } = sent.value.headers;
      const method = request.method ?? 'GET';
      const follows =
        redirects.has(sent.value.status) && location !== undefined && (method === 'GET' || method === 'HEAD');
      if (!follows) return sent;
      if (hops >= (request.redirectsMax ?? 5))
        return failed('endpoint_refused', `${url.host} redirects too often`);
      if (!URL.canParse(location, url.href))
        return failed('endpoint_refused', `${url.host} redirects to no URL`);
      const next = new URL(location, url);
      if (url.protocol === 'https:' && next.protocol !== 'https:')
        return failed('endpoint_refused', `${url.host} redirects from TLS to plain text`);
      url = next;
    }
  };
}

async function exchange(
  url: URL,
  request: OutgoingRequest,
  sameOrigin: boolean,
  policy: OutgoingPolicy,
  surroundings: OutgoingSurroundings,
  signal: AbortSignal,
): Promise<Outcome<OutgoingAnswer>> {
  const bytesMax = request.answerBytesMax ?? 8 * 1024 * 1024;
  const { tls } = surroundings;
  const options: RequestOptions = {
    method: request.method ?? 'GET',
    headers: sentHeaders(request, sameOrigin, surroundings.userAgent),
    // A fresh connection per exchange: what was checked by the look-up is what is used.
    agent: false,
    lookup: policy.lookup,
    signal,
    ...(url.protocol === 'https:' && tls !== undefined
      ? {
          ca: tls.ca,
          // A client certificate is a credential too: it is shown to the first origin alone.
          ...(sameOrigin ? { cert: tls.cert, key: tls.key?.reveal() } : {}),
          minVersion: 'TLSv1.2',
        }
      : {}),
  };
  const message = await send(url, options, request.body);
  const body = await collect(message, bytesMax);
  if (body === undefined) return failed('too_large', `${url.host} sent more than ${bytesMax} bytes`);
  const headers = flatHeaders(message);
  let plain: Uint8Array = body;
  if (headers['content-encoding'] === 'gzip' && body.length > 0) {
    const inflated = await inflate(body, { maxOutputLength: bytesMax }).catch(
      (error: unknown) => error as Error,
    );
    if (inflated instanceof Error) {
      const large = (inflated as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
      return large
        ? failed('too_large', `${url.host} sent more than ${bytesMax} bytes after inflating`)
        : failed('endpoint_refused', `${url.host} sent gzip that cannot be inflated`);
    }
    plain = inflated;
  }
  const retryAfterMs = parseRetryAfter(headers['retry-after'], surroundings.nowMs());
  return succeeded({
    status: message.statusCode ?? 0,
    headers,
    body: plain,
    url: url.href,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function send(
  url: URL,
  options: RequestOptions,
  body: string | Uint8Array | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = url.protocol === 'https:' ? secureRequest(url, options) : plainRequest(url, options);
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

async function collect(message: IncomingMessage, bytesMax: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      message.destroy();
      return undefined;
    }
    chunks.push(chunk);
  }
  if (!message.complete) throw Object.assign(new Error('the answer was cut'), { code: 'ECONNRESET' });
  return Buffer.concat(chunks);
}

function sentHeaders(
  request: OutgoingRequest,
  sameOrigin: boolean,
  userAgent: string,
): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': userAgent, 'accept-encoding': 'gzip' };
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    const lower = name.toLowerCase();
    if (!sameOrigin && !sharedHeaders.has(lower)) continue;
    headers[lower] = typeof value === 'string' ? value : value.reveal();
  }
  return headers;
}

function flatHeaders(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}

function fault(url: URL, error: unknown, timedOut: boolean): Outcome<never> {
  const { code, message } = error as { code?: string; message?: string };
  if (timedOut) return failed('endpoint_timeout', `${url.host} did not answer in time`);
  const told =
    code === 'EREFUSED_ADDRESS' ? `refused by policy: ${message ?? ''}` : (code ?? 'connection failed');
  const reason: ErrorCode = 'endpoint_unreachable';
  return failed(reason, `${url.host}: ${told}`);
}
