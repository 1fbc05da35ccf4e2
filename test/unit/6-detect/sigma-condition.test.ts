import assert from 'node:assert/strict';
import test from 'node:test';
import { namesMeant, parseCondition } from '../../../collector/src/6-detect/sigma-condition.ts';
import { errorsOf, ruleText, testOf } from './rule-loading.ts';

const abc = 'a: {a: 1}, b: {b: 1}, c: {c: 1}';

// Truth tables over a, b, c, written by hand from the grammar: not > and > or.
const vectors: readonly (readonly [condition: string, trueFor: readonly string[]])[] = [
  ['a and b or c', ['c', 'ac', 'bc', 'ab', 'abc']],
  ['a or b and c', ['a', 'ab', 'ac', 'bc', 'abc']],
  ['(a or b) and c', ['ac', 'bc', 'abc']],
  ['not a and b and not c', ['b']],
  ['not (a or b) or c', ['', 'c', 'ac', 'bc', 'abc']],
  ['not not a and (b or c or not b)', ['a', 'ab', 'ac', 'abc']],
  ['1 of them', ['a', 'b', 'c', 'ab', 'ac', 'bc', 'abc']],
  ['all of them', ['abc']],
  ['any of them', ['a', 'b', 'c', 'ab', 'ac', 'bc', 'abc']],
  ['not 1 of them', ['']],
  ['A AND NOT b or c and not 1 of a*'.replace('A', 'a'), ['a', 'ac', 'c', 'bc']],
];

void test('precedence and quantifiers', () => {
  for (const [condition, trueFor] of vectors) {
    const matches = testOf(`{${abc}, condition: [${condition}, ${condition}${unused(condition)}]}`);
    for (const set of ['', 'a', 'b', 'c', 'ab', 'ac', 'bc', 'abc']) {
      const event = Object.fromEntries(
        ['a', 'b', 'c'].filter((name) => set.includes(name)).map((name) => [name, 1]),
      );
      assert.equal(matches(event), trueFor.includes(set), `${condition} on {${set}}`);
    }
  }
});

/** Mentions every name without changing the meaning, so that nothing counts as unused. */
function unused(condition: string): string {
  return condition === '' ? '' : ' and (a or b or c or not a)';
}

void test('patterns and them skip names with an underscore in front', () => {
  const names = ['sel_a', 'sel_b', '_sel_c', 'other'];
  assert.deepEqual(namesMeant('them', names), ['sel_a', 'sel_b', 'other']);
  assert.deepEqual(namesMeant('sel*', names), ['sel_a', 'sel_b']);
  assert.deepEqual(namesMeant('*', names), ['sel_a', 'sel_b', 'other']);
  assert.deepEqual(namesMeant('_sel*', names), ['_sel_c']);
});

const refused: readonly (readonly [detection: string, reason: RegExp])[] = [
  ['{a: {a: 1}, condition: a and}', /ends too early/],
  ['{a: {a: 1}, condition: (a}', /closing bracket/],
  ['{a: {a: 1}, condition: a b}', /cannot stand here/],
  ['{a: {a: 1}, condition: a and d}', /"d" is not a detection/],
  ['{a: {a: 1}, b: {b: 1}, condition: a}', /does not use this detection/],
  ['{a: {a: 1}, condition: a and 1 of x*}', /means no detection/],
  ['{a: {a: 1}, condition: 2 of them}', /only "1 of" and "all of"/],
  ['{a: {a: 1}, condition: 1 of a-b}', /without "-"/],
  ['{a: {a: 1}, condition: a | count() by x > 5}', /correlation document/],
  ['{a: {a: 1}}', /condition is required/],
  ['{a: {a: 1}, condition: 5}', /must be text/],
  ['{a: {}, condition: a}', /empty map/],
  ['{a: {a: 1}, timeframe: 5m, condition: a}', /timeframe/],
  ['{a: {a: {b: 1}}, condition: a}', /must be a string, number/],
];

void test('faults in conditions and detections refuse the rule', () => {
  for (const [detection, reason] of refused)
    assert.match(errorsOf(ruleText(detection)).join('\n'), reason, detection);
});

void test('deep nesting is a fault, not a crash', () => {
  assert.throws(() => parseCondition(`${'('.repeat(5_000)}a${')'.repeat(5_000)}`), /too deeply/);
  assert.throws(() => parseCondition(`${'not '.repeat(5_000)}a`), /too deeply/);
});
