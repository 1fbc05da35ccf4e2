/** What a probe learns about answers that rotate, from one query a look and a few more while something is new. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLearning, lookedAt, poolOf } from '../../../collector/src/1-source/answer-pool.ts';
import {
  takeAttributes,
  unsettledKeys,
  withSamples,
  type Attribute,
  type Beliefs,
} from '../../../collector/src/1-source/probe-document.ts';

test('news during the learning begin it anew; once it is over nothing undoes it', () => {
  let pool = poolOf(['a', 'b'])!;
  for (let look = 0; look < 15; look++) pool = lookedAt(pool, true);
  assert.ok(isLearning(pool));
  pool = lookedAt(pool, false);
  for (let look = 0; look < 15; look++) pool = lookedAt(pool, true);
  assert.ok(isLearning(pool), 'quiet looks in a row, not in all');
  pool = lookedAt(pool, true);
  assert.ok(!isLearning(pool));
  assert.ok(!isLearning(lookedAt(pool, false)));
});

test('one of six addresses by chance at every query: of 300 names watched for an hour next to none speaks', () => {
  let state = 1;
  const below = (count: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
  const look = (): Attribute[] => [
    {
      key: 'www/A',
      what: 'answer',
      rotates: true,
      resample: true,
      readings: [{ vantage: 'here', source: 'ns1', outcome: 'answer', value: [`192.0.2.${100 + below(6)}`] }],
    },
  ];
  let speaking = 0;
  for (let name = 0; name < 300; name++) {
    const beliefs: Beliefs = {};
    let spoke = false;
    for (let minute = 0; minute < 60; minute++) {
      let attributes: readonly Attribute[] = look();
      const unsettled = unsettledKeys(attributes, beliefs);
      for (let more = 0; more < 3 && unsettled.size > 0; more++) attributes = withSamples(attributes, look());
      const { documents } = takeAttributes('answer', 'pay.example', attributes, beliefs, minute * 60_000);
      spoke ||= documents.some(({ old }) => old !== null);
    }
    if (spoke) speaking++;
  }
  assert.ok(speaking <= 3, `${speaking} of 300`);
});
