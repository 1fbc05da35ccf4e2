/**
 * Files for Grafana's provisioning of alerting (`provisioning/alerting/`), from 12.4. Traps: `$` is expanded in labels
 * and settings (only secrets use it here), braced `${}` also in annotations; a policy tree replaces the whole tree.
 */
import type { AlertRule, Matcher, ReceiverName, Route, RuleGroup } from './alert-types.ts';
import { receiverNames } from './alert-types.ts';
import { caseRule, pluginPath } from './case-rule.ts';
import { plainPoints } from './grafana-contact-points.ts';
import { messageTemplates } from './message-templates.ts';
import { pipelineRules } from './pipeline-rules.ts';
import { inherited, muteTimings, policyTree, routesFor } from './policy-tree.ts';
import { yamlOf } from './prometheus-files.ts';
import { sloGroup } from './slo-rules.ts';

const folder = 'Zonewarden';
/** uid of the Prometheus or Mimir data source; also that of the `grafana/otel-lgtm` image. */
export const metricsUid = 'prometheus';

const dashboards: Readonly<Record<string, string>> = {
  case: 'zonewarden-cases',
  pipeline: 'zonewarden-pipeline',
  slo: 'zonewarden-pipeline',
};

/** `$` of a text that Grafana expands. */
function escaped(text: string): string {
  return text.replaceAll('$', '$$$$');
}

function ruleOf(rule: AlertRule, settings?: object) {
  // Annotations are rendered for every state, and a query without a result has no A.
  const shown = '{{ with $values.A }}{{ humanize .Value }}{{ else }}(no value){{ end }}';
  const value = (text: string): string => text.replaceAll('{{ value }}', shown);
  return {
    uid: rule.uid,
    title: rule.title,
    condition: 'C',
    data: [
      {
        refId: 'A',
        relativeTimeRange: { from: 600, to: 0 },
        datasourceUid: metricsUid,
        model: { refId: 'A', expr: rule.expr, instant: true, range: false },
      },
      {
        refId: 'C',
        relativeTimeRange: { from: 0, to: 0 },
        datasourceUid: '__expr__',
        model: {
          refId: 'C',
          type: 'threshold',
          expression: 'A',
          conditions: [{ evaluator: { type: rule.compare === '>' ? 'gt' : 'lt', params: [rule.threshold] } }],
        },
      },
    ],
    noDataState: rule.noData === 'ok' ? 'OK' : 'Alerting',
    execErrState: 'Error',
    for: rule.for,
    ...(rule.keepFiringFor !== '0s' && { keepFiringFor: rule.keepFiringFor }),
    annotations: Object.fromEntries(
      Object.entries(rule.annotations).map(([name, text]) => [name, value(text)]),
    ),
    labels: Object.fromEntries(Object.entries(rule.labels).map(([name, text]) => [name, escaped(text)])),
    isPaused: false,
    ...(dashboards[rule.labels['signal'] ?? ''] !== undefined && {
      dashboardUid: dashboards[rule.labels['signal'] ?? ''],
      panelId: 1,
    }),
    ...(settings && { notification_settings: settings }),
  };
}

function groupsOf(groups: readonly RuleGroup[], settings?: (rule: AlertRule) => object) {
  return groups.map(({ name, interval, alerts }) => ({
    orgId: 1,
    name,
    folder,
    interval,
    rules: alerts.map((rule) => ruleOf(rule, settings?.(rule))),
  }));
}

/** Grafana's own address ends with a slash, which a link must not have twice. */
const grafanaBase = '{{ reReplaceAll "/+\\\\z" "" externalURL }}';
const grafanaLinks = { base: grafanaBase, path: pluginPath };
const pipelineBase = `${grafanaBase}${pluginPath}`;

function pipelineGroups(): RuleGroup[] {
  return [
    { name: 'zonewarden-pipeline', interval: '1m', recordings: [], alerts: pipelineRules(pipelineBase) },
    sloGroup(false),
  ];
}

/** Rules for the full tree: one rule over all cases. */
export function fullRules(): string {
  const cases = {
    name: 'zonewarden-cases',
    interval: '10s',
    recordings: [],
    alerts: [caseRule(grafanaLinks)],
  };
  return yamlOf({ apiVersion: 1, groups: groupsOf([cases, ...pipelineGroups()]) });
}

