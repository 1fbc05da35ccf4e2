/** What an API's answer means for a poller: records, a wait, a refusal. Texts name host and status, never headers or bodies. */
import type { Failure, Outcome } from '../contract/outcome.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { OutgoingAnswer, OutgoingClient, OutgoingRequest } from './outgoing-http.ts';

/** A readable answer, or the failure with the wait the other side asked for. `status` 0: there was no answer. */
export type ApiAnswer =
  | { readonly ok: true; readonly text: string; readonly answer: OutgoingAnswer }
  | {
      readonly ok: false;
      readonly failure: Failure;
      readonly status: number;
      readonly afterMs?: number | undefined;
    };

const strict = new TextDecoder('utf-8', { fatal: true });

/** Sends a request and judges the answer: 2xx is text (with `bytes`, only its body); 401 and 403 are `unauthorised`; 429 and 5xx are waits; the rest is refused. */
export async function askApi(
  client: OutgoingClient,
  request: OutgoingRequest,
  nowMs: number,
  signal: AbortSignal,
  form: 'text' | 'bytes' = 'text',
): Promise<ApiAnswer> {
  const sent = await client(request, signal);
  if (!sent.ok) return { ok: false, failure: sent.failure, status: 0 };
  const answer = sent.value;
  const { status } = answer;
  if (status >= 200 && status < 300) {
    if (form === 'bytes') return { ok: true, text: '', answer };
    try {
      return { ok: true, text: strict.decode(answer.body), answer };
    } catch {
      return refusal('not_utf8', status, answer, 'answered with bytes that are not UTF-8');
    }
  }
  const afterMs = answer.retryAfterMs ?? resetAfterMs(answer, nowMs);
  if (status === 429 || (status === 403 && isUsedUp(answer)))
    return {
      ...refusal('endpoint_throttled', status, answer, 'asks to slow down'),
      afterMs: afterMs ?? 60_000,
    };
  if (status === 401 || status === 403)
    return refusal('unauthorised', status, answer, 'refuses the credentials or lacks the permission');
  if (status >= 500) return { ...refusal('endpoint_unreachable', status, answer, 'has a fault'), afterMs };
  return refusal('endpoint_refused', status, answer, 'refuses the request');
}

function refusal(
  code: Failure['code'],
  status: number,
  answer: OutgoingAnswer,
  what: string,
): ApiAnswer & { ok: false } {
  const message = `${hostOf(answer.url)} ${what} (status ${status})`;
  return { ok: false, failure: { code, path: '', message }, status };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the endpoint';
}

/** Rate windows told as an epoch in seconds (Okta, GitHub); at most an hour, at least a second. */
function resetAfterMs(answer: OutgoingAnswer, nowMs: number): number | undefined {
  const text = answer.headers['x-rate-limit-reset'] ?? answer.headers['x-ratelimit-reset'];
  const seconds = Number(text);
  if (text === undefined || !Number.isSafeInteger(seconds)) return undefined;
  return Math.min(Math.max(seconds * 1000 - nowMs, 1_000), 3_600_000);
}

/** Words of a refusal that passes: Google's reasons of both error formats, GitHub's second limit, Office 365's code. */
const throttleWords = [
  'RateLimitExceeded',
  'rateLimitExceeded',
  'quotaExceeded',
  'dailyLimitExceeded',
  'RATE_LIMIT_EXCEEDED',
  'secondary rate limit',
  'AF429',
] as const;

/** GitHub says 403 with no requests remaining or speaks of its second limit, Google and Office 365 give a reason in the body. */
function isUsedUp(answer: OutgoingAnswer): boolean {
  if (answer.headers['x-ratelimit-remaining'] === '0' || answer.retryAfterMs !== undefined) return true;
  const text = new TextDecoder().decode(answer.body.subarray(0, 4096));
  return throttleWords.some((word) => text.includes(word));
}

/** Target of `rel="next"` in a Link header (RFC 8288); undefined when there is none. */
export function nextLink(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  for (const part of header.split('<')) {
    const close = part.indexOf('>');
    if (close > 0 && part.slice(close).replaceAll(' ', '').includes('rel="next"'))
      return part.slice(0, close);
  }
  return undefined;
}

/** The link when it stays on the API's own origin: answers never send the collector, and its credentials, elsewhere. */
export function sameOrigin(link: string, base: string): Outcome<string> {
  if (URL.canParse(link, base) && new URL(link, base).origin === new URL(base).origin)
    return succeeded(new URL(link, base).href);
  return failed('endpoint_refused', `${hostOf(base)} names a next page at another origin`);
}
