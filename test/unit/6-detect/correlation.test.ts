import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { correlationText, outcome, play, playUnordered } from './correlation-play.ts';
import type { FindingDraft } from '../../../collector/src/contract/finding.ts';
import type { Tick } from './correlation-play.ts';

const count3 = correlationText(
  '{type: event_count, rules: [a], group-by: [domain], timespan: 10s, condition: {gte: 3}}',
);
const ordered = correlationText(
  '{type: temporal_ordered, rules: [a, b, c], group-by: [domain], timespan: 10s}',
);
const temporal = correlationText('{type: temporal, rules: [a, b], group-by: [domain], timespan: 10s}');
const a = (t: number, more: object = {}): Tick => ({ t, k: 'a', ...more });
const b = (t: number, more: object = {}): Tick => ({ t, k: 'b', ...more });
const c = (t: number, more: object = {}): Tick => ({ t, k: 'c', ...more });

void test('window slides over event time, both ends included, never aligned to the clock', () => {
  assert.equal(outcome(count3, [a(55), a(60), a(65)]).length, 1);
  assert.equal(outcome(count3, [a(0), a(5), a(10)]).length, 1);
  assert.equal(outcome(count3, [a(0), a(5), a(10.001)]).length, 0);
});

void test('edge-triggered: one finding, later matches append until the window has emptied, then re-armed', () => {
  const { findings } = play(count3, [a(0), a(1), a(2), a(3), a(12), a(40), a(41), a(42)]);
  const ids = findings.map((draft) => draft.finding_id);
  assert.equal(new Set(ids).size, 2);
  assert.deepEqual(
    findings.slice(0, 3).map((draft) => draft.evidence.length),
    [3, 4, 5],
  );
  assert.equal(ids[0], ids[2]);
});

void test('a sequence takes in what pairs inside its span, not what goes on for ever after', () => {
  const pair = correlationText('{type: temporal_ordered, rules: [a, b], group-by: [domain], timespan: 10s}');
  const evidence = [['e0000', 'e0001', 'e0002']];
  // a at 0; b at 1 fires, b at 9 pairs with a, b at 18 and 27 are each near the last one and pair with nothing.
  assert.deepEqual(outcome(pair, [a(0), b(1), b(9), b(18), b(27)]), evidence);
  // Out of order, the same.
  const shuffled = playUnordered(pair, [
    a(0, { id: 'e0000' }),
    b(9, { id: 'e0002' }),
    b(1, { id: 'e0001' }),
    b(18),
  ]);
  assert.deepEqual(shuffled.findings.at(-1)?.evidence_event_ids, evidence[0]);
  // A new first half starts it again: in one finding while the window lives, with both halves as evidence.
  assert.deepEqual(outcome(pair, [a(0), b(1), a(8), b(12)]), [['e0000', 'e0001', 'e0002', 'e0003']]);
  assert.equal(outcome(pair, [a(0), b(1), a(30), b(31)]).length, 2);
});

void test('public bug of 2026: group keys must be equal, not merely present', () => {
  assert.deepEqual(outcome(temporal, [a(0, { domain: 'one.example' }), b(1, { domain: 'two.example' })]), []);
  assert.equal(
    outcome(temporal, [a(0, { domain: 'one.example' }), b(1, { domain: 'one.example' })]).length,
    1,
  );
  assert.deepEqual(outcome(temporal, [a(0, { tenant: 'x' }), b(1, { tenant: 'y' })]), []);
});

void test('public bug of 2026: the order of the third and later rules counts, not only of the first', () => {
  assert.equal(outcome(ordered, [a(0), b(1), c(2)]).length, 1);
  assert.deepEqual(outcome(ordered, [a(0), c(1), b(2)]), []);
  assert.deepEqual(outcome(ordered, [b(0), a(1), c(2)]), []);
});

