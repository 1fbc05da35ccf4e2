/** `enrich.target`: networks of the addresses that a domain's name servers have. */
import type { Enricher } from './enricher.ts';

/** Origin networks of the addresses in a `nameserver_addresses` event; nothing without tables or when none is known. */
export const nameServerNetworkFacts: Enricher = {
  group: 'target',
  facts: ({ attribute, new_value: value }, { network }) => {
    if (attribute !== 'nameserver_addresses' || network === undefined || !Array.isArray(value))
      return undefined;
    const asns = new Set<number>();
    let anycast = true;
    for (const entry of value) {
      const facts = network.facts(String(entry).slice(String(entry).lastIndexOf(' ') + 1));
      const asn = facts?.['asn'];
      if (typeof asn === 'number') asns.add(asn);
      anycast &&= facts?.['anycast'] === true;
    }
    if (asns.size === 0) return undefined;
    return { asns: [...asns].sort((a, b) => a - b), ...(anycast ? { anycast } : {}) };
  },
};
