/**
 * Notification templates in the functions that Alertmanager and Grafana share, and payloads in those only Grafana has.
 * Every value is data of others: each receiver's own escaping stands next to each use.
 */

/** `$one`: the newest alert of the group. After an escalation the older instance is still held for some minutes. */
const newest =
  '{{ $list := .Alerts }}{{ if .Alerts.Firing }}{{ $list = .Alerts.Firing }}{{ end }}' +
  '{{ $one := index $list 0 }}' +
  '{{ range $list }}{{ if .StartsAt.After $one.StartsAt }}{{ $one = . }}{{ end }}{{ end }}';

/** Slack: `&`, `<`, `>` are its control characters (Slack "Formatting text for app surfaces"). */
const slack = (value: string): string =>
  `${value} | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;"`;

/** As code, so that a hostile name does not become a link. */
const slackCode = (value: string): string => `\`{{ ${slack(value)} | reReplaceAll "\`" "'" }}\``;

/** Jira wiki markup: a backslash before every character that could begin markup. */
const jira = (value: string): string =>
  `{{ ${value} | reReplaceAll "([\\\\\\\\{}\\\\[\\\\]|!*_^~+?#-])" "\\\\$1" }}`;

const lines = (...rows: readonly string[]): string => rows.join('\n');
const when = (value: string, row: string): string => `{{ if ${value} }}${row}{{ end }}`;
const define = (name: string, body: string): string =>
  `{{ define "zonewarden.${name}" -}}\n${body}\n{{- end }}`;

const note = '$one.Annotations';

/** Texts for people and for receivers that show text as it is. */
const plainTexts: readonly string[] = [
  define(
    'subject',
    `${newest}{{ if eq .Status "resolved" }}[closed] {{ else }}[{{ $one.Labels.severity | toUpper }}] {{ end }}{{ ${note}.summary }}`,
  ),
  define(
    'text',
    lines(
      `${newest}${when(`${note}.change`, `What changed: {{ ${note}.change }}\n`)}${when(`${note}.description`, `Why: {{ ${note}.description }}\n`)}Domain: {{ $one.Labels.domain }}`,
      `Owner: {{ ${note}.owner }}{{ if $one.Labels.team }}, team {{ $one.Labels.team }}{{ end }}`,
      `${when(`${note}.deadline`, `Deadline: {{ ${note}.deadline }}\n`)}${when(`${note}.playbook`, `Playbook: {{ ${note}.playbook }} {{ ${note}.runbook_url }}\n`)}Case: {{ $one.Labels.case_id }} {{ ${note}.case_url }}`,
    ),
  ),
  define(
    'list',
    lines(
      '{{ range .Alerts }}{{ if eq .Status "resolved" }}[closed] {{ end }}{{ .Labels.severity }}: {{ .Annotations.summary }}',
      '{{ if .Annotations.change }}  {{ .Annotations.change }}\n{{ end }}{{ if .Annotations.description }}  {{ .Annotations.description }}\n{{ end }}{{ if .Annotations.case_url }}  {{ .Annotations.case_url }}\n{{ end }}',
      '{{ end }}',
    ),
  ),
  define(
    'list.subject',
    '{{ if .CommonLabels.signal }}Zonewarden {{ .CommonLabels.signal }}{{ else }}Zonewarden{{ end }}: {{ len .Alerts.Firing }} open, {{ len .Alerts.Resolved }} closed',
  ),
];

/** Slack attachments. */
const slackTexts: readonly string[] = [
  define(
    'slack.title',
    `${newest}{{ if eq .Status "resolved" }}[closed] {{ else }}[{{ $one.Labels.severity | toUpper }}] {{ end }}{{ ${slack(`${note}.summary`)} }}`,
  ),
  define(
    'slack.text',
    lines(
      `${newest}${when(`${note}.change`, `*What changed* ${slackCode(`${note}.change`)}\n`)}${when(`${note}.description`, `*Why* ${slackCode(`${note}.description`)}\n`)}*Owner* {{ ${slack(`${note}.owner`)} }}{{ if $one.Labels.team }}, team {{ ${slack('$one.Labels.team')} }}{{ end }}`,
      `${when(`${note}.deadline`, `*Deadline* ${slackCode(`${note}.deadline`)}\n`)}<{{ ${note}.case_url }}|Case {{ $one.Labels.case_id }}>${when(`${note}.runbook_url`, ` · <{{ ${note}.runbook_url }}|Playbook {{ ${slack(`${note}.playbook`)} }}>`)}`,
    ),
  ),
  define(
    'slack.colour',
    `${newest}{{ if eq .Status "resolved" }}good{{ else if eq $one.Labels.severity "critical" }}danger{{ else if eq $one.Labels.severity "high" }}#ff8833{{ else }}warning{{ end }}`,
  ),
];

