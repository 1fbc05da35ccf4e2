/** What the collector can do outside, once people have approved it: look first, change exactly that, and never twice. */
import type { RecordSet } from '../../contract/api-bodies.ts';
import type { Outcome } from '../../contract/outcome.ts';

/** A plan without anything left to look up: record sets are named with their values. */
export type FixedPlan =
  | { readonly kind: 'set_records'; readonly zone: string; readonly records: readonly RecordSet[] }
  | { readonly kind: 'lock_transfer'; readonly domain: string }
  | { readonly kind: 'notify'; readonly text: string; readonly data?: unknown };

/** What stood there at the dry run; a later run changes only what is still like this. Plain JSON. */
export type Before =
  { readonly records: readonly RecordSet[] } | { readonly locked: boolean } | { readonly nothing: true };

/** Result of a dry run. `changes` empty: everything is as wanted already. */
export interface Preview {
  readonly changes: readonly string[];
  readonly before: Before;
}

/** One approved task. `id` is the idempotency key: the same for every attempt. */
export interface ActionTask {
  readonly id: string;
  readonly tenant: string;
  readonly caseId: string;
  readonly plan: FixedPlan;
  readonly before: Before;
}

/** Carries plans out at one place. Expected failures are values; retryable codes are those of `isTransient`. */
export interface Executor {
  readonly id: string;
  /** Kinds of plan it can carry out. */
  readonly kinds: readonly FixedPlan['kind'][];
  /** Reads only: credentials, permissions and what would change. */
  preview(plan: FixedPlan, signal: AbortSignal): Promise<Outcome<Preview>>;
  /**
   * Makes it so. Called again after a crash or a lost answer: what is done already is left alone, what differs from both
   * the dry run and the plan is refused. Gives a sentence about what was done.
   */
  carryOut(task: ActionTask, signal: AbortSignal): Promise<Outcome<string>>;
}

/** An HTTP exchange as executors need it; the application passes its guarded client. Never rejects. */
export type ActionHttp = (
  request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  },
  signal: AbortSignal,
) => Promise<Outcome<{ readonly status: number; readonly body: Uint8Array }>>;

/** True when the same attempt may succeed later without anybody changing anything. */
export function isTransient(code: string): boolean {
  return ['endpoint_unreachable', 'endpoint_throttled', 'endpoint_timeout'].includes(code);
}
