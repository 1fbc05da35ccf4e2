/**
 * The collector's own traces: one span per ingested batch and one per case decision. Set up only when an OTLP endpoint
 * is given (OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT); otherwise every call is a no-op of the
 * OpenTelemetry API. Spans may be lost when the endpoint is away: they are about us, findings never travel this way.
 */
import { createRequire } from 'node:module';
import type { AgentOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Span, Tracer } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { NodeSDK } from '@opentelemetry/sdk-node';
import { spanNames } from '../contract/names.ts';

/** What the rest of the collector calls. Durations are measured by the span itself. */
export interface SelfTracing {
  readonly isOn: boolean;
  /** Runs `work` inside the span of a batch of `records` raw records from `source`. */
  batch<T>(source: string, records: number, work: () => Promise<T> | T): Promise<T>;
  /** Notes a decision about a case that began at `startMs` (receipt of the event that led to it). */
  caseDecision(facts: {
    caseId: string;
    tenant: string;
    severity: string;
    startMs: number;
    endMs: number;
  }): void;
  /** Sends what is buffered, for at most two seconds, and stops. */
  close(): Promise<void>;
}

/** True when the standard variables ask for traces. `OTEL_SDK_DISABLED=true` and `OTEL_TRACES_EXPORTER=none` say no. */
export function wantsTraces(environment: Readonly<Record<string, string | undefined>>): boolean {
  if (environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false;
  if (environment['OTEL_TRACES_EXPORTER'] === 'none') return false;
  return Boolean(
    environment['OTEL_EXPORTER_OTLP_ENDPOINT'] || environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
  );
}

function end(span: Span, error?: unknown): void {
  if (error !== undefined) {
    span.setStatus({
      code: SpanStatusCode.ERROR,
      message: error instanceof Error ? error.message : 'failed',
    });
    span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown');
  }
  span.end();
}

function tracingWith(tracer: Tracer, isOn: boolean, close: () => Promise<void>): SelfTracing {
  return {
    isOn,
    batch: (source, records, work) =>
      tracer.startActiveSpan(
        spanNames.batch,
        { kind: SpanKind.CONSUMER, attributes: { [spanNames.source]: source, [spanNames.records]: records } },
        async (span) => {
          try {
            const result = await work();
            end(span);
            return result;
          } catch (error) {
            end(span, error);
            throw error;
          }
        },
      ),
    caseDecision({ caseId, tenant, severity, startMs, endMs }) {
      const span = tracer.startSpan(spanNames.caseDecision, {
        // As dates: the SDK takes small numbers for times since the start of the process.
        startTime: new Date(startMs),
        attributes: {
          [spanNames.caseId]: caseId,
          [spanNames.tenant]: tenant,
          [spanNames.severity]: severity,
        },
      });
      span.end(new Date(Math.max(startMs, endMs)));
    },
    close,
  };
}

const closeMsMax = 2_000;
const load = createRequire(import.meta.url);

/** Look-up and certificates towards the trace endpoint. */
export type TraceConnection = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'lookup'>;

/** The SDK is loaded when traces are wanted: with gRPC and its schemas it is a tenth of an idle collector. */
function nodeSdk(resource: Readonly<Record<string, string>>, connection: TraceConnection): NodeSDK {
  const { NodeSDK } = load('@opentelemetry/sdk-node') as typeof import('@opentelemetry/sdk-node');
  const { OTLPTraceExporter } = load(
    '@opentelemetry/exporter-trace-otlp-http',
  ) as typeof import('@opentelemetry/exporter-trace-otlp-http');
  return new NodeSDK({
    resource: resourceFromAttributes({ ...resource }),
    // Host, process and user would become stream labels; who wants them names them in OTEL_RESOURCE_ATTRIBUTES.
    autoDetectResources: false,
    traceExporter: new OTLPTraceExporter({
      httpAgentOptions: { keepAlive: true, ...connection } as AgentOptions,
    }),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  });
}

/**
 * Starts tracing when `wantsTraces`, with endpoint, headers, timeout and sampling from the `OTEL_*` variables and the
 * resource of `resourceOf`. `connection` is asked for only then.
 */
export function startTracing(
  environment: Readonly<Record<string, string | undefined>>,
  resource: Readonly<Record<string, string>>,
  connection: () => TraceConnection = () => ({}),
): SelfTracing {
  const tracerName = 'zonewarden';
  if (!wantsTraces(environment))
    return tracingWith(trace.getTracer(tracerName), false, async () => undefined);
  const sdk = nodeSdk(resource, connection());
  sdk.start();
  return tracingWith(trace.getTracer(tracerName), true, async () => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeMsMax);
    });
    await Promise.race([sdk.shutdown().catch(() => undefined), late]);
    clearTimeout(timer);
  });
}

/** Constant resource attributes: the given defaults, then OTEL_RESOURCE_ATTRIBUTES (`k=v,k=v`), then OTEL_SERVICE_NAME. */
export function resourceOf(
  environment: Readonly<Record<string, string | undefined>>,
  defaults: Readonly<Record<string, string>>,
): { 'service.name': string } & Record<string, string> {
  const out: { 'service.name': string } & Record<string, string> = {
    'service.name': 'zonewarden',
    ...defaults,
  };
  for (const pair of (environment['OTEL_RESOURCE_ATTRIBUTES'] ?? '').split(',')) {
    const equals = pair.indexOf('=');
    if (equals <= 0) continue;
    const name = pair.slice(0, equals).trim();
    const raw = pair.slice(equals + 1).trim();
    if (name === '' || name === '__proto__') continue;
    try {
      out[name] = decodeURIComponent(raw);
    } catch {
      out[name] = raw;
    }
  }
  const serviceName = environment['OTEL_SERVICE_NAME'];
  if (serviceName) out['service.name'] = serviceName;
  return out;
}
