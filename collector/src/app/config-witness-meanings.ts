/** What every key of a source that looks from outside is for, in a sentence. */
import type { ConfigSection } from './config-section.ts';
import {
  DnstapSourceSchema,
  ProbeSourceSchema,
  RdapSourceSchema,
  TransferSourceSchema,
} from './config-witness-sources.ts';

const any = {
  id: 'Unique among sources: its metric label, and the folder of what it remembers.',
  feed: 'The feed.',
  instance: 'Name of this place in events, when there are several; the id when left out.',
};
const shared =
  'Only domains of this tenant. Left out: every domain of the inventory, each for its own tenants.';
const suspicion =
  'Seconds that a domain is checked at least every 30 s after something moved or a case about it changed.';
const concurrency = 'Checks at the same time.';

/** Sections of these sources, in the order of the page. */
export const witnessSections: readonly ConfigSection[] = [
  {
    title: 'Delegation and answer probes',
    place: 'sources[], via: probe',
    schema: ProbeSourceSchema,
    keys: {
      ...any,
      feed: '`delegation-probe`: NS, DS and glue at the parent; `answer-probe`: records of apex, critical hosts, DMARC and DKIM.',
      via: 'The collector asks name servers itself; the usual transport of these two feeds.',
      tenant: shared,
      resolvers: 'Resolvers asked besides the servers of each zone (`answer-probe`); each is a vantage.',
      source_addresses: 'Addresses of this machine to ask from; each is a vantage. Left out: one vantage.',
      roots: 'Root servers to begin at; left out: those of the IANA.',
      port: 'Port of all name servers; another than 53 only on test beds.',
      ipv6: 'True also asks servers that have only an IPv6 address.',
      intervals_s: 'Seconds between checks of a domain of tier 0, 1, 2 and 3.',
      rate_per_s: 'Checks per second and registry (`delegation-probe`) or altogether (`answer-probe`).',
      concurrency,
      timeout_ms: 'Milliseconds for one question.',
      suspicion_s: suspicion,
    },
  },
  {
    title: 'Zone transfers',
    place: 'sources[], via: transfer',
    schema: TransferSourceSchema,
    keys: {
      ...any,
      via: 'The collector is a secondary; the usual transport of `dns-xfr`.',
      tenant: 'Whose zones these are.',
      zones: 'Zones to copy.',
      primaries: 'Servers to transfer from, tried in order.',
      key: 'TSIG key: `name`, `algorithm`, `secret` in Base64.',
      notify: 'Address and port to listen on for NOTIFY; with a key, unsigned ones are refused.',
      refresh_s: 'Seconds between checks of the serial when nobody sends NOTIFY.',
      retry_s: 'Seconds until the next attempt after a failure.',
      timeout_ms: 'Milliseconds of silence after which a primary counts as gone.',
      records_max: 'Record sets of a zone above which a transfer is refused.',
    },
  },
  {
    title: 'Query telemetry over dnstap',
    place: 'sources[], via: dnstap',
    schema: DnstapSourceSchema,
    keys: {
      ...any,
      via: 'Name servers connect and send Frame Streams; the usual transport of `dnstap`.',
      tenant: 'Whose servers these are.',
      listen: 'Address and port to listen on over TCP; either this or `path`.',
      path: 'Unix socket to listen on.',
      window_s: 'Seconds that are counted together.',
      domains_max: 'Domains in a window; more are counted as overflow.',
      networks_max: 'Networks per domain and window; more are counted as overflow.',
      answer_sets_max: 'Different answers per domain and window; more are counted as overflow.',
      connections_max: 'Servers connected at the same time.',
      single_queries: 'True also keeps every single frame; for fault finding only.',
    },
  },
  {
    title: 'RDAP',
    place: 'sources[], via: rdap',
    schema: RdapSourceSchema,
    keys: {
      ...any,
      via: 'The collector asks registries; the usual transport of `rdap`.',
      tenant: shared,
      bootstrap_url:
        'Where the list of RDAP servers is refreshed daily (RFC 9224); a dated copy is part of the program.',
      servers: 'Top-level domain to RDAP base URL, instead of what the list says.',
      intervals_s: 'Seconds between checks of a domain of tier 0, 1, 2 and 3.',
      rate_per_minute: 'Requests per minute and registry; 429 and Retry-After slow it down further.',
      concurrency,
      timeout_ms: 'Milliseconds for one answer.',
      suspicion_s: suspicion.replace('30 s', '5 min'),
    },
  },
];
