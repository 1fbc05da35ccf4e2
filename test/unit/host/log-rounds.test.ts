/** Rounds over a log: short ones out of large commits, every record once, whatever the log gives at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogRounds } from '../../../collector/src/host/log-rounds.ts';
import { WaitingSequences } from '../../../collector/src/host/waiting-sequences.ts';

/** A log whose commits have so many records, of which retention deleted those before `firstKept`. */
function logOf(commits: readonly number[], firstKept = 0) {
  const end = commits.reduce((sum, count) => sum + count, 0);
  let reads = 0;
  return {
    end,
    reads: () => reads,
    read: async (from: number) => {
      reads++;
      const start = Math.max(from, firstKept);
      let next = 0;
      for (const count of commits) if ((next += count) > start) break;
      const records = Array.from({ length: Math.max(0, next - start) }, (_, i) =>
        Buffer.from(`${start + i}`),
      );
      return { firstSequence: start, records, next: start + records.length, skipped: start - from };
    },
  };
}

test('a commit of many records is read once and given in rounds of at most 1,024', async () => {
  const log = logOf([5_000, 3]);
  const rounds = new LogRounds(log);
  const sizes: number[] = [];
  for (let at = 0; at < log.end;) {
    const batch = await rounds.next(at);
    sizes.push(batch.records.length);
    at = batch.next;
  }
  assert.deepEqual(sizes, [1_024, 1_024, 1_024, 1_024, 904, 3]);
  assert.equal(log.reads(), 2);
  const end = await rounds.next(log.end);
  assert.deepEqual([end.records.length, end.next], [0, log.end]);
});

test('every record comes once and in order, whatever the commits and however much retention deleted', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 6 }),
      fc.nat(2_000),
      async (commits, deleted) => {
        const log = logOf(commits, Math.min(deleted, logOf(commits).end));
        const rounds = new LogRounds(log);
        const seen: number[] = [];
        let skipped = 0;
        for (let at = 0; at < log.end;) {
          const batch = await rounds.next(at);
          if (at === 0) skipped = batch.skipped;
          batch.records.forEach((record, i) => {
            assert.equal(Number(record.toString()), batch.firstSequence + i);
            seen.push(batch.firstSequence + i);
          });
          at = batch.next;
        }
        const first = log.end - seen.length;
        assert.equal(skipped, first);
        assert.deepEqual(
          seen,
          Array.from({ length: seen.length }, (_, i) => first + i),
        );
      },
    ),
    { numRuns: 50 },
  ));

test('somebody who goes back is read again', async () => {
  const log = logOf([3_000]);
  const rounds = new LogRounds(log);
  await rounds.next(0);
  const again = await rounds.next(0);
  assert.equal(again.firstSequence, 0);
  const beyond = await rounds.next(2_500);
  assert.deepEqual([beyond.firstSequence, beyond.records.length, beyond.next], [2_500, 500, 3_000]);
});

test('what does not wait any more is forgotten; what waits keeps its first entry', () => {
  const sequences = new WaitingSequences();
  const message = (i: number) => ({ kind: 'event', id: `e${i}` });
  for (let i = 0; i < 5_000; i++) sequences.note('event', `e${i}`, i);
  sequences.note('event', 'e7', 9_999);
  sequences.prune(() => [message(7), message(8), message(123_456)]);
  assert.equal(sequences.of('event/e7'), 7);
  assert.equal(sequences.of('event/e8'), 8);
  assert.equal(sequences.of('event/e9'), undefined);
  assert.equal(sequences.of('event/e123456'), undefined);
});
