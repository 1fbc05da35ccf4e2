/** Templates rendered by Alertmanager's own engine: escaping, and which alert of a group speaks. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { messageTemplates } from '../../collector/src/app/alert-model/message-templates.ts';

const hostile = '{color:red}*x* [evil|https://evil.example] <!here> & `code`';

function alert(over: { severity: string; startsAt: string; status?: string }): object {
  return {
    status: over.status ?? 'firing',
    labels: { case_id: 'case-1', severity: over.severity, domain: 'example.com', team: 'dns', kind: 'mail' },
    annotations: {
      summary: `${over.severity} case`,
      change: hostile,
      description: 'Why so.',
      owner: 'payments',
      case_url: 'http://z/cases/case-1',
    },
    startsAt: over.startsAt,
    endsAt: '0001-01-01T00:00:00Z',
  };
}

const older = alert({ severity: 'high', startsAt: '2026-03-04T05:00:00Z' });
const newer = alert({ severity: 'critical', startsAt: '2026-03-04T05:01:00Z' });

function rendered(t: TestContext, name: string, alerts: readonly object[], status = 'firing'): string {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-template-'));
  t.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'z.tmpl'), messageTemplates().zonewarden);
  const data = {
    receiver: 'r',
    status,
    alerts,
    groupLabels: { case_id: 'case-1' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: '',
  };
  writeFileSync(join(directory, 'data.json'), JSON.stringify(data));
  const args = [
    'template',
    'render',
    `--template.glob=${directory}/*.tmpl`,
    `--template.text={{ template "zonewarden.${name}" . }}`,
    `--template.data=${directory}/data.json`,
  ];
  const { status: code, stdout, stderr } = spawnSync('amtool', args, { encoding: 'utf8' });
  assert.equal(code, 0, stderr);
  return stdout.trimEnd();
}

function absent(): string | false {
  return spawnSync('amtool', ['--version']).error === undefined
    ? false
    : 'amtool is not installed (Debian package prometheus-alertmanager)';
}

test('the newest alert of a group speaks, in any order; at the end the group says closed', (t) => {
  if (absent()) return t.skip(String(absent()));
  for (const alerts of [
    [older, newer],
    [newer, older],
  ]) {
    assert.equal(rendered(t, 'subject', alerts), '[CRITICAL] critical case');
    assert.equal(rendered(t, 'pagerduty.severity', alerts), 'critical');
    assert.equal(rendered(t, 'slack.colour', alerts), 'danger');
  }
  const closed = alert({ severity: 'high', startsAt: '2026-03-04T05:00:00Z', status: 'resolved' });
  assert.equal(rendered(t, 'subject', [closed], 'resolved'), '[closed] high case');
});

test('severities that PagerDuty and Jira know', (t) => {
  if (absent()) return t.skip(String(absent()));
  const at = '2026-03-04T05:00:00Z';
  for (const [severity, pagerduty, jira] of [
    ['critical', 'critical', 'Highest'],
    ['high', 'error', 'High'],
    ['medium', 'warning', 'Medium'],
    ['informational', 'info', 'Medium'],
  ] as const) {
    assert.equal(rendered(t, 'pagerduty.severity', [alert({ severity, startsAt: at })]), pagerduty);
    assert.equal(rendered(t, 'jira.priority', [alert({ severity, startsAt: at })]), jira);
  }
});

test('Jira markup and Slack control characters of others do nothing', (t) => {
  if (absent()) return t.skip(String(absent()));
  const jira = rendered(t, 'jira.description', [newer]);
  assert.ok(
    jira.includes('\\{color:red\\}\\*x\\* \\[evil\\|https://evil.example\\] <\\!here> & `code`'),
    jira,
  );
  assert.match(jira, /Domain: example\.com\nOwner: payments\nCase: http:\/\/z\/cases\/case-1/);
  const slack = rendered(t, 'slack.text', [newer]);
  assert.match(
    slack,
    /^\*What changed\* `\{color:red\}\*x\* \[evil\|https:\/\/evil\.example\] &lt;!here&gt; &amp; 'code'`\n/,
  );
});

test('text for people has all facts on lines of their own', (t) => {
  if (absent()) return t.skip(String(absent()));
  assert.equal(
    rendered(t, 'text', [newer]),
    `What changed: ${hostile}\nWhy: Why so.\nDomain: example.com\nOwner: payments, team dns\nCase: case-1 http://z/cases/case-1`,
  );
  assert.match(
    rendered(t, 'list', [older, newer]),
    /^high: high case\n {2}.*\n {2}Why so\.\n {2}http:\/\/z\/cases\/case-1\n/,
  );
});
