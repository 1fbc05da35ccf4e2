/** Bodies of DNSimple's webhook as registrar and DNS provider of a test's fleet send them. */

/** What one delivery says; `at`: RFC 3339 time of the change. */
export interface DnsimpleChange {
  /** Number of the delivery: makes its id, and the address of a record. */
  readonly number: number;
  /** `zone_record.update`, `domain.transfer_lock_disable` … */
  readonly name: string;
  readonly domain: string;
  readonly at: string;
}

/** One delivery of account 1010. Changes of records are about `www`. */
export function dnsimpleDelivery({ number, name, domain, at }: DnsimpleChange): string {
  const data = name.startsWith('zone_record')
    ? {
        zone_record: {
          id: number,
          ttl: 60,
          name: 'www',
          type: 'A',
          content: `203.0.113.${number % 200}`,
          zone_id: domain,
          updated_at: at,
        },
      }
    : { domain: { id: number, name: domain, state: 'registered', account_id: 1010, updated_at: at } };
  return JSON.stringify({
    data,
    name,
    actor: { id: '1010', entity: 'account', pretty: 'x@acme.example' },
    account: { id: 1010, display: 'x', identifier: 'x' },
    api_version: 'v2',
    request_identifier: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  });
}

/** A moment as DNSimple writes it: in whole seconds. */
export function wholeSecond(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+/, '');
}