/** One fact each, for the fields of PagerDuty. */
const singleFacts: readonly string[] = [
  define(
    'pagerduty.severity',
    `${newest}{{ if eq $one.Labels.severity "critical" }}critical{{ else if eq $one.Labels.severity "high" }}error{{ else if eq $one.Labels.severity "medium" }}warning{{ else }}info{{ end }}`,
  ),
  ...['change', 'description', 'owner', 'deadline', 'playbook', 'case_url', 'runbook_url'].map((name) =>
    define(`detail.${name}`, `${newest}{{ ${note}.${name} }}`),
  ),
  ...['domain', 'kind', 'team', 'case_id'].map((name) =>
    define(`label.${name}`, `${newest}{{ $one.Labels.${name} }}`),
  ),
];

/** Jira issues. */
const jiraTexts: readonly string[] = [
  define('jira.summary', `${newest}{{ ${note}.summary }} ({{ $one.Labels.case_id }})`),
  define(
    'jira.description',
    lines(
      `${newest}${when(`${note}.change`, `h4. What changed\n${jira(`${note}.change`)}\n`)}${when(`${note}.description`, `h4. Why\n${jira(`${note}.description`)}\n`)}h4. Facts`,
      `Severity: {{ $one.Labels.severity }}`,
      `Domain: ${jira('$one.Labels.domain')}`,
      `Owner: ${jira(`${note}.owner`)}`,
      `${when(`${note}.deadline`, `Deadline: ${jira(`${note}.deadline`)}\n`)}Case: {{ ${note}.case_url }}`,
      `${when(`${note}.runbook_url`, `Playbook: {{ ${note}.runbook_url }}`)}`,
    ),
  ),
  define(
    'jira.priority',
    `${newest}{{ if eq $one.Labels.severity "critical" }}Highest{{ else if eq $one.Labels.severity "high" }}High{{ else }}Medium{{ end }}`,
  ),
];

/** Event API of ServiceNow: `message_key` joins open and clear, severity 1 critical to 4 warning, 0 clears. */
const serviceNow = define(
  'servicenow.payload',
  lines(
    `${newest}{{ $level := "4" }}{{ if eq $one.Labels.severity "critical" }}{{ $level = "1" }}{{ else if eq $one.Labels.severity "high" }}{{ $level = "2" }}{{ else if eq $one.Labels.severity "medium" }}{{ $level = "3" }}{{ end }}{{ if eq .Status "resolved" }}{{ $level = "0" }}{{ end }}`,
    `{{- $info := coll.Dict "case_url" ${note}.case_url "runbook_url" ${note}.runbook_url "owner" ${note}.owner "team" $one.Labels.team "tenant" $one.Labels.tenant "change" ${note}.change "deadline" ${note}.deadline | data.ToJSON -}}`,
    `{{- coll.Dict "records" (coll.Slice (coll.Dict "source" "Zonewarden" "event_class" "Zonewarden" "node" $one.Labels.domain "type" $one.Labels.kind "resource" $one.Labels.domain "metric_name" "zonewarden_case_open" "message_key" $one.Labels.case_id "severity" $level "description" (printf "%s: %s" ${note}.summary ${note}.description) "additional_info" $info)) | data.ToJSON -}}`,
  ),
);

/** Everything for machines; `version` changes when a field changes its meaning. */
const automation = define(
  'automation.payload',
  lines(
    newest,
    `{{- coll.Dict "version" "1" "status" .Status "case_id" $one.Labels.case_id "tenant" $one.Labels.tenant "domain" $one.Labels.domain "severity" $one.Labels.severity "team" $one.Labels.team "kind" $one.Labels.kind "notify" $one.Labels.notify "drill" $one.Labels.drill "title" ${note}.summary "change" ${note}.change "reason" ${note}.description "owner" ${note}.owner "playbook" ${note}.playbook "deadline" ${note}.deadline "case_url" ${note}.case_url "runbook_url" ${note}.runbook_url "starts_at" $one.StartsAt | data.ToJSON -}}`,
  ),
);

/** Template files by name, without extension. */
export function messageTemplates(): Readonly<Record<'zonewarden' | 'zonewarden-payload', string>> {
  return {
    zonewarden: `${[...plainTexts, ...slackTexts, ...singleFacts, ...jiraTexts].join('\n')}\n`,
    'zonewarden-payload': `${[serviceNow, automation].join('\n')}\n`,
  };
}
