/** Paths to handlers. */
import type { HttpHandler } from '../contract/http.ts';

/** One route. `path` is exact, or has `:name` parts (one path segment each), or ends in `/*` (any rest). */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'ANY';
  readonly path: string;
  readonly handler: HttpHandler;
  /** Largest body; absent: 64 KiB for methods with a body. */
  readonly bodyBytesMax?: number | ((path: string) => number);
  /** Deliveries from other machines' programs: no check of Host and Origin. */
  readonly machine?: boolean;
}

/** What a path leads to. `allowed` lists the methods when the path exists and the method does not. */
export type Match =
  | { readonly kind: 'found'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'wrong_method'; readonly allowed: readonly string[] }
  | { readonly kind: 'none' };

/** Finds the first route in list order. GET routes answer HEAD too. */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => Match {
  const compiled = routes.map((route) => ({ route, parts: route.path.split('/') }));
  return (method, path) => {
    const segments = path.split('/');
    const allowed = new Set<string>();
    for (const { route, parts } of compiled) {
      const params = paramsOf(parts, segments);
      if (params === undefined) continue;
      const wanted = method === 'HEAD' ? 'GET' : method;
      // A rest that answers "not found" must not hide that the path exists under another method.
      if (route.method === 'ANY' && parts.at(-1) === '*' && allowed.size > 0) break;
      if (route.method === 'ANY' || route.method === wanted) return { kind: 'found', route, params };
      allowed.add(route.method);
    }
    return allowed.size === 0 ? { kind: 'none' } : { kind: 'wrong_method', allowed: [...allowed].sort() };
  };
}

function paramsOf(parts: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const open = parts.at(-1) === '*';
  if (open ? segments.length < parts.length : segments.length !== parts.length) return undefined;
  const params = Object.create(null) as Record<string, string>;
  for (const [at, part] of parts.entries()) {
    if (open && at === parts.length - 1) break;
    const segment = segments[at] ?? '';
    if (part.startsWith(':')) {
      const value = decoded(segment);
      if (value === undefined || value === '') return undefined;
      params[part.slice(1)] = value;
    } else if (part !== segment) return undefined;
  }
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
