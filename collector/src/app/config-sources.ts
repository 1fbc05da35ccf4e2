/** Configuration of sources: one schema per transport (`via`), and which transports a feed has. */
import Type from 'typebox';
import { sourceNames, type SourceName } from '../contract/source-name.ts';
import { apiSchemas, type ApiSourceConfig } from './config-api-sources.ts';
import { feedsByTransport, feedSchemas, type FeedSourceConfig } from './config-feed-sources.ts';
import { witnessFeeds, witnessSchemas, type WitnessSourceConfig } from './config-witness-sources.ts';
import { KafkaSourceSchema, type KafkaSourceConfig } from './config-kafka.ts';
import { headers, identifier, integer, secret, strict, text, tls, url } from './config-fields.ts';

const common = {
  /** Unique among sources: cursor, metric label and intake path. */
  id: identifier,
  feed: Type.Enum([...sourceNames]),
  /** Absent: a feed shared by all tenants; the inventory decides whose event it is. */
  tenant: Type.Optional(text),
  /** Account, connector or vantage; part of event ids. Absent: the feed has only one. */
  instance: Type.Optional(text),
};

/** Feed that sends JSON text frames over a WebSocket. No replay: what is sent while away is lost and counted as blind time. */
export const WebSocketSourceSchema = Type.Object(
  {
    ...common,
    via: Type.Literal('websocket'),
    /** Zonestream: address up to `/ws`, topics are appended. Certstream: the whole address. */
    url: url('wss', 'ws'),
    /** Zonestream topics; one connection each. */
    topics: Type.Array(Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' }), {
      minItems: 1,
      default: ['newly_registered_domain'],
    }),
    headers,
    tls,
    message_bytes_max: integer(1024, 16 * 1024 * 1024, 1024 * 1024),
    ping_interval_s: integer(1, 300, 20),
    pong_timeout_s: integer(1, 300, 20),
    /** No message for so long means the connection is dead although pongs come; 0 switches this off. */
    idle_timeout_s: integer(0, 86_400, 300),
  },
  strict,
);

/** How deliveries to a webhook are proven. Without a signature a delivery is only a hint and may not page alone. */
export const SignatureSchema = Type.Object(
  {
    scheme: Type.Enum(['standard-webhooks', 'github', 'okta', 'header', 'hmac', 'google-jwt', 'none']),
    secret: Type.Optional(secret),
    /** Still accepted while the sender is being moved to a new secret. */
    previous_secret: Type.Optional(secret),
    /** Header that carries the signature (`hmac`) or the shared secret (`okta`, `header`: `authorization`). */
    header: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$" })),
    algorithm: Type.Enum(['sha256', 'sha384', 'sha512'], { default: 'sha256' }),
    encoding: Type.Enum(['hex', 'base64'], { default: 'hex' }),
    /** Text before the signature in its header, e.g. `sha256=`. */
    prefix: Type.String({ maxLength: 32, default: '' }),
    /** Header with epoch seconds; when given, `timestamp.body` is signed. */
    timestamp_header: Type.Optional(text),
    /** Header with a unique delivery id. */
    id_header: Type.Optional(text),
    /** `google-jwt`: whom the token must be for, and by whom. */
    audience: Type.Optional(text),
    email: Type.Optional(text),
    keys_url: Type.Optional(url('https', 'http')),
  },
  { ...strict, default: { scheme: 'none' } },
);

const bodyForms = ['record', 'lines', 'list', 'report', 'otlp', 'firehose'] as const;

/** How the body of a delivery holds records. */
export type BodyForm = (typeof bodyForms)[number];

