import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStores } from '../../../collector/src/app/stores.ts';
import { UnusableInput } from '../../../collector/src/app/unusable-input.ts';

const nowMs = (): number => 1_700_000_000_000;

test('a data directory is made with its parents, for this user and group alone', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'zonewarden-data-'));
  t.after(() => rmSync(root, { recursive: true }));
  const directory = join(root, 'a', 'b', 'data');
  const stores = await openStores(directory, nowMs);
  await stores.close();
  assert.equal(statSync(directory).mode & 0o007, 0);
});

test('a data directory that cannot be is refused at once, in words', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'zonewarden-data-'));
  t.after(() => rmSync(root, { recursive: true }));
  const file = join(root, 'file');
  writeFileSync(file, '');
  const cases: [string, RegExp][] = [
    [file, /a file stands in the way/],
    [join(file, 'below'), /a file stands in the way/],
  ];
  // Linux alone has a directory in which nobody can create anything.
  if (process.platform === 'linux') cases.push(['/proc/zonewarden/data', /choose a directory/]);
  for (const [directory, reason] of cases)
    await assert.rejects(openStores(directory, nowMs), (error: unknown) => {
      assert.ok(error instanceof UnusableInput);
      assert.match(error.message, reason);
      assert.ok(error.message.includes(directory));
      return true;
    });
});
