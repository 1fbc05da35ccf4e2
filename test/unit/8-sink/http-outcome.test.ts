import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveryOf, retryAfterMs } from '../../../collector/src/8-sink/http-outcome.ts';

test('Retry-After in seconds or as a date, bounded, nonsense ignored', () => {
  assert.equal(retryAfterMs('3', 0), 3_000);
  assert.equal(retryAfterMs(' 0 ', 0), 0);
  assert.equal(retryAfterMs('99999999', 0), 600_000);
  assert.equal(retryAfterMs('Wed, 21 Oct 2015 07:28:00 GMT', Date.UTC(2015, 9, 21, 7, 27, 30)), 30_000);
  assert.equal(retryAfterMs('Wed, 21 Oct 2015 07:28:00 GMT', Date.UTC(2020, 0, 1)), 0);
  for (const bad of [undefined, '', '-1', '1.5', 'soon', '1e9', '9'.repeat(400)])
    assert.equal(retryAfterMs(bad, 0), undefined);
});

test('a mistake in credentials or address holds the queue instead of emptying it', () => {
  for (const status of [401, 403, 404, 407]) {
    const delivery = deliveryOf({ status }, 5, 0);
    assert.ok(delivery.status === 'retryable' && delivery.afterMs === 60_000, String(status));
  }
});

test('long answers are shortened in messages', () => {
  const delivery = deliveryOf({ status: 422, text: 'x'.repeat(5_000) }, 5, 0);
  assert.ok(delivery.status === 'rejected' && delivery.rejectedCount === 5 && delivery.message.length < 400);
});
