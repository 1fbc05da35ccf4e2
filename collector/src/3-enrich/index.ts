/**
 * Stage 3: adds what we know to what a source said.
 *
 * In: a canonical event. Out: the same event with groups under `enrich`, and `domain` and `tenant` where the source
 * left them open. Fails never: what is not known is absent. Bounds: a few map reads per event.
 * Example: `enrich.domain.tier` 0 because the inventory says so; nothing a source gave is
 * overwritten, but the name of a registrar, which becomes one word for all feeds.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { InventoryView } from '../contract/step.ts';
import { accountFacts } from './account-facts.ts';
import { actorFacts, subjectFacts } from './actor-facts.ts';
import { answerNetworkFacts } from './destination-facts.ts';
import { domainFacts } from './domain-facts.ts';
import type { Enricher, EnrichTables, NetworkView } from './enricher.ts';
import { sourceAddressFacts } from './network-facts.ts';
import { withRegistrar } from './registrar-facts.ts';
import { nameServerNetworkFacts } from './target-facts.ts';
import { domainOfEvent, sharedTenant, tenantsOfEvent } from './tenant.ts';

export { concernsSomebody } from './tenant.ts';

/** Every enricher, in order; each owns the group it is named after. */
export const enrichers: readonly Enricher[] = [
  domainFacts,
  accountFacts,
  actorFacts,
  subjectFacts,
  sourceAddressFacts,
  nameServerNetworkFacts,
  answerNetworkFacts,
];

/**
 * One event per tenant it concerns, each enriched with that tenant's tables. Empty for an event of a shared feed about
 * a domain nobody here has.
 */
export function enrichForTenants(
  event: CanonicalEvent,
  inventory: InventoryView,
  network?: NetworkView,
): CanonicalEvent[] {
  const enriched: CanonicalEvent[] = [];
  for (const tenant of tenantsOfEvent(event, inventory))
    enriched.push(enrichEvent(tenant === event.tenant ? event : { ...event, tenant }, inventory, network));
  return enriched;
}

/**
 * The event with what the tables know; the given event is not changed and comes back itself when nothing is known. An
 * event of a shared feed gets its first tenant, or keeps the shared mark when nobody has its domain.
 */
export function enrichEvent(
  event: CanonicalEvent,
  inventory: InventoryView,
  network?: NetworkView,
): CanonicalEvent {
  const placed = withRegistrar(withDomain(event));
  const tenant = placed.tenant === sharedTenant ? tenantsOfEvent(placed, inventory)[0] : undefined;
  const owned = tenant === undefined ? placed : { ...placed, tenant };
  const tables: EnrichTables = { inventory, network };
  let added: Record<string, unknown> | undefined;
  for (const enricher of enrichers) {
    const given = owned.enrich?.[enricher.group];
    const facts = enricher.facts(owned, tables);
    if (facts === undefined) continue;
    added ??= { ...owned.enrich };
    // The source's own words win over ours, field by field.
    added[enricher.group] = isGroup(given) ? { ...facts, ...given } : (given ?? facts);
  }
  return withDrillChecked(added === undefined ? owned : { ...owned, enrich: added });
}

/**
 * A drill speaks about a canary domain. The label on any other event is taken off and stands as `drill_refused`: nobody
 * hides a real change by calling it an exercise.
 */
function withDrillChecked(event: CanonicalEvent): CanonicalEvent {
  if (event.source?.['drill'] !== true) return event;
  const domain = event.enrich?.['domain'];
  const isCanary = isGroup(domain) && domain['canary'] === true;
  // The pipeline's own conclusions about accounts and people have no domain; they take the label from their cause.
  if (isCanary || (event.domain === undefined && event.source_kind === 'pipeline')) return event;
  const { drill: _label, ...source } = event.source;
  return { ...event, source: { ...source, drill_refused: true } };
}

function withDomain(event: CanonicalEvent): CanonicalEvent {
  if (event.domain !== undefined) return event;
  const domain = domainOfEvent(event);
  return domain === undefined ? event : { ...event, domain };
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
