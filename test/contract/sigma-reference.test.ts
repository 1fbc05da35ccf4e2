/** The engine against a naive interpreter on random rules and random events. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { loadRules } from '../../collector/src/6-detect/rule-set.ts';
import { referenceMatches } from './sigma-reference.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const field = fc.constantFrom('a', 'b', 'n.x', 'n.y');
const word = fc.stringMatching(/^[abAB*?\\]{0,4}$/);
const plain = fc.stringMatching(/^[abAB]{1,3}$/);
const scalar = fc.oneof(
  plain,
  fc.constantFrom('7', '12', 'a*', '\\'),
  fc.integer({ min: -3, max: 12 }),
  fc.boolean(),
  fc.constant(null),
);
const listed = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof(values, fc.array(values, { minLength: 1, maxLength: 3 }));

const item: fc.Arbitrary<readonly [string, unknown]> = fc.oneof(
  fc.tuple(field, listed(fc.oneof(word, fc.integer({ min: -3, max: 12 }), fc.boolean()))),
  fc.tuple(field, fc.constant(null)),
  fc.tuple(
    field.map((f) => `${f}|exists`),
    fc.boolean(),
  ),
  fc.tuple(
    fc
      .tuple(
        field,
        fc.constantFrom(
          'contains',
          'startswith',
          'endswith',
          'cased',
          'neq',
          'contains|cased',
          'contains|neq',
        ),
      )
      .map(([f, m]) => `${f}|${m}`),
    listed(word),
  ),
  fc.tuple(
    field.map((f) => `${f}|contains|all`),
    fc.array(plain, { minLength: 2, maxLength: 3 }),
  ),
  fc.tuple(
    fc.tuple(field, fc.constantFrom('lt', 'lte', 'gt', 'gte')).map(([f, m]) => `${f}|${m}`),
    fc.integer({ min: -3, max: 12 }),
  ),
  fc.tuple(fc.constantFrom('a|fieldref', 'b|fieldref', 'a|fieldref|neq'), fc.constantFrom('a', 'b')),
);
const map = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => Object.fromEntries(items));
const detection = fc.oneof(
  map,
  fc.array(map, { minLength: 1, maxLength: 2 }),
  fc.array(plain, { minLength: 1, maxLength: 2 }),
);

const condition = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('sel_one', 'sel_two', 'other', '1 of sel_*', 'all of sel_*', '1 of them', 'all of them'),
    fc
      .tuple(tie('expression'), fc.constantFrom('and', 'or'), tie('expression'))
      .map(([l, op, r]) => `${l} ${op} ${r}`),
    tie('expression').map((inner) => `not ${/ (and|or) /.test(inner) ? `(${inner})` : inner}`),
    tie('expression').map((inner) => `(${inner})`),
  ),
})).expression;

const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }));
const event = fc.record(
  { a: value, b: scalar, n: fc.record({ x: value, y: scalar }, { requiredKeys: [] }) },
  { requiredKeys: [] },
);

void test('random rules and events: engine and naive interpreter agree', (t) => {
  let matched = 0;
  let compared = 0;
  fc.assert(
    fc.property(
      detection,
      detection,
      detection,
      condition,
      fc.array(event, { minLength: 4, maxLength: 8 }),
      (one, two, other, text, events) => {
        const rule = {
          sel_one: one,
          sel_two: two,
          other,
          condition: [text, `${text} and (1 of them or not 1 of them)`],
        };
        const document = { title: 'random', logsource: { product: 'test' }, detection: rule };
        const { ruleSet, problems } = loadRules([{ path: 'r', text: JSON.stringify(document) }], { sha256 });
        const [loaded] = ruleSet.rules;
        assert.ok(loaded?.kind === 'rule', problems.map(({ reason }) => reason).join('; '));
        for (const candidate of events) {
          const expected = referenceMatches(rule, candidate);
          compared += 1;
          if (expected) matched += 1;
          assert.equal(
            loaded.rule.test(candidate),
            expected,
            `${JSON.stringify(rule)} on ${JSON.stringify(candidate)}`,
          );
          ruleSet.fields.begin(candidate);
          assert.equal(loaded.rule.test(candidate), expected, 'with shared readings');
          assert.equal(loaded.rule.test(candidate), expected, 'with readings made before');
          ruleSet.fields.end();
        }
      },
    ),
    { numRuns: 1_000 },
  );
  t.diagnostic(`compared ${compared}, matched ${matched}`);
  assert.ok(
    matched > compared / 20 && matched < (compared * 19) / 20,
    'the generator must give both answers',
  );
});
