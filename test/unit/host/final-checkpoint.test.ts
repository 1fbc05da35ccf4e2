/** The checkpoint of a process that was told to stop: as much as there is time for, and never half of one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finalCheckpoint } from '../../../collector/src/host/final-checkpoint.ts';

/** A taker whose checkpoints have so many parts, each of which takes a second. */
function slowTaker(partsOpen: number, partsOfNext: number) {
  let nowMs = 0;
  let left = partsOpen;
  const told: string[] = [];
  const taker = {
    get isOpen() {
      return left > 0;
    },
    part() {
      nowMs += 1_000;
      left--;
      if (left > 0) return false;
      told.push('durable');
      return true;
    },
    abandon() {
      if (left > 0) told.push('abandoned');
      left = 0;
    },
  };
  const begin = (): void => {
    told.push('begun');
    left = partsOfNext;
  };
  return { told, end: () => finalCheckpoint(taker, begin, () => nowMs), tookMs: () => nowMs };
}

test('nothing is open and there is time: the last moment is saved', async () => {
  const { told, end } = slowTaker(0, 4);
  assert.equal(await end(), true);
  assert.deepEqual(told, ['begun', 'durable']);
});

test('an open one is finished before another is begun', async () => {
  const { told, end } = slowTaker(2, 2);
  assert.equal(await end(), true);
  assert.deepEqual(told, ['durable', 'begun', 'durable']);
});

test('time runs out over the last one: the one before it counts', async () => {
  const { told, end, tookMs } = slowTaker(2, 50);
  assert.equal(await end(), false);
  assert.deepEqual(told, ['durable', 'begun', 'abandoned']);
  assert.equal(tookMs(), 4_000);
});

test('time runs out over the open one: none is begun', async () => {
  const { told, end, tookMs } = slowTaker(50, 1);
  assert.equal(await end(), false);
  assert.deepEqual(told, ['abandoned']);
  assert.equal(tookMs(), 4_000);
});

test('others get their turn between two parts: what cuts a stop short could not fire otherwise', async () => {
  const { end } = slowTaker(0, 3);
  let turns = 0;
  setImmediate(function count() {
    if (++turns < 2) setImmediate(count);
  });
  await end();
  assert.equal(turns, 2);
});
