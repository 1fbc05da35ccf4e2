/**
 * Metrics through OTLP/HTTP: the same readings as `/metrics`, cumulative, under names that Prometheus translates into
 * the same words. A failed push is not repeated: the next one carries the newer values.
 */
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { AgentOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { Surroundings } from '../../contract/component.ts';
import type { MetricDefinition, MetricReader } from '../../contract/names.ts';
import { metricNames } from '../../contract/names.ts';
import type { Outcome } from '../../contract/outcome.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import { readMetrics } from '../metric-snapshot.ts';
import type { MetricSnapshot } from '../metric-snapshot.ts';

/** Where to push; what is absent comes from the `OTEL_EXPORTER_OTLP_*` variables. */
export interface OtlpMetricOptions {
  readonly endpoint?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly compression?: 'gzip' | 'none';
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'lookup'>;
  readonly resource: Readonly<Record<string, string>>;
  /** Time between pushes, milliseconds. */
  readonly intervalMs: number;
  readonly readers: readonly MetricReader[];
  readonly around: Surroundings;
}

/** A running pusher. */
export interface OtlpMetricPusher {
  /** One push now; fails with why the endpoint did not take it. */
  push(): Promise<Outcome<number>>;
  /** Pushes every interval until aborted, and once more at the end. */
  run(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

function hrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

/** A snapshot in the data model of the SDK's exporters. `startMs`: since when counters count. */
export function resourceMetricsOf(
  snapshot: MetricSnapshot,
  resource: Readonly<Record<string, string>>,
  startMs: number,
  nowMs: number,
): ResourceMetrics {
  const startTime = hrTime(startMs);
  const endTime = hrTime(nowMs);
  const metrics: MetricData[] = [...snapshot].map(([key, samples]) => {
    const definition: MetricDefinition = metricNames[key];
    const common = {
      descriptor: {
        name: definition.name,
        description: definition.help,
        unit: definition.unit,
        valueType: 1,
        advice: {},
      },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPoints: samples.map(({ labels, value }) => ({
        startTime,
        endTime,
        attributes: { ...labels },
        value,
      })),
    };
    return definition.kind === 'counter'
      ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true }
      : { ...common, dataPointType: DataPointType.GAUGE };
  });
  return {
    resource: resourceFromAttributes({ ...resource }),
    scopeMetrics: [{ scope: { name: 'zonewarden', version: '1' }, metrics }],
  };
}

/** Time for the pushes under way at the end. */
const lastPushMsMax = 2_000;
const saidCharsMax = 300;

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Builds the pusher; nothing is sent before `push` or `run`. */
export function createOtlpMetricPusher(options: OtlpMetricOptions): OtlpMetricPusher {
  const { around, resource, readers } = options;
  const startMs = around.nowMs();
  const exporter = new OTLPMetricExporter({
    ...(options.endpoint !== undefined && { url: `${options.endpoint.replace(/\/+$/, '')}/v1/metrics` }),
    ...(options.headers !== undefined && { headers: { ...options.headers } }),
    ...(options.timeoutMs !== undefined && { timeoutMillis: options.timeoutMs }),
    ...(options.compression !== undefined && { compression: options.compression as never }),
    ...(options.tls !== undefined && {
      httpAgentOptions: { keepAlive: true, ...options.tls } as AgentOptions,
    }),
    concurrencyLimit: 2,
  });
  const push = (): Promise<Outcome<number>> => {
    const snapshot = readMetrics(readers);
    const data = resourceMetricsOf(snapshot, resource, startMs, around.nowMs());
    return new Promise((resolve) => {
      exporter.export(data, ({ code, error }) =>
        resolve(
          code === 0
            ? succeeded(snapshot.size)
            : failed('endpoint_unreachable', error?.message ?? 'no answer', options.endpoint ?? ''),
        ),
      );
    });
  };
  let wasUp = true;
  const pushAndTell = async () => {
    const result = await push();
    if (result.ok !== wasUp)
      around.log(
        result.ok ? 'info' : 'warn',
        result.ok
          ? 'metrics are taken again'
          : `metrics could not be pushed: ${result.failure.message.slice(0, saidCharsMax)}`,
      );
    wasUp = result.ok;
  };
  return {
    push,
    async run(signal) {
      const pushing = (async () => {
        while (!signal.aborted) {
          await pushAndTell();
          await around.sleep(options.intervalMs, signal).catch(() => undefined);
        }
        await pushAndTell();
      })();
      const isLate = new AbortController();
      const late = whenAborted(signal).then(() => around.sleep(lastPushMsMax, isLate.signal));
      // An endpoint that does not answer must not hold up the end of the process.
      await Promise.race([pushing, late.catch(() => undefined)]);
      isLate.abort();
    },
    close: () => exporter.shutdown(),
  };
}
