/** What asking gives: a value, or a problem with enough to offer a way out. */

/** Kinds of failure that need different help. */
export type ProblemKind =
  | 'unreachable'
  | 'unauthorised'
  | 'forbidden'
  | 'missing'
  | 'conflict'
  | 'refused'
  | 'unsupported'
  | 'server';

/** A failed question. `detail` is a sentence for people; `status` 0: there was no answer. */
export interface Problem {
  readonly ok: false;
  readonly kind: ProblemKind;
  readonly status: number;
  readonly detail: string;
}

/** A value or a problem. */
export type Answer<T> = { readonly ok: true; readonly value: T } | Problem;

/** A list with the number of everything that passed the filters. */
export interface List<T> {
  readonly items: readonly T[];
  readonly total: number;
}

/** Kind of failure of an HTTP status; 0: no answer at all. 502 to 504 come from a proxy that has no collector behind it. */
export function problemKind(status: number): ProblemKind {
  if (status === 0 || (status >= 502 && status <= 504)) return 'unreachable';
  if (status === 401) return 'unauthorised';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'missing';
  if (status === 409) return 'conflict';
  return status >= 400 && status < 500 ? 'refused' : 'server';
}

/** A problem from a status and what the server said (RFC 9457 problem details, or nothing of use). */
export function problemOf(status: number, body: unknown): Problem {
  const said =
    typeof body === 'object' && body !== null ? (body as { detail?: unknown; title?: unknown }) : {};
  const text = typeof said.detail === 'string' ? said.detail : said.title;
  const fallback = status === 0 ? 'no answer' : `answer ${status}`;
  return { ok: false, kind: problemKind(status), status, detail: typeof text === 'string' ? text : fallback };
}
