import assert from 'node:assert/strict';
import test from 'node:test';
import { base64Offsets, utf16Bytes, utf8Bytes } from '../../../collector/src/6-detect/sigma-encoding.ts';
import { errorsOf, ruleText, testOf } from './rule-loading.ts';

type Vector = readonly [item: string, event: Record<string, unknown>, matches: boolean];

// Written from the Sigma specification 2.1 ("Modifiers", "Wildcards", "Escaping") and the behaviour pySigma's tests describe.
const vectors: readonly Vector[] = [
  ['f: value', { f: 'VALUE' }, true],
  ['f: value', { f: 'values' }, false],
  ['f: value', {}, false],
  ['f: val*', { f: 'value' }, true],
  ['f: v?lue', { f: 'value' }, true],
  ['f: v?lue', { f: 'vlue' }, false],
  ["f: 'a\\*b'", { f: 'a*b' }, true],
  ["f: 'a\\*b'", { f: 'axb' }, false],
  ["f: 'a\\?b'", { f: 'a?b' }, true],
  ["f: 'c:\\dir\\x'", { f: 'C:\\Dir\\X' }, true],
  ["f: 'c:\\dir\\\\*'", { f: 'c:\\dir\\anything' }, true],
  ["f: '\\\\\\*'", { f: '\\*' }, true],
  ["f: ''", { f: '' }, true],
  ["f: ''", {}, false],
  ["f: '*'", { f: '' }, true],
  ["f: '*'", {}, false],
  ['f: 7', { f: 7 }, true],
  ['f: 7', { f: '7' }, true],
  ['f: 7', { f: 'seven' }, false],
  ['f: true', { f: 'True' }, true],
  ['f: null', {}, true],
  ['f: null', { f: null }, true],
  ['f: null', { f: '' }, false],
  ['f: [a, b]', { f: 'B' }, true],
  ['f: a', { f: ['x', 'a'] }, true],
  ['f: a', { f: [] }, false],
  ['a.b.c: x', { a: { b: { c: 'x' } } }, true],
  ['a.b.c: x', { 'a.b.c': 'x' }, true],
  ['a.b: x', { a: [{ b: 'y' }, { b: 'x' }] }, true],
  ['__proto__: x', { f: 'x' }, false],
  ['constructor: "*"', { f: 'x' }, false],
  ['f|contains: idd', { f: 'miDDle' }, true],
  ['f|startswith: mid', { f: 'Middle' }, true],
  ['f|startswith: dle', { f: 'middle' }, false],
  ['f|endswith: dle', { f: 'middle' }, true],
  ['f|contains: "a*c"', { f: 'xxabcxx' }, true],
  ['f|contains|all: [ab, cd]', { f: 'cd ab' }, true],
  ['f|contains|all: [ab, cd]', { f: 'ab' }, false],
  ['f|all: [a, b]', { f: ['b', 'a'] }, true],
  ['f|exists: true', { f: null }, true],
  ['f|exists: true', {}, false],
  ['f|exists: false', {}, true],
  ['f|cased: Value', { f: 'Value' }, true],
  ['f|cased: Value', { f: 'value' }, false],
  ['f|contains|cased: AL', { f: 'vALue' }, true],
  ['f|contains|cased: AL', { f: 'value' }, false],
  ['f|neq: a', { f: 'b' }, true],
  ['f|neq: a', { f: 'A' }, false],
  ['f|neq: a', {}, true],
  ['f|windash|contains: " -f "', { f: 'cmd /f x' }, true],
  ['f|windash|contains: " -f "', { f: 'cmd \u2013f x' }, true],
  ['f|windash|contains: " -f "', { f: 'cmd +f x' }, false],
  ['f|windash|contains: "a-b"', { f: 'a/b' }, false],
  ['f|re: "^ab+c$"', { f: 'abbc' }, true],
  ['f|re: "b+"', { f: 'abbc' }, true],
  ['f|re: "^AB"', { f: 'abc' }, false],
  ['f|re|i: "^AB"', { f: 'abc' }, true],
  ['f|re: "a.b"', { f: 'a\nb' }, false],
  ['f|re|s: "a.b"', { f: 'a\nb' }, true],
  ['f|re|m: "^b$"', { f: 'a\nb' }, true],
  ['f|re: "^b$"', { f: 'a\nb' }, false],
  ['f|re: "[0-9]{3}"', { f: 'a123' }, true],
  ['f|base64: foobar', { f: 'Zm9vYmFy' }, true],
  ['f|base64offset|contains: foobar', { f: 'xxZvb2Jhcxx' }, true],
  ['f|base64offset|contains: foobar', { f: 'xxmb29iYXxx' }, true],
  ['f|wide|base64offset|contains: ab', { f: 'YQBiA' }, true],
  ['f|utf16le|base64: a', { f: 'YQA=' }, true],
  ['f|utf16be|base64: a', { f: 'AGE=' }, true],
  ['f|utf16|base64: a', { f: '//5hAA==' }, true],
  ['f|gt: 5', { f: 6 }, true],
  ['f|gt: 5', { f: '6' }, true],
  ['f|gt: 5', { f: 5 }, false],
  ['f|gte: 5', { f: 5 }, true],
  ['f|lt: 5', { f: 4.9 }, true],
  ['f|lte: 5', { f: '5' }, true],
  ['f|lte: 5', { f: 'x' }, false],
  ['f|lte: 5', {}, false],
  ['t|hour: 23', { t: '2026-11-21T23:59:00Z' }, true],
  ['t|hour|gte: 22', { t: '2026-11-21T21:59:00Z' }, false],
  ['t|hour: 22', { t: '2026-11-21T23:30:00+01:00' }, true],
  ['t|minute: 5', { t: '2026-11-21T23:05:59Z' }, true],
  ['t|day: 21', { t: '2026-11-21T23:05:59Z' }, true],
  ['t|week: 53', { t: '2027-01-01T00:00:00Z' }, true],
  ['t|month: 11', { t: '2026-11-21T23:05:59Z' }, true],
  ['t|year: 2026', { t: '2026-11-21T23:05:59Z' }, true],
  ['ip|cidr: 192.0.2.0/24', { ip: '192.0.2.77' }, true],
  ['ip|cidr: 192.0.2.0/24', { ip: '192.0.3.1' }, false],
  ['ip|cidr: 192.0.2.0/24', { ip: 'not an address' }, false],
  ['ip|cidr: 2001:db8::/32', { ip: '2001:DB8:0:1::5' }, true],
  ['ip|cidr: [10.0.0.0/8, 192.168.0.0/16]', { ip: '192.168.4.4' }, true],
  ['a|fieldref: b', { a: 'x', b: 'X' }, true],
  ['a|fieldref: b', { a: 'x', b: 'y' }, false],
  ['a|fieldref: b', { a: 'x' }, false],
  ['a|fieldref|neq: b', { a: 'x', b: 'y' }, true],
  ['a|fieldref|startswith: b', { a: 'xyz', b: 'xy' }, true],
  ['a|fieldref|endswith: b', { a: 'xyz', b: 'xy' }, false],
  ['a|fieldref|contains: b', { a: 'xyz', b: 'y' }, true],
];

