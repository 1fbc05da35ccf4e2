import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { nodeDisk } from '../../../collector/src/log/disk.ts';
import { applyRetention } from '../../../collector/src/log/retention.ts';
import type { SegmentedLog } from '../../../collector/src/log/segmented-log.ts';
import { openLog } from '../../../collector/src/log/segmented-log.ts';
import { allTexts, opened, recordText } from './log-setup.ts';
import { MemoryDisk } from './memory-disk.ts';

/** 100 records, one commit a second, segments of ten seconds. */
async function filled(disk = new MemoryDisk()): Promise<SegmentedLog> {
  let nowMs = 0;
  const log = await opened(disk, { nowMs: () => nowMs, segmentAgeMs: 9_500, segmentBytes: 1e9 });
  for (let n = 0; n < 100; n++) {
    nowMs = n * 1_000;
    await log.append([Buffer.from(recordText(n))]);
  }
  assert.equal(log.segments().length, 10);
  return log;
}

test('segments older than the bound go, the rest can be read, also after a restart', async () => {
  const disk = new MemoryDisk();
  const log = await filled(disk);
  assert.deepEqual(await applyRetention(log, { maxAgeMs: 50_000 }, [100], 99_000), {
    deletedSegments: 4,
    heldBytes: 0,
  });
  assert.equal(log.firstSequence, 40);
  for (const one of [log, await opened(disk.afterPowerCut())]) {
    const batch = await one.read(0, 100);
    assert.equal(batch.firstSequence, 40);
    assert.equal(batch.skipped, 40);
    assert.equal((await allTexts(one)).length, 60);
  }
});

test('the log shrinks below the size bound', async () => {
  const log = await filled();
  const { deletedSegments } = await applyRetention(log, { maxBytes: log.bytes / 2 }, [100], 0);
  assert.ok(deletedSegments >= 4 && deletedSegments <= 6);
});

test('nothing the slowest reader needs is deleted, and what it holds is told', async () => {
  const log = await filled();
  const result = await applyRetention(log, { maxBytes: 0 }, [100, 25], 0);
  assert.equal(result.deletedSegments, 2);
  assert.ok(result.heldBytes > 0);
  assert.equal(log.firstSequence, 20);
});

test('without a known reader, and in the newest segment, nothing is deleted', async () => {
  const log = await filled();
  assert.equal((await applyRetention(log, { maxBytes: 0 }, [], 0)).deletedSegments, 0);
  assert.equal((await applyRetention(log, { maxBytes: 0, maxAgeMs: 0 }, [100], 1e9)).deletedSegments, 9);
  assert.equal((await allTexts(log)).length, 10);
});

test('readers of many segments at once do not lose their files, also while segments are deleted', async (t) => {
  const at = mkdtempSync(`${tmpdir()}/zonewarden-test-`);
  t.after(() => rmSync(at, { recursive: true, force: true }));
  let nowMs = 0;
  const result = await openLog({ directory: at, disk: nodeDisk(), nowMs: () => nowMs, segmentAgeMs: 500 });
  assert.ok(result.ok);
  const log = result.value;
  for (let n = 0; n < 40; n++) {
    nowMs = n * 1_000;
    await log.append([Buffer.from(recordText(n))]);
  }
  assert.equal(log.segments().length, 40);
  const readers = Array.from({ length: 30 }, async (_, index) => {
    for (let round = 0; round < 40; round++) {
      const from = (index * 7 + round * 3) % 40;
      const batch = await log.read(from, 1);
      assert.equal(batch.firstSequence, from + batch.skipped);
      assert.equal(batch.records[0]?.toString(), recordText(batch.firstSequence));
    }
  });
  readers.push(
    applyRetention(log, { maxAgeMs: 0 }, [20], 100_000).then(({ deletedSegments }) =>
      assert.equal(deletedSegments, 20),
    ),
  );
  await Promise.all(readers);
  await log.close();
});
