import assert from 'node:assert/strict';
import { test } from 'node:test';
import { segmentName } from '../../../collector/src/log/recovery.ts';
import type { SegmentedLog } from '../../../collector/src/log/segmented-log.ts';
import { openLog } from '../../../collector/src/log/segmented-log.ts';
import { allTexts, opened, recordText } from './log-setup.ts';
import { MemoryDisk, seeded } from './memory-disk.ts';

/** A disk with `count` records, each its own commit, in segments of about 4 KiB. */
async function filled(count: number, random = seeded(1)): Promise<MemoryDisk> {
  const disk = new MemoryDisk(random);
  const log = await opened(disk);
  for (let n = 0; n < count; n++) await log.append([Buffer.from(recordText(n))]);
  await log.close();
  return disk.afterKill();
}

async function failureOf(disk: MemoryDisk, verify: 'tail' | 'all' = 'tail') {
  const result = await openLog({ directory: '/log', disk, nowMs: () => 0, verify });
  return result.ok ? undefined : result.failure;
}

async function assertPrefix(log: SegmentedLog, total: number): Promise<number> {
  const texts = await allTexts(log);
  assert.ok(texts.length <= total);
  for (const [n, text] of texts.entries()) assert.equal(text, recordText(n));
  return texts.length;
}

test('a torn tail is cut, reported with place and reason, and writing goes on', async () => {
  const disk = await filled(10);
  const path = `/log/${segmentName(0)}`;
  const whole = disk.bytes(path);
  disk.replace(path, whole.subarray(0, whole.length - 5));
  const log = await opened(disk);
  const [torn] = log.torn;
  assert.equal(torn?.path, path);
  assert.equal(torn?.reason, 'block is longer than the file');
  assert.equal((torn?.offset ?? 0) + (torn?.bytes ?? 0), whole.length - 5);
  assert.equal(log.nextSequence, 9);
  assert.equal(await log.append([Buffer.from(recordText(9))]), 9);
  assert.equal(await assertPrefix(await opened(disk.afterKill()), 10), 10);
});

test('a segment whose creation was torn is removed', async () => {
  const disk = await filled(10);
  disk.replace(`/log/${segmentName(10)}`, Buffer.from('ZWSG half a header'));
  const log = await opened(disk);
  assert.equal(log.nextSequence, 10);
  assert.match(log.torn[0]?.reason ?? '', /only 18 of 64 header bytes/);
  await log.append([Buffer.from(recordText(10))]);
  assert.equal(await assertPrefix(await opened(disk.afterKill()), 11), 11);
});

test('a bad block followed by intact ones stops with file and offset', async () => {
  const disk = await filled(10);
  const last = `/log/${segmentName(0)}`;
  const bytes = Buffer.from(disk.bytes(last));
  bytes[64 + 48 + 4] = (bytes[64 + 48 + 4] ?? 0) ^ 1;
  disk.replace(last, bytes);
  const failure = await failureOf(disk);
  assert.equal(failure?.code, 'log_damaged');
  assert.equal(failure.path, `${last}:64`);
  assert.match(failure.message, /wrong checksum, and intact blocks follow/);
  assert.deepEqual(disk.bytes(last), bytes, 'nothing was changed');
});

test('a record that holds a well-formed block does not turn a torn tail into damage', async () => {
  const inner = await filled(3);
  const disk = new MemoryDisk();
  const log = await opened(disk, { salt: () => 'aaaaaaaaaaaaaaaa' });
  const smuggled = inner.bytes(`/log/${segmentName(0)}`);
  await log.append([Buffer.from(recordText(0))]);
  await log.append([Buffer.concat([smuggled, Buffer.alloc(500)])]);
  const after = disk.afterKill();
  const path = `/log/${segmentName(0)}`;
  after.replace(path, after.bytes(path).subarray(0, -100));
  const again = await opened(after);
  assert.equal(again.nextSequence, 1);
  assert.equal(again.torn.length, 1);
});

test('damage in an older segment is found by the full check and by reading, and named', async () => {
  const disk = await filled(60);
  const path = `/log/${segmentName(0)}`;
  const bytes = Buffer.from(disk.bytes(path));
  bytes[300] = (bytes[300] ?? 0) ^ 4;
  disk.replace(path, bytes);
  const failure = await failureOf(disk, 'all');
  assert.equal(failure?.code, 'log_damaged');
  assert.ok(failure.path.startsWith(`${path}:`));
  const log = await opened(disk);
  await assert.rejects(allTexts(log), { code: 'log_damaged' });
});

test('a missing, shortened, swapped or foreign segment is refused from the headers', async () => {
  const names = (await (await filled(60)).readdir('/log')).sort();
  assert.ok(names.length >= 3);
  const [first = '', second = '', third = ''] = names.map((name) => `/log/${name}`);
  const missing = await filled(60);
  await missing.unlink(second);
  assert.match((await failureOf(missing))?.message ?? '', /the segment before it should be/);
  const shortened = await filled(60);
  shortened.replace(first, shortened.bytes(first).subarray(0, -1));
  assert.match((await failureOf(shortened))?.message ?? '', /it ends here, but had/);
  const swapped = await filled(60);
  const keep = swapped.bytes(second);
  swapped.replace(second, swapped.bytes(third));
  swapped.replace(third, keep);
  assert.match((await failureOf(swapped))?.message ?? '', /its name says/);
  const foreign = await filled(60);
  const other = new MemoryDisk();
  const otherLog = await opened(other, { salt: () => '0101010101010101' });
  for (let n = 0; n < 60; n++) await otherLog.append([Buffer.from(recordText(n))]);
  foreign.replace(first, other.bytes(first));
  assert.match((await failureOf(foreign))?.message ?? '', /another copy/);
});

test('a newer layout is refused with a sentence', async () => {
  const disk = await filled(1);
  const path = `/log/${segmentName(0)}`;
  const bytes = Buffer.from(disk.bytes(path));
  bytes[4] = 9;
  disk.replace(path, bytes);
  assert.equal((await failureOf(disk))?.code, 'log_damaged');
});

test('300 random truncations leave a gap-free prefix', async () => {
  const random = seeded(7);
  const whole = await filled(60);
  const names = (await whole.readdir('/log')).sort();
  for (let round = 0; round < 300; round++) {
    const disk = whole.afterKill();
    const last = `/log/${names.at(-1)}`;
    const bytes = disk.bytes(last);
    const length = Math.floor(random() * bytes.length);
    disk.replace(last, bytes.subarray(0, length));
    const log = await opened(disk, { verify: 'all' });
    assert.equal(await assertPrefix(log, 60), log.nextSequence);
    const cutBetweenBlocks = log.segments().at(-1)?.bytes === length;
    assert.equal(log.torn.length, cutBetweenBlocks ? 0 : 1);
  }
});

test('400 random bit flips are found: refused, or cut and reported, never read as records', async () => {
  const random = seeded(8);
  const whole = await filled(60);
  const names = (await whole.readdir('/log')).sort();
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const disk = whole.afterKill();
    const path = `/log/${names[Math.floor(random() * names.length)]}`;
    const bytes = Buffer.from(disk.bytes(path));
    const at = Math.floor(random() * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    disk.replace(path, bytes);
    const result = await openLog({ directory: '/log', disk, nowMs: () => 0, verify: 'all' });
    if (!result.ok) {
      assert.equal(result.failure.code, 'log_damaged');
      refused++;
      continue;
    }
    assert.equal(result.value.torn.length, 1, `flip at ${path}:${at} went unnoticed`);
    assert.equal(await assertPrefix(result.value, 59), result.value.nextSequence);
  }
  assert.ok(refused > 200);
});