void test('equal instants count as ordered; one event cannot serve two rules', () => {
  assert.equal(outcome(ordered, [a(5), b(5), c(5)]).length, 1);
  const twice = correlationText(
    '{type: temporal, rules: [a, aa], group-by: [domain], timespan: 10s}',
    '---\ntitle: aa\nname: aa\nlogsource: {product: test}\ndetection: {s: {kind: a}, condition: s}\n',
  );
  assert.deepEqual(outcome(twice, [a(0)]), []);
  assert.equal(outcome(twice, [a(0), a(1)]).length, 1);
});

void test('polled events lie in an interval: order is certain or possible, never guessed', () => {
  const two = correlationText('{type: temporal_ordered, rules: [a, b], group-by: [domain], timespan: 10s}');
  const orderOf = (ticks: Tick[]): string | undefined => play(two, ticks).findings[0]?.order;
  assert.equal(orderOf([a(0), b(9, { from: 5 })]), 'certain');
  assert.equal(orderOf([a(8, { from: 2 }), b(9, { from: 5 })]), 'possible');
  assert.equal(orderOf([b(5, { from: 1 }), a(6, { from: 2 })]), 'possible');
  assert.equal(orderOf([b(5, { from: 1 }), a(9, { from: 6 })]), undefined);
  assert.equal(orderOf([a(100, { from: 0 }), b(60, { from: 50 })]), 'possible');
});

void test('missing group key is not counted and goes up in a counter; unknown actors are strangers to each other', () => {
  const byUser = correlationText(
    '{type: event_count, rules: [a], group-by: [user], timespan: 10s, condition: {gte: 2}}',
  );
  const missing = play(byUser, [a(0), a(1)]);
  assert.equal(missing.findings.length, 0);
  assert.equal(missing.counters['group_key_missing'], 2);
  const byActor = correlationText(
    '{type: event_count, rules: [a], group-by: [actor_id], timespan: 10s, condition: {gte: 2}}',
  );
  assert.equal(play(byActor, [a(0), a(1)]).findings.length, 0);
  assert.equal(play(byActor, [a(0, { actor_id: 'x:y' }), a(1, { actor_id: 'x:y' })]).findings.length, 1);
});

void test('a list in a group field fans out, at most 64 groups', () => {
  const byValue = correlationText(
    '{type: event_count, rules: [a], group-by: [added], timespan: 10s, condition: {gte: 2}}',
  );
  assert.equal(outcome(byValue, [a(0, { added: ['x', 'y'] }), a(1, { added: ['y', 'z'] })]).length, 1);
  const many = Array.from({ length: 70 }, (_, i) => `v${i}`);
  const run = play(byValue, [a(0, { added: many }), a(1, { added: many })]);
  assert.equal(new Set(run.findings.map((draft) => draft.group_key)).size, 64);
  assert.equal(run.counters['group_fan_out_truncated'], 2);
});

void test('value_count counts distinct values, several fields as one, and says when the field is missing', () => {
  const values = correlationText(
    '{type: value_count, rules: [a], group-by: [domain], timespan: 10s, condition: {gte: 2, field: v}}',
  );
  assert.equal(outcome(values, [a(0, { v: 'x' }), a(1, { v: 'x' })]).length, 0);
  assert.equal(outcome(values, [a(0, { v: 'x' }), a(1, { v: 'y' })]).length, 1);
  assert.equal(play(values, [a(0)]).counters['value_missing'], 1);
  const pairs = correlationText(
    '{type: value_count, rules: [a], group-by: [domain], timespan: 10s, condition: {gte: 3, field: [v, w]}}',
  );
  assert.equal(outcome(pairs, [a(0, { v: 1, w: 1 }), a(1, { v: 1, w: 2 }), a(2, { v: 1, w: 1 })]).length, 0);
  assert.equal(outcome(pairs, [a(0, { v: 1, w: 1 }), a(1, { v: 1, w: 2 }), a(2, { v: 2, w: 1 })]).length, 1);
});

