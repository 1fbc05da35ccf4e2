/** Contact points for Grafana's file provisioning; settings as in grafana/alerting receivers, from 12.4. */
import type { ReceiverName } from './alert-types.ts';
import { receiverNames } from './alert-types.ts';
import { yamlOf } from './prometheus-files.ts';

/** Addresses of receivers. A `$__file{}` is read by Grafana at its start. */
export interface ContactPlaces {
  readonly slack: Readonly<Record<string, string>>;
  readonly pagerduty: Readonly<Record<string, string>>;
  readonly jira: Readonly<Record<string, string>>;
  readonly servicenow: Readonly<Record<string, string>>;
  readonly automation: Readonly<Record<string, string>>;
  readonly operations: Readonly<Record<string, string>>;
  readonly mailTo: string;
}

const secret = (name: string): string => `$__file{/run/secrets/${name}}`;

/** Places of the committed files: secrets as files, addresses to be replaced by your own. */
export const samplePlaces: ContactPlaces = {
  slack: { url: secret('slack_url') },
  pagerduty: { integrationKey: secret('pagerduty_key') },
  jira: {
    api_url: 'https://example.atlassian.net/rest/api/2',
    user: 'zonewarden@example.com',
    password: secret('jira_token'),
    project: 'SEC',
    issue_type: 'Incident',
  },
  servicenow: {
    url: 'https://example.service-now.com/api/global/em/jsonv2',
    username: 'zonewarden',
    password: secret('servicenow_password'),
  },
  automation: {
    url: 'https://soar.example.com/zonewarden',
    authorization_scheme: 'Bearer',
    authorization_credentials: secret('automation_token'),
  },
  operations: { url: 'https://operations.example.com/alerts' },
  mailTo: 'domains@example.com',
};

const say = (name: string): string => `{{ template "zonewarden.${name}" . }}`;

type Integration = (places: ContactPlaces) => { readonly type: string; readonly settings: object };

const integrations: Readonly<Record<ReceiverName, Integration>> = {
  'zonewarden-slack': (places) => ({
    type: 'slack',
    settings: {
      ...places.slack,
      title: say('slack.title'),
      text: say('slack.text'),
      color: say('slack.colour'),
    },
  }),
  'zonewarden-pagerduty': (places) => ({
    type: 'pagerduty',
    settings: {
      ...places.pagerduty,
      severity: say('pagerduty.severity'),
      summary: say('subject'),
      component: say('label.domain'),
      class: say('label.kind'),
      group: say('label.team'),
      client: 'Zonewarden',
      client_url: say('detail.case_url'),
      details: {
        what_changed: say('detail.change'),
        why: say('detail.description'),
        owner: say('detail.owner'),
        deadline: say('detail.deadline'),
        playbook: say('detail.runbook_url'),
        case: say('detail.case_url'),
      },
    },
  }),
  'zonewarden-jira': (places) => ({
    type: 'jira',
    settings: {
      ...places.jira,
      summary: say('jira.summary'),
      description: say('jira.description'),
      priority: say('jira.priority'),
      labels: ['zonewarden'],
    },
  }),
  'zonewarden-servicenow': (places) => ({
    type: 'webhook',
    settings: { ...places.servicenow, payload: { template: say('servicenow.payload') } },
  }),
  'zonewarden-automation': (places) => ({
    type: 'webhook',
    settings: { ...places.automation, payload: { template: say('automation.payload') } },
  }),
  'zonewarden-operations': (places) => ({
    type: 'webhook',
    settings: { ...places.operations, title: say('list.subject'), message: say('list') },
  }),
  'zonewarden-digest': (places) => ({
    type: 'email',
    settings: {
      addresses: places.mailTo,
      singleEmail: true,
      subject: say('list.subject'),
      message: say('list'),
    },
  }),
};

function contactPoint(name: string, parts: readonly ReceiverName[], places: ContactPlaces) {
  return {
    orgId: 1,
    name,
    receivers: parts.map((one) => ({
      uid: name === one ? one : `${name}-${one.replace('zonewarden-', '')}`,
      ...integrations[one](places),
      disableResolveMessage: false,
    })),
  };
}

/** Contact points of the full tree: one integration each. */
export function contactPoints(places: ContactPlaces = samplePlaces): string {
  return yamlOf({
    apiVersion: 1,
    contactPoints: receiverNames.map((name) => contactPoint(name, [name], places)),
  });
}

const ticketIntegrations: readonly ReceiverName[] = [
  'zonewarden-slack',
  'zonewarden-jira',
  'zonewarden-servicenow',
  'zonewarden-automation',
];
/** Contact points of the variant without a tree, with their integrations. */
export const plainPoints: readonly (readonly [string, readonly ReceiverName[]])[] = [
  ['zonewarden-tickets', ticketIntegrations],
  ['zonewarden-pagerduty', ['zonewarden-pagerduty']],
  ['zonewarden-digest', ['zonewarden-digest']],
  ['zonewarden-automation', ['zonewarden-automation']],
  ['zonewarden-operations', ['zonewarden-operations']],
];

/** Contact points of the variant without a tree. */
export function plainContactPoints(places: ContactPlaces = samplePlaces): string {
  return yamlOf({
    apiVersion: 1,
    contactPoints: plainPoints.map(([name, list]) => contactPoint(name, list, places)),
  });
}
