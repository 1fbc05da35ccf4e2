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
    const result = takeRound(belief, readings, index * 60_000, { rotates });
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

/** A small generator of numbers, the same at every run: rotation is by chance, tests are not. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** `count` of the addresses, chosen by chance. */
function choice(pick: (below: number) => number, addresses: readonly string[], count: number): string[] {
  const rest = [...addresses];
  return Array.from({ length: count }, () => rest.splice(pick(rest.length), 1)[0]!).sort();
}

const twenty = Array.from({ length: 20 }, (_, n) => `192.0.2.${100 + n}`);

test('several servers of one zone, seen from one place, are one witness: a change at all of them needs a second look', () => {
  const from = (source: string, ...value: string[]): Reading => ({ ...answer('here', ...value), source });
  const before = [from('ns1', 'a'), from('ns2', 'a')];
  const after = [from('ns1', 'b'), from('ns2', 'b')];
  assert.deepEqual(play([before, after, before], true).changes, []);
  assert.deepEqual(play([before, after, after], true).changes, ['2: a > b [0, 60000] 1 of 1']);
  const half = [from('ns1', 'a'), from('ns2', 'b')];
  assert.deepEqual(play([before, half, half, half], true).changes, ['2: a > b [60000, 60000] 1 of 1']);
});

test('some of twenty addresses at each look, of a server or behind a cache: no change ever, and a foreign one is told once', () => {
  for (const count of [1, 4, 8])
    for (let seed = 1; seed <= 25; seed++) {
      const pick = chance(seed);
      const server = (): Reading[] =>
        Array.from({ length: 4 }, () => ({
          ...answer('here', ...choice(pick, twenty, count)),
          source: 'ns1',
        }));
      const cache = (): Reading[] => [
        { ...answer('r', ...choice(pick, twenty, count)), source: 'r', cachedForMs: 50_000 },
      ];
      const hijack = [answer('here', '203.0.113.66')];
      // One of twenty behind a cache alone cannot be told from a change by anybody: the servers' own answers teach it (dns-rotation).
      for (const look of count === 1 ? [server] : [server, cache]) {
        const rounds = Array.from({ length: 120 }, look);
        const name = `${count} of 20, ${look.name}, seed ${seed}`;
        assert.deepEqual(play(rounds, true).changes, [], name);
        const { changes } = play([...rounds, hijack, hijack, hijack, hijack], true);
        assert.equal(changes.length, 1, name);
        assert.match(changes[0]!, /> 203\.0\.113\.66 /u, name);
      }
    }
});

test('a cache that repeats what it holds is one sight; after its time the same answer is the second', () => {
  const cached = (value: string): Reading[] => [{ ...answer('r', value), cachedForMs: 150_000 }];
  const rounds = [cached('a'), cached('b'), cached('b'), cached('b')];
  assert.deepEqual(play(rounds, true).changes, []);
  assert.deepEqual(play([...rounds, cached('b')], true).changes, ['4: a > b [0, 60000] 1 of 1']);
  assert.deepEqual(
    play([cached('a'), [...cached('b'), { ...answer('q', 'b'), cachedForMs: 150_000 }]], true).changes,
    ['1: a > b [0, 60000] 2 of 2'],
  );
});

test('a name that begins to rotate after a quiet time is told once, with everything seen', () => {
  const quiet = Array.from({ length: 20 }, () => [answer('r', 'a')]);
  const moving = ['b', 'c', 'd', 'e', 'b', 'd', 'a', 'c', 'e'].map((value) => [answer('r', value)]);
  assert.deepEqual(play([...quiet, ...moving], true).changes, ['23: a > b+c+d+e [1140000, 1380000] 1 of 1']);
});

test('addresses that never repeat (a content network) ask for no hurried looks; one that stays is told', () => {
  const wandering = Array.from({ length: 120 }, (_, n) => [answer('r', `198.51.${n}.1`, `198.51.${n}.2`)]);
  const { belief } = play(wandering, true);
  assert.equal(takeRound(belief, [answer('r', '198.51.200.1')], 0, { rotates: true }).suspicious, false);
  const stays = Array.from({ length: 4 }, () => [answer('r', '203.0.113.66')]);
  assert.equal(play([...wandering, ...stays], true).changes.length, 1 + play(wandering, true).changes.length);
});
