/** What the standard `OTEL_*` variables ask for, when no OTLP sink is configured. Pure. */

/** Which signals to export; `warnings` are sentences for operators about values that cannot be followed. */
export interface OtlpWish {
  readonly logs: boolean;
  readonly metrics: boolean;
  readonly warnings: readonly string[];
}

/** Signals that have variables of their own. */
export type OtlpSignal = 'LOGS' | 'METRICS' | 'TRACES';

/** A variable, and the file or address it names. */
export interface OtlpVariable {
  readonly name: string;
  readonly value: string;
}

/** The variable that counts for a signal: its own one, else the one for all; undefined when neither is set. */
export function otlpVariable(
  environment: Readonly<Record<string, string | undefined>>,
  signal: OtlpSignal,
  what: 'ENDPOINT' | 'CERTIFICATE' | 'CLIENT_CERTIFICATE' | 'CLIENT_KEY',
): OtlpVariable | undefined {
  for (const name of [`OTEL_EXPORTER_OTLP_${signal}_${what}`, `OTEL_EXPORTER_OTLP_${what}`]) {
    const value = environment[name]?.trim();
    if (value !== undefined && value !== '') return { name, value };
  }
  return undefined;
}

/**
 * Reads OTEL_EXPORTER_OTLP_ENDPOINT and its per-signal forms, OTEL_LOGS_EXPORTER, OTEL_METRICS_EXPORTER (`none` switches
 * off), OTEL_SDK_DISABLED and OTEL_EXPORTER_OTLP_PROTOCOL. Endpoint, headers, timeout and compression themselves are read
 * by the exporters (OpenTelemetry specification, "Environment Variable Specification"), certificates by `otlpVariable`.
 */
export function otlpWish(environment: Readonly<Record<string, string | undefined>>): OtlpWish {
  if (environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true')
    return { logs: false, metrics: false, warnings: [] };
  const wants = (signal: 'LOGS' | 'METRICS'): boolean =>
    environment[`OTEL_${signal}_EXPORTER`] !== 'none' &&
    Boolean(
      environment['OTEL_EXPORTER_OTLP_ENDPOINT'] || environment[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`],
    );
  const warnings: string[] = [];
  for (const name of [
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'OTEL_EXPORTER_OTLP_LOGS_PROTOCOL',
    'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
  ]) {
    const protocol = environment[name];
    if (protocol === 'grpc')
      warnings.push(
        `${name}=grpc is not supported: point the endpoint to the OTLP/HTTP port (4318 as a rule)`,
      );
    else if (protocol === 'http/protobuf')
      warnings.push(
        `${name}=http/protobuf: logs and metrics are sent as OTLP/HTTP JSON, which OTLP receivers take at the same path`,
      );
  }
  return { logs: wants('LOGS'), metrics: wants('METRICS'), warnings };
}
