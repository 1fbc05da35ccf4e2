/** Every file of alert-rules/ that comes from the model, and the demo's contact points. */
import { alertmanagerConfig } from './alertmanager-file.ts';
import { caseRule } from './case-rule.ts';
import { contactPoints, plainContactPoints, type ContactPlaces } from './grafana-contact-points.ts';
import { fullRules, muteTimes, policies, rulesOnly, templates, uninstall } from './grafana-files.ts';
import { messageTemplates } from './message-templates.ts';
import { pipelineRules } from './pipeline-rules.ts';
import { prometheusRules } from './prometheus-files.ts';
import { sloGroup } from './slo-rules.ts';

/** Address of the console in rules of Prometheus, which knows no address but its own. */
export const sampleConsole = 'http://localhost:8470';

/** Local receiver of docker-compose.yml. */
const demoPlaces: ContactPlaces = {
  slack: { url: 'http://receiver:8480/slack' },
  pagerduty: { integrationKey: '$__file{/run/zonewarden/demo_key}', url: 'http://receiver:8480/pagerduty' },
  jira: {
    api_url: 'http://receiver:8480/rest/api/2',
    user: 'demo',
    password: '$__file{/run/zonewarden/demo_key}',
    project: 'SEC',
    issue_type: 'Incident',
  },
  servicenow: { url: 'http://receiver:8480/servicenow' },
  automation: { url: 'http://receiver:8480/automation' },
  operations: { url: 'http://receiver:8480/operations' },
  mailTo: 'demo@example.com',
};

/** Path from the root of the repository, and text. `consoleUrl`: where links of Prometheus rules lead. */
export function alertFiles(consoleUrl = sampleConsole): readonly (readonly [path: string, text: string])[] {
  const cases = {
    name: 'zonewarden-cases',
    interval: '10s',
    recordings: [],
    alerts: [caseRule({ base: consoleUrl, path: '' })],
  };
  const pipeline = {
    name: 'zonewarden-pipeline',
    interval: '1m',
    recordings: [],
    alerts: pipelineRules(consoleUrl),
  };
  const rules = 'alert-rules';
  const demo = 'deploy/grafana/provisioning/alerting';
  return [
    [`${rules}/prometheus/zonewarden-cases.rules.yaml`, prometheusRules(cases)],
    [`${rules}/prometheus/zonewarden-pipeline.rules.yaml`, prometheusRules(pipeline)],
    [`${rules}/prometheus/zonewarden-slo.rules.yaml`, prometheusRules(sloGroup(true))],
    [`${rules}/alertmanager/alertmanager.yaml`, alertmanagerConfig()],
    [`${rules}/alertmanager/templates/zonewarden.tmpl`, messageTemplates().zonewarden],
    [`${rules}/grafana/full/rules.yaml`, fullRules()],
    [`${rules}/grafana/full/contact-points.yaml`, contactPoints()],
    [`${rules}/grafana/full/policies.yaml`, policies()],
    [`${rules}/grafana/full/mute-timings.yaml`, muteTimes()],
    [`${rules}/grafana/full/templates.yaml`, templates()],
    [`${rules}/grafana/rules-only/rules.yaml`, rulesOnly()],
    [`${rules}/grafana/rules-only/contact-points.yaml`, plainContactPoints()],
    [`${rules}/grafana/rules-only/templates.yaml`, templates()],
    [`${rules}/grafana/uninstall/full.yaml`, uninstall('full')],
    [`${rules}/grafana/uninstall/rules-only.yaml`, uninstall('rules-only')],
    [`${demo}/rules.yaml`, fullRules()],
    [`${demo}/contact-points.yaml`, contactPoints(demoPlaces)],
    [`${demo}/policies.yaml`, policies()],
    [`${demo}/mute-timings.yaml`, muteTimes()],
    [`${demo}/templates.yaml`, templates()],
  ];
}
