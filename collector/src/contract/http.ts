/** An HTTP exchange as handlers see it: the server reads and bounds the request, a handler answers with data. */

/** A request whose body was read completely and is within its bound. */
export interface HttpRequest {
  readonly method: string;
  /** Path as sent, percent-decoding not applied, without query. */
  readonly path: string;
  /** Values of the `:name` parts of the route, percent-decoded; absent when the route has none. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly remoteAddress: string;
  readonly receivedAtMs: number;
}

/** Source of server-sent events (HTML standard 9.2): yields whole events; ends or is aborted through `signal`. */
export type EventStream = (signal: AbortSignal) => AsyncIterable<ServerSentEvent>;

/** One server-sent event. `data` may hold line ends; `id` is what a client sends back as `last-event-id`. */
export interface ServerSentEvent {
  readonly event?: string;
  readonly id?: string;
  readonly data: string;
}

/** What to send back. `body` text is UTF-8; absent means empty. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | EventStream;
}

/** Answers one request; a rejected promise becomes a 500 without details. */
export type HttpHandler = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer> | HttpAnswer;

/** JSON body. */
export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

/** Problem details (RFC 9457): `title` is the kind, `detail` a sentence about this case, without internals. */
export function problemAnswer(
  status: number,
  title: string,
  detail?: string,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', ...headers },
    body: JSON.stringify({ type: 'about:blank', title, status, ...(detail === undefined ? {} : { detail }) }),
  };
}
