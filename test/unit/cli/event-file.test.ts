/** Files of events that cannot be opened are a sentence and exit 2, never a stack trace: also in a process of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventOf } from '../4-ledger/stage-harness.ts';

const main = fileURLToPath(new URL('../../../collector/src/cli/main.ts', import.meta.url));

test('a missing file, and a folder, instead of events', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'events-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'inventory.json'), '{"version":1}');
  const rule = join(folder, 'rule.yaml');
  writeFileSync(
    rule,
    'title: T\nid: 00000000-0000-4000-8000-000000000001\nlogsource: {product: x}\ndetection: {a: {domain: x}, condition: a}\n',
  );
  const missing = join(folder, 'none.ndjson');
  const out = join(folder, 'out');
  const commands = [
    ['rules', 'match', '--rules', rule, '--events', missing],
    ['replay', '--events', missing, '--inventory', join(folder, 'inventory.json'), '--out', out],
    ['replay', '--events', folder, '--inventory', join(folder, 'inventory.json'), '--out', out],
  ];
  for (const argv of commands) {
    const ran = spawnSync(process.execPath, [main, ...argv], { encoding: 'utf8' });
    assert.equal(ran.status, 2, argv.join(' '));
    assert.match(ran.stderr, /cannot be read: E(NOENT|ISDIR)/);
    assert.ok(!ran.stderr.includes('    at '), ran.stderr);
  }
});

test('a time that does not exist is one bad line, not the end of the replay', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'events-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'inventory.json'), '{"version":1}');
  const event = eventOf({
    event_type: 'registrar.domain.lock_disabled',
    timestamp: '2026-06-30T10:00:00.000Z',
    domain: 'pay.example',
  });
  const lines = [
    event,
    { ...event, event_id: 'b'.repeat(26), timestamp: '2026-06-31T10:00:00.000Z' },
    { ...event, event_id: 'c'.repeat(26), observed_at: '2026-06-30T10:00:80.000Z' },
  ];
  const events = join(folder, 'events.ndjson');
  writeFileSync(events, lines.map((line) => JSON.stringify(line)).join('\n'));
  const out = join(folder, 'out');
  const argv = ['replay', '--events', events, '--inventory', join(folder, 'inventory.json'), '--out', out];
  const ran = spawnSync(process.execPath, [main, ...argv], { encoding: 'utf8' });
  assert.equal(ran.status, 1, ran.stderr);
  assert.match(ran.stderr, /:2: \/timestamp: 2026-06-31T10:00:00\.000Z is not a time that exists/);
  assert.match(ran.stderr, /:3: \/observed_at: 2026-06-30T10:00:80\.000Z is not a time that exists/);
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as {
    events: number;
    rejected: number;
  };
  assert.deepEqual([summary.events, summary.rejected], [1, 2]);
});
