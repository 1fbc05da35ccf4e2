/** One consistent reading of all metrics, within the bounds of contract/names.ts. Pure. */
import type { MetricDefinition, MetricKey, MetricReader, MetricSample } from '../contract/names.ts';
import { metricNames } from '../contract/names.ts';

/** Samples by metric; label sets are complete, unique, and no more than the metric's bound. */
export type MetricSnapshot = ReadonlyMap<MetricKey, readonly MetricSample[]>;

/**
 * Reads all readers. Labels that are absent become '', unknown ones are left out, values that are no finite number are
 * skipped, a label set that appears twice keeps the later value. Beyond its bound a metric keeps the samples that came
 * first and the rest is counted in `series_dropped`.
 */
export function readMetrics(readers: readonly MetricReader[]): MetricSnapshot {
  const series = new Map<MetricKey, Map<string, MetricSample>>();
  const dropped = new Map<MetricKey, number>();
  for (const reader of readers)
    for (const { metric, labels, value } of reader()) {
      if (!Number.isFinite(value)) continue;
      const definition: MetricDefinition = metricNames[metric];
      const complete: Record<string, string> = {};
      let key = '';
      for (const label of definition.labels) {
        const text = (complete[label] = labels[label] ?? '');
        // With its length before it no text can look like two.
        key += `${text.length} ${text}`;
      }
      let known = series.get(metric);
      if (known === undefined) series.set(metric, (known = new Map<string, MetricSample>()));
      if (known.has(key) || known.size < definition.bound)
        known.set(key, { metric, labels: complete, value });
      else dropped.set(metric, (dropped.get(metric) ?? 0) + 1);
    }
  const out = new Map<MetricKey, readonly MetricSample[]>();
  for (const [metric, samples] of series) out.set(metric, [...samples.values()]);
  const told: MetricSample[] = [...dropped].map(([metric, value]) => ({
    metric: 'series_dropped',
    labels: { metric: metricNames[metric].name },
    value,
  }));
  if (told.length > 0) out.set('series_dropped', told);
  return out;
}
