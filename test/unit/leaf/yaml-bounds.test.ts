/** YAML of others: what is not parsed at all, and repeated keys without comparing each with each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocument } from 'yaml';
import {
  ownKeyCheck,
  plainYaml,
  repeatedKeys,
  yamlPieces,
  yamlRefusal,
} from '../../../collector/src/leaf/yaml-bounds.ts';

test('pieces are what nodes, comments and lines are made of; words and long values are none', () => {
  assert.equal(yamlPieces('a: [b, c]\n'), 5);
  assert.equal(yamlPieces('- x\n- "y"\n'), 6);
  assert.equal(yamlPieces('é'.repeat(1000)), 0);
  assert.equal(yamlPieces('x'.repeat(1_000_000)), 0);
});

test('a text with too many pieces or references is refused with its figures', () => {
  assert.equal(yamlRefusal('a: 1\n', 2), undefined);
  assert.match(yamlRefusal('a: 1\nb: 2\n', 3) ?? '', /^has 4 parts .* at most 3 /);
  const many = Array.from({ length: 5_001 }, (_, i) => `- *a${i}`).join('\n');
  assert.match(yamlRefusal(many, 1_000_000) ?? '', /^has 5001 anchors .* at most 5000 /);
  // Emphasis, products and masks in words are no references.
  assert.equal(yamlRefusal('text: 2 * 3 & "*.example" **\n'.repeat(6_000), 1_000_000), undefined);
});

test('a repeated key is found in any map, with both places; the same word of another type is another key', () => {
  const text = 'a: {x: 1, x: 2}\n1: b\n"1": c\na: 3\n';
  const found = repeatedKeys(parseDocument(text, ownKeyCheck));
  assert.deepEqual(
    found
      .map(({ key, at, firstAt }) => [key, at, firstAt])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    [
      ['a', text.lastIndexOf('a'), 0],
      ['x', text.lastIndexOf('x'), text.indexOf('x')],
    ],
  );
});

test('fifty thousand different keys are read without comparing each with each', () => {
  const text = Array.from({ length: 50_000 }, (_, i) => `k${i}: ${i}`).join('\n');
  const before = process.cpuUsage();
  const read = plainYaml(text) as Record<string, number>;
  const { user, system } = process.cpuUsage(before);
  assert.equal(read['k49999'], 49_999);
  // Comparing took minutes; looking up takes half a second.
  assert.ok(user + system < 15_000_000, `${user + system} us`);
});

test('plain data, or one sentence why there is none', () => {
  assert.deepEqual(plainYaml('- {a: 1}\n- b\n'), [{ a: 1 }, 'b']);
  assert.equal(plainYaml(''), null);
  assert.deepEqual(plainYaml('a: &x [1]\nb: *x\n', 10), { a: [1], b: [1] });
  assert.throws(() => plainYaml('a: &x [1]\nb: *x\n'), /[Aa]lias/);
  assert.throws(() => plainYaml('a: 1\na: 2\n'), /"a" stands twice in one map/);
  assert.throws(() => plainYaml('a: [1\n'), /./);
  assert.throws(() => plainYaml('\n'.repeat(200_000)), /has 200000 parts/);
});
