/** Keeps other web pages away from a listener that trusts its network: DNS rebinding and cross-site requests. */

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Reason to refuse, or undefined. `hosts` are the names this listener answers to, without port; absent: every name. A
 * request that changes something must come from a page of the same host, or from a program that sends no Origin.
 */
export function originProblem(
  request: {
    method: string;
    host: string | undefined;
    origin: string | undefined;
    fetchSite: string | undefined;
  },
  hosts: ReadonlySet<string> | undefined,
): { status: 403 | 421; detail: string } | undefined {
  const host = nameOf(request.host ?? '');
  if (hosts !== undefined && !hosts.has(host))
    return { status: 421, detail: 'this listener does not answer to that Host name' };
  const changes = request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'OPTIONS';
  if (!changes) return undefined;
  const crossSite = request.fetchSite !== undefined && !['same-origin', 'none'].includes(request.fetchSite);
  const foreign = request.origin !== undefined && !sameHost(request.origin, request.host ?? '');
  return crossSite || foreign
    ? { status: 403, detail: 'requests from other sites change nothing here' }
    : undefined;
}

/** Names a listener on this address answers to: loopback names for loopback, everything else undefined (any). */
export function hostsOf(listenHost: string): ReadonlySet<string> | undefined {
  return listenHost === 'localhost' || listenHost.startsWith('127.') || listenHost === '::1'
    ? loopbackNames
    : undefined;
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

function sameHost(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
