import assert from 'node:assert/strict';
import test from 'node:test';
import { diffRuleSets, loadRules } from '../../../collector/src/6-detect/rule-set.ts';
import { problemLine } from '../../../collector/src/6-detect/sigma-problem.ts';
import { errorsOf, load, ruleText, sha256 } from './rule-loading.ts';

void test('all problems at once, each with file, line, path and reason', () => {
  const text = `title: ''
id: not-a-uuid
level: awful
logsource: {product: 5}
detection:
  s:
    f|sounds: a
    g|gt: b
  t: {h: 1}
  condition: s and u
zonewarden:
  likelihood: 7
  surprise: yes
`;
  const lines = load(text).problems.map(problemLine);
  for (const wanted of [
    /^rule.yaml:\d+: a title is required/,
    /^rule.yaml:2: id: "not-a-uuid"/,
    /^rule.yaml:3: level: must be one of/,
    /^rule.yaml:4: logsource.product: must be text/,
    /^rule.yaml:7: detection.s.f\|sounds: unknown modifier/,
    /^rule.yaml:8: detection.s.g\|gt: "gt" needs a number/,
    /^rule.yaml:9: detection.t: the condition does not use/,
    /^rule.yaml:10: detection.condition: "u" is not a detection/,
    /^rule.yaml:12: zonewarden.likelihood: must be a number/,
    /^rule.yaml:13: zonewarden.surprise: unknown key/,
  ])
    assert.ok(
      lines.some((line) => wanted.test(line)),
      `${wanted} in\n${lines.join('\n')}`,
    );
});

void test('one bad document does not cost its neighbour', () => {
  const { counts, problems } = load(
    `${ruleText('{s: {a: 1}, condition: s}')}---\n- just\n- a list\n---\n${ruleText('{s: {b: 1}, condition: s}', 'Other')}`,
  );
  assert.equal(counts.documents, 3);
  assert.equal(counts.loaded, 2);
  assert.equal(problems.length, 1);
});

void test('broken, huge, deep and self-referring YAML are refused with a reason', () => {
  assert.match(errorsOf('title: [').join(), /not valid YAML/);
  assert.match(errorsOf('a: 1\na: 2\n').join(), /not valid YAML/);
  assert.match(errorsOf('x'.repeat(1024 * 1024 + 1)).join(), /larger than 1 MiB/);
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    ...Array.from('bcdefgh').map((n, i) => `${n}: &${n} [${`*${'abcdefgh'[i]},`.repeat(10)}]`),
  ];
  assert.match(errorsOf(`${bomb.join('\n')}\n`).join(), /aliases/);
  assert.ok(errorsOf(`title: ${'['.repeat(20_000)}`).length > 0);
});

void test('ids and names are unique, a feature name must exist', () => {
  const id = 'id: 00000000-0000-4000-8000-000000000001\n';
  const body = ruleText('{s: {a: 1}, condition: s}');
  assert.match(errorsOf(`${id}${body}---\n${id}${body}`).join(), /already used in rule.yaml/);
  assert.match(
    errorsOf(
      ruleText('{s: {feature.spike.scoer: 1}, condition: s}').replace('product: test', 'product: zonewarden'),
    ).join(),
    /not a feature/,
  );
});

void test('an edit that keeps the meaning keeps the meaning hash, and the difference says so', () => {
  const id = 'id: 00000000-0000-4000-8000-000000000001\n';
  const before = load(id + ruleText('{s: {a: 1}, condition: s}')).ruleSet;
  const renamed = load(id + ruleText('{s: {a: 1}, condition: s}', 'Better title')).ruleSet;
  const changed = load(id + ruleText('{s: {a: 2}, condition: s}')).ruleSet;
  assert.equal(before.rules[0]?.meaningHash, renamed.rules[0]?.meaningHash);
  assert.notEqual(before.digest, renamed.digest);
  assert.deepEqual(
    diffRuleSets(before, renamed).map(({ change, meaning }) => [change, meaning]),
    [['changed', false]],
  );
  assert.deepEqual(
    diffRuleSets(before, changed).map(({ change, meaning }) => [change, meaning]),
    [['changed', true]],
  );
  const none = loadRules([], { sha256 }).ruleSet;
  assert.deepEqual(
    diffRuleSets(none, before).map(({ change }) => change),
    ['added'],
  );
  assert.deepEqual(
    diffRuleSets(before, none).map(({ change }) => change),
    ['removed'],
  );
});

