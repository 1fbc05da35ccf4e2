/** `enrich.target`: networks of the addresses that an event tells: of name servers, or of an A or AAAA record set. */
import type { Enricher } from './enricher.ts';

/** Origin networks of the addresses in an event; nothing without tables or when none is known. */
export const nameServerNetworkFacts: Enricher = {
  group: 'target',
  facts: ({ attribute, record_type: type, new_value: value }, { network }) => {
    const tells = attribute === 'nameserver_addresses' || type === 'A' || type === 'AAAA';
    if (!tells || network === undefined || !Array.isArray(value)) return undefined;
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
