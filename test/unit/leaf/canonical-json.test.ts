import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../../../collector/src/leaf/canonical-json.ts';

test('keys are sorted by code unit at every level, without white space', () => {
  assert.equal(
    canonicalJson({ b: [{ z: 1, a: null }, 'x'], a_1: true, B: 1.5, '': {} }),
    '{"":{},"B":1.5,"a_1":true,"b":[{"a":null,"z":1},"x"]}',
  );
});

test('keys and texts are escaped as ECMAScript does', () => {
  assert.equal(
    canonicalJson({ 'a"b': 'c"\n', é: 'ü', 'a\\': '\u0001' }),
    '{"a\\"b":"c\\"\\n","a\\\\":"\\u0001","é":"ü"}',
  );
  assert.equal(canonicalJson({ 'line\nbreak': 1, '\ud800': 2 }), '{"line\\nbreak":1,"\\ud800":2}');
  // A line break at the end of a word is no end of the text.
  assert.equal(canonicalJson({ 'word\n': 1 }), '{"word\\n":1}');
});

test('undefined members are left out, wherever they stand', () => {
  assert.equal(canonicalJson({ a: undefined, b: 1, c: undefined, d: 2 }), '{"b":1,"d":2}');
  assert.equal(canonicalJson({ a: undefined }), '{}');
});
