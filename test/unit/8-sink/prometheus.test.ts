import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CaseBoard } from '../../../collector/src/8-sink/case-board.ts';
import { createPrometheusPage } from '../../../collector/src/8-sink/prometheus.ts';
import type { MetricReader } from '../../../collector/src/contract/names.ts';
import { sampleCase, sampleScore, signalOf } from './sample-signals.ts';

async function linesOf(readers: readonly MetricReader[], start: string): Promise<string[]> {
  const text = await createPrometheusPage(readers).text();
  return text.split('\n').filter((line) => line.startsWith(start));
}

test('an open case is 1, a closed one 0 for its time, then it is gone', async () => {
  let nowMs = 0;
  const board = new CaseBoard(() => nowMs, 1_000);
  board.apply(signalOf('case', sampleCase()));
  const labels =
    'tenant="acme",case_id="case-1",domain="example.com",severity="high",team="dns",kind="delegation"';
  assert.deepEqual(await linesOf([board.reader], 'zonewarden_case_open'), [
    `zonewarden_case_open{${labels}} 1`,
  ]);
  board.apply(signalOf('case', sampleCase({ revision: 1, state: 'closed' })));
  nowMs = 999;
  assert.deepEqual(await linesOf([board.reader], 'zonewarden_case_open'), [
    `zonewarden_case_open{${labels}} 0`,
  ]);
  board.apply(signalOf('case', sampleCase({ revision: 2, state: 'closed', disposition: 'true_positive' })));
  nowMs = 1_000;
  assert.deepEqual(await linesOf([board.reader], 'zonewarden_case_open'), []);
  assert.deepEqual(await linesOf([board.reader], 'zonewarden_cases'), [
    'zonewarden_cases{tenant="acme",severity="high",state="closed"} 1',
  ]);
});

test('the worst severity stays in the label; after an escalation the old series is 0', async () => {
  let nowMs = 0;
  const board = new CaseBoard(() => nowMs, 1_000);
  board.applyCase(sampleCase());
  board.applyCase(
    sampleCase({ revision: 1, severity: 'critical', domains: ['another.example', 'example.com'] }),
  );
  const at = (severity: string) =>
    `zonewarden_case_open{tenant="acme",case_id="case-1",domain="example.com",severity="${severity}",team="dns",kind="delegation"}`;
  assert.deepEqual(await linesOf([board.reader], 'zonewarden_case_open'), [
    `${at('critical')} 1`,
    `${at('high')} 0`,
  ]);
  board.applyCase(sampleCase({ revision: 2, severity: 'low' }));
  board.applyCase(sampleCase({ revision: 0 }));
  nowMs = 1_000;
  assert.deepEqual(await linesOf([board.reader], 'zonewarden_case_open'), [`${at('critical')} 1`]);
});

test('repeating a signal changes nothing, and a reopened case is 1 again', async () => {
  const board = new CaseBoard(() => 0);
  for (let i = 0; i < 3; i++) board.applyCase(sampleCase());
  board.applyCase(sampleCase({ revision: 1, state: 'closed' }));
  board.applyCase(sampleCase({ revision: 2, state: 'reopened' }));
  const lines = await linesOf([board.reader], 'zonewarden_case_open');
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', / 1$/);
});

test('beyond the bound the most severe cases stay and the rest is counted', async () => {
  const board = new CaseBoard(() => 0);
  for (let i = 0; i < 400; i++)
    board.applyCase(
      sampleCase({ case_id: `case-${i}`, severity: i === 399 ? 'critical' : 'low', severity_history: [] }),
    );
  const lines = await linesOf([board.reader], 'zonewarden_case_open{');
  assert.equal(lines.length, 300);
  assert.match(lines[0] ?? '', /case-399/);
  assert.deepEqual(await linesOf([board.reader], 'zonewarden_series_dropped{'), [
    'zonewarden_series_dropped{metric="zonewarden.case.open"} 100',
  ]);
});

test('scores are gauges, an unknown score has no value', async () => {
  const board = new CaseBoard(() => 0);
  board.apply(signalOf('score', sampleScore()));
  board.apply(
    signalOf(
      'score',
      sampleScore({ domain: 'unknown.example', score: null, coverage: 0, risk: null, tier: null }),
    ),
  );
  assert.deepEqual(await linesOf([board.reader], 'zonewarden_control_score{'), [
    'zonewarden_control_score{tenant="acme",domain="example.com",tier="1",team="dns"} 61',
  ]);
  assert.equal((await linesOf([board.reader], 'zonewarden_control_score_coverage{')).length, 2);
  board.forgetScore('acme', 'example.com');
  assert.deepEqual(await linesOf([board.reader], 'zonewarden_control_score{'), []);
});

test('a page shows each reading anew: no sums over scrapes, no series that are gone', async () => {
  let value = 5;
  let source = 'a"\n\\';
  const reader: MetricReader = () => [
    {
      metric: 'source_records',
      labels: { tenant: 't', source, secret: 'x' } as Record<string, string>,
      value,
    },
    { metric: 'source_lag', labels: { tenant: 't' } as Record<string, string>, value: Number.NaN },
    { metric: 'process_uptime', labels: {} as Record<string, string>, value: 3 },
  ];
  const page = createPrometheusPage([reader]);
  assert.equal(page.contentType, 'text/plain; version=0.0.4; charset=utf-8');
  const first = await page.text();
  assert.match(first, /^zonewarden_source_records_total\{tenant="t",source="a\\"\\n\\\\"\} 5$/m);
  assert.match(first, /^# TYPE zonewarden_source_records_total counter$/m);
  assert.doesNotMatch(first, /^zonewarden_source_lag/m);
  value = 6;
  source = 'b';
  const second = await page.text();
  assert.match(second, /^zonewarden_source_records_total\{tenant="t",source="b"\} 6$/m);
  assert.doesNotMatch(second, /source="a/);
  assert.match(second, /^zonewarden_process_uptime_seconds 3$/m);
  assert.doesNotMatch(second, /^zonewarden_engine_backlog/m, 'what nobody reads is absent, not 0');
});

test('a case that is read from storage after a restart counts from when it closed', async () => {
  const closedAtMs = Date.parse('2026-03-04T05:06:08.500Z');
  const closed = sampleCase({ revision: 3, state: 'closed' });
  const soon = new CaseBoard(() => closedAtMs + 999, 1_000);
  soon.applyCase(closed);
  assert.equal((await linesOf([soon.reader], 'zonewarden_case_open{')).length, 1);
  const later = new CaseBoard(() => closedAtMs + 1_000, 1_000);
  later.applyCase(closed);
  assert.deepEqual(await linesOf([later.reader], 'zonewarden_case_open{'), []);
});
