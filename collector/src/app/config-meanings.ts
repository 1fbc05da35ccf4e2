/** What every configuration key is for, in a sentence: the text of docs/configuration.md and of the published schema. */
import { accessSections } from './config-access.ts';
import { actionSections } from './config-actions.ts';
import { apiSections } from './config-api-meanings.ts';
import { engineSections } from './config-engine.ts';
import { feedSections } from './config-feed-meanings.ts';
import { kafkaSections } from './config-kafka.ts';
import { witnessSections } from './config-witness-meanings.ts';
import {
  ConfigFrameSchema,
  LimitsSchema,
  OutgoingSchema,
  QueryWindowsSchema,
  RetentionSchema,
} from './config-schema.ts';
import {
  OtlpSinkSchema,
  PrometheusSinkSchema,
  TerminalSinkSchema,
  WebhookSinkSchema,
} from './config-sinks.ts';
import {
  FileSourceSchema,
  SignatureSchema,
  StdinSourceSchema,
  WebhookSourceSchema,
  WebSocketSourceSchema,
} from './config-sources.ts';
import type { ConfigSection } from './config-section.ts';
import { silenceSections } from './config-silences.ts';

const anySource = {
  id: 'Unique among sources: name of its cursor, its metric label and its intake path.',
  feed: 'Which format the records have; decides the normaliser.',
  tenant: 'Whose events these are. Left out only for feeds that see everybody: the inventory then decides.',
  instance: 'Account, connector or vantage, when the feed has several; part of event ids.',
};

const tlsMeaning =
  'Own certificate authority `ca`, and `cert` with `key` for mutual TLS: paths of PEM files, `key` as a secret.';
const signalsMeaning = 'What is sent there.';

