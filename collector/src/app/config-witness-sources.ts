/** Configuration of sources that look from outside: probes, zone transfers, RDAP, and query telemetry over dnstap. */
import Type from 'typebox';
import type { SourceName } from '../contract/source-name.ts';
import { identifier, integer, secret, strict, text } from './config-fields.ts';

const server = Type.String({
  pattern: '^[0-9a-fA-F:.]{2,45}(#\\d{1,5})?$',
  description: 'an address, such as 192.0.2.53 or 192.0.2.53#5353',
});
const address = Type.String({ pattern: '^[0-9a-fA-F:.]{2,45}$', description: 'an IP address' });
const zoneName = Type.String({
  pattern: '^[a-z0-9_-]+(\\.[a-z0-9_-]+)*$',
  description: 'a zone name in lower case',
});
const day = 86_400;

function common<const F extends readonly SourceName[]>(...feeds: F) {
  return {
    id: identifier,
    feed: Type.Unsafe<F[number]>(Type.Enum([...feeds])),
    instance: Type.Optional(text),
  };
}

/** Seconds between checks by tier 0 to 3. */
function intervals(standard: readonly number[]) {
  return Type.Array(Type.Integer({ minimum: 1, maximum: 7 * day }), {
    minItems: 4,
    maxItems: 4,
    default: [...standard],
  });
}

/** Delegation and answer probes of every domain of the inventory. */
export const ProbeSourceSchema = Type.Object(
  {
    ...common('delegation-probe', 'answer-probe'),
    via: Type.Literal('probe'),
    tenant: Type.Optional(text),
    resolvers: Type.Array(server, { default: [] }),
    source_addresses: Type.Array(address, { default: [] }),
    roots: Type.Array(address, { default: [] }),
    port: integer(1, 65_535, 53),
    ipv6: Type.Boolean({ default: false }),
    intervals_s: intervals([45, 600, 4 * 3600, 12 * 3600]),
    rate_per_s: integer(1, 1000, 10),
    concurrency: integer(1, 256, 16),
    timeout_ms: integer(50, 60_000, 2000),
    suspicion_s: integer(30, day, 900),
  },
  strict,
);

const Tsig = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 255 }),
    algorithm: Type.Enum(['hmac-sha1', 'hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'], {
      default: 'hmac-sha256',
    }),
    secret,
  },
  strict,
);

/** Copies of zones, kept up to date by IXFR and AXFR. */
export const TransferSourceSchema = Type.Object(
  {
    ...common('dns-xfr'),
    via: Type.Literal('transfer'),
    tenant: text,
    zones: Type.Array(zoneName, { minItems: 1 }),
    primaries: Type.Array(server, { minItems: 1 }),
    key: Type.Optional(Tsig),
    notify: Type.Optional(server),
    refresh_s: integer(1, day, 3600),
    retry_s: integer(1, day, 60),
    timeout_ms: integer(100, 600_000, 10_000),
    records_max: integer(1, 20_000_000, 2_000_000),
  },
  strict,
);

/** Query telemetry over dnstap, counted into windows. */
export const DnstapSourceSchema = Type.Object(
  {
    ...common('dnstap'),
    via: Type.Literal('dnstap'),
    tenant: text,
    listen: Type.Optional(server),
    path: Type.Optional(text),
    window_s: integer(1, 3600, 60),
    domains_max: integer(1, 1_000_000, 20_000),
    networks_max: integer(1, 100_000, 256),
    answer_sets_max: integer(1, 100_000, 256),
    connections_max: integer(1, 10_000, 64),
    single_queries: Type.Boolean({ default: false }),
  },
  strict,
);

/** Registration data of every domain of the inventory over RDAP. */
export const RdapSourceSchema = Type.Object(
  {
    ...common('rdap'),
    via: Type.Literal('rdap'),
    tenant: Type.Optional(text),
    bootstrap_url: Type.String({
      pattern: '^https?://[^\\s/]+(/\\S*)?$',
      default: 'https://data.iana.org/rdap/dns.json',
    }),
    servers: Type.Record(Type.String(), Type.String({ pattern: '^https?://[^\\s/]+(/\\S*)?$' }), {
      default: {},
    }),
    intervals_s: intervals([3600, 4 * 3600, 12 * 3600, 20 * 3600]),
    rate_per_minute: integer(1, 6000, 60),
    concurrency: integer(1, 64, 8),
    timeout_ms: integer(100, 120_000, 20_000),
    suspicion_s: integer(30, day, 900),
  },
  strict,
);

/** Schemas by transport. */
export const witnessSchemas = {
  probe: ProbeSourceSchema,
  transfer: TransferSourceSchema,
  dnstap: DnstapSourceSchema,
  rdap: RdapSourceSchema,
} as const;

/** Feeds that each of these transports carries; no other does. */
export const witnessFeeds: Readonly<Record<keyof typeof witnessSchemas, readonly SourceName[]>> = {
  probe: ['delegation-probe', 'answer-probe'],
  transfer: ['dns-xfr'],
  dnstap: ['dnstap'],
  rdap: ['rdap'],
};

/** Configuration of such a source, defaults filled in and secrets read. */
export type WitnessSourceConfig = {
  [V in keyof typeof witnessSchemas]: Type.Static<(typeof witnessSchemas)[V]>;
}[keyof typeof witnessSchemas];

/** True for sources of this file. */
export function isWitnessSource(source: { readonly via: string }): source is WitnessSourceConfig {
  return Object.hasOwn(witnessSchemas, source.via);
}
