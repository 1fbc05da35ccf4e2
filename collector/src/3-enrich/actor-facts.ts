/** `enrich.actor`: which principal of the inventory acted, whatever name the source knows them by. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { InventoryPrincipal } from '../contract/inventory.ts';
import type { InventoryView } from '../contract/step.ts';
import type { Enricher } from './enricher.ts';

/**
 * `known`, `principal` (its id) and `is_admin` of the account concerned. `actor_id` of the event stays as the source
 * gave it. An actor that names nobody (`unknown`, `system`, absent) gives no facts at all: unknown is not a stranger.
 */
export const actorFacts: Enricher = {
  group: 'actor',
  facts: (event, { inventory }) => {
    const principal = principalOf(event, inventory);
    if (principal === undefined) return namesSomebody(event) ? stranger : undefined;
    const admin = isAdmin(event, principal, inventory);
    return {
      known: true,
      principal: principal.id,
      ...(admin === undefined ? {} : { is_admin: admin }),
    };
  },
};

const stranger = Object.freeze({ known: false });

/** The principal behind `actor_id`, else behind `actor_email`; undefined when the inventory has neither. */
export function principalOf(event: CanonicalEvent, inventory: InventoryView): InventoryPrincipal | undefined {
  return (
    inventory.principal(event.tenant, event.actor_id) ??
    (event.actor_email === undefined ? undefined : inventory.principal(event.tenant, event.actor_email))
  );
}

function namesSomebody(event: CanonicalEvent): boolean {
  if (event.actor_type === 'user' || event.actor_type === 'token' || event.actor_type === 'service')
    return event.actor_id !== 'unknown' && !event.actor_id.endsWith(':unknown');
  return event.actor_email !== undefined;
}

function isAdmin(
  event: CanonicalEvent,
  principal: InventoryPrincipal,
  inventory: InventoryView,
): boolean | undefined {
  const held = event.domain === undefined ? undefined : inventory.domain(event.tenant, event.domain);
  const id = event.registrar_account ?? held?.registrar_account;
  const admins = id === undefined ? undefined : inventory.account(event.tenant, id)?.admins;
  if (admins === undefined) return undefined;
  return (
    admins.includes(principal.id) ||
    admins.some((admin) => inventory.principal(event.tenant, admin)?.id === principal.id)
  );
}
