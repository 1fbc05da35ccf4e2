/** Base32 beside the examples of RFC 4648 section 10 and beside arithmetic that knows nothing of tables. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { base32OfHex } from '../../../collector/src/leaf/base32.ts';

const hexOf = (text: string): string => Buffer.from(text).toString('hex');

test('base32 of RFC 4648, in lower case and without padding, as far as whole characters go', () => {
  const examples = [
    ['', ''],
    ['foo', 'mzxw'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytbo'],
  ] as const;
  for (const [text, expected] of examples) assert.equal(base32OfHex(hexOf(text), 64), expected);
  assert.equal(base32OfHex(hexOf('fooba').toUpperCase(), 5), 'mzxw6');
});

test('an id is the first 130 bits of a digest', () => {
  for (let i = 0; i < 2_000; i++) {
    const hex = createHash('sha256').update(String(i)).digest('hex');
    const bits = BigInt(`0x${hex}`).toString(2).padStart(256, '0');
    let expected = '';
    for (let at = 0; at < 130; at += 5)
      expected += 'abcdefghijklmnopqrstuvwxyz234567'.charAt(Number.parseInt(bits.slice(at, at + 5), 2));
    assert.equal(base32OfHex(hex, 26), expected);
    assert.equal(base32OfHex(hex.toUpperCase(), 26), expected);
    assert.equal(base32OfHex(hex, 25), expected.slice(0, 25));
  }
});
