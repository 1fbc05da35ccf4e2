import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SortedTexts } from '../../../collector/src/log/sorted-texts.ts';

test('texts come in order of time, then id, and the same again stands twice', () => {
  const sorted = new SortedTexts();
  sorted.add(20, 'b', 'fourth');
  sorted.add(-5, 'z', 'first');
  sorted.add(20, 'a', 'second');
  sorted.add(20, 'a', 'third');
  assert.equal(sorted.size, 4);
  assert.deepEqual([...sorted.inOrder()], ['first', 'second', 'third', 'fourth']);
  sorted.close();
});

test('an unfinished walk does not hinder closing', () => {
  const sorted = new SortedTexts();
  for (let i = 0; i < 25_000; i++) sorted.add(25_000 - i, `id-${i}`, `text ${i} Ä 🌍`);
  const [first] = sorted.inOrder();
  assert.equal(first, 'text 24999 Ä 🌍');
  sorted.close();
});
