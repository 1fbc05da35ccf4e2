import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogError } from '../../../collector/src/log/log-error.ts';
import { openLog } from '../../../collector/src/log/segmented-log.ts';
import { allTexts, opened, recordText } from './log-setup.ts';
import { MemoryDisk } from './memory-disk.ts';

const bytes = (n: number) => Buffer.from(recordText(n));

test('records get consecutive sequences and are read back in order, across segments and restarts', async () => {
  const disk = new MemoryDisk();
  let log = await opened(disk);
  assert.equal(log.nextSequence, 0);
  assert.equal(await log.append([bytes(0), bytes(1)]), 0);
  assert.equal(await log.append([bytes(2)]), 2);
  for (let n = 3; n < 60; n++) assert.equal(await log.append([bytes(n)]), n);
  assert.ok(log.segments().length > 2);
  await log.close();
  log = await opened(disk.afterKill(), { verify: 'all' });
  assert.deepEqual(log.torn, []);
  assert.equal(log.nextSequence, 60);
  assert.deepEqual(
    await allTexts(log),
    Array.from({ length: 60 }, (_, n) => recordText(n)),
  );
  assert.equal(await log.append([bytes(60)]), 60);
});

test('an append of head and body is stored as one record', async () => {
  const log = await opened(new MemoryDisk());
  await log.append([[Buffer.from('head '), Buffer.from('body')], Buffer.alloc(0)]);
  assert.deepEqual(await allTexts(log), ['head body', '']);
});

test('appends that arrive together share one fdatasync', async () => {
  const disk = new MemoryDisk();
  const log = await opened(disk, { segmentBytes: 1e9 });
  await log.append([bytes(0)]);
  const before = disk.trace.filter((what) => what === 'datasync').length;
  const sequences = await Promise.all(Array.from({ length: 100 }, (_, i) => log.append([bytes(i)])));
  assert.deepEqual(
    sequences,
    Array.from({ length: 100 }, (_, i) => i + 1),
  );
  assert.equal(disk.trace.filter((what) => what === 'datasync').length - before, 1);
  assert.equal(log.queuedBytes, 0);
});

test('a commit is bounded, but one append is never split', async () => {
  const disk = new MemoryDisk();
  const log = await opened(disk, { segmentBytes: 1e9, blockBytesMax: 1_000 });
  const big = Array.from({ length: 50 }, () => Buffer.alloc(100));
  await Promise.all([log.append([Buffer.alloc(600)]), log.append([Buffer.alloc(600)]), log.append(big)]);
  assert.equal(disk.trace.filter((what) => what === 'datasync').length, 1 + 3);
});

test('any batching and any read size give the same records', async () => {
  const batches = fc.array(fc.array(fc.uint8Array({ maxLength: 80 }), { minLength: 1, maxLength: 6 }), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(
      batches,
      fc.integer({ min: 1, max: 5_000 }),
      fc.boolean(),
      async (lists, readBytes, wait) => {
        const log = await opened(new MemoryDisk(), { segmentBytes: 500, blockBytesMax: 200 });
        const pending: Promise<number>[] = [];
        for (const list of lists) {
          const one = log.append(list);
          pending.push(one);
          if (wait) await one;
        }
        const firsts = await Promise.all(pending);
        let expectedFirst = 0;
        for (const [index, list] of lists.entries()) {
          assert.equal(firsts[index], expectedFirst);
          expectedFirst += list.length;
        }
        const expected = lists.flat().map((one) => Buffer.from(one).toString('hex'));
        const found: string[] = [];
        for await (const batch of log.batches(0, readBytes))
          found.push(...batch.records.map((one) => one.toString('hex')));
        assert.deepEqual(found, expected);
      },
    ),
    { numRuns: 60 },
  );
});

test('reading can start at any record', async () => {
  const log = await opened(new MemoryDisk());
  for (let n = 0; n < 40; n += 4) await log.append([bytes(n), bytes(n + 1), bytes(n + 2), bytes(n + 3)]);
  for (let from = 39; from >= 0; from--) {
    const batch = await log.read(from, 1);
    assert.equal(batch.firstSequence, from);
    assert.equal(batch.records[0]?.toString(), recordText(from));
  }
  assert.deepEqual(await log.read(40, 1), { firstSequence: 40, records: [], next: 40, skipped: 0 });
  await assert.rejects(log.read(41, 1), (error: LogError) => error.code === 'log_damaged');
});