/** Contact points of the variant without a tree; a contact point may hold several integrations. */
const plainRouting: readonly {
  readonly suffix: string;
  readonly title: string;
  readonly receiver: ReceiverName | 'zonewarden-tickets';
  readonly only: { readonly notify: readonly string[]; readonly drill: boolean };
  readonly like: Readonly<Record<string, string>>;
}[] = [
  {
    suffix: 'tickets',
    title: 'Zonewarden case',
    receiver: 'zonewarden-tickets',
    only: { notify: ['page', 'ticket'], drill: false },
    like: { notify: 'ticket' },
  },
  {
    suffix: 'page',
    title: 'Zonewarden case that pages',
    receiver: 'zonewarden-pagerduty',
    only: { notify: ['page'], drill: false },
    like: { notify: 'page' },
  },
  {
    suffix: 'digest',
    title: 'Zonewarden case for the digest',
    receiver: 'zonewarden-digest',
    only: { notify: ['digest'], drill: false },
    like: { notify: 'digest' },
  },
  {
    suffix: 'drill',
    title: 'Zonewarden drill',
    receiver: 'zonewarden-automation',
    only: { notify: ['page', 'ticket', 'digest', 'none'], drill: true },
    like: { drill: 'true', notify: 'ticket' },
  },
];

function settingsLike(receiver: string, labels: Readonly<Record<string, string>>) {
  const [taken] = routesFor({ source: 'zonewarden', signal: 'case', ...labels });
  const path = taken?.path ?? [policyTree];
  const groupBy = inherited(path, 'groupBy') ?? [];
  return {
    receiver,
    // Grafana wants these two in every grouping of a rule.
    group_by: [...new Set(['grafana_folder', 'alertname', ...groupBy])],
    group_wait: inherited(path, 'groupWait'),
    group_interval: inherited(path, 'groupInterval'),
    repeat_interval: inherited(path, 'repeatInterval'),
  };
}

function plainCaseRules(): { rule: AlertRule; settings: object }[] {
  return plainRouting.map(({ suffix, title, receiver, only, like }) => ({
    rule: { ...caseRule(grafanaLinks, only), uid: `zonewarden-case-${suffix}`, title },
    settings: settingsLike(receiver, like),
  }));
}

/** Rules that name their contact point themselves and leave an existing policy tree alone. */
export function rulesOnly(): string {
  const cases = {
    orgId: 1,
    name: 'zonewarden-cases',
    folder,
    interval: '10s',
    rules: plainCaseRules().map(({ rule, settings }) => ruleOf(rule, settings)),
  };
  const others = groupsOf(pipelineGroups(), (rule) =>
    settingsLike('zonewarden-operations', { signal: rule.labels['signal'] ?? '' }),
  );
  return yamlOf({ apiVersion: 1, groups: [cases, ...others] });
}

function policyOf(route: Route): object {
  return {
    receiver: route.receiver,
    ...(route.matchers.length > 0 && {
      object_matchers: route.matchers.map(({ label, op, value }: Matcher) => [label, op, escaped(value)]),
    }),
    ...(route.groupBy && {
      group_by: route.matchers.length === 0 ? ['grafana_folder', ...route.groupBy] : route.groupBy,
    }),
    ...(route.groupWait && { group_wait: route.groupWait }),
    ...(route.groupInterval && { group_interval: route.groupInterval }),
    ...(route.repeatInterval && { repeat_interval: route.repeatInterval }),
    ...(route.continue && { continue: true }),
    ...(route.mute && { mute_time_intervals: route.mute }),
    ...(route.active && { active_time_intervals: route.active }),
    ...(route.routes && { routes: route.routes.map(policyOf) }),
  };
}

/** The whole tree of organisation 1. */
export function policies(): string {
  return yamlOf({ apiVersion: 1, policies: [{ orgId: 1, ...policyOf(policyTree) }] });
}

/** Mute timings. */
export function muteTimes(): string {
  const times = muteTimings.map(({ name, intervals }) => ({ orgId: 1, name, time_intervals: intervals }));
  return yamlOf({ apiVersion: 1, muteTimes: times });
}

/** Message templates. */
export function templates(): string {
  return yamlOf({
    apiVersion: 1,
    templates: Object.entries(messageTemplates()).map(([name, template]) => ({ orgId: 1, name, template })),
  });
}

/** What removes everything again: Grafana deletes provisioned objects only when told so. */
export function uninstall(variant: 'full' | 'rules-only'): string {
  const cases = variant === 'full' ? ['zonewarden-case'] : plainCaseRules().map(({ rule }) => rule.uid);
  const others = pipelineGroups().flatMap(({ alerts }) => alerts.map(({ uid }) => uid));
  const points =
    variant === 'full'
      ? [...receiverNames]
      : plainPoints.flatMap(([name, list]) =>
          list.map((one) => (name === one ? one : `${name}-${one.replace('zonewarden-', '')}`)),
        );
  return yamlOf({
    apiVersion: 1,
    deleteRules: [...cases, ...others].map((uid) => ({ orgId: 1, uid })),
    ...(variant === 'full' && { resetPolicies: [1] }),
    deleteContactPoints: points.map((uid) => ({ orgId: 1, uid })),
    deleteTemplates: Object.keys(messageTemplates()).map((name) => ({ orgId: 1, name })),
    ...(variant === 'full' && { deleteMuteTimes: muteTimings.map(({ name }) => ({ orgId: 1, name })) }),
  });
}
