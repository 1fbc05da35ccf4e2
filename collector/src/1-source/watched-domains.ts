/** Which domains the probes look after, and which of them deserve a closer look now. */

/** One monitored domain. `tier` 2 when the inventory has none; hosts and selectors are labels relative to the domain or full names. */
export interface WatchedDomain {
  readonly domain: string;
  /** Tenants that have it, sorted. */
  readonly tenants: readonly string[];
  readonly tier: 0 | 1 | 2 | 3;
  readonly criticalHosts: readonly string[];
  readonly dkimSelectors: readonly string[];
}

/** The list as it is now; it may change while probes run. */
export interface WatchedDomains {
  /** Sorted by name; the same array until something changed. With a tenant, only its domains. */
  list(tenant?: string): readonly WatchedDomain[];
  /** Domains under suspicion with the epoch milliseconds until which they are. */
  suspicions(): ReadonlyMap<string, number>;
  /** A probe saw something move: every other probe of the domain should look too. */
  suspect(domain: string, untilMs: number): void;
}

/** Domains that do not change and are never suspected from outside; for tests and single looks. */
export function fixedDomains(domains: readonly WatchedDomain[]): WatchedDomains {
  const suspicions = new Map<string, number>();
  return {
    list: () => domains,
    suspicions: () => suspicions,
    suspect: (domain, untilMs) => void suspicions.set(domain, untilMs),
  };
}
