/** The configuration file: its schema is the source of types, defaults, checks and docs/schema/config.json. */
import Type from 'typebox';
import { limits } from '../contract/limits.ts';
import { AccessSchema } from './config-access.ts';
import { actionSchemas, type ActionConfig } from './config-actions.ts';
import { engineSchemas, type EngineConfig } from './config-engine.ts';
import { integer, strict, text } from './config-fields.ts';
import { silenceSchemas, type SilencePlace } from './config-silences.ts';
import { sinkSchemas, type SinkConfig } from './config-sinks.ts';
import { sourceSchemas, type SourceConfig } from './config-sources.ts';

const day = 1;
const standardSinks = [
  { id: 'terminal', kind: 'terminal' },
  { id: 'prometheus', kind: 'prometheus' },
];

/** Bounds an operator may move; the rest of contract/limits.ts is fixed. */
export const LimitsSchema = Type.Object(
  {
    record_bytes_max: integer(1024, limits.fileRecordBytesMax, limits.recordBytesMax),
    /** Deliveries per second and webhook source; more are answered 429. */
    webhook_rate_per_s: integer(1, 100_000, 200),
    connections_max: integer(8, 100_000, 1024),
  },
  { ...strict, default: {} },
);

/** How long accepted records are kept. Nothing above the slowest cursor or checkpoint is ever removed. */
export const RetentionSchema = Type.Object(
  {
    log_days: integer(day, 3650, 30),
    log_bytes_max: integer(64 * 1024 * 1024, Number.MAX_SAFE_INTEGER, 20 * 1024 * 1024 * 1024),
    quarantine_days: integer(day, 3650, 90),
  },
  { ...strict, default: {} },
);

/** How queries of query logs are counted before they enter the log. */
export const QueryWindowsSchema = Type.Object(
  {
    window_s: integer(1, 3600, 60),
    domains_max: integer(1, 1_000_000, 20_000),
    networks_max: integer(1, 100_000, 256),
    answer_sets_max: integer(1, 100_000, 256),
    single_queries: Type.Boolean({ default: false }),
  },
  { ...strict, default: {} },
);

/** What outgoing connections may reach beyond public addresses over TLS. */
export const OutgoingSchema = Type.Object(
  {
    /** Networks in CIDR form that would be refused otherwise (private, loopback, link-local). */
    allow_networks: Type.Array(text, { default: [] }),
    /** Host names that may be spoken to without TLS. */
    allow_plain_http: Type.Array(text, { default: [] }),
  },
  { ...strict, default: {} },
);

/** Top level without its sources and sinks, which are checked one by one against the schema of their kind. */
export const ConfigFrameSchema = Type.Object(
  {
    version: Type.Literal(1, { default: 1 }),
    /** `host:port`; IPv6 in brackets. Port 0 lets the system choose. */
    listen: Type.String({
      pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):\\d{1,5}$',
      description: 'host:port, for example 127.0.0.1:8470 or [::1]:8470',
      default: '127.0.0.1:8470',
    }),
    /** Directory of the log, checkpoints and quarantine. Absent: `var` in the working directory. */
    data: Type.Optional(text),
    inventory: Type.Optional(text),
    intents: Type.Optional(text),
    /** MMDB files; the first that knows a fact wins. Read again when they change. */
    network_databases: Type.Array(text, { default: [] }),
    /** Rule files or folders read in addition to the bundled ones. */
    rules: Type.Array(text, { default: [] }),
    bundled_rules: Type.Boolean({ default: true }),
    /** Where the engine runs; see config-engine.ts. */
    engine: Type.Unknown({ default: { host: 'embedded' } }),
    sources: Type.Array(Type.Unknown(), { default: [] }),
    sinks: Type.Array(Type.Unknown(), { default: standardSinks }),
    api: AccessSchema,
    /** What people may have the collector do; see config-actions.ts. */
    actions: Type.Array(Type.Unknown(), { default: [] }),
    /** Where people can silence our alerts; see config-silences.ts. */
    silences: Type.Array(Type.Unknown(), { default: [] }),
    limits: LimitsSchema,
    retention: RetentionSchema,
    query_windows: QueryWindowsSchema,
    outgoing: OutgoingSchema,
  },
  strict,
);

/** The whole file, for publication. */
export const ConfigSchema = Type.Object(
  {
    ...ConfigFrameSchema.properties,
    engine: Type.Union(Object.values(engineSchemas), { default: { host: 'embedded' } }),
    sources: Type.Array(Type.Union([...sourceSchemas]), { default: [] }),
    sinks: Type.Array(Type.Union(Object.values(sinkSchemas)), {
      default: standardSinks,
    }),
    actions: Type.Array(Type.Union(Object.values(actionSchemas)), { default: [] }),
    silences: Type.Array(Type.Union(Object.values(silenceSchemas)), { default: [] }),
  },
  { ...strict, $id: 'urn:zonewarden:config:1', title: 'Zonewarden configuration' },
);

type Frame = Type.Static<typeof ConfigFrameSchema>;

/** The configuration in use: defaults filled in, paths absolute, secrets read. */
export type Config = Omit<
  Frame,
  'listen' | 'data' | 'engine' | 'sources' | 'sinks' | 'actions' | 'silences'
> & {
  readonly listen: { readonly host: string; readonly port: number };
  /** Absolute path. */
  readonly data: string;
  readonly engine: EngineConfig;
  readonly sources: readonly SourceConfig[];
  readonly sinks: readonly SinkConfig[];
  readonly actions: readonly ActionConfig[];
  readonly silences: readonly SilencePlace[];
};