/** Deliveries pushed to `/ingest/<id>`. */
export const WebhookSourceSchema = Type.Object(
  {
    ...common,
    via: Type.Literal('webhook'),
    signature: SignatureSchema,
    /** Makes the path `/ingest/<id>/<secret>`; the only protection a feed without signatures has. */
    path_secret: Type.Optional(secret),
    body_bytes_max: integer(1024, 16 * 1024 * 1024, 1024 * 1024),
    accept_compressed: Type.Optional(Type.Boolean()),
    /** Absent: `lines` for Cloudflare's feeds, `report` for `dmarc`, else `record`. */
    body: Type.Optional(Type.Enum([...bodyForms])),
    /** Only feed `webhook`: canonical field to JSON pointer or `{value: constant}`, `event_types` from the sender's names. */
    mapping: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Union([
          Type.String(),
          Type.Object({ value: Type.Unknown() }, strict),
          Type.Record(Type.String(), Type.String()),
        ]),
      ),
    ),
    /** Seconds between signs of life of this sender; silence beyond it is reported. */
    heartbeat_s: integer(10, 7 * 86_400, 3600),
  },
  strict,
);

/** Files that grow (tail) or lie complete, framed as the feed's files are. */
export const FileSourceSchema = Type.Object(
  {
    ...common,
    via: Type.Literal('file'),
    paths: Type.Array(text, { minItems: 1 }),
    /** Where to begin with a file never seen before. */
    from: Type.Enum(['start', 'end'], { default: 'start' }),
    /** False: read once to the end and stop. */
    follow: Type.Boolean({ default: true }),
    poll_interval_ms: integer(50, 3_600_000, 1000),
  },
  strict,
);

/** Records from standard input, one feed. */
export const StdinSourceSchema = Type.Object({ ...common, via: Type.Literal('stdin') }, strict);

/** Schema of each transport that treats all feeds alike. Adding a transport adds a line here. */
export const transportSchemas = {
  websocket: WebSocketSourceSchema,
  webhook: WebhookSourceSchema,
  file: FileSourceSchema,
  stdin: StdinSourceSchema,
  kafka: KafkaSourceSchema,
  ...witnessSchemas,
  ...feedSchemas,
} as const;

/** Every schema a source can have; `api` has one per feed. */
export const sourceSchemas: readonly object[] = [
  ...Object.values(transportSchemas),
  ...Object.values(apiSchemas),
];

/** How records reach the collector. */
export type Transport = keyof typeof transportSchemas | 'api';

/** All transports. */
export const transports: readonly Transport[] = [
  ...(Object.keys(transportSchemas) as (keyof typeof transportSchemas)[]),
  'api',
];

/** A configured source, defaults filled in and secrets read. */
export type SourceConfig =
  | ApiSourceConfig
  | WitnessSourceConfig
  | FeedSourceConfig
  | KafkaSourceConfig
  | Type.Static<typeof WebSocketSourceSchema>
  | Type.Static<typeof WebhookSourceSchema>
  | Type.Static<typeof FileSourceSchema>
  | Type.Static<typeof StdinSourceSchema>;

/** Feeds that see the names of everybody; only these may have no tenant. */
export const sharedFeeds: readonly SourceName[] = ['zonestream', 'certstream', 'ct'];

/** Feeds that look at every domain of the inventory when no tenant is named. */
export const inventoryFeeds: readonly SourceName[] = ['delegation-probe', 'answer-probe', 'rdap'];

/** Feeds that a transport carries; undefined: any. */
export function feedsOf(via: string): readonly string[] | undefined {
  const carried: Readonly<Record<string, readonly string[]>> = { ...witnessFeeds, ...feedsByTransport };
  return Object.hasOwn(carried, via) ? carried[via] : undefined;
}

/** Transport meant when `via` is left out. */
export const usualTransport: Partial<Record<SourceName, Transport>> = {
  zonestream: 'websocket',
  certstream: 'websocket',
  dnsimple: 'webhook',
  webhook: 'webhook',
  'delegation-probe': 'probe',
  'answer-probe': 'probe',
  'dns-xfr': 'transfer',
  dnstap: 'dnstap',
  rdap: 'rdap',
};

/** Feeds that can come over a WebSocket. */
export const webSocketFeeds: readonly SourceName[] = ['zonestream', 'certstream'];

/** Address used when a WebSocket source names none. */
export const usualUrl: Partial<Record<SourceName, string>> = {
  zonestream: 'wss://zonestream.openintel.nl/ws',
};
