import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CaseBoard } from '../../../collector/src/8-sink/case-board.ts';
import { caseFacts, plainText } from '../../../collector/src/8-sink/case-facts.ts';
import { createPrometheusPage } from '../../../collector/src/8-sink/prometheus.ts';
import { sampleCase, sampleScore } from './sample-signals.ts';

test('words are one line, without control or direction characters, and bounded by characters', () => {
  assert.equal(plainText('a\n\tb\u202ec\u0000d', 20), 'a b c d');
  assert.equal(plainText('äöü€😀x', 4), 'äöü…');
  assert.equal(plainText('😀'.repeat(4), 4), '😀😀😀😀');
});

test('the newest changes with old and new value come first, identity only where nothing else happened', () => {
  const entry = (kind: 'claim' | 'identity' | 'finding' | 'observation', text: string) => ({
    at: '2026-03-04T05:06:07.089Z',
    kind,
    plane: 'dns',
    text,
    ref: 'r',
  });
  const timeline = [
    entry('claim', 'one'),
    entry('identity', 'login'),
    entry('claim', 'NS of example.com from ns1.a to ns1.b'),
    entry('finding', 'R05'),
    entry('observation', 'seen at the parent'),
  ];
  assert.equal(
    caseFacts(sampleCase({ timeline })).change,
    'NS of example.com from ns1.a to ns1.b seen at the parent',
  );
  assert.equal(caseFacts(sampleCase({ timeline: [entry('identity', 'login')] })).change, 'login');
});

test('a closed case keeps its words for the resolved message, and the value grows with the revision', async () => {
  const board = new CaseBoard(() => 0);
  board.applyCase(sampleCase());
  board.applyCase(sampleCase({ revision: 4, state: 'closed', notify: 'none' }));
  const text = await createPrometheusPage([board.reader]).text();
  const line = text.split('\n').find((each) => each.startsWith('zonewarden_case_facts{')) ?? '';
  assert.match(line, /notify="page"/);
  assert.match(line, / 5$/);
});

test('pages count once, by whether they were out within a minute, and stages by their time', async () => {
  let nowMs = Date.UTC(2026, 2, 4, 5, 6, 37, 89);
  const board = new CaseBoard(() => nowMs);
  const paged = { paged_at: '2026-03-04T05:06:07.089Z', paged_by: 'f1' };
  board.applyCase(sampleCase(paged));
  board.applyCase(sampleCase({ ...paged, revision: 1 }));
  board.restoreCase(sampleCase({ ...paged, case_id: 'case-old' }));
  board.applyCase(sampleCase({ ...paged, case_id: 'case-drill', drill: true }));
  nowMs += 60_000;
  board.applyCase(sampleCase({ ...paged, revision: 2, state: 'acknowledged' }));
  board.applyCase(sampleCase({ ...paged, case_id: 'case-late' }));
  const text = await createPrometheusPage([board.reader]).text();
  const lines = text
    .split('\n')
    .filter((line) => /^zonewarden_(pages|page_delay|case_stage|drill)/.test(line));
  assert.deepEqual(lines.sort(), [
    'zonewarden_case_stage_time_seconds_total{tenant="acme",severity="high",stage="acknowledged"} 90',
    'zonewarden_case_stage_time_seconds_total{tenant="acme",severity="high",stage="paged"} 120',
    'zonewarden_case_stages_total{tenant="acme",severity="high",stage="acknowledged"} 1',
    'zonewarden_case_stages_total{tenant="acme",severity="high",stage="paged"} 2',
    'zonewarden_drill_age_seconds{tenant="acme"} 90',
    'zonewarden_page_delay_seconds_total{tenant="acme"} 120',
    'zonewarden_pages_total{tenant="acme",in_time="false"} 1',
    'zonewarden_pages_total{tenant="acme",in_time="true"} 1',
  ]);
});

test('pages of a tenant are 0 before the first one', async () => {
  const board = new CaseBoard(() => 0);
  board.applyScore(sampleScore());
  const text = await createPrometheusPage([board.reader]).text();
  assert.match(text, /^zonewarden_pages_total\{tenant="acme",in_time="false"\} 0$/m);
  assert.match(text, /^zonewarden_pages_total\{tenant="acme",in_time="true"\} 0$/m);
});
