/** The lists of touched domains are those of a plain record, whether they grew, were copied or came from a checkpoint. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  copiedTouches,
  forgetFirst,
  forgetTouches,
  noteTouch,
  noTouches,
  touchedAt,
  touchedCount,
  touchedIn,
  touchedSince,
} from '../../../collector/src/4-ledger/touched-domains.ts';
import type { TouchedDomains } from '../../../collector/src/contract/ledger.ts';

const steps = fc.array(
  fc.record({ name: fc.constantFrom('a', 'b', 'c', 'toString', 'domains', 'd.example'), atMs: fc.nat(5) }),
);
type Steps = readonly { readonly name: string; readonly atMs: number }[];

/** What the lists should say. */
function modelOf(touches: Steps, from: ReadonlyMap<string, number> = new Map()): Map<string, number> {
  const model = new Map(from);
  for (const { name, atMs } of touches) model.set(name, Math.max(model.get(name) ?? 0, atMs));
  return model;
}

function assertSays(touched: TouchedDomains, model: ReadonlyMap<string, number>): void {
  const sorted = [...model].sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1));
  assert.deepEqual(touched, { domains: sorted.map(([name]) => name), atMs: sorted.map(([, atMs]) => atMs) });
  assert.equal(touchedCount(touched), model.size);
  for (const name of ['a', 'toString', 'nobody']) assert.equal(touchedAt(touched, name), model.get(name));
  for (const oldestMs of [-1, 0, 2, 5]) {
    const since = sorted.filter(([, atMs]) => atMs > oldestMs).map(([name]) => name);
    assert.deepEqual(touchedSince(touched, oldestMs), since.sort());
  }
}

test('a copy goes on where the lists it was made of stand, and leaves those alone', () => {
  fc.assert(
    fc.property(steps, steps, (before, after) => {
      const first = noTouches();
      for (const { name, atMs } of before) noteTouch(first, name, atMs);
      const copy = { domains: [...first.domains], atMs: [...first.atMs] };
      copiedTouches(first, copy);
      for (const { name, atMs } of after) noteTouch(copy, name, atMs);
      const model = modelOf(before);
      assertSays(first, model);
      assertSays(copy, modelOf(after, model));
      assertSays({ domains: [...copy.domains], atMs: [...copy.atMs] }, modelOf(after, model));
    }),
  );
});

test('what was touched longest ago is forgotten first', () => {
  fc.assert(
    fc.property(steps, fc.nat(5), (touches, oldestMs) => {
      const touched = noTouches();
      for (const { name, atMs } of touches) noteTouch(touched, name, atMs);
      const model = modelOf(touches);
      const oldest = touched.domains[0];
      forgetFirst(touched);
      if (oldest !== undefined) model.delete(oldest);
      assertSays(touched, model);
      forgetTouches(touched, oldestMs);
      for (const [name, atMs] of model) if (atMs <= oldestMs) model.delete(name);
      assertSays(touched, model);
    }),
  );
});

test('checkpoints of older versions hold times by domain', () => {
  const stored: Record<string, number> = { 'b.example': 2, a: 2, later: 3 };
  assertSays(touchedIn(stored), new Map(Object.entries(stored)));
  const now = noTouches();
  assert.equal(touchedIn(now), now);
});
