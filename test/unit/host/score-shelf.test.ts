/** A score comes back from the shelf as it was put, and only what it says counts as news. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ControlScore } from '../../../collector/src/contract/score.ts';
import { CaseBook } from '../../../collector/src/host/case-book.ts';
import { ScoreShelf } from '../../../collector/src/host/score-shelf.ts';

const textOrNull = fc.oneof(fc.constant(null), fc.string());
const numberOrNull = fc.oneof(
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 100 }).map((x) => x + 0),
);
const score: fc.Arbitrary<ControlScore> = fc.record(
  {
    tenant: fc.constantFrom('acme', 'ümlaut'),
    domain: fc.constantFrom('a.example', 'b|c.example'),
    as_of: fc.string(),
    score: numberOrNull,
    coverage: fc.constantFrom(0, 0.1, 1),
    components: fc.array(
      fc.record(
        {
          name: fc.string(),
          weight: fc.nat(20),
          value: numberOrNull,
          known: fc.boolean(),
          applicable: fc.boolean(),
          reason: fc.string(),
          source: textOrNull,
          as_of: textOrNull,
          next_action: textOrNull,
        },
        { noNullPrototype: true },
      ),
      { maxLength: 11 },
    ),
    next_best_action: textOrNull,
    risk: numberOrNull,
    risk_detail: fc.oneof(
      fc.constant(null),
      fc.record(
        {
          planes: fc.array(fc.string()),
          planes_silent: fc.array(fc.string()),
          terms: fc.constant([] as never[]),
        },
        { noNullPrototype: true },
      ),
    ),
    tier: fc.oneof(fc.constant(null), fc.nat(3)),
    team: textOrNull,
  },
  { noNullPrototype: true },
);

test('what was put comes back, the newest of a domain', () => {
  fc.assert(
    fc.property(fc.array(score, { minLength: 1 }), (scores) => {
      const shelf = new ScoreShelf();
      const model = new Map<string, ControlScore>();
      for (const each of scores) {
        const key = `${each.tenant}|${each.domain}`;
        shelf.set(key, each);
        model.delete(key);
        model.set(key, each);
        assert.ok(shelf.says(key, each));
      }
      assert.deepEqual([...shelf.values()], [...model.values()]);
      for (const [key, each] of model) assert.deepEqual(shelf.get(key), each);
    }),
  );
});

test('another time is no news; another reason, risk or coverage is', () => {
  const shelf = new ScoreShelf();
  const [one] = fc.sample(
    score.filter(({ components }) => components.length > 0),
    { numRuns: 1, seed: 1 },
  );
  assert.ok(one);
  assert.equal(shelf.says('acme|a.example', one), false);
  shelf.set('acme|a.example', one);
  const components = one.components.map((each) => ({ ...each, as_of: '2026-01-02T00:00:00.000Z' }));
  assert.ok(shelf.says('acme|a.example', { ...one, as_of: 'later', components }));
  assert.equal(shelf.says('acme|a.example', { ...one, risk: 77 }), false);
  const detail = { planes: ['dns'], planes_silent: [], terms: [] };
  assert.equal(shelf.says('acme|a.example', { ...one, risk_detail: detail }), false);
  assert.equal(shelf.says('acme|a.example', { ...one, coverage: 0.5 }), false);
  const other = one.components.map((each) => ({ ...each, reason: `${each.reason}!` }));
  assert.equal(shelf.says('acme|a.example', { ...one, components: other }), false);
});

/** Ids of the rows of a book in the order a checkpoint holds them, with their texts. */
function rowsOf(book: CaseBook): [id: string, text: string][] {
  const rows = book.trackRows();
  rows.freeze();
  const taken: [string, string][] = [];
  while (!rows.isTaken) for (const [id, text] of rows.take(1)) if (text !== undefined) taken.push([id, text]);
  return taken;
}

test('rows of a checkpoint bring the scores back, also next to rows of an older version', () => {
  fc.assert(
    fc.property(fc.array(score, { minLength: 2, maxLength: 8 }), (scores) => {
      const first = new CaseBook();
      first.trackRows();
      const model = new Map<string, ControlScore>();
      for (const each of scores) {
        first.takeScore(each);
        model.set(`${each.tenant}|${each.domain}`, each);
      }
      const rows = rowsOf(first);
      assert.deepEqual(
        rows,
        [...rows].sort(([a], [b]) => (a < b ? -1 : 1)),
      );
      const second = new CaseBook();
      second.trackRows();
      for (const [id, text] of rows) second.restore(id, text);
      const older: ControlScore = { ...(scores[0] as ControlScore), tenant: 'older', risk: 3 };
      second.restore('score/older|a.example', JSON.stringify({ ...older, domain: 'a.example' }));
      const later: ControlScore = { ...(scores[1] as ControlScore), tenant: 'later', team: 'new words' };
      second.takeScore({ ...later, next_best_action: 'do something nobody said before' });
      const third = new CaseBook();
      for (const [id, text] of [...rows, ...rowsOf(second)].sort(([a], [b]) => (a < b ? -1 : 1)))
        third.restore(id, text);
      for (const [key, each] of model) {
        // Where only times differ, the first stays.
        const held = third.scores.get(key);
        assert.ok(held !== undefined && third.scores.says(key, each));
        assert.deepEqual(held, first.scores.get(key));
      }
      assert.equal(second.scores.get('older|a.example')?.risk, 3);
      assert.equal(
        third.scores.get(`later|${later.domain}`)?.next_best_action,
        'do something nobody said before',
      );
    }),
  );
});
