/** What Grafana's server does for plugins, done by the collector: the proxy address leads to the collector's own API. */
import type { BackendSrv, BackendSrvRequest, FetchResponse } from '@grafana/runtime';
import { Observable, lastValueFrom } from 'rxjs';
import plugin from '../src/plugin.json';

const proxy = `api/plugin-proxy/${plugin.id}/`;
const tokenName = 'zonewarden-token';
const waitMs = 30_000;

/** The token of this tab, for a console that is reached from another machine. */
export function token(): string | null {
  try {
    return sessionStorage.getItem(tokenName);
  } catch {
    return null;
  }
}

/** Keeps a token until the tab closes. */
export function rememberToken(value: string): void {
  sessionStorage.setItem(tokenName, value);
}

/** Told when an answer was 401. */
export const refused = new EventTarget();

function init(options: BackendSrvRequest, signal: AbortSignal): RequestInit {
  const value = token();
  return {
    method: options.method ?? 'GET',
    signal,
    headers: {
      ...(value === null || value === '' ? {} : { authorization: `Bearer ${value}` }),
      ...(options.data === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.headers as Record<string, string> | undefined),
    },
    ...(options.data === undefined ? {} : { body: JSON.stringify(options.data) }),
  };
}

function addressOf(url: string): string {
  return url.startsWith(proxy) ? `/${url.slice(proxy.length)}` : `/${url.replace(/^\//, '')}`;
}

function responseOf<T>(response: Response, data: T, config: BackendSrvRequest): FetchResponse<T> {
  const { headers, ok, redirected, status, statusText, type, url } = response;
  return { data, headers, ok, redirected, status, statusText, type, url, config };
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

function fetchOnce<T>(options: BackendSrvRequest): Observable<FetchResponse<T>> {
  return new Observable((observer) => {
    const stop = new AbortController();
    options.abortSignal?.addEventListener('abort', () => stop.abort());
    const timer = setTimeout(() => stop.abort(), waitMs);
    const run = async (): Promise<void> => {
      try {
        const response = await fetch(addressOf(options.url), init(options, stop.signal));
        const data = (await bodyOf(response)) as T;
        if (response.status === 401) refused.dispatchEvent(new Event('refused'));
        if (response.ok || response.status === 304) {
          observer.next(responseOf(response, data, options));
          observer.complete();
        } else observer.error(responseOf(response, data, options));
      } catch {
        observer.error({ status: 0, data: { detail: 'the collector gives no answer' }, config: options });
      } finally {
        clearTimeout(timer);
      }
    };
    void run();
    return () => stop.abort();
  });
}

function chunks(options: BackendSrvRequest): Observable<FetchResponse<Uint8Array | undefined>> {
  return new Observable((observer) => {
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      try {
        const response = await fetch(addressOf(options.url), init(options, stop.signal));
        observer.next(responseOf(response, undefined, options));
        const reader = response.body?.getReader();
        for (;;) {
          const piece = await reader?.read();
          if (piece === undefined || piece.done) break;
          observer.next(responseOf(response, piece.value, options));
        }
        observer.complete();
      } catch (error) {
        observer.error(error);
      }
    };
    void run();
    return () => stop.abort();
  });
}

/** The part of Grafana's BackendSrv that plugins use. */
export const backend = {
  fetch: fetchOnce,
  chunked: chunks,
  get: async (url: string) => (await lastValueFrom(fetchOnce({ url }))).data,
  post: async (url: string, data: unknown) =>
    (await lastValueFrom(fetchOnce({ url, method: 'POST', data }))).data,
} as unknown as BackendSrv;