const correlation = (body: string): string =>
  `${ruleText('{s: {a: 1}, condition: s}').replace('title: A rule', 'title: A rule\nname: a')}---\n${ruleText('{s: {b: 1}, condition: s}').replace('title: A rule', 'title: B rule\nname: b')}---\ntitle: C\nname: c\ncorrelation: ${body}\n`;

// Written from the correlation chapter of the specification and the faults that pySigma's tests describe.
const refused: readonly (readonly [body: string, reason: RegExp])[] = [
  ['{type: sometimes, rules: [a], timespan: 5m}', /must be one of/],
  ['{type: event_count, rules: [a], timespan: 5m}', /needs a condition/],
  ['{type: event_count, rules: [a], timespan: 5 minutes, condition: {gte: 1}}', /number with s, m, h or d/],
  ['{type: event_count, rules: [a], timespan: 0m, condition: {gte: 1}}', /number with s, m, h or d/],
  ['{type: event_count, rules: [a, a], timespan: 5m, condition: {gte: 1}}', /stands twice/],
  ['{type: event_count, rules: [], timespan: 5m, condition: {gte: 1}}', /at least one rule/],
  ['{type: event_count, rules: [zzz], timespan: 5m, condition: {gte: 1}}', /not a rule of this set/],
  ['{type: event_count, rules: [c], timespan: 5m, condition: {gte: 1}}', /refers to itself/],
  ['{type: event_count, rules: [a], timespan: 5m, condition: {more: 1}}', /unknown; known are/],
  ['{type: event_count, rules: [a], timespan: 5m, condition: {gte: many}}', /must be a number/],
  ['{type: event_count, rules: [a], timespan: 5m, condition: {gte: 1, field: x}}', /does not use a field/],
  ['{type: value_count, rules: [a], timespan: 5m, condition: {gte: 1}}', /needs a field/],
  ['{type: value_sum, rules: [a], timespan: 5m, condition: {gte: 1, field: [x, y]}}', /takes one field/],
  ['{type: value_percentile, rules: [a], timespan: 5m, condition: {gte: 1, field: x}}', /needs a percentile/],
  [
    '{type: value_percentile, rules: [a], timespan: 5m, condition: {gte: 1, field: x, percentile: 101}}',
    /needs a percentile/,
  ],
  [
    '{type: value_avg, rules: [a], timespan: 5m, condition: {gte: 1, field: x, percentile: 5}}',
    /does not use it/,
  ],
  ['{type: temporal, rules: [a, b], timespan: 5m, condition: {lt: 1}}', /can never hold/],
  ['{type: temporal, rules: [a, b], timespan: 5m, condition: {gte: 3}}', /can never hold/],
  ['{type: temporal, rules: [a, b], timespan: 5m, condition: {}}', /needs one of/],
  ['{type: temporal, rules: [a, b], timespan: 5m, condition: a}', /does not use "b"/],
  ['{type: temporal, rules: [a, b], timespan: 5m, condition: not a and not b}', /not negated/],
  ['{type: temporal, rules: [a, b], timespan: 5m, condition: a and zz}', /not among the rules/],
  ['{type: temporal, rules: [a, b], timespan: 5m, field: x}', /does not use a field/],
  ['{type: temporal, rules: [a, b], timespan: 5m, aliases: {x: {a: f, b: g}}}', /does not use this alias/],
  [
    '{type: temporal, rules: [a, b], timespan: 5m, group-by: [x], aliases: {x: {a: f, b: g, d: h}}}',
    /not among the rules/,
  ],
  ['{type: temporal, rules: [a, b], timespan: 5m, window: tumbling}', /unknown key/],
  ['{type: temporal, rules: [a, b], timespan: 5m, generate: maybe}', /true or false/],
];

void test(`correlation faults refuse the document (${refused.length})`, () => {
  for (const [body, reason] of refused) assert.match(errorsOf(correlation(body)).join('\n'), reason, body);
  const beside = (body: string, generate: string): string =>
    errorsOf(`${correlation(body)}generate: ${generate}\n`).join('\n');
  assert.match(beside('{type: temporal, rules: [a, b], timespan: 5m}', 'maybe'), /true or false/);
  assert.match(
    beside('{type: temporal, rules: [a, b], timespan: 5m, generate: true}', 'true'),
    /keep one of them/,
  );
});

