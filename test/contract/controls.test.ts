/** Security controls that can be taken away: each must still stand where it is taken, and what it protects is tested (all: `npm run controls`). */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { missingControls } from '../controls/controls.ts';

const root = new URL('../../', import.meta.url);

for (const { name, file, from, to, tests } of missingControls)
  test(`there is a place for: ${name}`, () => {
    const source = readFileSync(new URL(`collector/src/${file}`, root), 'utf8');
    assert.equal(source.split(from).length, 2, `${file} must hold this exactly once: ${from}`);
    assert.notEqual(from, to);
    const page = readFileSync(new URL('docs/security.md', root), 'utf8');
    for (const path of tests) assert.ok(existsSync(new URL(path, root)), path);
    assert.ok(
      tests.some((path) => page.includes(path)),
      'the security page names one of its tests',
    );
  });
