import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalIp, ipInCidr } from '../../../collector/src/leaf/ip-address.ts';

const addresses: readonly (readonly [string, string | undefined])[] = [
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.1:63070', '192.0.2.1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['[2001:DB8::1]', '2001:db8::1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['fe80::1%eth0', 'fe80::1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  [' 192.0.2.1 ', '192.0.2.1'],
  ['192.0.2.01', undefined],
  ['192.0.2', undefined],
  ['192.0.2.256', undefined],
  ['192.0.2.1.5', undefined],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['1::2::3', undefined],
  [':::', undefined],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['12345::', undefined],
  ['AWS Internal', undefined],
  ['<null>', undefined],
  ['', undefined],
  ['[2001:db8::1', undefined],
  ['[2001:db8::1]x', undefined],
  ['192.0.2.1:99999999', undefined],
];

test('canonicalIp writes one spelling per address', () => {
  for (const [text, expected] of addresses) assert.equal(canonicalIp(text), expected, JSON.stringify(text));
});

test('canonicalIp accepts what the platform accepts and stays fixed', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 })), (text) => {
      const canonical = canonicalIp(text);
      if (isIP(text) !== 0) assert.notEqual(canonical, undefined);
      if (canonical !== undefined) {
        assert.notEqual(isIP(canonical), 0);
        assert.equal(canonicalIp(canonical), canonical);
      }
    }),
  );
});

test('ipInCidr compares bits inside one family', () => {
  assert.equal(ipInCidr('192.0.2.77', '192.0.2.0/24'), true);
  assert.equal(ipInCidr('192.0.3.1', '192.0.2.0/24'), false);
  assert.equal(ipInCidr('192.0.2.127', '192.0.2.0/25'), true);
  assert.equal(ipInCidr('192.0.2.128', '192.0.2.0/25'), false);
  assert.equal(ipInCidr('203.0.113.9', '0.0.0.0/0'), true);
  assert.equal(ipInCidr('192.0.2.1', '192.0.2.1'), true);
  assert.equal(ipInCidr('192.0.2.1', '192.0.2.1/33'), false);
  assert.equal(ipInCidr('192.0.2.1', '192.0.2.1/'), false);
  assert.equal(ipInCidr('192.0.2.1', '2001:db8::/32'), false);
  assert.equal(ipInCidr('2001:db8:1::5', '2001:db8::/32'), true);
  assert.equal(ipInCidr('2001:db9::5', '2001:db8::/32'), false);
  assert.equal(ipInCidr('192.0.2.1', '::ffff:192.0.2.0/120'), true);
  assert.equal(ipInCidr('nonsense', '192.0.2.0/24'), false);
});
