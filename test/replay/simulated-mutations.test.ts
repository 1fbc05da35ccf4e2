/** Planted bugs: each must still be where it is planted, and the simulator must find some of them at once (all: `npm run sim -- --mutations`). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hunt } from '../sim/mutation-hunt.ts';
import { leaks, mutations } from '../sim/mutations.ts';

for (const { name, file, from, to } of [...mutations, ...leaks])
  test(`there is a place for the bug: ${name}`, () => {
    const source = readFileSync(new URL(`../../collector/src/${file}`, import.meta.url), 'utf8');
    assert.equal(source.split(from).length, 2, `${file} must hold this exactly once: ${from}`);
    assert.notEqual(from, to);
  });

for (const [name, lives, minutes] of [
  ['503 of an endpoint taken for success', 1, 3],
  ['waiting messages not read again', 2, 3],
] as const)
  test(`the simulator finds: ${name}`, async (t) => {
    const found = await hunt(name, 1, 3, lives, minutes);
    assert.notEqual(found.seed, undefined);
    t.diagnostic(JSON.stringify(found));
  });
