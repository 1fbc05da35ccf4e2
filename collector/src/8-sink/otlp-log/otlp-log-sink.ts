/**
 * OTLP/HTTP logs. Each batch is one call of the exporter whose result is waited for; the batch processor of the SDK is
 * not used because it drops what does not fit its queue.
 */
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ConnectionOptions } from 'node:tls';
import type { Signal, SignalKind, SinkRun } from '../../contract/component.ts';
import type { Delivery, Outcome } from '../../contract/outcome.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import { deliveryOf } from '../http-outcome.ts';
import { logRecordOf } from './log-record.ts';
import type { LogRecordDraft } from './log-record.ts';
import type { AnswerSlot } from './watching-agent.ts';
import { watchingAgent } from './watching-agent.ts';

/** Constant attributes of everything the collector exports: they become Loki labels, so few and without ids. */
export interface ResourceFacts {
  readonly 'service.name': string;
  readonly 'service.namespace'?: string;
  readonly 'service.version'?: string;
  readonly 'deployment.environment.name'?: string;
}

/** How to reach the endpoint. What is absent comes from the `OTEL_EXPORTER_OTLP_*` variables, then from defaults. */
export interface OtlpLogSinkOptions {
  readonly id: string;
  readonly accepts: readonly SignalKind[];
  readonly resource: ResourceFacts;
  /** Base address; `/v1/logs` is appended. Absent: OTEL_EXPORTER_OTLP_LOGS_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly compression?: 'gzip' | 'none';
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'lookup'>;
  /** Default 512. */
  readonly batchMax?: number;
  /** Older event times are raised to this age: Loki refuses samples older than a week. Default six days. */
  readonly ageMaxMs?: number;
  readonly nowMs: () => number;
}

const dayMs = 86_400_000;
/** Loki takes samples up to ten minutes in the future; clocks differ. */
const futureMaxMs = 5 * 60_000;
const scope = { name: 'zonewarden', version: '1' };

function hrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

/** `endpoint` with the signal path, as the OTLP exporter specification says for base addresses. */
export function signalAddress(endpoint: string, path: string): string {
  return `${endpoint.replace(/\/+$/, '')}/${path}`;
}

function rejectedOf(body: string): { count: number; message: string } {
  try {
    const partial = (
      JSON.parse(body) as { partialSuccess?: { rejectedLogRecords?: unknown; errorMessage?: unknown } } | null
    )?.partialSuccess;
    const count = Number(partial?.rejectedLogRecords ?? 0);
    const said = partial?.errorMessage;
    return {
      count: Number.isFinite(count) && count > 0 ? count : 0,
      message: typeof said === 'string' ? said : '',
    };
  } catch {
    return { count: 0, message: '' };
  }
}

/** Builds the sink; no connection is made before the first write or probe. */
export function createOtlpLogSink(options: OtlpLogSinkOptions): SinkRun {
  const slot: AnswerSlot = { answer: undefined };
  const resource = resourceFromAttributes({ ...options.resource });
  const exporter = new OTLPLogExporter({
    ...(options.endpoint !== undefined && { url: signalAddress(options.endpoint, 'v1/logs') }),
    ...(options.headers !== undefined && { headers: { ...options.headers } }),
    ...(options.timeoutMs !== undefined && { timeoutMillis: options.timeoutMs }),
    // The value of the SDK's enum; importing the enum would make a transitive package a dependency.
    ...(options.compression !== undefined && { compression: options.compression as never }),
    concurrencyLimit: 1,
    httpAgentOptions: (protocol: string) => watchingAgent(protocol, options.tls ?? {}, slot),
  });
  const readable = (draft: LogRecordDraft): ReadableLogRecord => ({
    hrTime: hrTime(draft.timeMs),
    hrTimeObserved: hrTime(draft.observedMs),
    ...(draft.severityNumber !== undefined && { severityNumber: draft.severityNumber }),
    ...(draft.severityText !== undefined && { severityText: draft.severityText }),
    body: draft.body,
    eventName: draft.eventName,
    resource,
    instrumentationScope: scope,
    attributes: draft.attributes as Record<string, string | number | boolean | string[]>,
    droppedAttributesCount: draft.dropped,
  });
  const send = (records: ReadableLogRecord[]): Promise<{ ok: boolean; error?: Error }> => {
    slot.answer = undefined;
    return new Promise((resolve) => {
      exporter.export(records, ({ code, error }) => resolve({ ok: code === 0, ...(error && { error }) }));
    });
  };
  const judge = (result: { ok: boolean; error?: Error }, length: number): Delivery => {
    const { answer } = slot;
    if (result.ok) {
      const { count, message } = rejectedOf(answer?.body() ?? '');
      if (count === 0) return { status: 'delivered' };
      const text = `endpoint refused ${count} of ${length} records${message === '' ? '' : `: ${message.slice(0, 300)}`}`;
      return {
        status: 'rejected',
        code: 'endpoint_refused',
        message: text,
        rejectedCount: Math.min(count, length),
      };
    }
    const failedAnswer = answer !== undefined && answer.status >= 300 ? answer : undefined;
    if (failedAnswer)
      return deliveryOf({ ...failedAnswer, text: failedAnswer.body() }, length, options.nowMs());
    const why = result.error?.message ?? 'no answer';
    const isTimeout = /time(d)? ?out/i.test(why);
    return {
      status: 'retryable',
      code: isTimeout ? 'endpoint_timeout' : 'endpoint_unreachable',
      message: why,
    };
  };
  return {
    id: options.id,
    accepts: options.accepts,
    batchMax: options.batchMax ?? 512,
    async write(batch: readonly Signal[]): Promise<Delivery> {
      if (batch.length === 0) return { status: 'delivered' };
      const nowMs = options.nowMs();
      const oldestMs = nowMs - (options.ageMaxMs ?? 6 * dayMs);
      const newestMs = nowMs + futureMaxMs;
      const records = batch.map((signal) => readable(logRecordOf(signal, oldestMs, newestMs)));
      return judge(await send(records), batch.length);
    },
    async probe(): Promise<Outcome<string>> {
      // An export without records is a complete, harmless request.
      const delivery = judge(await send([]), 0);
      if (delivery.status === 'delivered') return succeeded('takes OTLP logs');
      return failed(delivery.code, delivery.message, options.endpoint ?? 'OTEL_EXPORTER_OTLP_ENDPOINT');
    },
    close: () => exporter.shutdown(),
  };
}
