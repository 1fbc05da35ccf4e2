/**
 * Stand-ins for the ingestion rules of Loki 3.7 (pkg/loghttp/push/otlp.go, pkg/validation/limits.go, defaults) and of
 * Mimir 3 and Prometheus 3 (distributor limits, defaults; otlptranslator). They refuse what those refuse.
 */

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: unknown;
}
interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}
interface LogRecord {
  readonly timeUnixNano?: string;
  readonly observedTimeUnixNano?: string;
  readonly severityText?: string;
  readonly eventName?: string;
  readonly body?: AnyValue;
  readonly attributes?: readonly KeyValue[];
}
interface LogsBody {
  readonly resourceLogs: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeLogs: readonly { readonly logRecords: readonly LogRecord[] }[];
  }[];
}

/** A line as Loki would store it. */
export interface StoredLine {
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly line: string;
  readonly timeMs: number;
}

/** Lines that were stored, and why others were not. */
export interface LokiVerdict {
  readonly stored: readonly StoredLine[];
  readonly refused: readonly string[];
}

/** Resource attributes that become labels by default. */
const indexed = new Set([
  'service.name',
  'service.namespace',
  'service.instance.id',
  'deployment.environment',
  'deployment.environment.name',
  'cloud.region',
  'cloud.availability_zone',
  'container.name',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.container.name',
  'k8s.deployment.name',
  'k8s.statefulset.name',
]);

const hourMs = 3_600_000;
/** Defaults of Loki's limits. */
export const lokiLimits = {
  labelNames: 15,
  lineBytes: 256 * 1024,
  metadataCount: 128,
  metadataBytes: 64 * 1024,
  oldestMs: 7 * 24 * hourMs,
  futureMs: 10 * 60_000,
} as const;

function textOf(value: AnyValue): string {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.arrayValue !== undefined)
    return JSON.stringify((value.arrayValue.values ?? []).map((item) => textOf(item)));
  return String(value.intValue ?? value.doubleValue ?? value.boolValue ?? '');
}

const normal = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_');

function table(attributes: readonly KeyValue[] = []): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [normal(key), textOf(value)]));
}

/** What Loki would do with a request body. */
export function lokiVerdict(body: string, nowMs: number): LokiVerdict {
  const stored: StoredLine[] = [];
  const refused: string[] = [];
  for (const { resource, scopeLogs } of (JSON.parse(body) as LogsBody).resourceLogs) {
    const labels = table(resource?.attributes?.filter(({ key }) => indexed.has(key)));
    const others = table(resource?.attributes?.filter(({ key }) => !indexed.has(key)));
    for (const record of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
      const timeMs = Number(BigInt(record.timeUnixNano ?? record.observedTimeUnixNano ?? 0) / 1_000_000n);
      const metadata = { ...others, ...table(record.attributes), severity_text: record.severityText ?? '' };
      const line = textOf(record.body ?? {});
      const bytes = Object.entries(metadata).reduce(
        (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
        0,
      );
      const problems = [
        Object.keys(labels).length === 0 && 'at least one label pair is required',
        Object.keys(labels).length > lokiLimits.labelNames && 'max label names per series exceeded',
        record.body?.stringValue === undefined && 'body is not a string',
        Buffer.byteLength(line) > lokiLimits.lineBytes && 'max line size exceeded',
        Object.keys(metadata).length > lokiLimits.metadataCount && 'structured metadata count exceeded',
        bytes > lokiLimits.metadataBytes && 'structured metadata too large',
        timeMs < nowMs - lokiLimits.oldestMs && 'entry too far behind',
        timeMs > nowMs + lokiLimits.futureMs && 'timestamp too new',
      ].filter((problem) => typeof problem === 'string');
      if (problems.length > 0) refused.push(...problems);
      else stored.push({ labels, metadata, line, timeMs });
    }
  }
  return { stored, refused };
}

interface DataPoint {
  readonly timeUnixNano: string;
  readonly startTimeUnixNano?: string;
  readonly asDouble?: number;
  readonly asInt?: number | string;
  readonly attributes?: readonly KeyValue[];
}
interface MetricsBody {
  readonly resourceMetrics: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string;
        readonly unit?: string;
        readonly gauge?: { readonly dataPoints: readonly DataPoint[] };
        readonly sum?: {
          readonly dataPoints: readonly DataPoint[];
          readonly aggregationTemporality: number | string;
          readonly isMonotonic?: boolean;
        };
      }[];
    }[];
  }[];
}

/** Defaults of Mimir's limits. */
export const mimirLimits = {
  labelNames: 30,
  labelNameBytes: 1024,
  labelValueBytes: 2048,
  futureMs: 10 * 60_000,
} as const;

const suffixes: Readonly<Record<string, string>> = {
  s: 'seconds',
  By: 'bytes',
  ms: 'milliseconds',
  '%': 'percent',
};

/** Series as Mimir would store them, by name with labels; what it would refuse. `known`: newest sample times so far. */
export function mimirVerdict(
  body: string,
  nowMs: number,
  known: Map<string, number> = new Map(),
): { series: Map<string, number>; names: Set<string>; refused: string[] } {
  const series = new Map<string, number>();
  const names = new Set<string>();
  const refused: string[] = [];
  for (const { scopeMetrics } of (JSON.parse(body) as MetricsBody).resourceMetrics)
    for (const { name, unit = '', gauge, sum } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
      if (sum && Number(sum.aggregationTemporality) !== 2) refused.push(`${name}: not cumulative`);
      const words = name.split(/[^a-zA-Z0-9]+/);
      const suffix = suffixes[unit] ?? (unit === '1' && gauge ? 'ratio' : undefined);
      if (suffix !== undefined && !words.includes(suffix)) words.push(suffix);
      if (sum?.isMonotonic) words.push('total');
      const translated = words.join('_');
      names.add(translated);
      for (const point of (gauge ?? sum)?.dataPoints ?? []) {
        const labels = table(point.attributes);
        const key = `${translated}${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
        const timeMs = Number(BigInt(point.timeUnixNano) / 1_000_000n);
        if (series.has(key)) refused.push(`${key}: duplicate sample in one request`);
        if ((known.get(key) ?? -1) >= timeMs) refused.push(`${key}: out of order`);
        if (timeMs > nowMs + mimirLimits.futureMs) refused.push(`${key}: too far in the future`);
        if (Object.keys(labels).length + 1 > mimirLimits.labelNames) refused.push(`${key}: too many labels`);
        for (const [label, value] of Object.entries(labels)) {
          if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) refused.push(`${key}: label name ${label}`);
          if (Buffer.byteLength(value) > mimirLimits.labelValueBytes)
            refused.push(`${key}: label value too long`);
        }
        const value = point.asDouble ?? Number(point.asInt);
        if (!Number.isFinite(value)) refused.push(`${key}: not a number`);
        series.set(key, value);
        known.set(key, timeMs);
      }
    }
  return { series, names, refused };
}
