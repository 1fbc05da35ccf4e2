/** The domains of the inventory in force as probes see them, with suspicion from cases that have just changed. */
import type { Case } from '../contract/case.ts';
import type { Inventory, InventoryDomain } from '../contract/inventory.ts';
import { compareSeverity } from '../contract/severity.ts';
import type { WatchedDomain, WatchedDomains } from '../1-source/watched-domains.ts';
import { instantMs } from '../host/instant-ms.ts';
import { isOver } from './api-cases.ts';

/** What is followed once the collector is there. */
export interface Followed {
  readonly inventory: () => Inventory;
  readonly cases: () => Iterable<Case>;
}

const caseWatchMs = 3_600_000;
/** How long an unproven delivery makes probes look more often. */
const hintWatchMs = 15 * 60_000;
const refreshMs = 1000;

/** One list for all probes. */
export class MonitoredDomains implements WatchedDomains {
  readonly #nowMs: () => number;
  #followed: Followed;
  #inventory: Inventory | undefined;
  readonly #lists = new Map<string, readonly WatchedDomain[]>();
  readonly #suspicions = new Map<string, number>();
  #refreshedMs = -Infinity;

  constructor(first: Inventory, nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#followed = { inventory: () => first, cases: () => [] };
  }

  /** Follows a collector from now on. */
  follow(followed: Followed): void {
    this.#followed = followed;
  }

  list(tenant?: string): readonly WatchedDomain[] {
    this.#reload();
    const key = tenant ?? '*';
    let found = this.#lists.get(key);
    if (found === undefined)
      this.#lists.set(key, (found = watchedDomains(this.#followed.inventory(), tenant)));
    return found;
  }

  /** Monitored domain that a canonical name lies at or below; undefined for names of others. */
  domainOf(name: string, tenant?: string): string | undefined {
    const names = this.#namesOf(tenant);
    for (let at = name; ;) {
      if (names.has(at)) return at;
      const dot = at.indexOf('.');
      if (dot === -1) return undefined;
      at = at.slice(dot + 1);
    }
  }

  readonly #names = new Map<string, ReadonlySet<string>>();

  #namesOf(tenant: string | undefined): ReadonlySet<string> {
    this.#reload();
    const key = tenant ?? '*';
    let names = this.#names.get(key);
    if (names === undefined)
      this.#names.set(key, (names = new Set(this.list(tenant).map(({ domain }) => domain))));
    return names;
  }

  #reload(): void {
    const inventory = this.#followed.inventory();
    if (inventory === this.#inventory) return;
    this.#inventory = inventory;
    this.#lists.clear();
    this.#names.clear();
  }

  suspicions(): ReadonlyMap<string, number> {
    const nowMs = this.#nowMs();
    if (nowMs - this.#refreshedMs >= refreshMs) {
      this.#refreshedMs = nowMs;
      for (const [domain, untilMs] of this.#suspicions) if (untilMs <= nowMs) this.#suspicions.delete(domain);
      for (const found of this.#followed.cases()) {
        if (isOver(found) || found.drill || compareSeverity(found.severity, 'medium') < 0) continue;
        const untilMs = instantMs(found.updated_at) + caseWatchMs;
        if (untilMs <= nowMs) continue;
        for (const domain of found.domains) this.suspect(domain, untilMs);
      }
    }
    return this.#suspicions;
  }

  /**
   * Somebody says without proof that something happened to a domain: every probe looks sooner, and what it sees is the
   * proof or its absence. Domains nobody monitors are not looked at, so strangers cannot send the probes anywhere.
   */
  hint(name: string): void {
    const domain = this.domainOf(name);
    if (domain !== undefined) this.suspect(domain, this.#nowMs() + hintWatchMs);
  }

  suspect(domain: string, untilMs: number): void {
    this.#suspicions.set(domain, Math.max(untilMs, this.#suspicions.get(domain) ?? 0));
  }
}

/** Domains of an inventory as probes see them, sorted; one that several tenants have appears once, as the strictest needs it. */
export function watchedDomains(inventory: Inventory, tenant?: string): WatchedDomain[] {
  const byName = new Map<string, InventoryDomain[]>();
  for (const entry of inventory.domains ?? []) {
    if (tenant !== undefined && entry.tenant !== tenant) continue;
    const list = byName.get(entry.domain);
    if (list === undefined) byName.set(entry.domain, [entry]);
    else list.push(entry);
  }
  const union = (lists: readonly (readonly string[] | undefined)[]): string[] =>
    [...new Set(lists.flatMap((list) => list ?? []))].sort();
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([domain, entries]) => ({
      domain,
      tenants: union(entries.map((entry) => [entry.tenant])),
      tier: Math.min(...entries.map((entry) => entry.tier ?? 2)) as WatchedDomain['tier'],
      criticalHosts: union(entries.map((entry) => entry.critical_hosts)),
      dkimSelectors: union(entries.map((entry) => entry.approved?.mail?.dkim_selectors)),
    }));
}
