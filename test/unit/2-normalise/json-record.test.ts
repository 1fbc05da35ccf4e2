import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson, parseJsonRecord } from '../../../collector/src/2-normalise/json-record.ts';
import {
  hasMoreMembers,
  jsonFaultOffset,
  utf8FaultOffset,
} from '../../../collector/src/2-normalise/json-text.ts';

function failureOf(text: string | Uint8Array): string {
  const outcome = parseJsonRecord(typeof text === 'string' ? Buffer.from(text) : text);
  return outcome.ok ? 'read' : `${outcome.failure.code}: ${outcome.failure.message}`;
}

test('faults name their place', () => {
  assert.match(failureOf('{"a":\n 1,,}'), /^not_json: not JSON at line 2, column 4 \(offset 9\)/);
  assert.match(failureOf('{"a":1'), /^not_json: JSON ends early at line 1, column 7/);
  assert.match(failureOf(''), /^not_json: JSON ends early/);
  assert.match(failureOf(Uint8Array.of(0x7b, 0xc3, 0x28)), /^not_utf8: byte 1 /);
  assert.match(failureOf('[1]'), /^not_an_object: .*an array/);
  assert.match(failureOf('null'), /^not_an_object: .*null/);
});

test('a byte order mark is no fault, repeated keys mean the last, __proto__ is an own member', () => {
  const outcome = parseJsonRecord(Buffer.from('\ufeff{"a":1,"a":2,"__proto__":{"b":3}}'));
  assert.ok(outcome.ok);
  assert.equal(outcome.value['a'], 2);
  assert.ok(Object.hasOwn(outcome.value, '__proto__'));
  assert.equal((outcome.value as { b?: number }).b, undefined);
});

test('depth and members are bounded exactly', () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
  assert.equal(failureOf(nested(64)), 'read');
  assert.match(failureOf(nested(65)), /^too_deep/);
  assert.equal(failureOf(`{"a":[${'0,'.repeat(9_998)}0]}`), 'read');
  assert.match(failureOf(`{"a":[${'0,'.repeat(9_999)}0]}`), /^too_many_keys/);
  assert.match(failureOf(Buffer.alloc(1024 * 1024 + 1, 0x20)), /^too_large/);
});

test('the fault finder agrees with the parser on every text', () => {
  const pieces = fc.array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '1',
      '-',
      '0',
      '.5',
      'e+1',
      'true',
      'nul',
      '"\\u00zz"',
      '"\\n"',
      ' ',
      '"',
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        pieces.map((all) => all.join('')),
        fc.json(),
      ),
      (text) => {
        const parsed = parseJson(Buffer.from(text));
        assert.equal(jsonFaultOffset(text) < 0, parsed.ok || parsed.failure.code !== 'not_json', text);
      },
    ),
    { numRuns: 2000 },
  );
});

test('the UTF-8 fault finder agrees with the decoder on all bytes', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
      let isText = true;
      try {
        decoder.decode(bytes);
      } catch {
        isText = false;
      }
      assert.equal(utf8FaultOffset(bytes) < 0, isText);
    }),
    { numRuns: 3000 },
  );
});

function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, inner) => sum + 1 + membersOf(inner), 0);
}

test('members are counted from the text as they are from the value, whatever strings hold', () => {
  const word = fc.oneof(fc.constantFrom('"', '\\', '\\"', ',', '[', '{}', '],[', '\\\\"'), fc.string());
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      word,
      fc.double(),
      fc.constantFrom(null, true),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(word, tie('value'), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(value, fc.constantFrom(0, 1, 3), (any, spaces) => {
      const text = JSON.stringify(any, undefined, spaces);
      // Of the value itself: V8 13.6 takes the key "\"" for "\\" where it has parsed that one in the same place before.
      const count = membersOf(any);
      assert.equal(hasMoreMembers(text, count), false, text);
      if (count > 0) assert.equal(hasMoreMembers(text, count - 1), true, text);
    }),
    { numRuns: 500 },
  );
});

test('a million keys are refused before they are built', () => {
  const text = `{${Array.from({ length: 1_000_000 }, (_, i) => `"k${i}":1`).join()}}`;
  const before = process.threadCpuUsage();
  const outcome = parseJson(Buffer.from(text), Infinity);
  const { user, system } = process.threadCpuUsage(before);
  assert.equal(!outcome.ok && outcome.failure.code, 'too_many_keys');
  // Building the object takes over two seconds.
  assert.ok(user + system < 1_000_000, `${(user + system) / 1000} ms`);
});