void test(`modifier and value vectors (${vectors.length})`, () => {
  for (const [item, event, matches] of vectors)
    assert.equal(
      testOf(`{s: {${quoted(item)}}, condition: s}`)(event),
      matches,
      `${item} on ${JSON.stringify(event)}`,
    );
});

function quoted(item: string): string {
  const colon = item.indexOf(': ');
  return `'${item.slice(0, colon)}'${item.slice(colon)}`;
}

const refused: readonly (readonly [item: string, reason: RegExp])[] = [
  ["'f|sounds': a", /unknown modifier "sounds"/],
  ["'f|all': a", /at least two values/],
  ["'f|exists': yes_please", /true or false/],
  ["'f|contains|exists': true", /cannot be combined/],
  ["'f|gt': abc", /needs a number/],
  ["'f|gt': true", /needs a number/],
  ["'f|i': a", /must follow "re"/],
  ["'f|re': 'a(?=b)'", /look-around/],
  ["'f|re': '(a)\\1'", /back reference/],
  ["'f|re': '['", /regular expression/],
  ["'f|cidr': 300.1.1.0/24", /not an IPv4 or IPv6 network/],
  ["'f|cidr': 1/132", /not an IPv4 or IPv6 network/],
  ["'f|wide|base64': 'a*'", /wildcards/],
  ["'f|fieldref': 'b*'", /wildcards/],
  ["'|exists': true", /keyword/],
  ["'f|contains': null", /for strings/],
  ['f: [a, null]', /null cannot stand in a list/],
  ['f: []', /empty list/],
  ["'f|base64': 'a*b'", /wildcards/],
  ["'f|cased': 5", /for strings/],
  ["'f|expand': '%unknown%'", /list %unknown%/],
  ["'f|expand': '%unknown%'", /expand\.yaml/],
  ["'f|expand': plain", /placeholder/],
  ["'f|sounds': a", /known are contains, startswith/],
  ['f: 118446744073709551615', /in quotes/],
  ["'f|contains': [a, 9007199254740992]", /in quotes/],
  ["'f|re': -9007199254740992", /in quotes/],
  ['[9007199254740992]', /in quotes/],
  ["'f|contains|contains': a", /stands twice/],
];

