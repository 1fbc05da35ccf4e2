/** Whose event it is: feeds shared by everybody carry no tenant, the inventory decides. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import type { SourceName } from '../contract/source-name.ts';
import type { InventoryView } from '../contract/step.ts';
import { registrableDomain } from '../leaf/domain-name.ts';

/** Tenant of records from feeds that see the names of everybody (Certificate Transparency, zone feeds). */
export const sharedTenant = '*';

/** The part of an event that says whom it is about. */
type Named = Pick<CanonicalEvent, 'tenant' | 'domain' | 'record_name' | 'zone'>;

/** Feeds that name everybody's domains even when one tenant subscribed to them. */
const firehoses: ReadonlySet<SourceName> = new Set(['zonestream', 'certstream']);

/**
 * True when something of a record of `tenant` is about a domain somebody here has; asked before events are completed. What one tenant's
 * own source says is about it, but for feeds that name everybody: strangers would be remembered for it, millions a day.
 */
export function concernsSomebody(
  draft: Omit<Named, 'tenant'>,
  { tenant, source }: Pick<RawRecord, 'tenant' | 'source'>,
  inventory: InventoryView,
): boolean {
  const isShared = tenant === sharedTenant;
  if (!isShared && !firehoses.has(source)) return true;
  const domain = domainOfEvent(draft);
  if (domain === undefined) return false;
  return isShared ? inventory.tenantsOf(domain).length > 0 : inventory.domain(tenant, domain) !== undefined;
}

/**
 * Tenants an event concerns, sorted. An event that came with a tenant belongs to it alone. One of a shared feed belongs
 * to every tenant that has its domain; none: it is about somebody else's domain, to be counted and left out.
 */
export function tenantsOfEvent(event: Named, inventory: InventoryView): readonly string[] {
  if (event.tenant !== sharedTenant) return [event.tenant];
  const domain = domainOfEvent(event);
  return domain === undefined ? [] : inventory.tenantsOf(domain);
}

/** Registrable domain the event is about: as the source gave it, else of its record name or zone; undefined for none. */
export function domainOfEvent(event: Omit<Named, 'tenant'>): string | undefined {
  if (event.domain !== undefined) return event.domain;
  const name = event.record_name ?? event.zone;
  return name === undefined ? undefined : registrableDomain(name);
}
