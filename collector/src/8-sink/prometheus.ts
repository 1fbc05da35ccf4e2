/** Text exposition for `/metrics` (Prometheus exposition format 0.0.4). Values are set from state at each scrape. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { MetricDefinition, MetricKey, MetricReader, MetricSample } from '../contract/names.ts';
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
  const families = (Object.entries(metricNames) as [MetricKey, MetricDefinition][]).map(
    ([key, definition]) => new Family(key, definition, registry),
  );
  return {
    contentType: registry.contentType,
    async text() {
      const snapshot = readMetrics(readers);
      const texts: string[] = [];
      for (const family of families) texts.push(await family.text(snapshot.get(family.key) ?? []));
      return `${texts.join('\n\n')}\n`;
    },
  };
}

/** One metric of the page. Most of a page are scores, which seldom change: what was written for equal samples is said again. */
class Family {
  readonly key: MetricKey;
  readonly #definition: MetricDefinition;
  readonly #registry: Registry;
  readonly #metric: Gauge | Counter;
  #samples: readonly MetricSample[] | undefined;
  #text = '';

  constructor(key: MetricKey, definition: MetricDefinition, registry: Registry) {
    this.key = key;
    this.#definition = definition;
    this.#registry = registry;
    const configuration = {
      name: prometheusName(definition),
      help: definition.help,
      labelNames: [...definition.labels],
      registers: [registry],
    };
    this.#metric = definition.kind === 'counter' ? new Counter(configuration) : new Gauge(configuration);
  }

  async text(samples: readonly MetricSample[]): Promise<string> {
    if (this.#samples !== undefined && this.#isSame(this.#samples, samples)) return this.#text;
    const metric = this.#metric;
    metric.reset();
    // A metric without labels shows 0 after a reset; one nobody reported must be absent instead.
    if (this.#definition.labels.length === 0 && samples.length === 0) metric.remove();
    for (const { labels, value } of samples)
      if (metric instanceof Gauge) metric.set({ ...labels }, value);
      else metric.inc({ ...labels }, Math.max(0, value));
    this.#text = await this.#registry.getSingleMetricAsString(prometheusName(this.#definition));
    this.#samples = samples;
    return this.#text;
  }

  #isSame(before: readonly MetricSample[], now: readonly MetricSample[]): boolean {
    const { labels: names } = this.#definition;
    return (
      before.length === now.length &&
      now.every(({ labels, value }, i) => {
        const other = before[i];
        return other?.value === value && names.every((name) => other.labels[name] === labels[name]);
      })
    );
  }
}
