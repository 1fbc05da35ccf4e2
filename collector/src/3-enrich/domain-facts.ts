/** `enrich.domain`: what the inventory says about the domain of an event. */
import type { InventoryDomain } from '../contract/inventory.ts';
import type { InventoryView } from '../contract/step.ts';
import type { Enricher } from './enricher.ts';

type Facts = Readonly<Record<string, unknown>>;

// An entry belongs to one inventory version, so its facts are made once and shared by all its events.
const known = new WeakMap<InventoryDomain, Facts>();

/** Tier, owner, team, unit, environment, roles, registrar account, critical hosts, retire and canary marks. Absent keys are unknown. */
export const domainFacts: Enricher = {
  group: 'domain',
  facts: (event, { inventory }) => {
    const entry = event.domain === undefined ? undefined : inventory.domain(event.tenant, event.domain);
    if (entry === undefined) return undefined;
    let facts = known.get(entry);
    if (facts === undefined) {
      facts = factsOf(entry, inventory);
      known.set(entry, facts);
    }
    return facts;
  },
};

const copied = [
  'tier',
  'owner',
  'team',
  'unit',
  'environment',
  'roles',
  'registrar_account',
  'dns_provider',
  'critical_hosts',
  'retire',
  'canary',
] as const satisfies readonly (keyof InventoryDomain)[];

function factsOf(entry: InventoryDomain, inventory: InventoryView): Facts {
  const facts: Record<string, unknown> = {};
  for (const field of copied) if (entry[field] !== undefined) facts[field] = entry[field];
  facts['as_of'] = inventory.version;
  facts['source'] = 'inventory';
  return Object.freeze(facts);
}
