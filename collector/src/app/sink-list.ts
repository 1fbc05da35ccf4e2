/** Configured sinks as running ones: one line per kind. Standard OTEL_* variables add an OTLP sink of their own. */
import { readFileSync } from 'node:fs';
import { sinkLookup } from '../1-source/address-policy.ts';
import type { SinkRun, Surroundings } from '../contract/component.ts';
import type { MetricReader } from '../contract/names.ts';
import { otlpWish } from '../8-sink/otlp-environment.ts';
import { createOtlpLogSink } from '../8-sink/otlp-log/otlp-log-sink.ts';
import { createOtlpMetricPusher, type OtlpMetricPusher } from '../8-sink/otlp-metric/otlp-metric-pusher.ts';
import { createTerminalSink, wantsColour } from '../8-sink/terminal.ts';
import { createHttpPost } from '../8-sink/webhook/http-post.ts';
import { createWebhookSink } from '../8-sink/webhook/webhook-sink.ts';
import type { ResourceFacts } from '../8-sink/otlp-log/otlp-log-sink.ts';
import { secretHider } from '../leaf/hidden-secrets.ts';
import { kafkaSink } from './kafka-parts.ts';
import { environmentConnection } from './otlp-environment-connection.ts';
import { discreetSink, secretsOf } from './known-secrets.ts';
import type { Config } from './config-schema.ts';
import type { SinkConfig } from './config-sinks.ts';

type Of<K extends SinkConfig['kind']> = Extract<SinkConfig, { kind: K }>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Surroundings of sinks. */
export interface SinkPlaces {
  readonly around: Surroundings;
  readonly env: Environment;
  readonly resource: ResourceFacts & Record<string, string>;
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

function revealed(headers: Of<'otlp'>['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : value.reveal(),
    ]),
  );
}

/** How to connect: addresses judged in the look-up, and TLS as configured. */
function connectionOf(tls: Of<'otlp'>['tls'], config: Config) {
  const lookup = sinkLookup(config.outgoing.allow_networks);
  if (tls === undefined) return { lookup };
  return {
    lookup,
    ...(tls.ca === undefined ? {} : { ca: readFileSync(tls.ca, 'utf8') }),
    ...(tls.cert === undefined ? {} : { cert: readFileSync(tls.cert, 'utf8') }),
    ...(tls.key === undefined ? {} : { key: tls.key.reveal() }),
  };
}

function otlpOptions(sink: Of<'otlp'>, config: Config, places: SinkPlaces) {
  return {
    endpoint: sink.endpoint,
    headers: revealed(sink.headers),
    timeoutMs: sink.timeout_ms,
    compression: sink.compression,
    tls: connectionOf(sink.tls, config),
    resource: places.resource,
  };
}

/** Sinks that receive signals. */
export function sinksOf(config: Config, places: SinkPlaces): SinkRun[] {
  const { around, env, resource, stdout } = places;
  const nowMs = around.nowMs;
  const runs = config.sinks.flatMap((sink): SinkRun[] => {
    switch (sink.kind) {
      case 'prometheus':
        return [];
      case 'terminal':
        return [
          createTerminalSink({
            id: sink.id,
            write: (text) => stdout.write(text),
            colour: wantsColour(sink.colour, stdout, env),
            minimumSeverity: sink.minimum_severity,
          }),
        ];
      case 'otlp':
        return [
          createOtlpLogSink({
            ...otlpOptions(sink, config, places),
            id: sink.id,
            accepts: sink.signals,
            batchMax: sink.batch_max,
            nowMs,
          }),
        ];
      case 'kafka':
        return [kafkaSink(sink)];
      case 'webhook':
        return [
          createWebhookSink({
            id: sink.id,
            url: sink.url,
            accepts: sink.signals,
            shape: 'json',
            minimumSeverity: sink.minimum_severity,
            ...(sink.secret === undefined ? {} : { secret: sink.secret.reveal() }),
            headers: revealed(sink.headers),
            timeoutMs: sink.timeout_ms,
            around,
            post: createHttpPost(connectionOf(sink.tls, config)),
          }),
        ];
    }
  });
  if (otlpWish(env).logs)
    runs.push(
      createOtlpLogSink({
        id: 'otel-env',
        accepts: ['event', 'finding', 'case', 'score'],
        resource,
        nowMs,
        tls: environmentConnection(env, 'LOGS', config.outgoing.allow_networks),
      }),
    );
  const hide = secretHider(secretsOf(config, env));
  return runs.map((run) => discreetSink(run, hide));
}

/** Pushers of metrics over OTLP: one per configured OTLP sink, and one for the standard variables. */
export function metricPushersOf(
  config: Config,
  readers: readonly MetricReader[],
  places: SinkPlaces,
): OtlpMetricPusher[] {
  const { around, env, resource } = places;
  const pushers = config.sinks.flatMap((sink) =>
    sink.kind === 'otlp'
      ? [
          createOtlpMetricPusher({
            ...otlpOptions(sink, config, places),
            intervalMs: sink.metrics_interval_s * 1000,
            readers,
            around,
          }),
        ]
      : [],
  );
  if (otlpWish(env).metrics) {
    const intervalMs = Number(env['OTEL_METRIC_EXPORT_INTERVAL'] ?? 30_000);
    const tls = environmentConnection(env, 'METRICS', config.outgoing.allow_networks);
    pushers.push(createOtlpMetricPusher({ resource, intervalMs, readers, around, tls }));
  }
  return pushers;
}
