/** Hostile texts in every field of events, findings and cases, through every output of ours: they stay text. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { messageTemplates } from '../../collector/src/app/alert-model/message-templates.ts';
import { CaseBoard } from '../../collector/src/8-sink/case-board.ts';
import { caseFacts } from '../../collector/src/8-sink/case-facts.ts';
import { logRecordOf } from '../../collector/src/8-sink/otlp-log/log-record.ts';
import { createPrometheusPage } from '../../collector/src/8-sink/prometheus.ts';
import { createTerminalSink } from '../../collector/src/8-sink/terminal.ts';
import { payloadOf, payloadShapes } from '../../collector/src/8-sink/webhook/payload.ts';
import { operatorLog } from '../../collector/src/cli/operator-log.ts';
import { safeStream } from '../../collector/src/cli/safe-stream.ts';
import type { Case } from '../../collector/src/contract/case.ts';
import type { Signal } from '../../collector/src/contract/component.ts';
import { hostileTexts } from '../fixtures/hostile-texts.ts';
import { atMs, sampleCase, sampleEvent, sampleFinding, signalOf } from '../unit/8-sink/sample-signals.ts';

/** Characters that act on a terminal or cannot be seen; a line feed of ours ends a line. */
const acting = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u3164\uffa0]/u;

const entry = (text: string) => ({
  at: '2026-03-04T05:06:07.089Z',
  kind: 'claim' as const,
  plane: 'dns',
  text,
  ref: 'r',
});

function hostileCase(text: string): Case {
  return sampleCase({
    title: text,
    summary: text,
    owner: text,
    playbook: text,
    timeline: [entry(text), entry(text)],
    ...(sampleCase().clock === null ? {} : { clock: { ...sampleCase().clock!, what: text } }),
  });
}

function signalsOf(text: string): Signal[] {
  const event = sampleEvent({
    actor_id: text,
    record_name: text,
    old_value: [text],
    new_value: [text, text],
    user_agent: text,
    source_system: text,
  } as Parameters<typeof sampleEvent>[0]);
  return [
    signalOf('event', event),
    signalOf('finding', sampleFinding({ title: text, summary: text, actor_id: text })),
    signalOf('case', hostileCase(text)),
  ];
}

async function onTerminal(signals: readonly Signal[]): Promise<string> {
  let out = '';
  const sink = createTerminalSink({
    id: 't',
    write: (text) => (out += text),
    colour: false,
    minimumSeverity: 'informational',
  });
  await sink.write(signals, new AbortController().signal);
  return out;
}

test('the corpus has every kind of trick', () => {
  assert.ok(new Set(hostileTexts).size >= 120);
});

test('a terminal shows no acting character, and nobody else begins a finding or a case', async () => {
  const headings = (out: string): number =>
    out
      .split('\n')
      .filter(
        (line) =>
          /^ {0,2}(?:CRITICAL|HIGH|MEDIUM|LOW|critical|high|medium|low)\b/.test(line.trimStart()) &&
          !/^ {4}/.test(line),
      ).length;
  const benign = headings(await onTerminal(signalsOf('x')));
  assert.ok(benign > 0);
  for (const text of hostileTexts) {
    const out = await onTerminal(signalsOf(text));
    assert.doesNotMatch(out.replaceAll('\n', ''), acting, JSON.stringify(text));
    assert.equal(headings(out), benign, out);
  }
});

test('one call of the operator log is one line, and standard error holds no acting character', () => {
  for (const text of hostileTexts) {
    const lines: string[] = [];
    const stderr = { write: (line: string) => lines.push(line) } as unknown as NodeJS.WritableStream;
    operatorLog({ stderr }, () => atMs)('warn', `endpoint said ${text}`, { said: text, nested: { text } });
    safeStream(stderr).write(`file.yaml:1: ${text}\n`);
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? '', /^2026-03-04T05:06:07\.089Z warn endpoint said [^\n]*\n$/);
    for (const line of lines) assert.doesNotMatch(line.replaceAll('\n', ''), acting);
  }
});

test('a log record is one line for people, and its attributes hold the text as it is', () => {
  for (const text of hostileTexts)
    for (const signal of signalsOf(text)) {
      const { body, attributes } = logRecordOf(signal, 0);
      assert.doesNotMatch(body, acting, JSON.stringify(text));
      const names = Object.keys(
        logRecordOf(
          signalsOf('x').find(({ kind }) => kind === signal.kind)!,
          0,
        ).attributes,
      );
      assert.deepEqual(Object.keys(attributes), names);
    }
});

test('payloads for other programs have the same members whatever a text says', () => {
  const members = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(members)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, members(inner)]))
        : typeof value;
  for (const shape of payloadShapes) {
    const benign = signalsOf('x').map((signal) => members(JSON.parse(payloadOf(signal, shape).body)));
    for (const text of hostileTexts)
      assert.deepEqual(
        signalsOf(text).map((signal) => members(JSON.parse(payloadOf(signal, shape).body))),
        benign,
      );
  }
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
});

