import assert from 'node:assert/strict';
import test from 'node:test';
import { allOf, anyOf, gated, noneOf } from '../../../collector/src/6-detect/compiled-test.ts';
import { EventFields } from '../../../collector/src/6-detect/event-fields.ts';
import type { CompiledTest } from '../../../collector/src/6-detect/compiled-test.ts';
import { load } from './rule-loading.ts';

void test('within a round a field is read once, whoever asks; outside of it every reading is new', () => {
  let readings = 0;
  const event = {
    get a(): string {
      readings += 1;
      return 'X';
    },
  };
  const fields = new EventFields();
  fields.begin(event);
  assert.equal(fields.field('a').lower(event), 'x');
  assert.equal(fields.field('a').read(event), 'X');
  assert.equal(readings, 1);
  fields.end();
  fields.field('a').read(event);
  fields.field('a').read(event);
  assert.equal(readings, 3);
});

void test('a changed event is judged anew in the next round, and another event never by this one', () => {
  const { ruleSet } = load('title: t\nlogsource: {}\ndetection: {s: {a.b: x}, condition: s}\n');
  const [loaded] = ruleSet.rules;
  assert.ok(loaded?.kind === 'rule');
  const event = { a: { b: 'x' } };
  ruleSet.fields.begin(event);
  assert.equal(loaded.rule.test(event), true);
  assert.equal(loaded.rule.test({ 'a.b': 'y' }), false);
  assert.equal(loaded.rule.test({ 'a.b': 'X' }), true);
  event.a.b = 'y';
  ruleSet.fields.begin(event);
  assert.equal(loaded.rule.test(event), false);
  ruleSet.fields.end();
});

const part = (present: string[], texts: Record<string, string[]>): CompiledTest => ({
  test: () => true,
  cost: 1,
  needs: {
    present: new Set(present),
    texts: new Map(Object.entries(texts).map(([name, list]) => [name, new Set(list)])),
  },
});

void test('needs: all of an and, what is common to an or, nothing of a not', () => {
  const one = part(['a', 'b'], { a: ['x', 'y'] });
  const two = part(['b', 'c'], { a: ['z'], c: ['q'] });
  assert.deepEqual(allOf([one, two]).needs, {
    present: new Set(['a', 'b', 'c']),
    // Not the empty intersection: a list in the event can hold both.
    texts: new Map([
      ['a', new Set(['z'])],
      ['c', new Set(['q'])],
    ]),
  });
  assert.deepEqual(anyOf([one, two]).needs, {
    present: new Set(['b']),
    texts: new Map([['a', new Set(['x', 'y', 'z'])]]),
  });
  assert.deepEqual(noneOf(one).needs, { present: new Set(), texts: new Map() });
});

void test('an event without what a rule needs never reaches its expressions', () => {
  let asked = 0;
  const costly: CompiledTest = {
    ...part(['b'], { a: ['x'] }),
    test: () => {
      asked += 1;
      return true;
    },
  };
  const { test: holds } = gated(costly, new EventFields());
  assert.equal(holds({ a: 'y', b: 1 }), false);
  assert.equal(holds({ a: 'x' }), false);
  assert.equal(holds({ b: 1 }), false);
  assert.equal(asked, 0);
  assert.equal(holds({ a: ['y', 'X'], b: null }), true);
  assert.equal(asked, 1);
});
