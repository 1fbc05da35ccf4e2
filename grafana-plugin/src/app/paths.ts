/** Addresses of pages, written in one place. */
import { pluginPath } from '../constants.ts';

/** A page by its name in `routes.tsx`, with the query it opens with. */
export function pagePath(name: string, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString();
  return `${pluginPath}/${name}${text === '' ? '' : `?${text}`}`;
}

/** A domain. */
export function domainPath(tenant: string, domain: string): string {
  return `${pluginPath}/domains/${encodeURIComponent(tenant)}/${encodeURIComponent(domain)}`;
}

/** A case. */
export function casePath(id: string): string {
  return `${pluginPath}/cases/${encodeURIComponent(id)}`;
}
