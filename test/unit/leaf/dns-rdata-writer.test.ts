import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { recordTypeCode } from '../../../collector/src/leaf/dns-codes.ts';
import { rdataText } from '../../../collector/src/leaf/dns-rdata.ts';
import { rdataOctets, textStrings } from '../../../collector/src/leaf/dns-rdata-writer.ts';
import { canonicalRecordData } from '../../../collector/src/leaf/record-data.ts';

// Octets by hand from the RFCs named.
const vectors: readonly (readonly [type: string, value: string, hex: string])[] = [
  ['A', '192.0.2.1', 'c0000201'], // RFC 1035 3.4.1
  ['AAAA', '2001:db8::1', '20010db8000000000000000000000001'], // RFC 3596
  ['AAAA', '::', '00000000000000000000000000000000'],
  ['NS', 'NS1.Example.', '036e7331076578616d706c6500'],
  ['MX', '10 mx.example', '000a026d78076578616d706c6500'], // RFC 1035 3.3.9
  ['TXT', 'v=spf1 -all', '0b763d73706631202d616c6c'], // RFC 1035 3.3.14
  ['TXT', '""', '00'],
  ['TXT', '"a\\"b" "c"', '04612262' + '63'],
  ['SRV', '0 5 5060 sip.example', '0000000513c403736970076578616d706c6500'], // RFC 2782
  ['CAA', '0 issue "ca.example"', '00056973737565' + '63612e6578616d706c65'], // RFC 8659 4.1
  [
    'DS',
    '60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118',
    'ec4505012bb183af5f22588179a53b0a98631fad1a292118',
  ],
  ['TYPE65280', '\\# 3 01 0203', '010203'], // RFC 3597 5
];

test('vectors by hand', () => {
  for (const [type, value, hex] of vectors)
    assert.equal(Buffer.from(rdataOctets(type, value) ?? []).toString('hex'), hex, `${type} ${value}`);
});

test('what cannot be written is refused', () => {
  for (const [type, value] of [
    ['A', '192.0.2.256'],
    ['A', 'example'],
    ['AAAA', '192.0.2.1'],
    ['AAAA', 'nonsense'],
    ['AAAA', '::ffff:192.0.2.1'],
    ['MX', 'mx.example'],
    ['MX', '70000 mx.example'],
    ['NS', 'a..b'],
    ['DS', '1 2 3 ABC'],
    ['CAA', '256 issue "x"'],
    ['SVCB', '1 .'],
    ['TYPE65280', '\\# 4 010203'],
    ['NOTYPE', 'x'],
  ] as const)
    assert.equal(rdataOctets(type, value), undefined, `${type} ${value}`);
});

test('what is written reads as the same canonical value', () => {
  const word = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
  const name = fc.array(word, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const number = fc.integer({ min: 0, max: 65_535 });
  const value = fc.oneof(
    fc.tuple(fc.constant('A'), fc.ipV4()),
    fc.tuple(fc.constant('AAAA'), fc.ipV6()),
    fc.tuple(fc.constant('CNAME'), name),
    fc.tuple(
      fc.constant('MX'),
      fc.tuple(number, name).map(([n, host]) => `${n} ${host}`),
    ),
    fc.tuple(
      fc.constant('SRV'),
      fc.tuple(number, number, number, name).map((parts) => parts.join(' ')),
    ),
    fc.tuple(
      fc.constant('TXT'),
      fc.string({ maxLength: 700, unit: 'binary' }).map((text) => `x${text}`),
    ),
  );
  fc.assert(
    fc.property(value, ([type, text]) => {
      const canonical = canonicalRecordData(type, text);
      const octets = rdataOctets(type, canonical);
      // An address with an embedded zone or a name too long has no wire form.
      if (octets === undefined) {
        assert.ok(type === 'AAAA' || type === 'CNAME' || type === 'MX' || type === 'SRV', `${type} ${text}`);
        return;
      }
      const read = rdataText(octets, recordTypeCode(type) ?? 0, 0, octets.length);
      assert.equal(read.problem, undefined);
      assert.equal(canonicalRecordData(type, read.text), canonical);
      if (type === 'TXT') assert.equal(canonicalRecordData('TXT', textStrings(text)), canonical);
    }),
    { numRuns: 60 },
  );
});
