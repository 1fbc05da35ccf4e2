/** Configuration of sinks: one schema per kind. */
import Type from 'typebox';
import { severities } from '../contract/severity.ts';
import { KafkaSinkSchema, type KafkaSinkConfig } from './config-kafka.ts';
import { headers, identifier, integer, secret, strict, tls, url } from './config-fields.ts';

const signals = ['event', 'finding', 'case', 'score'] as const;

/** OTLP/HTTP logs and metrics; `/v1/logs` and `/v1/metrics` are appended to the endpoint, as the OpenTelemetry specification says. */
export const OtlpSinkSchema = Type.Object(
  {
    id: identifier,
    kind: Type.Literal('otlp'),
    endpoint: url('https', 'http'),
    headers,
    tls,
    signals: Type.Array(Type.Enum([...signals]), { minItems: 1, default: [...signals] }),
    compression: Type.Enum(['gzip', 'none'], { default: 'gzip' }),
    timeout_ms: integer(100, 120_000, 10_000),
    batch_max: integer(1, 10_000, 512),
    metrics_interval_s: integer(1, 3600, 30),
  },
  strict,
);

/** Metrics for scraping at `/metrics` of the collector's own listener. */
export const PrometheusSinkSchema = Type.Object({ id: identifier, kind: Type.Literal('prometheus') }, strict);

/** Cases and findings as HTTP POST, signed by Standard Webhooks when a secret is given. */
export const WebhookSinkSchema = Type.Object(
  {
    id: identifier,
    kind: Type.Literal('webhook'),
    url: url('https', 'http'),
    secret: Type.Optional(secret),
    headers,
    tls,
    signals: Type.Array(Type.Enum([...signals]), { minItems: 1, default: ['case'] }),
    minimum_severity: Type.Enum([...severities], { default: 'low' }),
    timeout_ms: integer(100, 120_000, 10_000),
  },
  strict,
);

/** Readable lines on standard output for whoever watches the process. */
export const TerminalSinkSchema = Type.Object(
  {
    id: identifier,
    kind: Type.Literal('terminal'),
    minimum_severity: Type.Enum([...severities], { default: 'low' }),
    colour: Type.Enum(['auto', 'always', 'never'], { default: 'auto' }),
  },
  strict,
);

/** Schema of each sink kind. Adding a sink adds a line here. */
export const sinkSchemas = {
  otlp: OtlpSinkSchema,
  prometheus: PrometheusSinkSchema,
  webhook: WebhookSinkSchema,
  terminal: TerminalSinkSchema,
  kafka: KafkaSinkSchema,
} as const;

/** Kind of a sink. */
export type SinkKind = keyof typeof sinkSchemas;

/** A configured sink, defaults filled in and secrets read. */
export type SinkConfig =
  | Type.Static<typeof OtlpSinkSchema>
  | Type.Static<typeof PrometheusSinkSchema>
  | Type.Static<typeof WebhookSinkSchema>
  | KafkaSinkConfig
  | Type.Static<typeof TerminalSinkSchema>;
