/** What an enricher of this stage is. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { InventoryView } from '../contract/step.ts';

/** Versioned tables an enricher may read. `network` is absent when no address database is configured. */
export interface EnrichTables {
  readonly inventory: InventoryView;
  readonly network?: NetworkView;
}

/** Facts about an IP address: country, autonomous system and position, as far as the tables know. */
export interface NetworkView {
  /** Facts of the address, or undefined when the tables do not have it. */
  facts(ip: string): Readonly<Record<string, unknown>> | undefined;
}

/** Adds one group under `event.enrich`. */
export interface Enricher {
  /** Name of the group; an enricher writes nothing else. */
  readonly group: string;
  /** Facts of the group, or undefined when nothing is known. Never changes the event. */
  facts(event: CanonicalEvent, tables: EnrichTables): Readonly<Record<string, unknown>> | undefined;
}
