import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { openCheckpointStore } from '../../../collector/src/log/checkpoint-store.ts';
import type { LogRecord } from '../../../collector/src/log/block.ts';
import { decodeLogEntry } from '../../../collector/src/log/entry-codec.ts';
import { createIntake } from '../../../collector/src/log/log-intake.ts';
import type { SegmentedLog } from '../../../collector/src/log/segmented-log.ts';
import { applyRetention } from '../../../collector/src/log/retention.ts';
import {
  SourceCursors,
  loadSourceCursors,
  recoverSourceCursors,
  saveSourceCursors,
} from '../../../collector/src/log/source-cursors.ts';
import { opened } from './log-setup.ts';
import { MemoryDisk } from './memory-disk.ts';

const identity = { tenant: 't', id: 'ws', feed: 'zonestream', kind: 'zone_feed', intervalMs: 1_000 } as const;
const raw = {
  tenant: 't',
  source: 'zonestream',
  receivedAtMs: 1,
  contentType: 'x',
  verified: false,
} as const;

async function kinds(log: SegmentedLog): Promise<string[]> {
  const out: string[] = [];
  for await (const batch of log.batches(0))
    for (const record of batch.records) {
      const entry = decodeLogEntry(record);
      out.push(entry.ok ? entry.value.kind : 'bad');
    }
  return out;
}

function around(lines: string[] = []) {
  return { nowMs: () => 7, log: (_level: string, message: string) => void lines.push(message) };
}

test('records and position are one commit; the position survives a power cut', async () => {
  const disk = new MemoryDisk();
  const log = await opened(disk);
  const intake = createIntake(log, new SourceCursors(), around());
  assert.equal(intake.cursor('ws'), undefined);
  await intake.accept([{ ...raw, bytes: Buffer.from('a') }], { source: 'ws', position: '41' });
  const syncs = disk.trace.filter((what) => what === 'datasync').length;
  await intake.accept([{ ...raw, bytes: Buffer.from('b') }], { source: 'ws', position: '42' });
  assert.equal(disk.trace.filter((what) => what === 'datasync').length, syncs + 1);
  assert.equal(intake.cursor('ws'), '42');
  const again = await opened(disk.afterPowerCut());
  assert.deepEqual(await kinds(again), ['raw', 'cursor', 'raw', 'cursor']);
  assert.deepEqual((await recoverSourceCursors(again, 0)).snapshot(), [['ws', '42']]);
});

test('recovery starts from a checkpoint and reads only what is behind it', async () => {
  const log = await opened(new MemoryDisk());
  const intake = createIntake(log, new SourceCursors(), around());
  await intake.accept([], { source: 'old', position: 'from the log' });
  const position = log.nextSequence;
  await intake.accept([], { source: 'new', position: '1' });
  const cursors = await recoverSourceCursors(log, position, [['old', 'from the checkpoint']]);
  assert.deepEqual(cursors.snapshot(), [
    ['new', '1'],
    ['old', 'from the checkpoint'],
  ]);
});

test('a full disk refuses records, does not move the position, and keeps blind time for later', async () => {
  const disk = new MemoryDisk();
  const log = await opened(disk);
  const lines: string[] = [];
  const refused: string[] = [];
  const intake = createIntake(log, new SourceCursors([['ws', '1']]), around(lines), {
    onRefused: (code) => refused.push(code),
  });
  await intake.accept([{ ...raw, bytes: Buffer.from('a') }]);
  disk.capacity = disk.used;
  await assert.rejects(
    intake.accept([{ ...raw, bytes: Buffer.from('b') }], { source: 'ws', position: '2' }),
    { code: 'disk_full' },
  );
  assert.equal(intake.cursor('ws'), '1');
  intake.gap(identity, 1, 5, 'socket closed');
  intake.heartbeat(identity);
  await new Promise(setImmediate);
  assert.match(lines[0] ?? '', /blind time of ws could not be written yet: no space left/);
  disk.capacity = Infinity;
  await intake.accept([{ ...raw, bytes: Buffer.from('c') }]);
  await new Promise(setImmediate);
  assert.deepEqual(await kinds(log), ['raw', 'gap', 'raw']);
  assert.deepEqual(refused, ['disk_full', 'disk_full']);
});

test('no position overtakes blind time whose write fails', async () => {
  const appends: { readonly kinds: string[]; settle(error?: Error): void }[] = [];
  const log = {
    append: (records: readonly LogRecord[]) =>
      new Promise<void>((resolve, reject) => {
        const kinds = records.map((record) => {
          const entry = decodeLogEntry(Buffer.concat(record instanceof Uint8Array ? [record] : record));
          return entry.ok ? entry.value.kind : 'bad';
        });
        appends.push({ kinds, settle: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
  } as unknown as SegmentedLog;
  const full = Object.assign(new Error('full'), { code: 'disk_full' });
  const intake = createIntake(log, new SourceCursors(), around());
  const record = { ...raw, bytes: Buffer.from('a') };

  intake.gap(identity, 1, 5, 'socket closed');
  const first = intake.accept([record], { source: 'ws', position: '5' });
  await new Promise(setImmediate);
  assert.deepEqual(
    appends.map(({ kinds }) => kinds),
    [['gap']],
    'the position waits for the verdict about the gap',
  );
  appends[0]?.settle(full);
  await new Promise(setImmediate);
  assert.deepEqual(appends[1]?.kinds, ['gap', 'raw', 'cursor']);

  const second = intake.accept([record], { source: 'other', position: '6' });
  await new Promise(setImmediate);
  assert.equal(appends.length, 2, 'nor does the position of another source pass it');
  appends[1]?.settle(full);
  await assert.rejects(first, { code: 'disk_full' });
  await new Promise(setImmediate);
  assert.deepEqual(appends[2]?.kinds, ['gap', 'raw', 'cursor']);
  appends[2]?.settle();
  await second;
});

test('positions outlive the segments they stand in', async (t) => {
  const at = mkdtempSync(`${tmpdir()}/zonewarden-test-`);
  t.after(() => rmSync(at, { recursive: true, force: true }));
  const store = openCheckpointStore(`${at}/checkpoints`, () => 0);
  assert.ok(store.ok);
  const disk = new MemoryDisk();
  const log = await opened(disk, { segmentBytes: 300 });
  const cursors = await loadSourceCursors(store.value, log);
  const intake = createIntake(log, cursors, around());
  await intake.accept([], { source: 'daily', position: 'd1' });
  for (let n = 0; n < 10; n++)
    await intake.accept([{ ...raw, bytes: Buffer.alloc(100) }], { source: 'ws', position: String(n) });
  saveSourceCursors(store.value, log, cursors);
  await applyRetention(log, { maxBytes: 0 }, [log.nextSequence], 0);
  await intake.accept([], { source: 'ws', position: 'newest' });
  const again = await loadSourceCursors(store.value, await opened(disk.afterPowerCut()));
  assert.deepEqual(again.snapshot(), [
    ['daily', 'd1'],
    ['ws', 'newest'],
  ]);
  const other = await loadSourceCursors(store.value, await opened(new MemoryDisk()));
  assert.deepEqual(other.snapshot(), [], 'positions of another log are not believed');
  store.value.close();
});
