/** The collector's API through Grafana's proxy. In the console the host page maps the same address to the collector. */
import { getBackendSrv, type FetchResponse } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';
import { pluginId } from '../constants.ts';
import { problemOf, type Answer } from './answer.ts';

/** Address of the API as the browser asks for it; Grafana adds the token, which the browser never sees. */
export const apiRoot = `api/plugin-proxy/${pluginId}/api/v1`;

interface Kept {
  readonly tag: string;
  readonly value: unknown;
}

const keptMax = 200;
const kept = new Map<string, Kept>();

function keep(url: string, response: FetchResponse<unknown>): void {
  const tag = response.headers.get('etag');
  if (tag === null) return;
  kept.delete(url);
  kept.set(url, { tag, value: response.data });
  const oldest = kept.keys().next().value;
  if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
}

interface Failure {
  readonly status?: number;
  readonly data?: unknown;
  readonly cancelled?: boolean;
}

/** One question. Documents that did not change since they were asked for are not sent again (If-None-Match). */
export async function ask<T>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  options: { readonly body?: unknown; readonly signal?: AbortSignal } = {},
): Promise<Answer<T>> {
  const url = `${apiRoot}${path}`;
  const known = method === 'GET' ? kept.get(url) : undefined;
  try {
    const response = await lastValueFrom(
      getBackendSrv().fetch<T>({
        url,
        method,
        data: options.body,
        headers: known === undefined ? {} : { 'If-None-Match': known.tag },
        abortSignal: options.signal,
        showErrorAlert: false,
        showSuccessAlert: false,
      }),
    );
    if (response.status === 304 && known !== undefined) return { ok: true, value: known.value as T };
    if (method === 'GET') keep(url, response);
    return { ok: true, value: response.data };
  } catch (error) {
    const failure = error as Failure;
    if (failure.status === 304 && known !== undefined) return { ok: true, value: known.value as T };
    return problemOf(failure.status !== undefined && failure.status > 0 ? failure.status : 0, failure.data);
  }
}

/** `/cases/{id}` with its values, percent-encoded. */
export function filledPath(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
}

/** Query text with its question mark, or nothing. */
export function queryText(filters: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(filters).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(pairs as [string, string][]).toString();
  return text === '' ? '' : `?${text}`;
}
