/** The n-th disk call fails or the process ends there, for every n of a script; then everything acknowledged is there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogError } from '../../../collector/src/log/log-error.ts';
import type { SegmentedLog } from '../../../collector/src/log/segmented-log.ts';
import { openLog } from '../../../collector/src/log/segmented-log.ts';
import { allTexts, opened, recordText } from './log-setup.ts';
import type { Fault } from './memory-disk.ts';
import { Crashed, MemoryDisk, seeded } from './memory-disk.ts';

interface Run {
  readonly disk: MemoryDisk;
  /** Texts by sequence that were acknowledged. */
  readonly acked: Map<number, string>;
  readonly deletedBelow: number;
  readonly codes: Set<string>;
}

const records = 260;

/** Appends in bursts, deletes old segments now and then. Goes on after `disk_full`, ends at anything else. */
async function script(disk: MemoryDisk): Promise<Run> {
  const acked = new Map<number, string>();
  const codes = new Set<string>();
  let deletedBelow = 0;
  const run = (): Run => ({ disk, acked, deletedBelow, codes });
  const result = await openLog({
    directory: '/log',
    disk,
    nowMs: () => 0,
    segmentBytes: 2_000,
    salt: () => '0123456789abcdef',
  });
  if (!result.ok) return run();
  const log: SegmentedLog = result.value;
  let n = 0;
  while (n < records) {
    const size = 1 + (n % 3);
    const burst = Array.from({ length: 1 + (n % 2) }, () =>
      Array.from({ length: size }, () => recordText(n++)),
    );
    const settled = await Promise.allSettled(
      burst.map((texts) => log.append(texts.map((text) => Buffer.from(text)))),
    );
    for (const [index, one] of settled.entries()) {
      if (one.status === 'fulfilled') burst[index]?.forEach((text, i) => acked.set(one.value + i, text));
      else {
        assert.ok(one.reason instanceof LogError);
        codes.add(one.reason.code);
      }
    }
    if (log.state === 'failed') return run();
    if (n % 20 < 3 && log.segments().length > 3) {
      try {
        // Two at once: their removals must not become durable in the wrong order.
        const oldest = log.segments()[1]?.endSequence ?? 0;
        deletedBelow = oldest;
        await log.deleteOldest((segment) => segment.endSequence <= oldest);
      } catch (error) {
        if (error instanceof Crashed) return run();
        codes.add('delete');
      }
    }
  }
  await log.close();
  return run();
}

async function check(run: Run, after: MemoryDisk, label: string): Promise<void> {
  const log = await opened(after, { verify: 'all' });
  const texts = await allTexts(log);
  const first = log.firstSequence;
  assert.ok(first <= run.deletedBelow, `${label}: starts at ${first}, only ${run.deletedBelow} was given up`);
  for (const [sequence, text] of run.acked)
    if (sequence >= run.deletedBelow)
      assert.equal(texts[sequence - first], text, `${label}: record ${sequence}`);
  const next = await log.append([Buffer.from('after')]);
  assert.equal(next, log.nextSequence - 1);
  await log.close();
}

async function everyCall(
  how: Fault['how'],
  cut: 'afterKill' | 'afterPowerCut',
  rounds: number,
): Promise<void> {
  const clean = await script(new MemoryDisk());
  assert.ok(clean.acked.size >= records);
  const calls = clean.disk.calls;
  assert.ok(calls > 150);
  for (let call = 1; call <= calls; call++)
    for (let round = 0; round < rounds; round++) {
      const disk = new MemoryDisk(seeded(call * 31 + round));
      disk.fault = { call, how };
      const run = await script(disk);
      await check(run, disk[cut](), `${how} at call ${call} (${disk.trace[call - 1]}), round ${round}`);
    }
}

test('the process ends at any disk call: after a restart every acknowledged record is there', () =>
  everyCall('crash', 'afterKill', 1));
test('the power goes at any disk call, unsynced sectors survive at random', () =>
  everyCall('crash', 'afterPowerCut', 4));
test('any disk call fails with EIO', () => everyCall('EIO', 'afterPowerCut', 1));
test('any disk call finds no space', () => everyCall('ENOSPC', 'afterPowerCut', 1));

test('no space at a write never ends the log', async () => {
  const calls = (await script(new MemoryDisk())).disk.calls;
  for (let call = 1; call <= calls; call++) {
    const disk = new MemoryDisk(seeded(call));
    disk.fault = { call, how: 'ENOSPC', only: ['write', 'create'] };
    const run = await script(disk);
    assert.ok(!run.codes.has('disk_fault'), `call ${call}`);
  }
});
