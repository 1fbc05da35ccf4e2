/** Rules in the format of Prometheus, also taken by the rulers of Mimir and Grafana Cloud. */
import { stringify } from 'yaml';
import type { AlertRule, RuleGroup } from './alert-types.ts';

/** First lines of every generated file. */
export const generatedBy =
  '# Generated from collector/src/app/alert-model by `npm run generate`. Edit there, not here.\n';

/** YAML with stable quoting and no folded lines. */
export function yamlOf(document: unknown): string {
  return generatedBy + stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

function alertOf(rule: AlertRule) {
  const value = (text: string): string => text.replaceAll('{{ value }}', '{{ $value | humanize }}');
  return {
    alert: rule.name,
    expr: `(\n${rule.expr}\n) ${rule.compare} ${rule.threshold}`,
    ...(rule.for !== '0s' && { for: rule.for }),
    ...(rule.keepFiringFor !== '0s' && { keep_firing_for: rule.keepFiringFor }),
    labels: rule.labels,
    annotations: Object.fromEntries(
      Object.entries(rule.annotations).map(([name, text]) => [name, value(text)]),
    ),
  };
}

/** One rule file with one group. */
export function prometheusRules(group: RuleGroup): string {
  return yamlOf({
    groups: [
      {
        name: group.name,
        interval: group.interval,
        rules: [...group.recordings.map((rule) => ({ ...rule })), ...group.alerts.map(alertOf)],
      },
    ],
  });
}
