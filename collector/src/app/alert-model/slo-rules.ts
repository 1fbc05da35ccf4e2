/** Service levels of Zonewarden with multi-window burn rates (Google SRE workbook, chapter 5, table 5-8). */
import type { AlertRule, RecordingRule, RuleGroup } from './alert-types.ts';
import { metric } from './case-rule.ts';

/** A service level. `errors(window)`: PromQL of the part that failed, 0 to 1; no value when nothing happened. */
export interface ServiceLevel {
  readonly id: string;
  readonly title: string;
  readonly objective: number;
  readonly errors: (window: string) => string;
}

const sum = (name: string, window: string, selector = ''): string =>
  `sum(increase(${name}${selector}[${window}]))`;

/** The levels promised by docs/costs.md. */
export const serviceLevels: readonly ServiceLevel[] = [
  {
    id: 'page-in-time',
    title: 'Pages are out within a minute of their event',
    objective: 0.99,
    errors: (window) =>
      `${sum(metric('pages'), window, '{in_time="false"}')} / (${sum(metric('pages'), window)} > 0)`,
  },
  {
    id: 'tier-0-witnessed',
    title: 'Tier-0 domains have at least 30 % of their facts known',
    objective: 0.99,
    errors: (window) =>
      `1 - avg_over_time((avg(${metric('control_score_coverage')}{tier="0"} >= bool 0.3))[${window}:1m])`,
  },
  {
    id: 'delivery',
    title: 'Signals reach their sinks',
    objective: 0.999,
    errors: (window) => {
      const bad = `(${sum(metric('sink_lost'), window)} + (${sum(metric('sink_rejected'), window)} or vector(0)))`;
      return `${bad} / ((${bad} + ${sum(metric('sink_delivered'), window)}) > 0)`;
    },
  },
];

interface Burn {
  readonly name: string;
  readonly long: string;
  readonly short: string;
  readonly factor: number;
  readonly severity: 'high' | 'medium';
}

const burns: readonly Burn[] = [
  { name: 'fast', long: '1h', short: '5m', factor: 14.4, severity: 'high' },
  { name: 'slow', long: '6h', short: '30m', factor: 6, severity: 'high' },
  { name: 'leak', long: '3d', short: '6h', factor: 1, severity: 'medium' },
];

/** Windows of all burn rates, shortest first. */
export const burnWindows = ['5m', '30m', '1h', '6h', '3d'] as const;

/** Name of the recorded share of failures of a level over a window. */
export function recordName(level: Pick<ServiceLevel, 'id'>, window: string): string {
  return `zonewarden:slo_errors:${level.id.replaceAll('-', '_')}_${window}`;
}

function burnRule(level: ServiceLevel, burn: Burn, recorded: boolean): AlertRule {
  const share = (window: string): string =>
    recorded ? recordName(level, window) : `(${level.errors(window)})`;
  const budget = 1 - level.objective;
  // The smaller of the two burn rates: it is above the factor only when both windows are.
  const rates = [burn.long, burn.short].map(
    (window) => `label_replace(${share(window)}, "window", "${window}", "", "")`,
  );
  return {
    uid: `zonewarden-slo-${level.id}-${burn.name}`,
    name: 'ZonewardenErrorBudgetBurn',
    title: `Service level at risk: ${level.title} (${burn.name})`,
    expr: `min(${rates.join(' or ')}) / ${Number(budget.toFixed(6))} and on () ${share(burn.long)} and on () ${share(burn.short)}`,
    compare: '>',
    threshold: burn.factor,
    for: '2m',
    keepFiringFor: '0s',
    noData: 'ok',
    labels: { source: 'zonewarden', signal: 'slo', slo: level.id, burn: burn.name, severity: burn.severity },
    annotations: {
      summary: `Service level at risk: ${level.title}`,
      description: `The error budget of ${level.objective * 100} % burns {{ value }} times as fast as it may, over ${burn.long} and ${burn.short}.`,
    },
    receiver: 'zonewarden-operations',
  };
}

/** Group with recorded shares (Prometheus, Mimir) or with everything in the alert's own expression (Grafana). */
export function sloGroup(recorded: boolean): RuleGroup {
  const recordings: RecordingRule[] = recorded
    ? serviceLevels.flatMap((level) =>
        burnWindows.map((window) => ({ record: recordName(level, window), expr: level.errors(window) })),
      )
    : [];
  return {
    name: 'zonewarden-slo',
    interval: '1m',
    recordings,
    alerts: serviceLevels.flatMap((level) => burns.map((burn) => burnRule(level, burn, recorded))),
  };
}
