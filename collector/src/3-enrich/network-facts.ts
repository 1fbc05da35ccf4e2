/** `enrich.source`: where the address an action came from lies. */
import type { Enricher } from './enricher.ts';

/** Country, autonomous system and position of `source_ip`; nothing without an address or without tables. */
export const sourceAddressFacts: Enricher = {
  group: 'source',
  facts: (event, { network }) =>
    event.source_ip === undefined || network === undefined ? undefined : network.facts(event.source_ip),
};
