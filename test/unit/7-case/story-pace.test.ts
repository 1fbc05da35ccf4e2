/** How often a case is written again for events alone: at once while somebody is at work, seldom when it only listens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, day, event, hour, minute, movedDelegation, start } from './keeper-harness.ts';

const inventory = {
  domains: [{ domain: 'pay.example', tenant: 'acme', tier: 0, owner: 'payments' }],
};

function changedAt(bench: Bench, atMs: number): string {
  const one = event({ event_type: 'dns.record.updated', domain: 'pay.example' }, atMs);
  bench.event(one, atMs);
  return one.event_id;
}

void test('an event a minute for a day: soon told at first, then gathered, never one revision each', () => {
  const bench = new Bench(inventory);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  const opened = bench.only().revision;
  const third = [1, 2, 3].map((m) => changedAt(bench, start + m * minute)).at(-1);
  bench.advance(start + 4 * minute);
  assert.ok(
    bench.only().timeline.some(({ ref }) => ref === third),
    'within a minute while the case is new',
  );
  for (let m = 5; m <= 1_440; m++) changedAt(bench, start + m * minute);
  bench.advance(start + day + hour);
  // 50 lines of a kind: at most 4 in the first 4 minutes, then each quarter of an age; 1,389 more: when their number doubles.
  const revisions = bench.only().revision - opened;
  assert.ok(revisions >= 10 && revisions <= 4 + 12 + 12, `${revisions} revisions`);
  const omitted = bench.only().timeline.find(({ text }) => text.includes('further events'));
  assert.ok(Number(omitted?.text.split(' ')[0]) >= 1_389 / 2, omitted?.text);
});

void test('a case that has listened for two days: what comes is told within ten minutes', () => {
  const bench = new Bench(inventory);
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  const late = changedAt(bench, start + 2 * day);
  bench.advance(start + 2 * day + 10 * minute);
  assert.ok(bench.only().timeline.some(({ ref }) => ref === late));
});
