/** Memory, processor time and event-loop delay of the process. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricReader, MetricSample } from '../contract/names.ts';

/** A running measurement; `close` stops it. */
export interface ProcessReader {
  readonly reader: MetricReader;
  close(): void;
}

const resolutionMs = 20;

/** Starts measuring. Delay quantiles cover the time since the reading before, so a scrape sees its own interval. */
export function createProcessReader(version: string): ProcessReader {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  // The histogram holds whole timer periods; what is above the period itself is delay. NaN before the first sample.
  const seconds = (nanoseconds: number) =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - resolutionMs / 1000) : 0;
  return {
    reader: (): MetricSample[] => {
      const { rss, heapUsed, external } = process.memoryUsage();
      const cpu = process.cpuUsage();
      const quantiles = [
        ['0.5', seconds(delay.percentile(50))],
        ['0.99', seconds(delay.percentile(99))],
        ['1', seconds(delay.max)],
      ] as const;
      delay.reset();
      return [
        { metric: 'build', labels: { version }, value: 1 },
        { metric: 'process_memory', labels: { kind: 'resident' }, value: rss },
        { metric: 'process_memory', labels: { kind: 'heap' }, value: heapUsed },
        { metric: 'process_memory', labels: { kind: 'external' }, value: external },
        { metric: 'process_cpu', labels: {}, value: (cpu.user + cpu.system) / 1e6 },
        { metric: 'process_uptime', labels: {}, value: process.uptime() },
        ...quantiles.map(([quantile, value]) => ({
          metric: 'event_loop_delay' as const,
          labels: { quantile },
          value,
        })),
      ];
    },
    close: () => delay.disable(),
  };
}
