/** Metrics of the collector, with unit, labels and bound. One table for Prometheus, OTLP and the documentation. */

import { caseMetricNames } from './case-metric-names.ts';

/** One metric. `bound`: most series of it one process reports; what is beyond is counted in `series_dropped`. */
export interface MetricDefinition {
  /** OpenTelemetry name. The Prometheus name follows from it by `prometheusName`. */
  readonly name: string;
  /** Gauges say how it is; counters grow, start at 0 with the process (or the state) and are read from state. */
  readonly kind: 'gauge' | 'counter';
  /** UCUM: `s`, `By`, `%`, `{case}` (an annotation adds no suffix), never `1` (Prometheus would add `_ratio`). */
  readonly unit: string;
  readonly labels: readonly string[];
  readonly bound: number;
  readonly help: string;
}

/** All metrics by short key. */
export const metricNames = {
  ...caseMetricNames,
  series_dropped: {
    name: 'zonewarden.series.dropped',
    kind: 'gauge',
    unit: '{series}',
    labels: ['metric'],
    bound: 100,
    help: 'Series not reported because the metric is at its bound',
  },
  kafka_lag: {
    name: 'zonewarden.kafka.lag',
    kind: 'gauge',
    unit: '{record}',
    labels: ['topic', 'partition'],
    bound: 2_000,
    help: 'Records of a partition that were not read yet, by a source or by the engine on Kafka',
  },
  kafka_headroom: {
    name: 'zonewarden.kafka.retention.headroom',
    kind: 'gauge',
    unit: '{record}',
    labels: ['topic', 'partition'],
    bound: 2_000,
    help: 'Records that retention can delete before it reaches ours; small while the lag grows means loss is near',
  },
  engine_partitions: {
    name: 'zonewarden.engine.partitions',
    kind: 'gauge',
    unit: '{partition}',
    labels: [],
    bound: 1,
    help: 'Partitions of the engine on Kafka that this collector works on; 0: it stands by',
  },
  source_lag: {
    name: 'zonewarden.source.lag',
    kind: 'gauge',
    unit: 's',
    labels: ['tenant', 'source'],
    bound: 2_000,
    help: 'Time between the newest event of a source and its receipt',
  },
  source_last_success: {
    name: 'zonewarden.source.last_success.age',
    kind: 'gauge',
    unit: 's',
    labels: ['tenant', 'source'],
    bound: 2_000,
    help: 'Time since a source last delivered or said it lives',
  },
  source_up: {
    name: 'zonewarden.source.up',
    kind: 'gauge',
    unit: '{source}',
    labels: ['tenant', 'source'],
    bound: 2_000,
    help: '1 while a source is alive, 0 when it is silent for longer than three of its intervals',
  },
  source_records: {
    name: 'zonewarden.source.records',
    kind: 'counter',
    unit: '{record}',
    labels: ['tenant', 'source'],
    bound: 2_000,
    help: 'Raw records accepted, that is durable',
  },
  source_bytes: {
    name: 'zonewarden.source.received',
    kind: 'counter',
    unit: 'By',
    labels: ['tenant', 'source'],
    bound: 2_000,
    help: 'Bytes of raw records accepted',
  },
  source_events: {
    name: 'zonewarden.source.events',
    kind: 'counter',
    unit: '{event}',
    labels: ['tenant', 'source'],
    bound: 2_000,
    help: 'Canonical events made from the records of a source',
  },
  source_rejected: {
    name: 'zonewarden.source.rejected',
    kind: 'counter',
    unit: '{record}',
    labels: ['tenant', 'source', 'code'],
    bound: 5_000,
    help: 'Records put into quarantine or refused, by error code',
  },
  source_duplicates: {
    name: 'zonewarden.source.duplicates',
    kind: 'counter',
    unit: '{event}',
    labels: ['tenant', 'source'],
    bound: 2_000,
    help: 'Events that were known already',
  },
  source_late: {
    name: 'zonewarden.source.late',
    kind: 'counter',
    unit: '{event}',
    labels: ['tenant', 'source'],
    bound: 2_000,
    help: 'Events behind the watermark: used as evidence and for revisions',
  },
  source_gap: {
    name: 'zonewarden.source.gap',
    kind: 'counter',
    unit: 's',
    labels: ['tenant', 'source'],
    bound: 2_000,
    help: 'Blind time of feeds that cannot be replayed',
  },
  log_bytes: {
    name: 'zonewarden.log.size',
    kind: 'gauge',
    unit: 'By',
    labels: ['log'],
    bound: 10,
    help: 'Durable bytes of a log',
  },
  log_segments: {
    name: 'zonewarden.log.segments',
    kind: 'gauge',
    unit: '{segment}',
    labels: ['log'],
    bound: 10,
    help: 'Files of a log',
  },
  log_queued: {
    name: 'zonewarden.log.queued',
    kind: 'gauge',
    unit: 'By',
    labels: ['log'],
    bound: 10,
    help: 'Bytes waiting for their commit',
  },
  log_writable: {
    name: 'zonewarden.log.writable',
    kind: 'gauge',
    unit: '{log}',
    labels: ['log'],
    bound: 10,
    help: '1 while a log takes records, 0 when the disk is full or failed',
  },
  log_torn: {
    name: 'zonewarden.log.torn',
    kind: 'counter',
    unit: 'By',
    labels: ['log'],
    bound: 10,
    help: 'Bytes of incomplete commits cut off at the start',
  },
  log_free: {
    name: 'zonewarden.log.free',
    kind: 'gauge',
    unit: 'By',
    labels: ['log'],
    bound: 10,
    help: 'Free bytes where the log lives',
  },
  watermark_age: {
    name: 'zonewarden.watermark.age',
    kind: 'gauge',
    unit: 's',
    labels: ['tenant'],
    bound: 1_000,
    help: 'How far sealed results are behind the clock',
  },
  engine_lag: {
    name: 'zonewarden.engine.backlog',
    kind: 'gauge',
    unit: '{record}',
    labels: [],
    bound: 1,
    help: 'Records in the log that the engine has not processed',
  },
  intake_refused: {
    name: 'zonewarden.intake.refused',
    kind: 'counter',
    unit: '{delivery}',
    labels: ['code'],
    bound: 10,
    help: 'Deliveries that were asked to come again: disk_full, engine_full, disk_fault',
  },
  engine_waiting: {
    name: 'zonewarden.engine.waiting',
    kind: 'gauge',
    unit: 'By',
    labels: [],
    bound: 1,
    help: 'Estimated memory of what waits for stragglers; intake is held above zonewarden.engine.waiting.max',
  },
  engine_waiting_max: {
    name: 'zonewarden.engine.waiting.max',
    kind: 'gauge',
    unit: 'By',
    labels: [],
    bound: 1,
    help: 'How much memory what waits for stragglers may take (engine.waiting_mb)',
  },
  detection_left_out: {
    name: 'zonewarden.detection.left_out',
    kind: 'counter',
    unit: '{event}',
    labels: ['reason'],
    bound: 64,
    help: 'What was left out. Correlation: group_key_missing, group_fan_out_truncated, value_missing, state_evicted. Entities no inventory knows: principal_, account_, domain_forgotten (not heard of for 120 days, or for a day when they only ever failed) and _evicted (more than engine.strangers_max). Bounded state of one entity, oldest first: facts_, intents_, tokens_, novelty_, usual_, certificate_, cluster_, pivot_slots_evicted and so on. source_notes: old changes of a source that comes and goes all the time',
  },
  checkpoint_age: {
    name: 'zonewarden.checkpoint.age',
    kind: 'gauge',
    unit: 's',
    labels: [],
    bound: 1,
    help: 'Time since the state was last saved, or since the start when it was not yet',
  },
  clock: {
    name: 'zonewarden.clock',
    kind: 'gauge',
    unit: 's',
    labels: [],
    bound: 1,
    help: 'Clock of the collector, seconds since 1970; compared with the time of the scrape it shows skew',
  },
  quarantine: {
    name: 'zonewarden.quarantine',
    kind: 'gauge',
    unit: '{record}',
    labels: ['source', 'code', 'state'],
    bound: 2_000,
    help: 'Dead letters by source, error code and state',
  },
  sink_backlog: {
    name: 'zonewarden.sink.backlog',
    kind: 'gauge',
    unit: '{signal}',
    labels: ['sink'],
    bound: 100,
    help: 'Signals a sink still has to look at',
  },
  sink_delivered: {
    name: 'zonewarden.sink.delivered',
    kind: 'counter',
    unit: '{signal}',
    labels: ['sink'],
    bound: 100,
    help: 'Signals an endpoint took',
  },
  sink_rejected: {
    name: 'zonewarden.sink.rejected',
    kind: 'counter',
    unit: '{signal}',
    labels: ['sink', 'code'],
    bound: 1_000,
    help: 'Signals an endpoint refused for good; they are in quarantine',
  },
  sink_retries: {
    name: 'zonewarden.sink.retries',
    kind: 'counter',
    unit: '{attempt}',
    labels: ['sink', 'code'],
    bound: 1_000,
    help: 'Attempts that have to be repeated',
  },
  sink_lost: {
    name: 'zonewarden.sink.lost',
    kind: 'counter',
    unit: '{signal}',
    labels: ['sink'],
    bound: 100,
    help: 'Signals retention had deleted, or that could not be read, before the sink came to them',
  },
  sink_up: {
    name: 'zonewarden.sink.up',
    kind: 'gauge',
    unit: '{sink}',
    labels: ['sink'],
    bound: 100,
    help: '1 when the last attempt was answered with success, else 0',
  },
  process_memory: {
    name: 'zonewarden.process.memory',
    kind: 'gauge',
    unit: 'By',
    labels: ['kind'],
    bound: 8,
    help: 'Memory of the process: resident, heap, external',
  },
  process_cpu: {
    name: 'zonewarden.process.cpu',
    kind: 'counter',
    unit: 's',
    labels: [],
    bound: 1,
    help: 'Processor time used',
  },
  process_uptime: {
    name: 'zonewarden.process.uptime',
    kind: 'gauge',
    unit: 's',
    labels: [],
    bound: 1,
    help: 'Time since the start',
  },
  event_loop_delay: {
    name: 'zonewarden.event_loop.delay',
    kind: 'gauge',
    unit: 's',
    labels: ['quantile'],
    bound: 4,
    help: 'Delay of the event loop since the last reading',
  },
  build: {
    name: 'zonewarden.build',
    kind: 'gauge',
    unit: '{build}',
    labels: ['version'],
    bound: 1,
    help: 'Always 1; the label says which version runs',
  },
} as const satisfies Record<string, MetricDefinition>;

/** Short key of a metric. */
export type MetricKey = keyof typeof metricNames;

/** One value of one series, read from state. Labels beyond those of the table are a mistake. */
export interface MetricSample {
  readonly metric: MetricKey;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Says how things are now; called at each scrape or export. */
export type MetricReader = () => Iterable<MetricSample>;

const unitSuffixes: Readonly<Record<string, string>> = {
  s: 'seconds',
  By: 'bytes',
  '%': 'percent',
  ms: 'milliseconds',
};

/** Name of a metric in Prometheus, by the rule of prometheus/otlptranslator: `_`, unit suffix, `_total` for counters. */
export function prometheusName(definition: Pick<MetricDefinition, 'name' | 'kind' | 'unit'>): string {
  const words = definition.name.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '');
  const suffix =
    definition.unit === '1' && definition.kind === 'gauge' ? 'ratio' : unitSuffixes[definition.unit];
  if (suffix !== undefined && !words.includes(suffix)) words.push(suffix);
  if (definition.kind === 'counter') words.push('total');
  return words.join('_');
}
