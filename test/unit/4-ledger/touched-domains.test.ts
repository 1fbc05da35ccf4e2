/** The orders beside a record of touched domains are those of the record, whether it grew, was copied or came from a checkpoint. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  copiedTouches,
  forgetFirst,
  noteTouch,
  touchIndex,
  type Touched,
} from '../../../collector/src/4-ledger/touched-domains.ts';

function ordersOf(touched: Touched): { byName: string[]; byTime: string[] } {
  const byName = Object.keys(touched).sort();
  const at = (name: string): number => touched[name] ?? 0;
  return { byName, byTime: byName.toSorted((a, b) => at(a) - at(b) || (a < b ? -1 : 1)) };
}

const steps = fc.array(
  fc.record({ name: fc.constantFrom('a', 'b', 'c', 'toString', 'd.example'), atMs: fc.nat(5) }),
);

test('a copy goes on with the orders of the record it was made of, and leaves those alone', () => {
  fc.assert(
    fc.property(steps, steps, fc.boolean(), (before, after, forgets) => {
      const first: Touched = {};
      for (const { name, atMs } of before) noteTouch(first, name, atMs);
      const copy = { ...first };
      const asItWas = ordersOf(first);
      copiedTouches(first, copy);
      for (const { name, atMs } of after) noteTouch(copy, name, atMs);
      if (forgets) forgetFirst(copy);
      assert.deepEqual(touchIndex(copy), ordersOf(copy));
      assert.deepEqual(touchIndex(first), asItWas);
      assert.deepEqual(touchIndex({ ...copy }), ordersOf(copy));
    }),
  );
});
