import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalRecordData, canonicalRecordSet } from '../../../collector/src/leaf/record-data.ts';

const cases: readonly (readonly [type: string, value: string, expected: string])[] = [
  ['A', ' 192.0.2.1', '192.0.2.1'],
  ['AAAA', '2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['A', 'not an  address', 'not an address'],
  ['CNAME', 'WWW.Example.COM.', 'www.example.com'],
  ['NS', 'ns1.example.net', 'ns1.example.net'],
  ['MX', '10  Mail.Example.com.', '10 mail.example.com'],
  ['MX', '0 .', '0 .'],
  ['MX', 'mail.example.com', 'mail.example.com'],
  ['SRV', '05 0 5060 Sip.example.com.', '5 0 5060 sip.example.com'],
  [
    'SOA',
    'NS1.example. host\\.master.example. ( 1 7200 3600 1209600 300 )',
    'ns1.example host\\.master.example 1 7200 3600 1209600 300',
  ],
  ['TXT', 'v=spf1 -all', '"v=spf1 -all"'],
  ['TXT', '"v=spf1 " "-all"', '"v=spf1 -all"'],
  ['TXT', '"a""b"', '"ab"'],
  ['TXT', '"say \\"hi\\" \\\\ \\195\\188"', '"say \\"hi\\" \\\\ \\195\\188"'],
  ['TXT', 'ü', '"\\195\\188"'],
  ['TXT', '"open', '"\\"open"'],
  ['TXT', '', '""'],
  ['TXT', '""', '""'],
  ['TXT', '"', '"\\""'],
  ['TXT', '"one string"', '"one string"'],
  ['TXT', '"tab\there"', '"tab\\009here"'],
  ['CAA', '0 ISSUE letsencrypt.org', '0 issue "letsencrypt.org"'],
  [
    'CAA',
    '128 issuewild "ca.example; accounturi=https://ca.example/1"',
    '128 issuewild "ca.example; accounturi=https://ca.example/1"',
  ],
  ['CAA', 'broken', 'broken'],
  ['DS', '12345 13 2 ab cd EF', '12345 13 2 ABCDEF'],
  ['DNSKEY', '257 3 13 mdsswUyr3DPW 132mOi8V9xES', '257 3 13 mdsswUyr3DPW132mOi8V9xES'],
  ['TLSA', '3 1 1 0c72ac70', '3 1 1 0C72AC70'],
  ['HTTPS', '1  . alpn=h2', '1 . alpn=h2'],
  [
    'HTTPS',
    '01 Svc.Example.NET. ALPN="h2,h3" ipv6hint=2001:DB8:0::1 port="443"',
    '1 svc.example.net alpn=h2,h3 port=443 ipv6hint=2001:db8::1',
  ],
  ['HTTPS', '1 . port=443 mandatory=alpn,port alpn=h2', '1 . mandatory=alpn,port alpn=h2 port=443'],
  ['SVCB', '0 foo.Example.com.', '0 foo.example.com'],
  ['SVCB', '16 . key667="a b" no-default-alpn', '16 . no-default-alpn key667="a b"'],
  ['SVCB', '1 . alpn="open', '1 . alpn="open'],
  [
    'NAPTR',
    '100  010 S "SIP+D2U" "" _sip._udp.Example.com.',
    '100 10 "S" "SIP+D2U" "" _sip._udp.example.com',
  ],
  [
    'NAPTR',
    '100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .',
    '100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .',
  ],
  ['URI', '10 1 "https://Example.com/A"', '10 1 "https://Example.com/A"'],
  ['URI', '10 1 https://example.com/', '10 1 "https://example.com/"'],
  ['HINFO', '"a  b" "c"', '"a  b" "c"'],
];

test('canonicalRecordData has one form per type', () => {
  for (const [type, value, expected] of cases)
    assert.equal(canonicalRecordData(type, value), expected, `${type} ${value}`);
});

test('canonicalRecordData is idempotent for every type', () => {
  const types = fc.constantFrom(
    'A',
    'AAAA',
    'TXT',
    'CAA',
    'MX',
    'NS',
    'SOA',
    'DS',
    'SRV',
    'HTTPS',
    'SVCB',
    'NAPTR',
    'URI',
    'TYPE65280',
  );
  fc.assert(
    fc.property(types, fc.string({ unit: 'binary', maxLength: 60 }), (type, value) => {
      const once = canonicalRecordData(type, value);
      assert.equal(canonicalRecordData(type, once), once);
    }),
    { numRuns: 1000 },
  );
});

test('canonicalRecordSet is sorted, without repeats, whatever the order', () => {
  assert.deepEqual(canonicalRecordSet('NS', ['NS2.example.', 'ns1.example', 'ns2.example']), [
    'ns1.example',
    'ns2.example',
  ]);
  assert.deepEqual(canonicalRecordSet('A', []), []);
  assert.deepEqual(canonicalRecordSet('A', ['192.0.2.1 ']), ['192.0.2.1']);
});
