/** docs/security.md names tests; a control whose test is gone is not shown any more. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { faults } from '../faults/faults.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs', 'security.md'), 'utf8');

test('every test that the security page names exists and has a test in it', () => {
  const named = [...page.matchAll(/`(test\/[^`]+\.ts)`/g)].map(([, path]) => path as string);
  assert.ok(named.length > 25);
  for (const path of named) {
    assert.ok(existsSync(join(root, path)), path);
    if (path.endsWith('.test.ts')) assert.match(readFileSync(join(root, path), 'utf8'), /\btest\(/, path);
  }
});

test('every control has a threat, a sentence and a test', () => {
  const controls = page.slice(page.indexOf('## Controls'), page.indexOf('## Not shown'));
  const rows = controls.split('\n').filter((line) => line.startsWith('| ') && !/^\| (threat|---)/.test(line));
  assert.ok(rows.length >= 18);
  for (const row of rows) assert.match(row, /^\| [^|]+ \| [^|]{20,} \| .*`test\/[^`]+` .*\|$/, row);
});

test('every fault names tests that exist', () => {
  for (const { name, tests } of faults) {
    assert.ok(tests.length > 0, name);
    for (const path of tests) assert.ok(existsSync(join(root, path)), `${name}: ${path}`);
  }
});
