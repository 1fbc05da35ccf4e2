/** Names of strangers in feeds that see everybody: only those that imitate a monitored domain stay, for the tenants that have it. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { InventoryView } from '../contract/step.ts';
import type { NetworkView } from '../3-enrich/enricher.ts';
import { enrichForTenants } from '../3-enrich/index.ts';
import { sharedTenant } from '../3-enrich/tenant.ts';
import { imitatedDomains, type NamedEvent } from '../5-feature/lookalike-watch.ts';
import { lookalikeIndex, type LookalikeIndex } from '../5-feature/lookalike.ts';

/** Types whose events name domains that may belong to anybody. */
const watchedTypes: readonly string[] = ['intel.', 'cert.'];

/** One index per version of the inventory: it lives as long as the view it was made of. */
const indexes = new WeakMap<InventoryView, LookalikeIndex>();

function indexOf(inventory: InventoryView): LookalikeIndex {
  let index = indexes.get(inventory);
  if (index === undefined) indexes.set(inventory, (index = lookalikeIndex(inventory.allDomains())));
  return index;
}

function isWatched({ event_type: type }: NamedEvent): boolean {
  return watchedTypes.some((prefix) => type.startsWith(prefix));
}

/** True when something a shared feed said names a domain that imitates a monitored one; asked before events are completed. */
export function imitatesSomebody(draft: NamedEvent, inventory: InventoryView): boolean {
  return isWatched(draft) && imitatedDomains(draft, indexOf(inventory)).length > 0;
}

/** A certificate of a stranger is no certificate of ours: what it tells is that a lookalike was found. */
function foundAs(event: CanonicalEvent): CanonicalEvent {
  const { event_type: type } = event;
  return type.startsWith('cert.')
    ? {
        ...event,
        event_type: 'intel.lookalike.found',
        event_type_original: event.event_type_original ?? type,
      }
    : event;
}

/** One event per tenant that owns a domain which the event's names imitate. Empty for events of one tenant and for nearly all others. */
export function imitationsForTenants(
  event: CanonicalEvent,
  inventory: InventoryView,
  network?: NetworkView,
): CanonicalEvent[] {
  if (event.tenant !== sharedTenant || !isWatched(event)) return [];
  const tenants = new Set<string>();
  for (const domain of imitatedDomains(event, indexOf(inventory)))
    for (const tenant of inventory.tenantsOf(domain)) tenants.add(tenant);
  return [...tenants]
    .sort()
    .flatMap((tenant) => enrichForTenants({ ...foundAs(event), tenant }, inventory, network));
}
