/** Expected failures are values; a thrown error is a bug. */
import type { ErrorCode } from './error-codes.ts';

/** Why something could not be done: a stable code, where in the input (JSON pointer or line), and a sentence. */
export interface Failure {
  readonly code: ErrorCode;
  /** JSON pointer, line or field the failure is about; '' for the whole input. */
  readonly path: string;
  /** A sentence for people: what was wrong and what was expected. Never holds a secret. */
  readonly message: string;
}

/** Result of something that may fail in a way the caller must handle. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Wraps a value. */
export function succeeded<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** Wraps a failure; `path` is '' when the whole input is meant. */
export function failed(code: ErrorCode, message: string, path = ''): Outcome<never> {
  return { ok: false, failure: { code, path, message } };
}

/**
 * What a sink's endpoint said to one batch. `retryable`: nothing was taken, try the same batch again after `afterMs`
 * (absent: use back-off). `rejected`: the endpoint will never take these ids; they are counted and quarantined.
 */
export type Delivery =
  | { readonly status: 'delivered' }
  | {
      readonly status: 'retryable';
      readonly code: ErrorCode;
      readonly message: string;
      readonly afterMs?: number;
    }
  | {
      readonly status: 'rejected';
      readonly code: ErrorCode;
      readonly message: string;
      readonly rejectedCount: number;
    };
