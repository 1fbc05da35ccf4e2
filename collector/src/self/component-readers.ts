/** Metric readers over parts of the collector, each described by the few members it needs. */
import type { MetricReader, MetricSample } from '../contract/names.ts';

/** A log as self-telemetry sees it. */
export interface LogFacts {
  readonly bytes: number;
  readonly queuedBytes: number;
  readonly state: string;
  readonly torn: readonly { readonly bytes: number }[];
  segments(): readonly unknown[];
}

/** Size and health of a log. `freeBytes`: the last known free space of its device, undefined when unknown. */
export function logReader(
  name: string,
  log: LogFacts,
  freeBytes: () => number | undefined = () => undefined,
): MetricReader {
  const labels = { log: name };
  return () => {
    const free = freeBytes();
    return [
      { metric: 'log_bytes', labels, value: log.bytes },
      { metric: 'log_queued', labels, value: log.queuedBytes },
      { metric: 'log_segments', labels, value: log.segments().length },
      { metric: 'log_writable', labels, value: log.state === 'open' ? 1 : 0 },
      { metric: 'log_torn', labels, value: log.torn.reduce((sum, torn) => sum + torn.bytes, 0) },
      ...(free === undefined ? [] : [{ metric: 'log_free' as const, labels, value: free }]),
    ];
  };
}

/** A delivery as self-telemetry sees it (8-sink/outbox.ts). */
export interface DeliveryFacts {
  readonly sink: string;
  readonly backlog: number;
  readonly delivered: number;
  readonly lost: number;
  readonly isUp: boolean;
  readonly rejected: ReadonlyMap<string, number>;
  readonly retries: ReadonlyMap<string, number>;
}

/** Progress of every sink. */
export function deliveryReader(stats: () => Iterable<DeliveryFacts>): MetricReader {
  return () => {
    const out: MetricSample[] = [];
    for (const { sink, backlog, delivered, lost, isUp, rejected, retries } of stats()) {
      const labels = { sink };
      out.push(
        { metric: 'sink_backlog', labels, value: backlog },
        { metric: 'sink_delivered', labels, value: delivered },
        { metric: 'sink_lost', labels, value: lost },
        { metric: 'sink_up', labels, value: isUp ? 1 : 0 },
      );
      for (const [code, value] of rejected)
        out.push({ metric: 'sink_rejected', labels: { sink, code }, value });
      for (const [code, value] of retries)
        out.push({ metric: 'sink_retries', labels: { sink, code }, value });
    }
    return out;
  };
}

/** Dead letters by cause; `counts` as log/quarantine.ts gives them. */
export function quarantineReader(
  counts: () => readonly {
    readonly source: string;
    readonly code: string;
    readonly state: string;
    readonly count: number;
  }[],
): MetricReader {
  return () =>
    counts().map(({ source, code, state, count }) => ({
      metric: 'quarantine',
      labels: { source, code, state },
      value: count,
    }));
}

/** Position of the engine. `watermarks`: tenant and event time up to which results are sealed, epoch milliseconds. */
export function engineReader(
  facts: () => {
    readonly backlog: number;
    readonly watermarks: Iterable<readonly [tenant: string, watermarkMs: number]>;
    /** Things that operators left out since the start, by reason. Absent: nothing counts them. */
    readonly leftOut?: Iterable<readonly [reason: string, count: number]>;
    /** Memory of what waits for the watermark, and how much it may be, bytes. Absent: not bounded here. */
    readonly waiting?: readonly [bytes: number, bytesMax: number];
  },
  nowMs: () => number,
): MetricReader {
  return () => {
    const { backlog, watermarks, leftOut, waiting } = facts();
    const out: MetricSample[] = [{ metric: 'engine_lag', labels: {}, value: backlog }];
    for (const [tenant, watermarkMs] of watermarks)
      out.push({
        metric: 'watermark_age',
        labels: { tenant },
        value: Math.max(0, nowMs() - watermarkMs) / 1000,
      });
    if (waiting !== undefined)
      out.push(
        { metric: 'engine_waiting', labels: {}, value: waiting[0] },
        { metric: 'engine_waiting_max', labels: {}, value: waiting[1] },
      );
    for (const [reason, value] of leftOut ?? [])
      out.push({ metric: 'detection_left_out', labels: { reason }, value });
    return out;
  };
}

/** Clock, and age of the newest checkpoint. `checkpointMs`: epoch milliseconds of it, 0 before the first of this run. */
export function clockReader(nowMs: () => number, checkpointMs: () => number): MetricReader {
  const startMs = nowMs();
  return () => {
    const now = nowMs();
    return [
      { metric: 'clock', labels: {}, value: now / 1000 },
      { metric: 'checkpoint_age', labels: {}, value: Math.max(0, now - (checkpointMs() || startMs)) / 1000 },
    ];
  };
}

/** How far partitions are read, as sources and the engine on Kafka tell it. */
export interface ProgressFacts {
  readonly topic: string;
  readonly partition: number;
  readonly lag: number;
  readonly headroom: number;
}

/** Lag and retention headroom of Kafka partitions. */
export function kafkaProgressReader(progress: () => Iterable<ProgressFacts>): MetricReader {
  return () => {
    const out: MetricSample[] = [];
    for (const { topic, partition, lag, headroom } of progress()) {
      const labels = { topic, partition: String(partition) };
      out.push(
        { metric: 'kafka_lag', labels, value: lag },
        { metric: 'kafka_headroom', labels, value: headroom },
      );
    }
    return out;
  };
}

/** The same for the engine, with how many partitions it has here. */
export function engineProgressReader(
  progress: () => Iterable<ProgressFacts>,
  partitions: () => number,
): MetricReader {
  const read = kafkaProgressReader(progress);
  return () => [...read(), { metric: 'engine_partitions', labels: {}, value: partitions() }];
}
