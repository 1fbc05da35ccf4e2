/** Vantage points behind an answer (detection reference 3.7). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoneVantage, vantagesOf } from '../../../collector/src/leaf/vantage.ts';

void test('agreed and asked are read; a single named vantage is one of one', () => {
  assert.deepEqual(vantagesOf('2 of 3'), [2, 3]);
  assert.deepEqual(vantagesOf('frankfurt'), [1, 1]);
  assert.equal(vantagesOf(undefined), undefined);
});

void test('one of several is lone; the only one asked is not', () => {
  assert.equal(isLoneVantage('1 of 3'), true);
  assert.equal(isLoneVantage('0 of 2'), true);
  assert.equal(isLoneVantage('2 of 3'), false);
  assert.equal(isLoneVantage('frankfurt'), false);
  assert.equal(isLoneVantage(undefined), false);
});
