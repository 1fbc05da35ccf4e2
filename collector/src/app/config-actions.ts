/** Configuration of executors: one schema per kind. */
import Type from 'typebox';
import type { ConfigSection } from './config-section.ts';
import { identifier, integer, secret, strict, text, url } from './config-fields.ts';

/** RFC 2136 dynamic update, signed with TSIG. */
export const DnsUpdateActionSchema = Type.Object(
  {
    id: identifier,
    kind: Type.Literal('rfc2136'),
    server: text,
    port: integer(1, 65_535, 53),
    key_name: text,
    key_algorithm: Type.Enum(['hmac-sha256', 'hmac-sha384', 'hmac-sha512'], { default: 'hmac-sha256' }),
    key_secret: secret,
    ttl: integer(0, 2_147_483_647, 300),
    timeout_ms: integer(100, 60_000, 5000),
  },
  strict,
);

/** DNSimple API v2. */
export const DnsimpleActionSchema = Type.Object(
  {
    id: identifier,
    kind: Type.Literal('dnsimple'),
    account: text,
    token: secret,
    url: Type.Optional(url('https', 'http')),
    ttl: integer(0, 2_147_483_647, 300),
  },
  strict,
);

/** Cloudflare API v4. */
export const CloudflareActionSchema = Type.Object(
  {
    id: identifier,
    kind: Type.Literal('cloudflare'),
    account: Type.Optional(text),
    token: secret,
    url: Type.Optional(url('https', 'http')),
    ttl: integer(1, 86_400, 300),
  },
  strict,
);

/** Amazon Route 53 and Route 53 Domains. */
export const Route53ActionSchema = Type.Object(
  {
    id: identifier,
    kind: Type.Literal('route53'),
    access_key_id: secret,
    secret_access_key: secret,
    session_token: Type.Optional(secret),
    url: Type.Optional(url('https', 'http')),
    domains_url: Type.Optional(url('https', 'http')),
    ttl: integer(0, 2_147_483_647, 300),
  },
  strict,
);

/** Signed webhook to a SOAR. */
export const WebhookActionSchema = Type.Object(
  { id: identifier, kind: Type.Literal('webhook'), url: url('https', 'http'), secret },
  strict,
);

/** Schema of each executor kind. Adding an executor adds a line here. */
export const actionSchemas = {
  rfc2136: DnsUpdateActionSchema,
  dnsimple: DnsimpleActionSchema,
  cloudflare: CloudflareActionSchema,
  route53: Route53ActionSchema,
  webhook: WebhookActionSchema,
} as const;

/** A configured executor, defaults filled in and secrets read. */
export type ActionConfig =
  | Type.Static<typeof DnsUpdateActionSchema>
  | Type.Static<typeof DnsimpleActionSchema>
  | Type.Static<typeof CloudflareActionSchema>
  | Type.Static<typeof Route53ActionSchema>
  | Type.Static<typeof WebhookActionSchema>;

const id = 'Name of the executor in proposals.';
const ttl = 'TTL in seconds of record sets that have none in the plan and do not exist yet.';

/** Sections of the configuration page. */
export const actionSections: readonly ConfigSection[] = [
  {
    title: 'Action through dynamic update',
    place: 'actions[], kind: rfc2136',
    schema: DnsUpdateActionSchema,
    keys: {
      id,
      kind: 'DNS UPDATE (RFC 2136) with TSIG (RFC 8945), for BIND, Knot, PowerDNS and others.',
      server: 'Address of the primary name server.',
      port: 'Its port.',
      key_name: 'Name of the TSIG key.',
      key_algorithm: 'Its algorithm.',
      key_secret: 'Its secret, base64.',
      ttl,
      timeout_ms: 'Milliseconds for one exchange.',
    },
  },
  {
    title: 'Action through DNSimple',
    place: 'actions[], kind: dnsimple',
    schema: DnsimpleActionSchema,
    keys: {
      id,
      kind: 'Records and transfer lock at DNSimple.',
      account: 'Account number.',
      token: 'API access token.',
      url: 'Address of the API; left out: the public one.',
      ttl,
    },
  },
  {
    title: 'Action through Cloudflare',
    place: 'actions[], kind: cloudflare',
    schema: CloudflareActionSchema,
    keys: {
      id,
      kind: 'Records and, with `account`, the registrar’s lock at Cloudflare.',
      account: 'Account id; needed for the lock only.',
      token: 'API token with Zone.DNS edit (and Registrar edit).',
      url: 'Address of the API; left out: the public one.',
      ttl,
    },
  },
  {
    title: 'Action through Route 53',
    place: 'actions[], kind: route53',
    schema: Route53ActionSchema,
    keys: {
      id,
      kind: 'Records at Route 53 and transfer lock at Route 53 Domains.',
      access_key_id: 'Access key id.',
      secret_access_key: 'Secret access key.',
      session_token: 'Session token of temporary credentials.',
      url: 'Address of Route 53; left out: the public one.',
      domains_url: 'Address of Route 53 Domains; left out: the public one.',
      ttl,
    },
  },
  {
    title: 'Action through a webhook',
    place: 'actions[], kind: webhook',
    schema: WebhookActionSchema,
    keys: {
      id,
      kind: 'Asks another system by a signed JSON POST (Standard Webhooks).',
      url: 'Where to.',
      secret: 'Shared secret.',
    },
  },
];
