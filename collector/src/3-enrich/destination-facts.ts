/** `enrich.destinations`: where the answers of a query window point, and which of these networks are approved. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { InventoryView } from '../contract/step.ts';
import { ipInCidr } from '../leaf/ip-address.ts';
import type { Enricher, NetworkView } from './enricher.ts';

/** Answers per autonomous system; nothing without tables, or for a window that names no network they have. */
export const answerNetworkFacts: Enricher = {
  group: 'destinations',
  facts: (event, { inventory, network }) => {
    const counted = event.source?.['by_answer_network'];
    if (network === undefined || typeof counted !== 'object' || counted === null) return undefined;
    const approved = approvedPlaces(event, inventory);
    const byAsn = new Map<number, number>();
    const approvedAsns = new Set(approved.addresses.flatMap((address) => asnOf(address, network) ?? []));
    for (const [prefix, count] of Object.entries(counted as Record<string, unknown>)) {
      const address = prefix.slice(0, prefix.indexOf('/'));
      const asn = asnOf(address, network);
      if (asn === undefined || typeof count !== 'number' || !(count > 0)) continue;
      byAsn.set(asn, (byAsn.get(asn) ?? 0) + count);
      if (approved.prefixes.some((cidr) => ipInCidr(address, cidr))) approvedAsns.add(asn);
    }
    if (byAsn.size === 0) return undefined;
    return {
      by_asn: Object.fromEntries([...byAsn].map(([asn, count]) => [String(asn), count])),
      ...(approvedAsns.size === 0 ? {} : { approved_asns: [...approvedAsns].sort((a, b) => a - b) }),
    };
  },
};

function asnOf(address: string, network: NetworkView): number | undefined {
  const asn = network.facts(address)?.['asn'];
  return typeof asn === 'number' ? asn : undefined;
}

interface ApprovedPlaces {
  readonly addresses: readonly string[];
  readonly prefixes: readonly string[];
}

function approvedPlaces({ tenant, domain }: CanonicalEvent, inventory: InventoryView): ApprovedPlaces {
  const approved = domain === undefined ? undefined : inventory.domain(tenant, domain)?.approved;
  return {
    addresses: (approved?.records ?? []).flatMap(({ type, values }) =>
      type === 'A' || type === 'AAAA' ? values : [],
    ),
    prefixes: (approved?.providers ?? []).flatMap(({ kind, cidr }) =>
      kind === 'address' && cidr !== undefined ? [cidr] : [],
    ),
  };
}
