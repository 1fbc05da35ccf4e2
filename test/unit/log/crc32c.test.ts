import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '../../../collector/src/log/crc32c.ts';

test('crc32c gives the values of RFC 3720 appendix B.4', () => {
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i))), 0x46dd794e);
  assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i))), 0x113fdb5c);
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(0)), 0);
});

test('crc32c of a part, of unaligned bytes and continued is the checksum of those bytes', () => {
  const bytes = Buffer.from(Array.from({ length: 100 }, (_, i) => (i * 73) & 255));
  for (let start = 0; start < 20; start++)
    for (let end = start; end <= 100; end += 7) {
      const whole = crc32c(Buffer.from(bytes.subarray(start, end)));
      const middle = start + ((end - start) >> 1);
      assert.equal(crc32c(bytes, start, end), whole);
      assert.equal(crc32c(bytes, middle, end, crc32c(bytes, start, middle)), whole);
    }
});