const arithmetic: readonly (readonly [
  type: string,
  condition: string,
  values: readonly unknown[],
  fires: boolean,
])[] = [
  ['value_sum', '{gt: 9, field: v}', [4, '5', 1], true],
  ['value_sum', '{gt: 10, field: v}', [4, 5, 1], false],
  ['value_avg', '{gte: 5, field: v}', [4, 6], true],
  ['value_avg', '{gte: 5, field: v}', [4, 5], false],
  ['value_percentile', '{gte: 90, field: v, percentile: 95}', [1, 2, 95], true],
  ['value_percentile', '{gte: 90, field: v, percentile: 50}', [1, 2, 95], false],
  ['value_median', '{gte: 5, field: v}', [1, 9, 9], true],
  ['value_median', '{gte: 5, field: v}', [1, 2, 9], false],
  ['value_sum', '{gte: 1, field: v}', ['many'], false],
  ['event_count', '{gt: 1, lt: 4}', [1, 1, 1], true],
  ['event_count', '{gt: 1, lt: 3}', [1, 1, 1], false],
];

void test('sums, averages, percentiles by nearest rank, ranges', () => {
  for (const [type, condition, values, fires] of arithmetic) {
    const text = correlationText(
      `{type: ${type}, rules: [a], group-by: [domain], timespan: 10s, condition: ${condition}}`,
    );
    const ticks = values.map((v, i) => a(i, { v }));
    assert.equal(
      outcome(text, type.startsWith('value') ? ticks : ticks).length > 0,
      fires,
      `${type} ${condition} ${JSON.stringify(values)}`,
    );
  }
});

void test('lt, eq and absence are decided when the window closes, never early', () => {
  const few = correlationText(
    '{type: event_count, rules: [a], group-by: [domain], timespan: 10s, condition: {lt: 3}}',
  );
  assert.equal(outcome(few, [a(0), a(1)], 9).length, 0);
  assert.equal(outcome(few, [a(0), a(1)], 11).length, 1);
  assert.equal(outcome(few, [a(0), a(1), a(10)]).length, 0);
  const absence = correlationText(
    '{type: temporal_ordered, rules: [a, b], group-by: [domain], timespan: 10s, condition: a and not b}',
  );
  assert.equal(outcome(absence, [a(0)], 10).length, 0);
  assert.equal(outcome(absence, [a(0)], 11).length, 1);
  assert.equal(outcome(absence, [a(0), b(10)]).length, 0);
  assert.equal(outcome(absence, [b(0), a(1)]).length, 1);
  assert.equal(outcome(absence, [a(0), b(5), a(8)]).length, 1);
  const anyOrder = absence.replace('temporal_ordered', 'temporal');
  assert.equal(outcome(anyOrder, [b(0), a(1)]).length, 0);
});

void test('extended conditions: or, brackets, number of rules', () => {
  const either = correlationText(
    '{type: temporal, rules: [a, b, c], group-by: [domain], timespan: 10s, condition: a and (b or c)}',
  );
  assert.equal(outcome(either, [a(0), c(1)]).length, 1);
  assert.equal(outcome(either, [b(0), c(1)]).length, 0);
  const two = correlationText(
    '{type: temporal_ordered, rules: [a, b, c], group-by: [domain], timespan: 10s, condition: {gte: 2}}',
  );
  assert.equal(outcome(two, [b(0), c(1)]).length, 1);
  assert.equal(outcome(two, [c(0), b(1)]).length, 0);
});

void test('chains: a correlation of correlations, in one scope, with the evidence of all', () => {
  const chain = correlationText(
    '{type: event_count, rules: [a], group-by: [domain], timespan: 10s, condition: {gte: 2}}',
    '---\ntitle: top\nname: top\ncorrelation: {type: temporal_ordered, rules: [corr, b], group-by: [domain], timespan: 60s}\n',
  );
  const { findings } = play(chain, [a(0), a(1), b(30)]);
  assert.deepEqual(
    findings.map((draft) => [draft.title, draft.evidence.length]),
    [['top', 3]],
  );
  assert.equal(play(chain, [a(0), b(30)]).findings.length, 0);
  assert.equal(play(chain, [b(0), a(1), a(2)]).findings.length, 0);
});

