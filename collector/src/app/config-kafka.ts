/** Configuration of Kafka: one cluster's address and credentials, a source of any topic, a sink of ours. */
import Type from 'typebox';
import { sourceNames } from '../contract/source-name.ts';
import type { ConfigSection } from './config-section.ts';
import { identifier, integer, secret, strict, text } from './config-fields.ts';

const signals = ['event', 'finding', 'case', 'score'] as const;
const topicName = Type.String({
  pattern: '^[A-Za-z0-9._-]{1,249}$',
  description: 'a topic name of letters, digits, ".", "_" and "-" (249 at most)',
});

/** Fields of a connection to one cluster. */
export const kafkaConnectionFields = {
  brokers: Type.Array(
    Type.String({ pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[^\\s:/@]+):\\d{1,5}$', description: 'HOST:PORT' }),
    { minItems: 1 },
  ),
  tls: Type.Optional(
    Type.Object(
      {
        ca: Type.Optional(text),
        cert: Type.Optional(text),
        key: Type.Optional(secret),
        server_name: Type.Optional(text),
      },
      strict,
    ),
  ),
  sasl: Type.Optional(
    Type.Object(
      {
        mechanism: Type.Enum(['plain', 'scram-sha-256', 'scram-sha-512']),
        username: text,
        password: secret,
      },
      strict,
    ),
  ),
};

/** Topics of a Kafka cluster as a feed. */
export const KafkaSourceSchema = Type.Object(
  {
    id: identifier,
    feed: Type.Enum([...sourceNames]),
    tenant: Type.Optional(text),
    instance: Type.Optional(text),
    via: Type.Literal('kafka'),
    ...kafkaConnectionFields,
    topics: Type.Array(topicName, { minItems: 1 }),
    from: Type.String({ default: 'end', maxLength: 64 }),
    refresh_s: integer(1, 3600, 30),
    heartbeat_s: integer(1, 86_400, 60),
  },
  strict,
);

/** Signals published to a Kafka cluster. */
export const KafkaSinkSchema = Type.Object(
  {
    id: identifier,
    kind: Type.Literal('kafka'),
    ...kafkaConnectionFields,
    prefix: Type.String({ pattern: '^[A-Za-z0-9._-]{1,200}$', default: 'zonewarden' }),
    signals: Type.Array(Type.Enum([...signals]), { minItems: 1, default: [...signals] }),
    records: Type.Array(Type.Enum(['raw', 'dead-letter', 'audit']), { default: [] }),
    batch_max: integer(1, 10_000, 500),
  },
  strict,
);

/** A configured Kafka source, secrets read. */
export type KafkaSourceConfig = Type.Static<typeof KafkaSourceSchema>;

/** A configured Kafka sink, secrets read. */
export type KafkaSinkConfig = Type.Static<typeof KafkaSinkSchema>;

/** What they mean. */
export const kafkaConnectionMeanings = {
  brokers: 'Addresses to begin with, `HOST:PORT`; the cluster tells the others.',
  tls: 'Present: TLS. Own certificate authority `ca`, `cert` with `key` for mutual TLS (PEM files, `key` as a secret), `server_name` when the certificate names another host. `{}` trusts the public authorities.',
  sasl: 'User and password by `plain` or SCRAM. Without TLS anybody on the way can read `plain`.',
};

/** Sections of docs/configuration.md about Kafka. */
export const kafkaSections: readonly ConfigSection[] = [
  {
    title: 'Kafka source',
    place: 'sources[], via: kafka',
    schema: KafkaSourceSchema,
    keys: {
      id: 'Unique among sources: name of its cursor and its metric label.',
      feed: 'Which format the records have; decides the normaliser.',
      tenant:
        'Whose events these are. Left out only for feeds that see everybody: the inventory then decides.',
      instance: 'Account, connector or vantage, when the feed has several; part of event ids.',
      via: 'Any topic of a Kafka cluster. Offsets are kept in our own log, no consumer group is used.',
      ...kafkaConnectionMeanings,
      topics: 'Topics read.',
      from: 'Where a topic never read before begins: `start`, `end`, or an RFC 3339 time. Partitions added later are always read from their first record.',
      refresh_s: 'Seconds between questions for added partitions.',
      heartbeat_s: 'Seconds between signs of life while the cluster answers.',
    },
  },
  {
    title: 'Kafka sink',
    place: 'sinks[], kind: kafka',
    schema: KafkaSinkSchema,
    keys: {
      id: 'Unique among sinks.',
      kind: 'CloudEvents in binary mode, key `tenant|domain`, acknowledged by all in-sync replicas.',
      ...kafkaConnectionMeanings,
      prefix:
        'Topics are `<prefix>.canonical`, `.findings`, `.cases` and `.scores`; `zonewarden topics` creates them.',
      signals: 'What is sent there.',
      records:
        'Lists of the collector copied as well: `raw` records as they came, `dead-letter` (quarantine), `audit` (the chained trail).',
      batch_max: 'Records of one write.',
    },
  },
];
