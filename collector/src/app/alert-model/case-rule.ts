/** The one rule about cases: an instance per open case, with the words of the case as annotations. */
import { metricNames, prometheusName, type MetricKey } from '../../contract/names.ts';
import type { AlertRule } from './alert-types.ts';

/** Prometheus name of a metric of the contract. */
export function metric(key: MetricKey): string {
  return prometheusName(metricNames[key]);
}

/** Labels that say which case it is and who cares; they are the identity of the alert. */
const identity = metricNames.case_open.labels;
const key = ['tenant', 'case_id'];
const facts = metricNames.case_facts.labels.filter((label) => !key.includes(label));
/** Words; removed from the alert so that a new wording is not a new alert. */
const words = facts.filter((label) => label !== 'notify' && label !== 'drill');

/** Without facts, severity decides how loud a case is (the same thresholds as 7-case/page-decision.ts, without O1 and O6). */
const fallbackNotify: readonly (readonly [notify: string, severities: string])[] = [
  ['page', 'critical'],
  ['ticket', 'high|medium'],
  ['digest', 'low|informational'],
];

/** Which cases a rule takes; everything when left out. */
export interface CaseSelection {
  readonly notify: readonly string[];
  readonly drill: boolean;
}

/**
 * Open cases joined with their facts. `topk` keeps the newest facts where an old series lingers (pushed metrics have no
 * stale marker), because two would make the join fail for every case. A case without facts still alerts.
 */
export function caseExpression(only?: CaseSelection): string {
  const open = `max by (${identity.join(', ')}) (${metric('case_open')})`;
  const wanted =
    only === undefined
      ? ''
      : `{notify=~"${only.notify.join('|')}", drill="${only.drill ? 'true' : 'false'}"}`;
  const newest = `topk by (${key.join(', ')}) (1, max by (${[...key, ...facts].join(', ')}) (${metric('case_facts')}${wanted}))`;
  const spoken = [open, `* on (${key.join(', ')}) group_left (${facts.join(', ')})`, `(0 * ${newest} + 1)`];
  const fallbacks = fallbackNotify.filter(
    ([notify]) => only === undefined || (only.notify.includes(notify) && !only.drill),
  );
  if (fallbacks.length === 0) return spoken.join('\n');
  const severities = fallbacks.map(([, words]) => words).join('|');
  const some =
    only === undefined
      ? open
      : `max by (${identity.join(', ')}) (${metric('case_open')}{severity=~"${severities}"})`;
  const fallback = fallbacks.reduce(
    (so, [notify, levels]) => `label_replace(${so}, "notify", "${notify}", "severity", "${levels}")`,
    `(${some} unless on (${key.join(', ')}) ${metric('case_facts')})`,
  );
  return [...spoken, 'or', fallback].join('\n');
}

/** Where people are led. Both without a final slash. */
export interface Links {
  /** The console of the collector, or Grafana's address. */
  readonly base: string;
  /** Path below which the pages are: `` for the console, `/a/zonewarden-domains-app` in Grafana. */
  readonly path: string;
}

/** Where the pages of the app plugin are below Grafana's address. */
export const pluginPath = '/a/zonewarden-domains-app';

/** The rule. */
export function caseRule(links: Links, only?: CaseSelection): AlertRule {
  const page = (path: string): string => `${links.base}${links.path}${path}`;
  return {
    uid: 'zonewarden-case',
    name: 'ZonewardenCase',
    title: 'Zonewarden case',
    expr: caseExpression(only),
    compare: '>',
    threshold: 0,
    for: '0s',
    // Bridges a restart of the collector, whose series are gone meanwhile.
    keepFiringFor: '5m',
    noData: 'ok',
    labels: {
      source: 'zonewarden',
      signal: 'case',
      ...Object.fromEntries(words.map((word) => [word, ''])),
    },
    annotations: {
      summary:
        '{{ if $labels.title }}{{ $labels.title }}{{ else }}{{ $labels.severity }} {{ $labels.kind }} case on {{ $labels.domain }}{{ end }}',
      change: '{{ $labels.change }}',
      description: '{{ $labels.reason }}',
      owner: '{{ if $labels.owner }}{{ $labels.owner }}{{ else }}not in the inventory{{ end }}',
      playbook: '{{ $labels.playbook }}',
      deadline: '{{ $labels.deadline }}',
      case_url: page('/cases/{{ $labels.case_id }}'),
      domain_url: '{{ if $labels.domain }}' + page('/domains/{{ $labels.domain }}') + '{{ end }}',
      runbook_url:
        '{{ if $labels.playbook }}' + page('/cases/{{ $labels.case_id }}?view=playbook') + '{{ end }}',
    },
    receiver: 'zonewarden-slack',
  };
}