void test('a correlation over a refused rule is refused too; chains deeper than ten as well', () => {
  const text = correlation('{type: temporal, rules: [a, b], timespan: 5m}').replace(
    '{a: 1}',
    "{'a|sounds': 1}",
  );
  assert.match(errorsOf(text).join('\n'), /"a" is not a rule of this set, or it was refused/);
  const chain = Array.from(
    { length: 12 },
    (_, i) =>
      `---\ntitle: L${i}\nname: l${i}\ncorrelation: {type: event_count, rules: [${i === 0 ? 'a' : `l${i - 1}`}], timespan: 5m, condition: {gte: 1}}\n`,
  );
  assert.match(
    errorsOf(
      ruleText('{s: {a: 1}, condition: s}').replace('title: A rule', 'title: A\nname: a') +
        chain.toReversed().join(''),
    ).join('\n'),
    /chained 10 deep/,
  );
});

void test('filter documents: lint without "not", names must exist', () => {
  const rule = ruleText('{s: {a: 1}, condition: s}').replace('title: A rule', 'title: A rule\nname: a');
  const filter = (rules: string, condition: string): string =>
    `---\ntitle: F\nlogsource: {product: test}\nfilter: {rules: ${rules}, sel: {user: admin}, condition: ${condition}}\n`;
  assert.deepEqual(errorsOf(rule + filter('[a]', 'not sel')), []);
  assert.match(
    load(rule + filter('any', 'sel'))
      .problems.map(({ reason }) => reason)
      .join(),
    /start with "not"/,
  );
  assert.match(errorsOf(rule + filter('[zz]', 'not sel')).join(), /not an event rule/);
  assert.match(errorsOf(rule + filter('7', 'not sel')).join(), /"any" or a list/);
});

const filtered = (filter: string): { filters: number[]; lines: string[] } => {
  const rule = ruleText('{s: {a: 1}, condition: s}').replace('title: A rule', 'title: A rule\nname: a');
  const { ruleSet, problems } = load(`${rule}---\n${filter}`);
  const filters = ruleSet.rules.flatMap((loaded) => (loaded.kind === 'rule' ? [loaded.filters.length] : []));
  return { filters, lines: problems.map(problemLine) };
};

void test('a refused filter takes nothing out, also where it names a rule that is there', () => {
  const { filters, lines } = filtered(
    'title: F\nlogsource: {product: test}\nfilter: {rules: [a, zz], sel: {user: admin}, condition: not sel}\n',
  );
  assert.deepEqual(filters, [0]);
  assert.deepEqual(lines, ['rule.yaml:8: filter.rules: "zz" is not an event rule of this set']);
});

void test('a filter of another log source than the rule it names does nothing there, and says so', () => {
  const of = (logsource: string, rules: string): { filters: number[]; lines: string[] } =>
    filtered(
      `title: F\nlogsource: ${logsource}\nfilter: {rules: ${rules}, sel: {user: admin}, condition: not sel}\n`,
    );
  assert.deepEqual(of('{product: test}', '[a]'), { filters: [1], lines: [] });
  const { filters, lines } = of('{product: other}', '[a]');
  assert.deepEqual(filters, [0]);
  assert.match(lines.join('\n'), /^rule\.yaml:7: logsource\.product: "a" has product test, so this filter/);
  assert.match(
    of('{product: test, service: x}', 'a').lines.join(),
    /logsource\.service: "a" has service \(none\)/,
  );
  assert.deepEqual(of('{product: other}', 'any'), { filters: [0], lines: [] }); // whatever is of that source
});

void test('two filters of one id, or a filter with the id of a rule: the later one is refused', () => {
  const id = 'id: 00000000-0000-4000-8000-000000000001\n';
  const filter = `${id}title: F\nlogsource: {product: test}\nfilter: {rules: any, sel: {user: admin}, condition: not sel}\n`;
  const twice = filtered(`${filter}---\n${filter}`);
  assert.deepEqual(twice.filters, [1]);
  assert.match(twice.lines.join('\n'), /^rule\.yaml:11: id: "0{8}-.*" is already used in rule\.yaml; give/);
  const rule = ruleText('{s: {a: 1}, condition: s}');
  assert.match(errorsOf(`${id}${rule}---\n${filter}`).join(), /^6: .*is already used/);
});

void test('a document without a log source is told what is missing', () => {
  assert.deepEqual(errorsOf('title: A\ndetection: {s: {a: 1}, condition: s}\n'), [
    '1: a log source is required, for example {product: zonewarden}',
  ]);
});
