/**
 * Scores to be looked at again although nothing was said about their domains: a source fell silent, or speaks again, and what it
 * vouched for is worth less, or more. A large tenant's are computed in slices.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { InventoryView } from '../contract/step.ts';
import { entityKey } from '../engine/annotate-operator.ts';

const sharedTenant = '*';
/** Domains of a slice: some tens of milliseconds. */
const sliceMax = 256;

/** Tenants whose scores are owed, and how far each slice has come. */
export class OwedScores {
  readonly #tenants = new Set<string>();
  #keys: string[] = [];

  /** Notes that scores of a tenant, or of all (`*`), are owed; what is under way for them begins again. */
  owe(tenant: string): void {
    this.#tenants.add(tenant);
    this.#keys = [];
  }

  /** Owes what the event makes doubtful. */
  heed(event: CanonicalEvent): void {
    const { event_type: type, tenant } = event;
    if (type === 'pipeline.source.silent' || type === 'pipeline.source.recovered') this.owe(tenant);
  }

  get isSettled(): boolean {
    return this.#tenants.size === 0;
  }

  /** Tenants owed, for a checkpoint. */
  get tenants(): string[] {
    return [...this.#tenants].sort();
  }

  /** Keys of the next domains, of those the asker `owns`; with the last of them nothing is owed any more. */
  take(inventory: InventoryView, owns: (key: string) => boolean = () => true): string[] {
    if (this.isSettled) return [];
    if (this.#keys.length === 0) this.#keys = keysOf(this.#tenants, inventory).filter(owns).reverse();
    const slice = this.#keys.splice(-sliceMax).reverse();
    if (this.#keys.length === 0) this.#tenants.clear();
    return slice;
  }
}

function keysOf(tenants: ReadonlySet<string>, inventory: InventoryView): string[] {
  const keys: string[] = [];
  if (tenants.has(sharedTenant)) {
    for (const domain of inventory.allDomains())
      for (const tenant of inventory.tenantsOf(domain)) keys.push(entityKey(tenant, domain));
    return keys;
  }
  for (const tenant of [...tenants].sort())
    for (const { domain } of inventory.domains(tenant)) keys.push(entityKey(tenant, domain));
  return keys;
}
