/** Lines of the benchmark as the command line promises them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interleaved } from '../bench/figure.ts';

test('costs become rates, and the ratio is value over floor', () => {
  // 8 us a record beside 2 us of bare work: a quarter as fast.
  const figure = interleaved('pipeline.okta', 'cpu us/record', [8, 7, 9], [2, 1.9, 2.1], 0.43, 'note');
  assert.equal(figure.value, 125_000);
  assert.equal(figure.floor, 500_000);
  assert.equal(figure.unit, 'records/cpu s');
  assert.equal(figure.ratio, 0.25);
  assert.equal(figure.us, 8);
  assert.equal(figure.held, false);
  assert.equal(interleaved('log.append', 'us/record', [2], [2], 0.8, '').held, true);
});
