import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalName, registrableDomain, unicodeName } from '../../../collector/src/leaf/domain-name.ts';

const names: readonly (readonly [string, string | undefined])[] = [
  ['Example.COM.', 'example.com'],
  ['example.com', 'example.com'],
  ['.', '.'],
  ['', undefined],
  ['..', undefined],
  ['a..b', undefined],
  ['.example.com', undefined],
  ['example.com..', undefined],
  ['*.Example.com', '*.example.com'],
  ['*', undefined],
  ['*.', undefined],
  ['a.*.example.com', undefined],
  ['_dmarc._tcp.example.com', '_dmarc._tcp.example.com'],
  ['0/25.2.0.192.in-addr.arpa', '0/25.2.0.192.in-addr.arpa'],
  ['example.com/path', undefined],
  ['http://example.com', undefined],
  ['user@example.com', undefined],
  ['exa mple.com', undefined],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['BÜCHER.example.', 'xn--bcher-kva.example'],
  ['faß.de', 'xn--fa-hia.de'],
  ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
  ['ｅxample．com', 'example.com'],
  ['a\u0000.com', undefined],
  ['ü/.com', undefined],
  ['ü@x.com', undefined],
  ['john\\.doe.example.com', 'john\\.doe.example.com'],
  ['a\\032b.example', 'a\\032b.example'],
  ['\\101bc.example.', 'ebc.example'],
  ['\\042.example', '*.example'],
  ['a\\', undefined],
  ['a\\999.example', undefined],
  [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
  [`${'a'.repeat(64)}.example`, undefined],
  [`${'a.'.repeat(126)}a`, `${'a.'.repeat(126)}a`],
  [`${'a.'.repeat(127)}a`, undefined],
];

test('canonicalName follows RFC 1035 and RFC 5891', () => {
  for (const [text, expected] of names) assert.equal(canonicalName(text), expected, JSON.stringify(text));
});

test('canonicalName of a canonical name is the same name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const once = canonicalName(text);
      if (once !== undefined) assert.equal(canonicalName(once), once);
    }),
  );
});

test('registrableDomain takes the ICANN public suffix plus one label', () => {
  assert.equal(registrableDomain('www.example.co.uk'), 'example.co.uk');
  assert.equal(registrableDomain('*.shop.example.com'), 'example.com');
  assert.equal(registrableDomain('a.b.unknowntld'), 'b.unknowntld');
  assert.equal(registrableDomain('someone.github.io'), 'github.io');
  assert.equal(registrableDomain('_dmarc.example.com'), 'example.com');
  assert.equal(registrableDomain('co.uk'), undefined);
  assert.equal(registrableDomain('com'), undefined);
  assert.equal(registrableDomain('.'), undefined);
  assert.equal(registrableDomain('192.0.2.1'), undefined);
});

test('unicodeName decodes A-labels and keeps what does not decode', () => {
  assert.equal(unicodeName('www.xn--bcher-kva.example'), 'www.bücher.example');
  assert.equal(unicodeName('xn--r8jz45g.xn--zckzah'), '例え.テスト');
  assert.equal(unicodeName('xn--99999999999.example'), 'xn--99999999999.example');
  assert.equal(unicodeName('xn--a_.example'), 'xn--a_.example');
  assert.equal(unicodeName('example.com'), 'example.com');
});

test('unicodeName undoes canonicalName', () => {
  for (const name of ['münchen.example', 'αβγ.example', 'россия.example', '漢字仮名.example', 'a😀b.example'])
    assert.equal(unicodeName(canonicalName(name) ?? ''), name);
});

test('an escaped star is the wildcard only as a whole first label; what comes out is canonical', () => {
  for (const [text, name] of [
    ['\\*.example', '*.example'],
    ['\\042.example', '*.example'],
    ['\\*', '\\*'],
    ['\\*.', '\\*'],
    ['\\**', '\\*\\*'],
    ['\\*a.example', '\\*a.example'],
    ['a.\\*.example', 'a.\\*.example'],
  ] as const) {
    assert.equal(canonicalName(text), name, text);
    assert.equal(canonicalName(name), name, name);
  }
});