void test('chains: the upper correlation has its own grouping; what the lower is not grouped by comes from its events', () => {
  // "Correlation rules", note on temporal_ordered: many_failed_logins is grouped by host, the upper one by user alone.
  const chain = correlationText(
    '{type: event_count, rules: [a], group-by: [host], timespan: 10s, condition: {gte: 2}}',
    '---\ntitle: top\nname: top\ncorrelation: {type: temporal_ordered, rules: [corr, b], group-by: [user], timespan: 60s}\n',
  );
  const failed = (t: number, host: string, user: string): Tick => a(t, { host, user });
  const top = (ticks: Tick[]): string[] => play(chain, ticks).findings.map((draft) => draft.group_key);
  assert.deepEqual(top([failed(0, 'h1', 'eve'), failed(1, 'h1', 'bob'), b(5, { user: 'bob' })]), [
    'tenant=acme user=bob',
  ]);
  assert.deepEqual(top([failed(0, 'h1', 'eve'), failed(1, 'h1', 'bob'), b(5, { user: 'joe' })]), []);
  assert.deepEqual(top([failed(0, 'h1', 'bob'), failed(1, 'h2', 'bob'), b(5, { user: 'bob' })]), []);
  const nobody = play(chain, [a(0, { host: 'h1' }), a(1, { host: 'h1' }), b(5, { user: 'bob' })]);
  assert.equal(nobody.findings.length, 0);
  assert.equal(nobody.counters['group_key_missing'], 1);
});

void test('chains: values and aliases are read through two correlations', () => {
  const chain = correlationText(
    '{type: event_count, rules: [a], group-by: [host], timespan: 10s, condition: {gte: 2}}',
    [
      '---\ntitle: mid\nname: mid\ncorrelation: {type: temporal, rules: [corr, b], group-by: [host], timespan: 60s}\n',
      '---\ntitle: top\nname: top\ncorrelation: {type: value_count, rules: [mid], group-by: [who], aliases: {who: {mid: user}}, timespan: 1h, condition: {field: host, gte: 2}}\n',
    ].join(''),
  );
  const on = (host: string, user: string, t: number): Tick[] => [
    a(t, { host, user }),
    a(t + 1, { host, user }),
    b(t + 2, { host, user }),
  ];
  const tops = (ticks: Tick[]): string[] => play(chain, ticks).findings.map(({ group_key: key }) => key);
  assert.deepEqual(tops([...on('h1', 'eve', 0), ...on('h2', 'eve', 100)]), ['tenant=acme who=eve']);
  assert.deepEqual(tops([...on('h1', 'eve', 0), ...on('h2', 'bob', 100)]), []);
  assert.deepEqual(tops([...on('h1', 'eve', 0), ...on('h1', 'eve', 100)]), []);
});

void test('generate: rules below raise nothing by themselves unless asked for', () => {
  assert.deepEqual(play(temporal, [a(0)]).findings.length, 0);
  const inside = temporal.replace('timespan: 10s', 'timespan: 10s, generate: true');
  const beside = `${temporal}generate: true\n`; // where the schema of the specification has it
  for (const loud of [inside, beside])
    assert.deepEqual(
      play(loud, [a(0), b(1)])
        .findings.map((draft) => draft.title)
        .sort(),
      ['a', 'b', 'corr'],
    );
});

void test('aliases: one group from different fields', () => {
  const text = correlationText(
    '{type: temporal, rules: [a, b], group-by: [who], aliases: {who: {a: user, b: login.name}}, timespan: 10s}',
  );
  assert.equal(outcome(text, [a(0, { user: 'x' }), b(1, { login: { name: 'x' } })]).length, 1);
  assert.equal(outcome(text, [a(0, { user: 'x' }), b(1, { login: { name: 'y' } })]).length, 0);
});