test('a reader sees only durable records and can wait for them', async () => {
  const log = await opened(new MemoryDisk());
  const stop = new AbortController();
  const waiting = log.waitFor(0, stop.signal);
  const appended = log.append([bytes(0)]);
  assert.deepEqual((await log.read(0, 1000)).records, []);
  await appended;
  await waiting;
  assert.equal((await log.read(0, 1000)).records.length, 1);
  const endless = log.waitFor(1, stop.signal);
  stop.abort();
  await assert.rejects(endless, { name: 'AbortError' });
});

test('a failing fdatasync ends the log: the caller is refused, nothing is tried again', async () => {
  const disk = new MemoryDisk();
  const log = await opened(disk);
  const states: string[] = [];
  log.onState((state) => states.push(state));
  await log.append([bytes(0)]);
  disk.fault = { call: disk.calls + 1, how: 'EIO', only: ['datasync'] };
  const first = log.append([bytes(1)]);
  const waiting = log.waitFor(1, new AbortController().signal);
  await assert.rejects(
    first,
    (error: LogError) => error.code === 'disk_fault' && /fdatasync/.test(error.message),
  );
  await assert.rejects(waiting, (error: LogError) => error.code === 'disk_fault');
  const calls = disk.calls;
  await assert.rejects(log.append([bytes(2)]), (error: LogError) => error.code === 'disk_fault');
  assert.equal(disk.calls, calls);
  assert.deepEqual(states, ['failed']);
  assert.equal(log.nextSequence, 1);
  assert.deepEqual(await allTexts(log), [recordText(0)]);
});

test('a full disk rejects with disk_full, keeps what was accepted and resumes by itself', async () => {
  const disk = new MemoryDisk();
  const log = await opened(disk);
  const states: string[] = [];
  log.onState((state) => states.push(state));
  let n = 0;
  for (; n < 10; n++) await log.append([bytes(n)]);
  disk.capacity = disk.used + 100;
  const refused = await Promise.allSettled([log.append([Buffer.alloc(500)]), log.append([bytes(99)])]);
  assert.deepEqual(
    refused.map((one) => (one.status === 'rejected' ? (one.reason as LogError).code : 'stored')),
    ['disk_full', 'disk_full'],
  );
  assert.equal(log.state, 'full');
  await assert.rejects(log.append([Buffer.alloc(500)]), (error: LogError) => error.code === 'disk_full');
  disk.capacity = Infinity;
  assert.equal(await log.append([bytes(n)]), n);
  assert.deepEqual(states, ['full', 'open']);
  const again = await opened(disk.afterPowerCut(), { verify: 'all' });
  assert.deepEqual(
    await allTexts(again),
    Array.from({ length: 11 }, (_, i) => recordText(i)),
  );
});

test('no space for a new segment leaves no half segment behind', async () => {
  const disk = new MemoryDisk();
  const log = await opened(disk, { segmentBytes: 200 });
  await log.append([Buffer.alloc(120)]);
  disk.capacity = disk.used + 20;
  await assert.rejects(log.append([Buffer.alloc(120)]), (error: LogError) => error.code === 'disk_full');
  assert.equal((await disk.readdir('/log')).length, 1);
  disk.capacity = Infinity;
  await log.append([Buffer.alloc(120)]);
  assert.equal((await opened(disk.afterKill())).nextSequence, 2);
});

test('an impossible append is refused without harm', async () => {
  const log = await opened(new MemoryDisk());
  const huge = Object.create(Buffer.alloc(0), { length: { value: 300 * 1024 * 1024 } }) as Buffer;
  await assert.rejects(log.append([huge]), (error: LogError) => error.code === 'too_large');
  assert.equal(await log.append([]), 0);
  await log.append([bytes(0)]);
  await log.close();
  await assert.rejects(log.append([bytes(1)]), LogError);
});

test('a segment is closed when it is old', async () => {
  let nowMs = 0;
  const log = await opened(new MemoryDisk(), { nowMs: () => nowMs, segmentAgeMs: 1_000, segmentBytes: 1e9 });
  await log.append([bytes(0)]);
  nowMs = 1_001;
  await log.append([bytes(1)]);
  assert.equal(log.segments().length, 2);
});

test('a directory that cannot be read is a failure, not a throw', async () => {
  const disk = new MemoryDisk();
  disk.readdir = () => Promise.reject(Object.assign(new Error('EACCES: no'), { code: 'EACCES' }));
  const result = await openLog({ directory: '/log', disk, nowMs: () => 0 });
  assert.ok(!result.ok && result.failure.code === 'disk_fault');
});
