/** `enrich.registrar_account`: how the account that controls the domain is protected and watched. */
import type { InventoryAccount } from '../contract/inventory.ts';
import type { Enricher } from './enricher.ts';

type Facts = Readonly<Record<string, unknown>>;

const known = new WeakMap<InventoryAccount, Facts>();

/** The account the event names, else the one that holds the event's domain: id, MFA, event feed, admins. */
export const accountFacts: Enricher = {
  group: 'registrar_account',
  facts: (event, { inventory }) => {
    const held = event.domain === undefined ? undefined : inventory.domain(event.tenant, event.domain);
    const id = event.registrar_account ?? held?.registrar_account;
    const account = id === undefined ? undefined : inventory.account(event.tenant, id);
    if (account === undefined) return undefined;
    let facts = known.get(account);
    if (facts === undefined) {
      facts = factsOf(account);
      known.set(account, facts);
    }
    return facts;
  },
};

function factsOf(account: InventoryAccount): Facts {
  const facts: Record<string, unknown> = { id: account.id };
  for (const field of ['mfa', 'event_feed', 'admins', 'emergency_contact'] as const)
    if (account[field] !== undefined) facts[field] = account[field];
  return Object.freeze(facts);
}
