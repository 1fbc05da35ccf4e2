/** What an HTTP answer means for a delivery; the same for every sink that speaks HTTP. Pure. */
import type { Delivery } from '../contract/outcome.ts';

/** Status and the one header that matters. */
export interface HttpOutcome {
  readonly status: number;
  /** Value of `Retry-After` (RFC 9110 section 10.2.3), absent when not sent. */
  readonly retryAfter?: string;
  /** Beginning of the body, for the message. */
  readonly text?: string;
}

/** A credential or address mistake is repaired by a person: come back rarely, lose nothing. */
const afterMistakeMs = 60_000;
const retryAfterMaxMs = 10 * 60_000;

/** Milliseconds of a Retry-After value (seconds or HTTP date), at most ten minutes; undefined when it says nothing. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const trimmed = value.trim();
  if (/^\d{1,9}$/.test(trimmed)) return Math.min(Number(trimmed) * 1000, retryAfterMaxMs);
  if (!/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(trimmed)) return undefined;
  const ms = Date.parse(trimmed);
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms - nowMs), retryAfterMaxMs);
}

/**
 * 2xx delivered; 429, 502, 503, 504 to be tried again (OTLP specification, "Retryable Response Codes"); 401, 403, 404,
 * 407 also, but rarely, since the data is not at fault; every other status rejects the batch for good.
 */
export function deliveryOf(outcome: HttpOutcome, batchLength: number, nowMs: number): Delivery {
  const { status } = outcome;
  if (status >= 200 && status < 300) return { status: 'delivered' };
  const said = outcome.text === undefined || outcome.text === '' ? '' : `: ${outcome.text.slice(0, 300)}`;
  const message = `endpoint answered ${status}${said}`;
  const afterMs = retryAfterMs(outcome.retryAfter, nowMs);
  if (status === 429 || status === 502 || status === 503 || status === 504)
    return {
      status: 'retryable',
      code:
        status === 429 ? 'endpoint_throttled' : status === 504 ? 'endpoint_timeout' : 'endpoint_unreachable',
      message,
      ...(afterMs !== undefined && { afterMs }),
    };
  if (status === 401 || status === 403 || status === 407)
    return { status: 'retryable', code: 'unauthorised', message, afterMs: afterMs ?? afterMistakeMs };
  if (status === 404)
    return { status: 'retryable', code: 'endpoint_unreachable', message, afterMs: afterMs ?? afterMistakeMs };
  return { status: 'rejected', code: 'endpoint_refused', message, rejectedCount: batchLength };
}