/** Every section, in the order of the page. */
export const configSections: readonly ConfigSection[] = [
  {
    title: 'Top level',
    place: '',
    schema: ConfigFrameSchema,
    keys: {
      version: 'Version of this format.',
      listen:
        'Address of console, API, webhook intake and `/metrics`. Port 0 lets the system choose; IPv6 in brackets.',
      data: 'Directory of the log, checkpoints and quarantine. Left out: `var` in the working directory.',
      inventory: 'Inventory file: what you own. Left out: nothing is yours, and only shared facts are kept.',
      intents: 'Intents file: which changes are meant. Left out: none is.',
      network_databases:
        'MMDB files (GeoLite2, DB-IP, IPinfo) that give country and network of addresses; for each fact the first that has it counts. Read again when they change.',
      rules:
        'Rule files or folders in addition to the bundled ones. A file `expand.yaml` among them holds the values of `|expand` placeholders by tenant: `{acme: {admin_networks: [192.0.2.1]}}`.',
      bundled_rules: 'False leaves the bundled rules out.',
      engine: 'Where the engine runs. Left out: in this process. See `engine, host: kafka`.',
      sources: 'Where records come from; see the sections by `via`.',
      sinks: 'Where events, findings, cases and scores go; see the sections by `kind`.',
      api: 'Who may use the API.',
      actions: 'What the collector can do outside after people have approved it; see the sections by `kind`.',
      silences: 'Places where people can silence our alerts: `grafana` or `alertmanager`.',
      limits: 'Bounds that may be moved.',
      retention: 'How long accepted records are kept.',
      query_windows:
        'How the queries of `bind-log`, `unbound-log`, `aws-resolver-querylog`, `aws-public-querylog` and `cloudflare-dns` are counted before they enter the log; what else these logs say enters as it is.',
      outgoing: 'What outgoing connections may reach beyond public addresses over TLS.',
    },
  },
  {
    title: 'Limits',
    place: 'limits',
    schema: LimitsSchema,
    keys: {
      record_bytes_max: 'Largest record accepted from any feed, bytes.',
      webhook_rate_per_s: 'Deliveries per second and webhook source; more are answered 429.',
      connections_max: 'Open connections of the listener.',
    },
  },
  {
    title: 'Retention',
    place: 'retention',
    schema: RetentionSchema,
    keys: {
      log_days: 'Age at which log segments may be deleted, never above the slowest cursor or checkpoint.',
      log_bytes_max: 'Size above which the oldest segments may be deleted, bytes, under the same condition.',
      quarantine_days: 'How long unreadable records wait to be driven again.',
    },
  },
  {
    title: 'Query windows',
    place: 'query_windows',
    schema: QueryWindowsSchema,
    keys: {
      window_s: 'Seconds that are counted together, by the times in the log.',
      domains_max: 'Domains in a window; more are counted as overflow.',
      networks_max: 'Client networks per domain and window; more are counted as overflow.',
      answer_sets_max: 'Different answers per domain and window; more are counted as overflow.',
      single_queries: 'True also keeps every single record; for fault finding only.',
    },
  },
  {
    title: 'Outgoing connections',
    place: 'outgoing',
    schema: OutgoingSchema,
    keys: {
      allow_networks:
        'Private networks that may be reached, in CIDR form; without this, only public addresses are.',
      allow_plain_http: 'Hosts that may be spoken to without TLS.',
    },
  },
  {
    title: 'Source over WebSocket',
    place: 'sources[], via: websocket',
    schema: WebSocketSourceSchema,
    keys: {
      ...anySource,
      via: 'Transport; the usual one for Zonestream and certstream.',
      url: 'Zonestream: address up to `/ws`, topics are appended (its public service when left out). Certstream: the whole address.',
      topics: 'Zonestream topics; one connection each.',
      headers: 'Headers of the handshake; credentials as secrets.',
      tls: tlsMeaning,
      message_bytes_max: 'A larger message ends the connection.',
      ping_interval_s: 'Seconds between pings.',
      pong_timeout_s: 'Seconds without an answer after which the connection counts as dead.',
      idle_timeout_s:
        'Seconds without any message after which the connection counts as dead although pongs come; 0: never.',
    },
  },
  {
    title: 'Source by webhook',
    place: 'sources[], via: webhook',
    schema: WebhookSourceSchema,
    keys: {
      ...anySource,
      via: 'Deliveries to `/ingest/<id>`; the usual transport of DNSimple and generic webhooks.',
      signature: 'How deliveries are proven; unsigned ones are hints and cannot page alone.',
      path_secret:
        'Makes the path `/ingest/<id>/<secret>`; the only protection of a feed that signs nothing.',
      body_bytes_max: 'Largest body; larger ones are answered 413.',
      body: 'How a body holds records: `record` (it is one), `lines` (NDJSON), `list` (JSON list), `report` (mail, archive or report), `otlp` (OTLP/HTTP logs, JSON or protobuf; `v1/logs` may follow the path), `firehose` (Amazon Data Firehose to an HTTP endpoint). Left out: `lines` for the Cloudflare feeds (Logpush), `report` for `dmarc`, else `record`.',
      accept_compressed:
        'True takes gzip bodies, inflated up to 4 MiB; otherwise they are answered 415. Left out: true for bodies `otlp`, `lines`, `report` and `firehose`, whose senders compress.',
      mapping:
        'Only feed `webhook`: canonical field to JSON pointer (RFC 6901) or `{ value: constant }`, and `event_types` from the names of the sender to canonical ones; see [sources/webhook.md](sources/webhook.md).',
      heartbeat_s: 'Seconds without a delivery after which the sender counts as silent.',
    },
  },
  {
    title: 'Signature of a webhook',
    place: 'sources[].signature',
    schema: SignatureSchema,
    keys: {
      scheme:
        '`standard-webhooks`, `github`, `okta` and `header` (shared secret in a header), `google-jwt` (Pub/Sub push), `hmac` (by the keys below), or `none`.',
      secret: 'The shared secret; needed by every scheme but `none` and `google-jwt`.',
      previous_secret: 'Still accepted while the sender is being moved to a new secret.',
      header:
        'Header with the signature (`hmac`), or with the shared secret (`okta`, `header`; `authorization` when left out).',
      algorithm: 'Hash of the HMAC (`hmac`).',
      encoding: 'How the signature is written (`hmac`).',
      prefix: 'Text before the signature in its header, e.g. `sha256=` (`hmac`).',
      timestamp_header:
        'Header with epoch seconds; when given, `timestamp.body` is signed and must be within five minutes (`hmac`).',
      audience: 'Audience of the push subscription (`google-jwt`).',
      email: 'Service account of the push subscription (`google-jwt`).',
      keys_url: 'Key set of the token issuer (`google-jwt`); for tests. Left out: that of Google.',
      id_header: 'Header with a unique delivery id, remembered for 72 hours (`hmac`).',
    },
  },
  {
    title: 'Source from files',
    place: 'sources[], via: file',
    schema: FileSourceSchema,
    keys: {
      ...anySource,
      via: 'Files: `.ndjson`, `.jsonl` and `.log` are followed while they grow; other kinds are read once they are complete.',
      paths: 'Paths or glob patterns.',
      from: 'Where to begin with a file never seen before.',
      follow: 'False reads what is there and ends.',
      poll_interval_ms: 'Milliseconds between looks.',
    },
  },
  {
    title: 'Source from standard input',
    place: 'sources[], via: stdin',
    schema: StdinSourceSchema,
    keys: { ...anySource, via: 'One record per line; at most one such source.' },
  },
  ...apiSections,
  ...feedSections,
  ...witnessSections,
  {
    title: 'OTLP sink',
    place: 'sinks[], kind: otlp',
    schema: OtlpSinkSchema,
    keys: {
      id: 'Unique among sinks: name of its cursor and its metric label.',
      kind: 'OTLP over HTTP.',
      endpoint: 'Address without path; `/v1/logs` and `/v1/metrics` are appended.',
      headers: 'Headers of every request; credentials as secrets.',
      tls: tlsMeaning,
      signals: signalsMeaning,
      compression: 'Compression of requests.',
      timeout_ms: 'Milliseconds for one request.',
      batch_max: 'Records in one request.',
      metrics_interval_s: 'Seconds between exports of metrics.',
    },
  },
  {
    title: 'Prometheus sink',
    place: 'sinks[], kind: prometheus',
    schema: PrometheusSinkSchema,
    keys: { id: 'Unique among sinks.', kind: 'Metrics for scraping at `/metrics` of the listener.' },
  },
  {
    title: 'Webhook sink',
    place: 'sinks[], kind: webhook',
    schema: WebhookSinkSchema,
    keys: {
      id: 'Unique among sinks: name of its cursor and its metric label.',
      kind: 'JSON by HTTP POST.',
      url: 'Where to.',
      secret: 'Signs requests by Standard Webhooks; left out: unsigned.',
      headers: 'Headers of every request; credentials as secrets.',
      tls: tlsMeaning,
      signals: signalsMeaning,
      minimum_severity: 'Findings and cases below it are not sent.',
      timeout_ms: 'Milliseconds for one request.',
    },
  },
  {
    title: 'Terminal sink',
    place: 'sinks[], kind: terminal',
    schema: TerminalSinkSchema,
    keys: {
      id: 'Unique among sinks.',
      kind: 'Readable lines on standard output.',
      minimum_severity: 'Findings and cases below it are not shown.',
      colour: 'Colours: `auto` only on a terminal.',
    },
  },
  ...kafkaSections,
  ...engineSections,
  ...accessSections,
  ...actionSections,
  ...silenceSections,
];
