/** `enrich.actor`: which principal of the inventory acted, whatever name the source knows them by. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { InventoryPrincipal } from '../contract/inventory.ts';
import type { InventoryView } from '../contract/step.ts';
import type { Enricher } from './enricher.ts';

/**
 * `known`, `principal` (its id), `person` (see `personKey`) and `is_admin` of the account concerned. `actor_id` of the event stays as the source
 * gave it. An actor that names nobody (`unknown`, `system`, absent) gives no facts at all: unknown is not a stranger.
 */
export const actorFacts: Enricher = {
  group: 'actor',
  facts: (event, { inventory }) => {
    const principal = principalOf(event, inventory);
    if (principal === undefined)
      return namesSomebody(event)
        ? { known: false, person: personKey(event.actor_id, event.actor_email) }
        : undefined;
    const admin = isAdmin(event, principal, inventory);
    return {
      known: true,
      principal: principal.id,
      person: principal.id,
      ...(admin === undefined ? {} : { is_admin: admin }),
    };
  },
};

const subjectFamilies = ['identity.', 'registrar.account.', 'dns.provider.'];

/**
 * `enrich.subject`: the person an identity event happened to, which is often not the one who acted. `principal` when the
 * inventory has them, `person` always; where the event names no other person, it is the actor.
 */
export const subjectFacts: Enricher = {
  group: 'subject',
  facts: (event, { inventory }) => {
    if (!subjectFamilies.some((family) => event.event_type.startsWith(family))) return undefined;
    const target = event.identity?.target_user;
    if (target === undefined) {
      const actor = principalOf(event, inventory);
      if (actor !== undefined) return { principal: actor.id, person: actor.id };
      return namesSomebody(event) ? { person: personKey(event.actor_id, event.actor_email) } : undefined;
    }
    const person = subjectKey(target, event.actor_id);
    const principal = inventory.principal(event.tenant, target) ?? inventory.principal(event.tenant, person);
    return principal === undefined ? { person } : { principal: principal.id, person: principal.id };
  },
};

/** As whom a person would act who is named by a login alone: in the realm of the one who acted on them. */
function subjectKey(target: string, actorId: string): string {
  const colon = actorId.indexOf(':');
  const isLogin = colon > 0 && !target.includes('@') && !target.includes(':');
  return isLogin ? `${actorId.slice(0, colon)}:${target}` : personKey(target, undefined);
}

/**
 * One word for somebody the inventory does not know, whichever system names them: their address in lower case, else the id
 * as the source gave it. `okta:kim@a.example`, `google:Kim@a.example` and `kim@a.example` are one person.
 */
export function personKey(id: string, email: string | undefined): string {
  if (email !== undefined && email !== '') return email.toLowerCase();
  const name = id.slice(id.indexOf(':') + 1);
  return name.includes('@') ? name.toLowerCase() : id;
}

/**
 * The principal behind `actor_id`, else behind `actor_email` or the address that the id is made of; undefined when the
 * inventory has none of them.
 */
export function principalOf(event: CanonicalEvent, inventory: InventoryView): InventoryPrincipal | undefined {
  const { tenant, actor_id: id, actor_email: email } = event;
  const known = inventory.principal(tenant, id);
  if (known !== undefined) return known;
  if (email !== undefined) return inventory.principal(tenant, email);
  return id.includes('@') ? inventory.principal(tenant, personKey(id, undefined)) : undefined;
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
