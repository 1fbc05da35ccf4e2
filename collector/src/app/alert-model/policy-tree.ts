/**
 * Who is told what. Matchers and receiver names are part of the group key from which Jira and PagerDuty make their
 * ticket identity: a changed matcher opens every ticket once more.
 */
import type { Matcher, MuteTiming, Route } from './alert-types.ts';

const is = (label: string, value: string): Matcher => ({ label, op: '=', value });
const oneOf = (label: string, values: readonly string[]): Matcher => ({
  label,
  op: '=~',
  value: values.join('|'),
});

/** Always, and the hours outside cover. Location is UTC; set your own. */
export const muteTimings: readonly MuteTiming[] = [
  {
    name: 'zonewarden-always',
    intervals: [{ times: [{ start_time: '00:00', end_time: '24:00' }] }],
  },
  {
    name: 'zonewarden-hours-of-cover',
    intervals: [
      { times: [{ start_time: '07:00', end_time: '20:00' }], weekdays: ['monday:friday'], location: 'UTC' },
    ],
  },
];

const loud = oneOf('notify', ['page', 'ticket']);

/** The branch of Zonewarden: everything with `source = zonewarden`. Order and `continue` are the contract. */
export const zonewardenBranch: Route = {
  id: 'zonewarden',
  why: 'everything Zonewarden says; what no route below takes is a mistake and goes to those who run it',
  receiver: 'zonewarden-operations',
  matchers: [is('source', 'zonewarden')],
  groupBy: ['case_id'],
  groupWait: '10s',
  groupInterval: '1m',
  repeatInterval: '4h',
  routes: [
    {
      id: 'rule-failed',
      why: 'a rule could not be evaluated: that is no incident',
      receiver: 'zonewarden-operations',
      matchers: [oneOf('alertname', ['DatasourceNoData', 'DatasourceError'])],
      groupBy: ['alertname', 'rulename'],
      repeatInterval: '12h',
    },
    {
      id: 'pipeline',
      why: 'Zonewarden itself is unwell: its operators repair it',
      receiver: 'zonewarden-operations',
      matchers: [oneOf('signal', ['pipeline', 'slo'])],
      groupBy: ['alertname', 'tenant'],
      groupWait: '30s',
      groupInterval: '5m',
      repeatInterval: '12h',
    },
    {
      id: 'drill',
      why: 'a drill ends at the automation webhook, which reports that it arrived; nobody is woken',
      receiver: 'zonewarden-automation',
      matchers: [is('drill', 'true')],
      groupWait: '1s',
    },
    {
      id: 'silent',
      why: 'the case is suppressed or has nothing to say: shown in the list of alerts, sent to nobody',
      receiver: 'zonewarden-operations',
      matchers: [is('notify', 'none')],
      mute: ['zonewarden-always'],
    },
    {
      id: 'digest',
      why: 'low and informational cases are read together, not one by one',
      receiver: 'zonewarden-digest',
      matchers: [is('notify', 'digest')],
      groupBy: ['tenant'],
      groupWait: '30m',
      groupInterval: '12h',
      // Below the five days Alertmanager remembers what it sent.
      repeatInterval: '4d',
    },
    {
      id: 'page',
      why: 'critical, or high on a tier-0 path: somebody is woken',
      receiver: 'zonewarden-pagerduty',
      matchers: [is('notify', 'page')],
      continue: true,
    },
    {
      id: 'chat-page',
      why: 'the channel of the team sees every page at once',
      receiver: 'zonewarden-slack',
      matchers: [is('notify', 'page')],
      continue: true,
    },
    {
      id: 'chat-ticket',
      why: 'other high and medium cases are told in hours of cover',
      receiver: 'zonewarden-slack',
      matchers: [is('notify', 'ticket')],
      active: ['zonewarden-hours-of-cover'],
      continue: true,
    },
    {
      id: 'jira',
      why: 'one issue per case; it stays the same when the case grows worse',
      receiver: 'zonewarden-jira',
      matchers: [loud],
      continue: true,
    },
    {
      id: 'servicenow',
      why: 'one event per case, cleared when the case is closed',
      receiver: 'zonewarden-servicenow',
      matchers: [loud],
      continue: true,
    },
    {
      id: 'automation',
      why: 'SOAR and other machines get the whole payload',
      receiver: 'zonewarden-automation',
      matchers: [loud],
    },
  ],
};

/** Whole tree for an installation of its own: what is not ours goes to the operators too. */
export const policyTree: Route = {
  id: 'root',
  why: 'alerts that are not Zonewarden’s',
  receiver: 'zonewarden-operations',
  matchers: [],
  groupBy: ['alertname'],
  groupWait: '30s',
  groupInterval: '5m',
  repeatInterval: '4h',
  routes: [zonewardenBranch],
};

/** True when labels meet a matcher; an absent label is the empty text (Alertmanager's rule). */
export function matches(matcher: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, matcher.label) ? (labels[matcher.label] ?? '') : '';
  // Values of our own tree only: alternatives of plain words.
  const same = matcher.op.endsWith('~') ? matcher.value.split('|').includes(value) : value === matcher.value;
  return matcher.op.startsWith('!') ? !same : same;
}

/** A route that takes an alert, with the routes above it. */
export interface TakenRoute {
  readonly route: Route;
  readonly path: readonly Route[];
}

/** Routes that take an alert: the first matching child and, after `continue`, the next; without any, the node itself. */
export function routesFor(
  labels: Readonly<Record<string, string>>,
  node: Route = policyTree,
  above: readonly Route[] = [],
): TakenRoute[] {
  if (!node.matchers.every((matcher) => matches(matcher, labels))) return [];
  const path = [...above, node];
  const taken: TakenRoute[] = [];
  for (const child of node.routes ?? []) {
    const found = routesFor(labels, child, path);
    taken.push(...found);
    if (found.length > 0 && child.continue !== true) break;
  }
  return taken.length > 0 ? taken : [{ route: node, path }];
}

/** A setting of a route, taken from the nearest node above where it is left out. */
export function inherited<K extends 'groupBy' | 'groupWait' | 'groupInterval' | 'repeatInterval'>(
  path: readonly Route[],
  key: K,
): Route[K] {
  return path.findLast((route) => route[key] !== undefined)?.[key];
}