void test('a filter never drops: the finding is marked, and real evidence clears the mark', () => {
  const filter =
    '---\ntitle: F\nid: 00000000-0000-4000-8000-00000000000f\nlogsource: {product: test}\nfilter: {rules: [a], sel: {user: admin}, condition: not sel}\n';
  const marked = play(
    correlationText(count3.slice(count3.indexOf('correlation: ') + 13).trim(), filter),
    [0, 1, 2].map((t) => a(t, { user: 'admin' })),
  );
  assert.equal(marked.findings[0]?.filtered_by, '00000000-0000-4000-8000-00000000000f');
  const clean = play(correlationText(count3.slice(count3.indexOf('correlation: ') + 13).trim(), filter), [
    a(0),
    a(1, { user: 'admin' }),
    a(2),
    a(3),
  ]);
  assert.equal(clean.findings.at(-1)?.filtered_by, undefined);
});

void test('state is capped: the oldest groups go, counted', () => {
  const byUser = correlationText(
    '{type: event_count, rules: [a], group-by: [user], timespan: 1h, condition: {gte: 2}}',
  );
  const ticks = Array.from({ length: 300 }, (_, i) => a(i, { user: `u${i}` }));
  const { counters } = playUnordered(byUser, [...ticks, a(300, { user: 'u299' })], { groupsMax: 100 });
  assert.ok((counters['state_evicted'] ?? 0) >= 200);
  const flood = Array.from({ length: 400 }, (_, i) => a(i / 100));
  assert.ok(
    (playUnordered(
      correlationText(
        '{type: event_count, rules: [a], group-by: [domain], timespan: 1h, condition: {gte: 300}}',
      ),
      flood,
    ).counters['state_evicted'] ?? 0) === 0,
  );
});

const isCorrelation = (draft: FindingDraft): boolean => draft.title === 'corr';

void test('the same evidence gives the same last finding in any order of arrival', () => {
  const kinds = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 10 })), {
    minLength: 3,
    maxLength: 7,
  });
  for (const text of [ordered, temporal, count3]) {
    fc.assert(
      fc.property(kinds, fc.infiniteStream(fc.nat()), (list, picks) => {
        const ticks: Tick[] = list.map(([k, t], index) => ({ k, t, id: `id${index}` }));
        const shuffled = [...ticks];
        for (let i = shuffled.length - 1; i > 0; i--) {
          const j = (picks.next().value ?? 0) % (i + 1);
          [shuffled[i], shuffled[j]] = [shuffled[j] as Tick, shuffled[i] as Tick];
        }
        const inOrder = play(text, ticks).findings.findLast(isCorrelation);
        const anyOrder = playUnordered(text, shuffled).findings.findLast(isCorrelation);
        assert.equal(anyOrder?.finding_id, inOrder?.finding_id);
        assert.deepEqual(anyOrder?.evidence_event_ids, inOrder?.evidence_event_ids);
      }),
      { numRuns: 150 },
    );
  }
});

void test('a temporal condition on the number of rules: at least at once, an exact number when the window closes', () => {
  const counted = (condition: string): string =>
    correlationText(
      `{type: temporal, rules: [a, b, c], group-by: [domain], timespan: 10s, condition: ${condition}}`,
    );
  assert.equal(outcome(counted('{gt: 1}'), [a(0), c(4)]).length, 1);
  assert.deepEqual(outcome(counted('{gt: 2}'), [a(0), c(4)]), []);
  assert.deepEqual(outcome(counted('{eq: 2}'), [a(0), c(4)], 5), []);
  assert.equal(outcome(counted('{eq: 2}'), [a(0), c(4)], 60).length, 1);
  assert.deepEqual(outcome(counted('{eq: 2}'), [a(0), b(2), c(4)], 60), []);
});

void test('an alias without a field for one rule reads its own name there', () => {
  const text = correlationText(
    '{type: temporal, rules: [a, b], group-by: [domain], aliases: {domain: {a: zone}}, timespan: 10s}',
  );
  assert.equal(
    outcome(text, [a(0, { zone: 'one.example', domain: 'x' }), b(1, { domain: 'one.example' })]).length,
    1,
  );
});
