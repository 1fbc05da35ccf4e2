/** Look-ups over one version of the inventory. Pure; built once per version, then every question costs one or two map reads. */
import type {
  Inventory,
  InventoryAccount,
  InventoryDomain,
  InventoryPrincipal,
} from '../contract/inventory.ts';
import type { InventoryView } from '../contract/step.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { sha256Hex } from '../leaf/sha256.ts';
import { shareEqualParts } from '../leaf/share-equal-parts.ts';

interface Tenant {
  readonly domains: Map<string, InventoryDomain>;
  readonly accounts: Map<string, InventoryAccount>;
  readonly principals: Map<string, InventoryPrincipal>;
  readonly sorted: InventoryDomain[];
  readonly byAccount: Map<string, InventoryDomain[]>;
  readonly byMailbox: Map<string, InventoryAccount[]>;
  /** The list of holders of a domain that nobody else has. */
  readonly alone: readonly string[];
}

const none: readonly never[] = Object.freeze([]);

/**
 * Index over a checked inventory. `version` is the first 16 hex digits of SHA-256 over its canonical JSON: equal
 * content, equal version, whatever the file looked like. Of two entries with the same key the first wins (the file
 * reader refuses such files). Aliases are also found in lower case. Equal parts of its domains become one.
 */
export function createInventoryIndex(
  inventory: Inventory,
  version = inventoryVersion(inventory),
): InventoryView {
  const tenants = new Map<string, Tenant>();
  const holders = new Map<string, readonly string[]>();
  const tenantOf = (id: string): Tenant => {
    let tenant = tenants.get(id);
    if (tenant === undefined) {
      tenant = {
        domains: new Map(),
        accounts: new Map(),
        principals: new Map(),
        sorted: [],
        byAccount: new Map(),
        byMailbox: new Map(),
        alone: [id],
      };
      tenants.set(id, tenant);
    }
    return tenant;
  };
  for (const account of inventory.registrar_accounts ?? []) {
    const tenant = tenantOf(account.tenant);
    keep(tenant.accounts, account.id, account);
    for (const mailbox of new Set(account.contact_mailboxes?.map((each) => each.toLowerCase())))
      append(tenant.byMailbox, mailbox, account);
  }
  addPrincipals(inventory.principals ?? [], tenantOf);
  shareEqualParts(inventory.domains ?? []);
  for (const domain of inventory.domains ?? []) {
    const tenant = tenantOf(domain.tenant);
    if (tenant.domains.has(domain.domain)) continue;
    tenant.domains.set(domain.domain, domain);
    tenant.sorted.push(domain);
    const others = holders.get(domain.domain);
    if (others !== undefined) holders.set(domain.domain, [...others, domain.tenant].sort());
    else holders.set(domain.domain, tenant.alone);
  }
  for (const tenant of tenants.values()) {
    tenant.sorted.sort(byName);
    for (const domain of tenant.sorted) {
      if (domain.registrar_account !== undefined) append(tenant.byAccount, domain.registrar_account, domain);
    }
  }
  const names = [...holders.keys()].sort();
  return {
    version,
    domain: (tenant, domain) => tenants.get(tenant)?.domains.get(domain),
    account: (tenant, id) => tenants.get(tenant)?.accounts.get(id),
    principal: (tenant, idOrAlias) => {
      const principals = tenants.get(tenant)?.principals;
      return principals?.get(idOrAlias) ?? principals?.get(idOrAlias.toLowerCase());
    },
    domains: (tenant) => tenants.get(tenant)?.sorted ?? none,
    domainsOfAccount: (tenant, account) => tenants.get(tenant)?.byAccount.get(account) ?? none,
    accountsOfMailbox: (tenant, mailbox) => tenants.get(tenant)?.byMailbox.get(mailbox.toLowerCase()) ?? none,
    tenantsOf: (domain) => holders.get(domain) ?? none,
    allDomains: () => names,
  };
}

/** Version of a checked inventory. */
export function inventoryVersion(inventory: Inventory): string {
  return sha256Hex(canonicalJson(inventory)).slice(0, 16);
}

/** Ids first, so that nobody's alias can hide somebody's id. */
function addPrincipals(principals: readonly InventoryPrincipal[], tenantOf: (id: string) => Tenant): void {
  for (const principal of principals) keep(tenantOf(principal.tenant).principals, principal.id, principal);
  for (const principal of principals) {
    const names = tenantOf(principal.tenant).principals;
    for (const name of [principal.id, ...(principal.aliases ?? [])]) {
      keep(names, name, principal);
      keep(names, name.toLowerCase(), principal);
    }
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  if (!map.has(key)) map.set(key, value);
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function byName(a: InventoryDomain, b: InventoryDomain): number {
  return a.domain < b.domain ? -1 : a.domain > b.domain ? 1 : 0;
}
