/** Words of the alert model: rules, receivers, routes. Everything under alert-rules/ and `zonewarden route` comes from it. */

/** An alert rule in terms both Prometheus and Grafana have. Durations in Prometheus notation (`5m`). */
export interface AlertRule {
  /** Stable identity in Grafana, at most 40 characters. */
  readonly uid: string;
  /** Name of the alert in Prometheus. */
  readonly name: string;
  readonly title: string;
  /** PromQL that keeps its value when it recovers; the comparison is separate, so that recovery comes by value. */
  readonly expr: string;
  readonly compare: '>' | '<';
  readonly threshold: number;
  readonly for: string;
  readonly keepFiringFor: string;
  /** What no data means; `alert` where silence is the failure. */
  readonly noData: 'ok' | 'alert';
  /** Labels of the alert; an empty value removes a label of the expression. */
  readonly labels: Readonly<Record<string, string>>;
  /** Go templates over `$labels`; `{{ value }}` becomes the value in the notation of the target. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Who is told when the tree of policies is not ours; see `rulesOnly` in grafana-files.ts. */
  readonly receiver: ReceiverName;
}

/** A series written for later use, Prometheus only. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** Rules that are evaluated together. */
export interface RuleGroup {
  readonly name: string;
  readonly interval: string;
  readonly recordings: readonly RecordingRule[];
  readonly alerts: readonly AlertRule[];
}

/** Contact points; the names are part of the group key that Jira and PagerDuty keep, so they never change. */
export const receiverNames = [
  'zonewarden-operations',
  'zonewarden-pagerduty',
  'zonewarden-slack',
  'zonewarden-jira',
  'zonewarden-servicenow',
  'zonewarden-automation',
  'zonewarden-digest',
] as const;

/** Name of a contact point. */
export type ReceiverName = (typeof receiverNames)[number];

/** One condition on a label; regular expressions match the whole value. */
export interface Matcher {
  readonly label: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** A node of the policy tree. Timings left out come from the parent. Matchers are an API: they are part of group keys. */
export interface Route {
  readonly id: string;
  /** Why this route exists, for people. */
  readonly why: string;
  readonly receiver: ReceiverName;
  readonly matchers: readonly Matcher[];
  readonly groupBy?: readonly string[];
  readonly groupWait?: string;
  readonly groupInterval?: string;
  readonly repeatInterval?: string;
  readonly continue?: true;
  readonly mute?: readonly string[];
  readonly active?: readonly string[];
  readonly routes?: readonly Route[];
}

/** A named set of times. `times` in minutes notation `HH:MM`, weekdays as ranges. */
export interface MuteTiming {
  readonly name: string;
  readonly intervals: readonly {
    readonly times?: readonly { readonly start_time: string; readonly end_time: string }[];
    readonly weekdays?: readonly string[];
    readonly location?: string;
  }[];
}
