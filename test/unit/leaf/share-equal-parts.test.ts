import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareEqualParts } from '../../../collector/src/leaf/share-equal-parts.ts';

test('equal parts become one, different ones stay, and no value says anything else', () => {
  const text =
    '[{"domain":"a.example","approved":{"nameservers":["ns1.x.example"]},"tier":1},' +
    '{"domain":"b.example","approved":{"nameservers":["ns1.x.example"]},"tier":1},' +
    '{"domain":"c.example","approved":{"nameservers":["ns2.x.example"]},"roles":null}]';
  const values = JSON.parse(text) as { approved: object }[];
  shareEqualParts(values);
  assert.deepEqual(values, JSON.parse(text));
  assert.equal(values[0]?.approved, values[1]?.approved);
  assert.notEqual(values[0]?.approved, values[2]?.approved);
});

test('a frozen value is left alone', () => {
  const frozen = Object.freeze({ approved: { a: 1 } });
  const other = { approved: { a: 1 } };
  shareEqualParts([other, frozen]);
  assert.notEqual(frozen.approved, other.approved);
});
