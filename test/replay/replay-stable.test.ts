/** `zonewarden replay` gives the same bytes whatever the order of the lines, repetitions, or the run. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { replay } from '../../collector/src/cli/replay.ts';
import type { CanonicalEvent } from '../../collector/src/contract/event.ts';
import { isCase } from '../../collector/src/contract/case.ts';
import { isFinding } from '../../collector/src/contract/finding.ts';
import { collectingIo } from '../unit/cli/collecting-io.ts';
import { chooser } from './partitioned-run.ts';

interface Incident {
  replay: {
    inventory: unknown;
    intents: unknown[];
    warmup: { event: CanonicalEvent }[];
    events: { event: CanonicalEvent }[];
  };
}

const file = fileURLToPath(new URL('../fixtures/incidents/delegation-moved.json', import.meta.url));
const { replay: parts } = JSON.parse(readFileSync(file, 'utf8')) as Incident;
const outputs = ['findings.ndjson', 'cases.ndjson', 'scores.ndjson', 'summary.json'];

async function run(t: TestContext, lines: readonly string[]): Promise<Record<string, string>> {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-replay-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = (name: string): string => join(directory, name);
  writeFileSync(path('inventory.json'), JSON.stringify(parts.inventory));
  writeFileSync(path('intents.json'), JSON.stringify({ version: 1, intents: parts.intents }));
  writeFileSync(path('warmup.ndjson'), parts.warmup.map(({ event }) => JSON.stringify(event)).join('\n'));
  writeFileSync(path('events.ndjson'), lines.join('\n'));
  const io = collectingIo();
  const argv = ['--events', path('events.ndjson'), '--inventory', path('inventory.json')];
  const status = await replay(
    [...argv, '--intents', path('intents.json'), '--warmup', path('warmup.ndjson'), '--out', path('out')],
    io,
  );
  assert.equal(status, 0, io.errors());
  return Object.fromEntries(
    outputs.map((name) => [name, readFileSync(join(directory, 'out', name), 'utf8')]),
  );
}

const lines = parts.events.map(({ event }) => JSON.stringify(event));

test('findings and cases are complete and one case pages', async (t) => {
  const result = await run(t, lines);
  const rows = (name: string): unknown[] =>
    (result[name] ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  assert.ok(rows('findings.ndjson').length > 0 && rows('findings.ndjson').every(isFinding));
  assert.ok(rows('cases.ndjson').every(isCase));
  const summary = JSON.parse(result['summary.json'] ?? '') as {
    pages: number;
    cases: number;
    rejected: number;
  };
  assert.deepEqual([summary.pages, summary.cases, summary.rejected], [1, 1, 0]);
  assert.match(result['scores.ndjson'] ?? '', /"domain":"pay\.example"/);
});

test('order of lines and repetitions change no byte', async (t) => {
  const straight = await run(t, lines);
  for (let seed = 1; seed <= 5; seed++) {
    const choose = chooser(seed);
    const shuffled = lines
      .map((line) => ({ line, at: choose.below(1_000_000) }))
      .sort((a, b) => a.at - b.at)
      .map(({ line }) => line);
    assert.deepEqual(await run(t, shuffled), straight);
  }
  const summaryless = ({ ['summary.json']: _summary, ...rest }: Record<string, string>) => rest;
  assert.deepEqual(summaryless(await run(t, [...lines, ...lines])), summaryless(straight));
});

test('a line that is no event is named and does not touch its neighbours', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-replay-'));
  t.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'i.json'), JSON.stringify(parts.inventory));
  writeFileSync(
    join(directory, 'e.ndjson'),
    ['{"half":', lines[0], '{"event_id":"x"}', ...lines.slice(1)].join('\n'),
  );
  const io = collectingIo();
  const out = join(directory, 'out');
  const status = await replay(
    ['--events', join(directory, 'e.ndjson'), '--inventory', join(directory, 'i.json'), '--out', out],
    io,
  );
  assert.equal(status, 1);
  const problems = io.errors().trim().split('\n');
  assert.equal(problems.length, 2);
  assert.match(problems[0] ?? '', /e\.ndjson:1: not JSON/);
  assert.match(problems[1] ?? '', /e\.ndjson:3: /);
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as {
    events: number;
    rejected: number;
  };
  assert.deepEqual([summary.events, summary.rejected], [lines.length, 2]);
});
