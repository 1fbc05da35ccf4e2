import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeRound, type Belief, type Reading } from '../../../collector/src/1-source/probe-state.ts';

const answer = (vantage: string, ...value: string[]): Reading => ({
  vantage,
  outcome: value.length > 0 ? 'answer' : 'absent',
  value,
});
const dark = (vantage: string): Reading => ({ vantage, outcome: 'unknown', value: [] });

/** Plays rounds 60 s apart; gives the changes with the round they came in. */
function play(
  rounds: readonly (readonly Reading[])[],
  rotates = false,
): { changes: string[]; belief: Belief | undefined } {
  let belief: Belief | undefined;
  const changes: string[] = [];
  for (const [index, readings] of rounds.entries()) {
    const result = takeRound(belief, readings, index * 60_000, rotates);
    belief = result.belief;
    if (result.change !== undefined && result.change.old !== undefined)
      changes.push(
        `${index}: ${result.change.old.join('+')} > ${result.change.value.join('+')} [${result.change.earliestMs}, ${result.change.atMs}] ${result.change.vantage}`,
      );
  }
  return { changes, belief };
}

test('two vantages confirm at once, one needs a second look; the interval is where the change lies', () => {
  assert.deepEqual(
    play([
      [answer('v1', 'a'), answer('v2', 'a')],
      [answer('v1', 'b'), answer('v2', 'b')],
    ]).changes,
    ['1: a > b [0, 60000] 2 of 2'],
  );
  assert.deepEqual(play([[answer('v1', 'a')], [answer('v1', 'b')], [answer('v1', 'b')]]).changes, [
    '2: a > b [0, 60000] 1 of 1',
  ]);
  assert.deepEqual(play([[answer('v1', 'a')], [answer('v1', 'b')], [answer('v1', 'a')]]).changes, []);
});

test('SERVFAIL and silence are not changes, and do not reset a candidate', () => {
  assert.deepEqual(play([[answer('v1', 'a')], [dark('v1')], [dark('v1')], [answer('v1', 'a')]]).changes, []);
  assert.deepEqual(
    play([[answer('v1', 'a')], [answer('v1', 'b')], [dark('v1')], [answer('v1', 'b')]]).changes,
    ['3: a > b [0, 60000] 1 of 1'],
  );
  assert.equal(play([[answer('v1', 'a')], [dark('v1')], [dark('v1')]]).belief?.unknownRounds, 2);
});

test('a sure absence is a value: DS removed, name gone, and back', () => {
  assert.deepEqual(
    play([[answer('v1', 'a')], [answer('v1')], [answer('v1')], [answer('v1', 'a')], [answer('v1', 'a')]])
      .changes,
    ['2: a >  [0, 60000] 1 of 1', '4:  > a [120000, 180000] 1 of 1'],
  );
});

test('rotating answers are learnt and stay quiet; a foreign value still speaks', () => {
  const rotation = ['a', 'b', 'a', 'b', 'b', 'a', 'a', 'b', 'b'].map((value) => [answer('v1', value)]);
  assert.deepEqual(play(rotation, true).changes, []);
  assert.deepEqual(play([...rotation, [answer('v1', 'x')], [answer('v1', 'x')]], true).changes.length, 1);
  assert.ok(play(rotation, false).changes.length > 0, 'a delegation that flaps is a change every time');
});

test('geo answers: vantages that differ from the start are no change, and other choices from the pool stay quiet', () => {
  const round = (east: string[], west: string[]): Reading[] => [
    answer('east', ...east),
    answer('west', ...west),
  ];
  const quiet = [round(['a', 'b'], ['c']), round(['a', 'b'], ['c']), round(['a', 'b'], ['c'])];
  assert.deepEqual(play(quiet, true).changes, []);
  assert.deepEqual(play([...quiet, round(['b', 'c'], ['a']), round(['b', 'c'], ['a'])], true).changes, []);
  assert.equal(play([...quiet, round(['a', 'x'], ['c']), round(['a', 'x'], ['c'])], true).changes.length, 1);
  assert.equal(play(quiet, false).changes.length, 1, 'two parents of a delegation that differ are reported');
});

test('each change gets its own epoch', () => {
  const { belief } = play([
    [answer('v', 'a'), answer('w', 'a')],
    [answer('v', 'b'), answer('w', 'b')],
    [answer('v', 'a'), answer('w', 'a')],
  ]);
  assert.equal(belief?.epoch, 2);
});