/** Reads the text format (Prometheus "Exposition formats") strictly: every line is a comment or one sample. */
function samplesOf(page: string): [name: string, labels: Record<string, string>][] {
  return page
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map((line) => {
      const whole = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\["\\n])*",?)*)\})? \S+$/.exec(
        line,
      );
      assert.ok(whole !== null, `no sample: ${line}`);
      const labels = [...(whole[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
        ([, name, value = '']) => [name, value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))],
      );
      return [whole[1] ?? '', Object.fromEntries(labels) as Record<string, string>];
    });
}

test('metrics have as many samples as ever, and words without acting characters', async () => {
  const pageOf = async (text: string) => {
    const board = new CaseBoard(() => atMs);
    board.applyCase(hostileCase(text));
    return samplesOf(await createPrometheusPage([board.reader]).text());
  };
  const benign = (await pageOf('x')).length;
  for (const text of hostileTexts) {
    const samples = await pageOf(text);
    assert.equal(samples.length, benign);
    for (const [, labels] of samples)
      for (const value of Object.values(labels)) {
        assert.doesNotMatch(value.toWellFormed(), acting);
        assert.doesNotMatch(value, /:\/\/|\b(?:javascript|mailto|data):/i);
      }
  }
});

const separator = '\u001f';
const rendered = ['slack.title', 'slack.text', 'jira.summary', 'jira.description', 'text', 'subject'];

/** The messages about a case as Alertmanager makes them. */
function messagesOf(text: string, directory: string): string[] {
  const facts = caseFacts(hostileCase(text));
  const alert = {
    labels: { case_id: 'case-1', severity: 'high', domain: 'example.com', team: 'dns', kind: 'mail' },
    annotations: {
      summary: facts['title'],
      change: facts['change'],
      description: facts['reason'],
      owner: facts['owner'],
      deadline: facts['deadline'],
      playbook: facts['playbook'],
      case_url: 'http://z/cases/case-1',
      runbook_url: 'http://z/runbook',
    },
    status: 'firing',
    startsAt: '2026-03-04T05:00:00Z',
    endsAt: '0001-01-01T00:00:00Z',
  };
  const data = {
    receiver: 'r',
    status: 'firing',
    alerts: [alert],
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: '',
  };
  writeFileSync(join(directory, 'z.tmpl'), messageTemplates().zonewarden);
  writeFileSync(join(directory, 'data.json'), JSON.stringify(data));
  const { status, stdout, stderr } = spawnSync(
    'amtool',
    [
      'template',
      'render',
      `--template.glob=${directory}/*.tmpl`,
      `--template.text=${rendered.map((name) => `{{ template "zonewarden.${name}" . }}`).join(separator)}`,
      `--template.data=${directory}/data.json`,
    ],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split(separator);
}

test('chat and ticket messages have the same lines, no mention, no link but ours, no markup of others', (t) => {
  if (spawnSync('amtool', ['--version']).error !== undefined)
    return t.skip('amtool is not installed (Debian package prometheus-alertmanager)');
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-injection-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const lineCounts = messagesOf('x', directory).map((message) => message.split('\n').length);
  for (const text of hostileTexts) {
    const messages = messagesOf(text, directory);
    assert.equal(messages.length, rendered.length, 'a template of others was carried out');
    assert.deepEqual(
      messages.map((message) => message.split('\n').length),
      lineCounts,
      JSON.stringify(text),
    );
    const [slackTitle = '', slackText = '', , jira = ''] = messages;
    // Ours, with a fixed address: what is left of `<` would be theirs.
    for (const slack of [
      slackTitle,
      slackText.replace(/<http:\/\/z\/[^<>|]*\|(?:Case case-1|Playbook [^<>]*)>/g, ''),
    ])
      assert.doesNotMatch(slack, /[<>]|&(?!amp;|lt;|gt;)/, slack);
    const own = jira.replace(/^h4\. .*$/gm, '').replace(/^(?:Case|Playbook): http:\/\/z\/\S+$/gm, '');
    assert.doesNotMatch(own.replace(/\\[\\{}[\]|!*_^~+?#-]/g, ''), /[{}[\]|!*_^~+?#\\-]/, jira);
    for (const message of messages)
      assert.doesNotMatch(
        message.replaceAll('http://z/', ''),
        /:\/\/|\b(?:javascript|mailto|data):/i,
        message,
      );
  }
});

test('the pages never take text for markup', () => {
  const root = fileURLToPath(new URL('../../grafana-plugin/', import.meta.url));
  const files = globSync('{src,host}/**/*.{ts,tsx}', { cwd: root });
  assert.ok(files.length > 60);
  for (const file of files)
    assert.doesNotMatch(
      readFileSync(join(root, file), 'utf8'),
      /dangerouslySetInnerHTML|\.(?:innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function\(/,
      file,
    );
});
