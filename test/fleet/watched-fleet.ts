/** Domains of one registrar account, each with a lock, approved name servers and one critical record. */
import type { Inventory } from '../../collector/src/contract/inventory.ts';

/** Inventory of these domains; importance goes round from 0 to 2. */
export function watchedFleet(domains: readonly string[]): Inventory {
  return {
    version: 1,
    tenants: [{ id: 'acme' }],
    teams: [{ id: 'ops', tenant: 'acme' }],
    registrar_accounts: [{ id: 'dnsimple/1010', tenant: 'acme', event_feed: 'webhook' }],
    domains: domains.map((domain, i) => ({
      domain,
      tenant: 'acme',
      tier: i % 3,
      team: 'ops',
      registrar_account: 'dnsimple/1010',
      expect: { transfer_lock: true },
      critical_hosts: ['www'],
      approved: {
        nameservers: ['ns1.a.example'],
        records: [{ name: `www.${domain}`, type: 'A', values: ['192.0.2.1'] }],
      },
    })),
  };
}
