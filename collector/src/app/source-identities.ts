/** Which configured source a raw record came from, for counters and liveness. */
import type { SourceIdentity } from '../contract/component.ts';
import type { SourceKind } from '../contract/event.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import type { SourceName } from '../contract/source-name.ts';

/** The witness kind a feed usually is. Events carry their own kind; this one is for liveness. */
export const kindOfFeed: Readonly<Record<SourceName, SourceKind>> = {
  zonestream: 'zone_feed',
  certstream: 'ct_log',
  ct: 'ct_log',
  dnsimple: 'registrar_audit',
  'cloudflare-audit': 'dns_provider_audit',
  'cloudflare-dns': 'resolver_log',
  'aws-cloudtrail': 'cloud_audit',
  'aws-resolver-querylog': 'resolver_log',
  'aws-public-querylog': 'authoritative_log',
  'gcp-dns': 'dns_provider_audit',
  'epp-poll': 'epp_poll',
  rdap: 'rdap_poll',
  'dns-xfr': 'dns_provider_api_state',
  dnstap: 'resolver_log',
  'bind-log': 'authoritative_log',
  'unbound-log': 'resolver_log',
  okta: 'identity_log',
  entra: 'identity_log',
  'google-workspace': 'identity_log',
  'github-audit': 'identity_log',
  'm365-audit': 'mail_log',
  dmarc: 'dmarc_report',
  webhook: 'manual',
  'delegation-probe': 'delegation_probe',
  'answer-probe': 'answer_probe',
};

const assumedIntervalMs = 3_600_000;

/** Looks up identities by feed and tenant; a record of a source nobody configured gets an identity of its feed. */
export class SourceIdentities {
  readonly #byFeed = new Map<string, SourceIdentity>();
  readonly #byId = new Map<string, SourceIdentity>();

  constructor(configured: readonly SourceIdentity[]) {
    for (const identity of configured) {
      this.#byFeed.set(`${identity.feed}\n${identity.tenant}`, identity);
      this.#byId.set(`${identity.feed}\n${identity.tenant}\n${identity.id}`, identity);
    }
  }

  /** Identity of the source of a record; the same object every time. */
  of(record: RawRecord): SourceIdentity {
    const key = `${record.source}\n${record.tenant}`;
    // Several sources may have one feed: the record says which it is of, by itself or by its instance.
    const id = record.meta?.['source'] ?? record.instance;
    const exact = id === undefined ? undefined : this.#byId.get(`${key}\n${id}`);
    if (exact !== undefined) return exact;
    let identity = this.#byFeed.get(key);
    if (identity === undefined) {
      // A source for all tenants writes records of each.
      const shared = this.#byFeed.get(`${record.source}\n*`);
      identity =
        shared !== undefined
          ? { ...shared, tenant: record.tenant }
          : {
              tenant: record.tenant,
              id: record.source,
              feed: record.source,
              kind: kindOfFeed[record.source],
              intervalMs: assumedIntervalMs,
            };
      this.#byFeed.set(key, identity);
    }
    return identity;
  }
}
