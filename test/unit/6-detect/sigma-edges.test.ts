/** Corners where Sigma engines differ: expansions under `all`, escapes, mixed keys, times without zone, YAML of the first versions. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { errorsOf, ruleText, testOf } from './rule-loading.ts';
import { loadRules } from '../../../collector/src/6-detect/rule-set.ts';
import { sha256Hex } from '../../../collector/src/app/digest.ts';
import type { ExpandLists } from '../../../collector/src/6-detect/sigma-item.ts';

type Vector = readonly [why: string, detection: string, event: Record<string, unknown>, matches: boolean];

const nul = '\u0000';
// Written from specification 2.1 ("Escape Character", "Null", "Encoding", "Field Existence") and pySigma's modifiers.
const vectors: readonly Vector[] = [
  ['one backslash', "{s: {f: 'a\\b'}, condition: s}", { f: 'a\\b' }, true],
  ['two backslashes are one', "{s: {f: 'a\\\\b'}, condition: s}", { f: 'a\\b' }, true],
  ['three are two', "{s: {f: 'a\\\\\\b'}, condition: s}", { f: 'a\\\\b' }, true],
  ['four are two', "{s: {f: 'a\\\\\\\\b'}, condition: s}", { f: 'a\\\\b' }, true],
  ['escaped backslash, then a wildcard', "{s: {f: 'a\\\\?'}, condition: s}", { f: 'a\\x' }, true],
  ['escaped question mark', "{s: {f: 'a\\?'}, condition: s}", { f: 'ax' }, false],
  ['a trailing backslash stands for itself', "{s: {f|endswith: 'a\\'}, condition: s}", { f: 'xa\\' }, true],
  [
    'base64offset: one form of each value is enough',
    '{s: {f|base64offset|contains|all: [foobar, password]}, condition: s}',
    { f: 'Zm9vYmFy cGFzc3dvcmQ=' },
    true,
  ],
  [
    'base64offset|all: the second value is missing',
    '{s: {f|base64offset|contains|all: [foobar, password]}, condition: s}',
    { f: 'Zm9vYmFy' },
    false,
  ],
  [
    'keywords take base64offset too',
    "{s: {'|base64offset': [foobar]}, condition: s}",
    { any: 'xxmb29iYXxx' },
    true,
  ],
  ['wide|contains', '{s: {f|wide|contains: cmd}, condition: s}', { f: `x${nul}c${nul}m${nul}d${nul}` }, true],
  ['contains|wide', '{s: {f|contains|wide: cmd}, condition: s}', { f: `x${nul}c${nul}m${nul}d${nul}` }, true],
  ['utf16be|contains', '{s: {f|utf16be|contains: cmd}, condition: s}', { f: `${nul}c${nul}m${nul}d` }, true],
  [
    'windash under all',
    "{s: {f|windash|contains|all: [' -a', ' /b']}, condition: s}",
    { f: 'x \u2014a -b' },
    true,
  ],
  [
    'windash after a letter of another script is no option',
    "{s: {f|windash: 'é-x'}, condition: s}",
    { f: 'é/x' },
    false,
  ],
  [
    'cidr without a length is one address',
    '{s: {f|cidr: 192.0.2.7}, condition: s}',
    { f: '192.0.2.7' },
    true,
  ],
  [
    'cidr of IPv6, compressed otherwise',
    "{s: {f|cidr: '2001:db8::/33'}, condition: s}",
    { f: '2001:0db8:8000::1' },
    false,
  ],
  ['exists with both values', '{s: {f|exists: [true, false]}, condition: s}', {}, true],
  ['neq of a list: none of them', '{s: {f|neq: [a, b]}, condition: s}', { f: 'B' }, false],
  ['neq null', '{s: {f|neq: null}, condition: s}', { f: null }, false],
  ['neq with contains', '{s: {f|contains|neq: a}, condition: s}', { f: 'xbx' }, true],
  ['gt does not compare words', '{s: {f|gt: 5}, condition: s}', { f: 'six' }, false],
  ['a number in the rule, text in the event', '{s: {f: 4625}, condition: s}', { f: '4625' }, true],
  ['text in the rule, a number in the event', "{s: {f: '4625'}, condition: s}", { f: 4625 }, true],
  ['a boolean is no number', '{s: {f: 1}, condition: s}', { f: true }, false],
  ['a list in the event: any element', '{s: {f|contains: b}, condition: s}', { f: ['x', 'aba'] }, true],
  [
    'all on a list in the event: each value by any element',
    '{s: {f|contains|all: [a, b]}, condition: s}',
    { f: ['xa', 'xb'] },
    true,
  ],
  ['yes is text, as YAML 1.2 has it', '{s: {f: yes}, condition: s}', { f: 'yes' }, true],
  ['a leading zero is decimal', '{s: {f: 010}, condition: s}', { f: 10 }, true],
  ['a date is text', '{s: {f: 2026-11-21}, condition: s}', { f: '2026-11-21' }, true],
  ['space in a field name', "{s: {'New Value': x}, condition: s}", { 'New Value': 'x' }, true],
  ['dotted key above a map', '{s: {a.b.c: x}, condition: s}', { 'a.b': { c: 'x' } }, true],
  ['dotted key below a map', '{s: {a.b.c: x}, condition: s}', { a: { 'b.c': 'x' } }, true],
  [
    'hour of a time without zone is UTC',
    '{s: {t|hour: 23}, condition: s}',
    { t: '2026-11-21 23:10:00' },
    true,
  ],
  ['hour of epoch seconds', '{s: {t|hour: 12}, condition: s}', { t: 1_700_051_696 }, true],
  ['hour of epoch milliseconds', '{s: {t|hour: 12}, condition: s}', { t: 1_700_051_696_000 }, true],
  ['a time is no other part', '{s: {t|hour|lt: 6}, condition: s}', { t: 'noon' }, false],
  [
    'fieldref with affix and neq',
    '{s: {a|fieldref|endswith|neq: b}, condition: s}',
    { a: 'xyz', b: 'yz' },
    false,
  ],
  [
    'not before and before or',
    '{a: {x: 1}, b: {x: 2}, c: {x: 3}, condition: not a and b or c}',
    { x: 3 },
    true,
  ],
  ['brackets win', '{a: {x: 1}, b: {x: 2}, c: {y: 3}, condition: not (a or b) and c}', { x: 2, y: 3 }, false],
  ['words of any case', '{a: {x: 1}, b: {y: 1}, condition: a AND NOT b}', { x: 1 }, true],
  ['them leaves out what starts with _', '{a: {x: 1}, _b: {y: 1}, condition: 1 of them}', { y: 1 }, false],
  [
    'a pattern that starts with _ means those',
    '{a: {x: 1}, _b: {y: 1}, condition: a or 1 of _*}',
    { y: 1 },
    true,
  ],
  [
    'star inside a pattern',
    '{f_one_x: {x: 1}, f_two_y: {y: 1}, condition: 1 of f_*_y or (f_one_x and f_two_y)}',
    { x: 1 },
    false,
  ],
  ['not 1 of', '{s: {x: 1}, f_a: {y: 1}, f_b: {z: 1}, condition: s and not 1 of f_*}', { x: 1, z: 1 }, false],
  ['maps in a list beside a keyword', '{s: [{x: 1, y: 2}, evil], condition: s}', { q: 'so evil' }, true],
];

void test(`corner vectors (${vectors.length})`, () => {
  for (const [why, detection, event, matches] of vectors)
    assert.equal(testOf(detection)(event), matches, `${why}: ${JSON.stringify(event)}`);
});

void test('an unused detection is refused, one set aside by "_" is not', () => {
  assert.match(errorsOf(ruleText('{a: {x: 1}, b: {y: 1}, condition: a}')).join('\n'), /does not use/);
  assert.deepEqual(errorsOf(ruleText('{a: {x: 1}, _b: {y: 1}, condition: a}')), []);
});

void test('expand: an escaped percent sign is plain, a list value may hold a placeholder', () => {
  const lists: ExpandLists = { '*': { name: ['x', '%other%'], other: ['never'] } };
  const matches = testOf("{s: {'f|expand': '\\%plain%name%'}, condition: s}", lists);
  assert.equal(matches({ f: '%plainx' }), true);
  assert.equal(matches({ f: '%plain%other%' }), true);
  assert.equal(matches({ f: '%plainnever' }), false);
});

const head = (title: string): string => `title: ${title}\nlogsource: {category: test}\n`;

function loaded(text: string) {
  const result = loadRules([{ path: 'file.yml', text }], { sha256: sha256Hex });
  const errors = result.problems.filter(({ severity }) => severity === 'error');
  const titles = result.ruleSet.rules.map(({ meta }) => meta.title);
  const tests = result.ruleSet.rules.flatMap((rule) => (rule.kind === 'rule' ? [rule.rule.test] : []));
  return { errors: errors.map(({ line, reason }) => `${line}: ${reason}`), titles, tests };
}

void test('YAML: anchors and merge keys', () => {
  const { errors, tests } = loaded(
    `${head('m')}detection:\n  base: &base {a: 1}\n  more:\n    <<: *base\n    b: 2\n  condition: base and more\n`,
  );
  assert.deepEqual(errors, []);
  assert.equal(tests[0]?.({ a: 1, b: 2 }), true);
  assert.equal(tests[0]?.({ b: 2 }), false);
});

void test('YAML: a key that stands twice is refused with its line', () => {
  const { errors } = loaded(`${head('m')}detection:\n  s: {a: 1}\n  s: {a: 2}\n  condition: s\n`);
  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? '', /^5: .*stands here again, first on line 4/);
});

void test('actions of the first versions: global, repeat, reset; an unknown one is refused', () => {
  const { errors, titles, tests } = loaded(
    [
      `action: global\n${head('g')}detection: {s: {a: 1}, condition: s}`,
      'title: one\nlogsource: {product: p}',
      'action: repeat\ntitle: two\ndetection: {s: {a: 2}}',
      'action: reset',
      `${head('three')}detection: {k: {a: 3}, condition: k}`,
      `action: sing\n${head('four')}detection: {k: {a: 4}, condition: k}`,
    ].join('\n---\n'),
  );
  assert.deepEqual(titles, ['one', 'two', 'three']);
  assert.deepEqual(
    tests.map((matches) => [1, 2, 3].filter((a) => matches({ a }))),
    [[1], [2], [3]],
  );
  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? '', /action "sing" is not known/);
});

const ruleNamed = (name: string, id: string, sel: string): string =>
  `title: ${name}\nid: ${id}\nname: ${name}\nlogsource: {product: test}\ndetection: {s: ${sel}, condition: s}\n`;
const [idA, idB] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
const two = `${ruleNamed('aa', idA, '{k: a}')}---\n${ruleNamed('bb', idB, '{k: b}')}---\n`;

void test('YAML: nothing between two marks, or after the last one, is no document', () => {
  const { errors, titles } = loaded(`---\n---\n${two}---\n---\n`);
  assert.deepEqual(errors, []);
  assert.deepEqual(titles, ['aa', 'bb']);
});

void test('aliases may call a rule by its name where the list has its id, and the other way round', () => {
  const alias = (refs: string, who: string): string[] =>
    loaded(
      `${two}title: c\ncorrelation: {type: temporal, rules: [${refs}], group-by: [who], aliases: {who: ${who}}, timespan: 1m}\n`,
    ).errors;
  assert.deepEqual(alias(`${idA}, ${idB}`, '{aa: u, bb: v}'), []);
  assert.deepEqual(alias('aa, bb', `{${idA}: u, ${idB}: v}`), []);
  assert.match(alias('aa, bb', '{aa: u, cc: v}').join(), /is not among the rules/);
});

void test('a filter names rules by a list, by one name or id, or any in any case', () => {
  const filter = (rules: string): string[] =>
    loaded(
      `${two}title: f\nlogsource: {product: test}\nfilter: {rules: ${rules}, s: {u: x}, condition: not s}\n`,
    ).errors;
  for (const rules of ['aa', idB.toUpperCase(), '[aa, bb]', 'any', 'Any'])
    assert.deepEqual(filter(rules), [], rules);
  assert.match(filter('zz').join(), /"zz" is not an event rule/);
  assert.match(filter('[]').join(), /list of rule names/);
});

void test('what can never hold is refused, not silent for ever', () => {
  const bounds = (type: string, condition: string): string[] =>
    loaded(
      `${two}title: c\ncorrelation: {type: ${type}, rules: [aa], timespan: 1m, condition: ${condition}}\n`,
    ).errors;
  for (const condition of [
    '{gt: 5, lt: 3}',
    '{lt: 1}',
    '{eq: 0}',
    '{eq: 1.5}',
    '{gte: 3, lte: 3, neq: 3}',
    '{gt: 3, lt: 4}',
  ])
    assert.match(bounds('event_count', condition).join(), /can never hold/, condition);
  for (const condition of ['{gt: 3, lt: 5}', '{lte: 1}', '{gte: 0}', '{neq: 2}', '{gte: 3, lte: 3}'])
    assert.deepEqual(bounds('event_count', condition), [], condition);
  assert.deepEqual(bounds('value_avg', '{field: v, gt: 3, lt: 4}'), []);
  assert.match(bounds('value_sum', '{field: v, gt: 4, lt: 4}').join(), /can never hold/);
  for (const time of ['minute: 60', 'hour: 24', 'day: 0', 'month: 13', 'hour|gte: 24'])
    assert.match(errorsOf(ruleText(`{s: {t|${time}}, condition: s}`)).join(), /is a number from/, time);
});
