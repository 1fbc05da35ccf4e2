import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapStatistics } from 'node:v8';
import { releaseUnusedHeap } from '../../../collector/src/app/unused-heap.ts';

const mebibyte = 1024 * 1024;
const claimed = (): number => getHeapStatistics().total_physical_size / mebibyte;

test('what a start needed is given back, and a small heap is left alone', () => {
  let kept: unknown[] | undefined = Array.from({ length: 1_500_000 }, (_, i) => ({ i, text: `${i}` }));
  const before = claimed();
  assert.ok(before > 120, `${before} MB`);
  assert.equal(kept.length, 1_500_000);
  kept = undefined;
  assert.equal(releaseUnusedHeap(), true);
  const after = claimed();
  assert.ok(after < before / 2 && after < 72, `${before} MB, then ${after}`);
  assert.equal(releaseUnusedHeap(), false);
});
