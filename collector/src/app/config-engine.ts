/** Configuration of where the engine runs: in this process over its own log, or on the partitions of a Kafka cluster. */
import Type from 'typebox';
import { limits } from '../contract/limits.ts';
import type { ConfigSection } from './config-section.ts';
import { integer, secret, strict, text, url } from './config-fields.ts';
import { kafkaConnectionFields, kafkaConnectionMeanings } from './config-kafka.ts';

const strangersMax = integer(limits.shards, 100_000_000, limits.strangersMax);
const strangersMeaning =
  'Domains, accounts and people that no inventory knows and of whom something is remembered, per tenant and kind. They are kept in 128 lists; a full list lets go of who would be forgotten next: first those that only ever failed, then those not heard of for longest. Counted in `zonewarden_detection_left_out_total`.';

/** The engine inside this process; the default. */
export const EmbeddedEngineSchema = Type.Object(
  {
    host: Type.Literal('embedded'),
    waiting_mb: Type.Optional(Type.Integer({ minimum: 64, maximum: 1_000_000 })),
    strangers_max: strangersMax,
  },
  strict,
);

/** Settings of the engine inside this process. */
export type EmbeddedEngineConfig = Type.Static<typeof EmbeddedEngineSchema>;

/** The engine on a Kafka cluster, shared by every collector with the same configuration. */
export const KafkaEngineSchema = Type.Object(
  {
    host: Type.Literal('kafka'),
    ...kafkaConnectionFields,
    prefix: Type.String({ pattern: '^[A-Za-z0-9._-]{1,200}$', default: 'zonewarden' }),
    partitions: integer(1, limits.shards, 4),
    checkpoints: Type.Object(
      {
        directory: Type.Optional(text),
        s3: Type.Optional(
          Type.Object(
            {
              endpoint: url('https', 'http'),
              region: Type.String({ pattern: '^[a-z0-9-]{1,63}$', default: 'us-east-1' }),
              bucket: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$' }),
              prefix: Type.String({ pattern: '^([A-Za-z0-9._-]+/)*$', default: '' }),
              access_key_id: text,
              secret_access_key: secret,
              session_token: Type.Optional(secret),
            },
            strict,
          ),
        ),
      },
      strict,
    ),
    instance: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._-]{1,63}$' })),
    session_timeout_s: integer(2, 300, 10),
    checkpoint_s: integer(1, 3600, 30),
    strangers_max: strangersMax,
  },
  strict,
);

/** A configured Kafka engine, secrets read. */
export type KafkaEngineConfig = Type.Static<typeof KafkaEngineSchema>;

/** Where the engine runs. */
export type EngineConfig = EmbeddedEngineConfig | KafkaEngineConfig;

/** Schemas by `host`. */
export const engineSchemas = { embedded: EmbeddedEngineSchema, kafka: KafkaEngineSchema } as const;

/** Sections of docs/configuration.md about the engine. */
export const engineSections: readonly ConfigSection[] = [
  {
    title: 'Engine in this process',
    place: 'engine, host: embedded',
    schema: EmbeddedEngineSchema,
    keys: {
      host: '`embedded` (default): this process and its own log.',
      waiting_mb:
        'Memory in MB that may be taken by what waits ten minutes for stragglers, as estimated from records and messages. Above it intake is held: deliveries are answered 503 with Retry-After, pollers pause, nothing is lost. Left out: half of the heap that Node may use.',
      strangers_max: strangersMeaning,
    },
  },
  {
    title: 'Engine on Kafka',
    place: 'engine, host: kafka',
    schema: KafkaEngineSchema,
    keys: {
      host: '`embedded` (default): this process and its own log. `kafka`: shared by all collectors with this configuration; see docs/kafka.md.',
      ...kafkaConnectionMeanings,
      prefix:
        'Topics are `<prefix>.entries`, `.control`, `.positions`, `.stage-…` and those that are published.',
      partitions:
        'Partitions of every topic of the engine, the same for good. More than the collectors there will ever be.',
      checkpoints:
        'Where checkpoints are kept, reached by every collector: `directory`, or `s3` with `endpoint` (path-style; a store of your own needs `outgoing`), `region`, `bucket`, `prefix` (empty or ending in `/`), `access_key_id`, `secret_access_key` and, for temporary keys, `session_token`.',
      instance: 'Name of this collector among the others. Left out: the host name.',
      session_timeout_s: 'Silence after which the others take over.',
      checkpoint_s: 'Seconds between checkpoints of a task.',
      strangers_max: `${strangersMeaning} The same in every collector.`,
    },
  },
];
