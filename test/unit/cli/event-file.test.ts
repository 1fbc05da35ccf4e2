/** Files of events that cannot be opened are a sentence and exit 2, never a stack trace: also in a process of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

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
