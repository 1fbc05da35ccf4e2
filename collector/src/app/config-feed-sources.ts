/** Configuration of sources with a transport of their own: a queue of CloudTrail files, EPP, syslog. */
import Type from 'typebox';
import type { SourceName } from '../contract/source-name.ts';
import { identifier, integer, secret, strict, text, tls, url } from './config-fields.ts';

/** CloudTrail files announced in an SQS queue. */
export const QueueSourceSchema = Type.Object(
  {
    id: identifier,
    feed: Type.Literal('aws-cloudtrail'),
    via: Type.Literal('sqs'),
    tenant: Type.Optional(text),
    instance: Type.Optional(text),
    region: Type.String({ pattern: '^[a-z]{2}(-[a-z]+)+-\\d$', description: 'a region such as us-east-1' }),
    queue_url: url('https', 'http'),
    access_key_id: Type.String({ pattern: '^[A-Z0-9]{16,128}$' }),
    secret_access_key: secret,
    session_token: Type.Optional(secret),
    buckets: Type.Optional(Type.Array(text, { minItems: 1 })),
    s3_url: Type.Optional(url('https', 'http')),
  },
  strict,
);

/** Message queue of a registry. */
export const EppSourceSchema = Type.Object(
  {
    id: identifier,
    feed: Type.Literal('epp-poll'),
    via: Type.Literal('epp'),
    tenant: Type.Optional(text),
    /** Registry and account; with the message id it is what an event is known by. */
    instance: text,
    host: text,
    port: integer(1, 65_535, 700),
    user: text,
    password: secret,
    tls,
    /** An acknowledged message is gone for every client of the registrar, so this must be said. */
    owns_queue: Type.Literal(true),
    interval_s: integer(30, 3600, 120),
    timeout_ms: integer(1000, 120_000, 30_000),
  },
  strict,
);

/** Syslog over TCP or UDP. */
export const SyslogSourceSchema = Type.Object(
  {
    id: identifier,
    feed: Type.Enum([
      'bind-log',
      'unbound-log',
      'webhook',
      'aws-public-querylog',
      'github-audit',
      'okta',
      'entra',
    ]),
    via: Type.Literal('syslog'),
    tenant: Type.Optional(text),
    instance: Type.Optional(text),
    protocol: Type.Enum(['tcp', 'udp'], { default: 'tcp' }),
    /** `host:port`; IPv6 in brackets. */
    listen: Type.String({
      pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):\\d{1,5}$',
      default: '127.0.0.1:6514',
    }),
    from: Type.Array(text, { minItems: 1, default: ['127.0.0.0/8', '::1/128'] }),
    mapping: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    connections_max: integer(1, 10_000, 256),
    heartbeat_s: integer(10, 7 * 86_400, 3600),
  },
  strict,
);

/** Schemas by transport. */
export const feedSchemas = {
  sqs: QueueSourceSchema,
  epp: EppSourceSchema,
  syslog: SyslogSourceSchema,
} as const;

/** Feeds that each of these transports carries. */
export const feedsByTransport: Readonly<Record<keyof typeof feedSchemas, readonly SourceName[]>> = {
  sqs: ['aws-cloudtrail'],
  epp: ['epp-poll'],
  syslog: ['bind-log', 'unbound-log', 'webhook', 'aws-public-querylog', 'github-audit', 'okta', 'entra'],
};

/** Configuration of such a source, defaults filled in and secrets read. */
export type FeedSourceConfig = {
  [V in keyof typeof feedSchemas]: Type.Static<(typeof feedSchemas)[V]>;
}[keyof typeof feedSchemas];
