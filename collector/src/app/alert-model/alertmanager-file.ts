/** Configuration of Alertmanager 0.25 or newer with the same tree. Secrets stay in files. */
import { muteTimings, policyTree } from './policy-tree.ts';
import type { ReceiverName, Route } from './alert-types.ts';
import { yamlOf } from './prometheus-files.ts';

/** Addresses and secret files of receivers. */
export interface AlertmanagerPlaces {
  readonly slackUrlFile: string;
  readonly pagerdutyUrl: string;
  readonly pagerdutyKeyFile: string;
  readonly jiraUrl: string;
  readonly servicenowUrl: string;
  readonly automationUrl: string;
  readonly operationsUrl: string;
  readonly smtpSmarthost: string;
  readonly mailFrom: string;
  readonly mailTo: string;
  /** Glob of template files. */
  readonly templates: string;
}

/** Places of the committed file: to be replaced by your own. */
export const samplePlaces: AlertmanagerPlaces = {
  slackUrlFile: '/run/secrets/slack_url',
  pagerdutyUrl: 'https://events.pagerduty.com/v2/enqueue',
  pagerdutyKeyFile: '/run/secrets/pagerduty_key',
  jiraUrl: 'http://jiralert:9097/alert',
  servicenowUrl: 'http://servicenow-bridge:8080/events',
  automationUrl: 'http://soar:8080/zonewarden',
  operationsUrl: 'http://operations:8080/alerts',
  smtpSmarthost: 'smtp:587',
  mailFrom: 'zonewarden@example.com',
  mailTo: 'domains@example.com',
  templates: '/etc/alertmanager/templates/*.tmpl',
};

const say = (name: string): string => `{{ template "zonewarden.${name}" . }}`;

function webhook(url: string) {
  return { webhook_configs: [{ url, send_resolved: true }] };
}

function settingsOf(name: ReceiverName, places: AlertmanagerPlaces): object {
  switch (name) {
    case 'zonewarden-pagerduty':
      return {
        pagerduty_configs: [
          {
            routing_key_file: places.pagerdutyKeyFile,
            url: places.pagerdutyUrl,
            description: say('subject'),
            severity: say('pagerduty.severity'),
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
        ],
      };
    case 'zonewarden-slack':
      return {
        slack_configs: [
          {
            api_url_file: places.slackUrlFile,
            send_resolved: true,
            title: say('slack.title'),
            title_link: say('detail.case_url'),
            text: say('slack.text'),
            fallback: say('subject'),
            color: say('slack.colour'),
          },
        ],
      };
    case 'zonewarden-digest':
      return {
        email_configs: [
          {
            to: places.mailTo,
            from: places.mailFrom,
            smarthost: places.smtpSmarthost,
            html: '',
            text: say('list'),
            headers: { Subject: say('list.subject') },
          },
        ],
      };
    case 'zonewarden-jira':
      return webhook(places.jiraUrl);
    case 'zonewarden-servicenow':
      return webhook(places.servicenowUrl);
    case 'zonewarden-automation':
      return webhook(places.automationUrl);
    case 'zonewarden-operations':
      return webhook(places.operationsUrl);
  }
}

function routeOf(route: Route): object {
  return {
    receiver: route.receiver,
    ...(route.matchers.length > 0 && {
      matchers: route.matchers.map(({ label, op, value }) => `${label} ${op} "${value}"`),
    }),
    ...(route.groupBy && { group_by: route.groupBy }),
    ...(route.groupWait && { group_wait: route.groupWait }),
    ...(route.groupInterval && { group_interval: route.groupInterval }),
    ...(route.repeatInterval && { repeat_interval: route.repeatInterval }),
    ...(route.continue && { continue: true }),
    ...(route.mute && { mute_time_intervals: route.mute }),
    ...(route.active && { active_time_intervals: route.active }),
    ...(route.routes && { routes: route.routes.map(routeOf) }),
  };
}

function receiversIn(route: Route): ReceiverName[] {
  return [route.receiver, ...(route.routes ?? []).flatMap(receiversIn)];
}

/** The configuration. `tree` may be another one, for tests with shorter waits. */
export function alertmanagerConfig(
  places: AlertmanagerPlaces = samplePlaces,
  tree: Route = policyTree,
): string {
  return yamlOf({
    templates: [places.templates],
    route: routeOf(tree),
    receivers: [...new Set(receiversIn(tree))].map((name) => ({ name, ...settingsOf(name, places) })),
    time_intervals: muteTimings.map(({ name, intervals }) => ({ name, time_intervals: intervals })),
  });
}
