import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SeenIds } from '../../../collector/src/engine/seen-ids.ts';

const dayMs = 86_400_000;

test('an id is known from its addition until its day is forgotten', () => {
  const seen = new SeenIds();
  seen.add('event/a', 5 * dayMs);
  seen.add('event/b', 7 * dayMs);
  assert.deepEqual([seen.has('event/a'), seen.has('event/b'), seen.has('event/c')], [true, true, false]);
  assert.deepEqual(seen.forget(6 * dayMs), [5]);
  assert.deepEqual([seen.has('event/a'), seen.has('event/b'), seen.size], [false, true, 1]);
});

test('what was stored comes back, also out of a window on a larger buffer', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 900 }), (ids) => {
      const seen = new SeenIds();
      for (const id of ids) seen.add(id, dayMs);
      const back = new SeenIds();
      for (const { day, bytes } of seen.takeDirty()) {
        const pool = Buffer.alloc(bytes.length + 64, 0xff);
        pool.set(bytes, 32);
        back.restore(day, pool.subarray(32, 32 + bytes.length));
      }
      assert.equal(back.size, seen.size);
      assert.ok(ids.every((id) => back.has(id)));
      assert.ok(!back.has('event/never added'));
    }),
    { numRuns: 50 },
  );
});
