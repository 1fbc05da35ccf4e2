/** Text exposition for `/metrics` (Prometheus exposition format 0.0.4). Values are set from state at each scrape. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { MetricDefinition, MetricKey, MetricReader } from '../contract/names.ts';
import { metricNames, prometheusName } from '../contract/names.ts';
import { readMetrics } from './metric-snapshot.ts';

/** What an HTTP handler needs. */
export interface PrometheusPage {
  readonly contentType: string;
  /** The whole page; a reading of the present state. */
  text(): Promise<string>;
}

/** Builds the page over `readers`, which are asked at each scrape. */
export function createPrometheusPage(readers: readonly MetricReader[]): PrometheusPage {
  const registry = new Registry();
  const gauges = new Map<MetricKey, Gauge>();
  const counters = new Map<MetricKey, Counter>();
  for (const [key, definition] of Object.entries(metricNames) as [MetricKey, MetricDefinition][]) {
    const configuration = {
      name: prometheusName(definition),
      help: definition.help,
      labelNames: [...definition.labels],
      registers: [registry],
    };
    if (definition.kind === 'counter') counters.set(key, new Counter(configuration));
    else gauges.set(key, new Gauge(configuration));
  }
  return {
    contentType: registry.contentType,
    async text() {
      for (const metric of [...gauges.values(), ...counters.values()]) metric.reset();
      const snapshot = readMetrics(readers);
      // A metric without labels shows 0 after a reset; one nobody reported must be absent instead.
      for (const [key, metric] of [...gauges, ...counters])
        if (metricNames[key].labels.length === 0 && !snapshot.has(key)) metric.remove();
      for (const [key, samples] of snapshot)
        for (const { labels, value } of samples) {
          gauges.get(key)?.set({ ...labels }, value);
          counters.get(key)?.inc({ ...labels }, Math.max(0, value));
        }
      return registry.metrics();
    },
  };
}
