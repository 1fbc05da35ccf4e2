/** Keys come out as one sort of all of them would give them, each once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyRuns } from '../../../collector/src/host/key-runs.ts';

function takeAll(runs: KeyRuns): string[] {
  const keys: string[] = [];
  for (let key = runs.take(); key !== undefined; key = runs.take()) keys.push(key);
  return keys;
}

test('several runs and repeated keys come out in order, each once', () => {
  const keys = Array.from({ length: 7_500 }, (_, i) => `key-${(i * 7_919) % 5_000}`);
  const runs = new KeyRuns();
  for (const key of keys) runs.add(key);
  const taken = takeAll(runs);
  assert.equal(taken.length, 5_000);
  assert.deepEqual(taken, [...new Set(keys)].sort());
});

test('no keys, one key, the same key in two runs', () => {
  assert.deepEqual(takeAll(new KeyRuns()), []);
  const runs = new KeyRuns();
  for (let i = 0; i < 2_500; i++) runs.add('b');
  runs.add('a');
  assert.deepEqual(takeAll(runs), ['a', 'b']);
});
