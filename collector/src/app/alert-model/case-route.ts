/** Who would be notified for a case, and why: the shipped policy tree applied to the labels its alert would have. */
import type { Case } from '../../contract/case.ts';
import { maxSeverity, type Severity } from '../../contract/severity.ts';
import { inherited, routesFor } from './policy-tree.ts';
import type { Matcher, ReceiverName } from './alert-types.ts';

/** What `zonewarden route` needs of a case; the rest of a case is welcome. */
export type RoutableCase = Pick<
  Case,
  | 'case_id'
  | 'tenant'
  | 'severity'
  | 'severity_history'
  | 'state'
  | 'domains'
  | 'team'
  | 'kind'
  | 'notify'
  | 'drill'
>;

/** One notification that would be sent. */
export interface Notification {
  readonly receiver: ReceiverName;
  readonly route: string;
  readonly why: string;
  readonly because: readonly string[];
  readonly groupBy: readonly string[];
  readonly groupWait: string;
  readonly repeatInterval: string;
  /** Mute timing that keeps it from being sent. */
  readonly muted?: readonly string[];
  /** Only in these times. */
  readonly during?: readonly string[];
}

/** The answer for one case. `firing` false: the case is closed, so that only the end of it is told. */
export interface CaseRouting {
  readonly case_id: string;
  readonly firing: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly notifications: readonly Notification[];
}

function words({ label, op, value }: Matcher): string {
  return `${label} ${op} ${JSON.stringify(value)}`;
}

/** Labels of the alert of a case, as the rule over `zonewarden_case_open` gives them. */
export function alertLabels(one: RoutableCase): Readonly<Record<string, string>> {
  const worst = one.severity_history.reduce<Severity>(
    (so, entry) => maxSeverity(so, entry.severity),
    one.severity,
  );
  return {
    alertname: 'ZonewardenCase',
    source: 'zonewarden',
    signal: 'case',
    tenant: one.tenant,
    case_id: one.case_id,
    domain: one.domains[0] ?? '',
    severity: worst,
    team: one.team ?? '',
    kind: one.kind,
    notify: one.notify,
    drill: String(one.drill),
  };
}

/** Applies the tree. */
export function routeCase(one: RoutableCase): CaseRouting {
  const labels = alertLabels(one);
  return {
    case_id: one.case_id,
    firing: one.state !== 'closed' && one.state !== 'merged',
    labels,
    notifications: routesFor(labels).map(({ route, path }) => ({
      receiver: route.receiver,
      route: path.map(({ id }) => id).join(' > '),
      why: route.why,
      because: route.matchers.map(words),
      groupBy: inherited(path, 'groupBy') ?? [],
      groupWait: inherited(path, 'groupWait') ?? '',
      repeatInterval: inherited(path, 'repeatInterval') ?? '',
      ...(route.mute && { muted: route.mute }),
      ...(route.active && { during: route.active }),
    })),
  };
}

/** The answer for people, by line. */
export function routingLines(routing: CaseRouting): readonly string[] {
  const { labels, notifications } = routing;
  const head = [
    `case ${routing.case_id}: ${labels['severity']} ${labels['kind']}${labels['domain'] === '' ? '' : ` on ${labels['domain']}`}, notify ${labels['notify']}${labels['drill'] === 'true' ? ', drill' : ''}`,
    routing.firing
      ? 'open: these are notified'
      : 'closed: those who were told it opened are told it closed; nobody else is',
  ];
  const rows = notifications.flatMap((each) => [
    `  ${each.receiver}${each.muted ? `  NOT SENT (${each.muted.join(', ')})` : ''}${each.during ? `  only during ${each.during.join(', ')}` : ''}`,
    `      why: ${each.why}`,
    `      route: ${each.route}${each.because.length > 0 ? `, because ${each.because.join(' and ')}` : ''}`,
    `      one notification per ${each.groupBy.join(', ')}, after ${each.groupWait}, repeated after ${each.repeatInterval}`,
  ]);
  return [...head, ...rows];
}