void test(`modifier faults refuse the rule (${refused.length})`, () => {
  for (const [item, reason] of refused) {
    const errors = errorsOf(ruleText(`{s: ${item.startsWith('[') ? item : `{${item}}`}, condition: s}`));
    assert.match(errors.join('\n'), reason, item);
  }
});

void test('long numbers: exact up to 2^53 - 1, exact in quotes beyond, and bounds may be of any size', () => {
  const exact = testOf('{s: {f: 9007199254740991}, condition: s}');
  assert.equal(exact({ f: '9007199254740991' }), true);
  assert.equal(exact({ f: '9007199254740990' }), false);
  const written = testOf("{s: {f: '118446744073709551615'}, condition: s}");
  assert.equal(written({ f: '118446744073709551615' }), true);
  assert.equal(written({ f: '118446744073709551616' }), false); // the same double
  const bound = testOf("{s: {'f|gt': 1790000000000000000}, condition: s}");
  assert.equal(bound({ f: '1800000000000000000' }), true);
  assert.equal(bound({ f: '1780000000000000000' }), false);
});

void test('expand takes the list of the event tenant, else the common one', () => {
  const lists = { '*': { admins: ['root'] }, acme: { admins: ['alice', 'al*'] } };
  const matches = testOf("{s: {'user|expand': '%admins%'}, condition: s}", lists);
  assert.equal(matches({ tenant: 'acme', user: 'alfred' }), true);
  assert.equal(matches({ tenant: 'acme', user: 'root' }), false);
  assert.equal(matches({ tenant: 'other', user: 'root' }), true);
});

void test('base64offset and utf-16 follow the examples of the specification', () => {
  assert.deepEqual(base64Offsets(utf8Bytes('foobar')), ['Zm9vYmFy', 'Zvb2Jhc', 'mb29iYX']);
  assert.deepEqual(utf16Bytes('é', 'be'), [0x00, 0xe9]);
});

void test('keywords look at every value, maps and lists combine', () => {
  const keywords = testOf('{k: [evil, 4711], condition: k}');
  assert.equal(keywords({ a: { b: ['so EVIL here'] } }), true);
  assert.equal(keywords({ a: 147110 }), true);
  assert.equal(keywords({ evil: 'no' }), false);
  const all = testOf("{k: {'|all': [one, two]}, condition: k}");
  assert.equal(all({ a: 'one', b: 'two' }), true);
  assert.equal(all({ a: 'one' }), false);
  const maps = testOf('{s: [{a: 1, b: 2}, {c: 3}], condition: s}');
  assert.equal(maps({ a: 1 }), false);
  assert.equal(maps({ a: 1, b: 2 }), true);
  assert.equal(maps({ c: 3 }), true);
});

void test('a hostile pattern and a long text take linear time', () => {
  const long = `${'a'.repeat(100_000)}b`;
  const started = process.cpuUsage().user;
  assert.equal(testOf("{s: {'f|re': '(a+)+$'}, condition: s}")({ f: long }), false);
  assert.equal(testOf(`{s: {f: '${'*a'.repeat(20)}*c'}, condition: s}`)({ f: long.slice(0, 5_000) }), false);
  assert.ok(process.cpuUsage(undefined).user - started < 3_000_000, 'took more than 3 s of processor time');
});
