/** Copies of data directories: what is in the way is said, damage is found, retention takes nothing from under the copy. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { backUp } from '../../../collector/src/app/backup.ts';
import { openStores } from '../../../collector/src/app/stores.ts';
import { nodeDisk } from '../../../collector/src/log/disk.ts';
import { openLog } from '../../../collector/src/log/segmented-log.ts';

/** A data directory with `records` records in segments of one record each, a checkpoint at 2, an audit log. */
async function dataDirectory(t: TestContext, records = 4): Promise<{ data: string; out: string }> {
  const root = mkdtempSync(join(tmpdir(), 'zonewarden-backup-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const data = join(root, 'var');
  const stores = await openStores(data, () => 1_000);
  stores.checkpoints.save('engine', { position: 2, meta: { seen: 2 }, upserts: [['key', '"value"']] });
  stores.cursors.set('sink/otlp', 3);
  await stores.close();
  const opened = await openLog({
    directory: join(data, 'log'),
    disk: nodeDisk(),
    nowMs: () => 1_000,
    segmentBytes: 64,
  });
  assert.ok(opened.ok);
  for (let i = 0; i < records; i++) await opened.value.append([Buffer.from(`record ${i}`)]);
  await opened.value.close();
  mkdirSync(join(data, 'audit'));
  writeFileSync(join(data, 'audit/entries.ndjson'), '{"seq":0}\n');
  writeFileSync(join(data, 'audit/key.pem'), 'key', { mode: 0o600 });
  return { data, out: join(root, 'copy') };
}

test('everything is copied, and the copy opens with its checkpoint, cursors and records', async (t) => {
  const { data, out } = await dataDirectory(t);
  const parts: string[] = [];
  const made = await backUp(data, out, (part) => parts.push(part));
  assert.deepEqual([made.position, made.log], [2, { first: 0, end: 4 }]);
  assert.deepEqual(parts, [
    'checkpoints.sqlite',
    'cursors.sqlite',
    'quarantine.sqlite',
    'audit',
    'signals',
    'log',
  ]);
  const wanted = readdirSync(data).filter((name) => name !== 'lock' && !/-(wal|shm)$/.test(name));
  assert.deepEqual(
    readdirSync(out)
      .filter((name) => !/-(wal|shm)$/.test(name))
      .sort(),
    wanted.sort(),
  );
  assert.equal(readFileSync(join(out, 'audit/key.pem'), 'utf8'), 'key');
  const stores = await openStores(out, () => 2_000);
  assert.equal(stores.checkpoints.head('engine')?.position, 2);
  assert.equal(stores.cursors.get('sink/otlp'), 3);
  assert.equal(stores.log.nextSequence, 4);
  await stores.close();
});

test('the state of a collector that holds the data directory can be copied', async (t) => {
  const { data, out } = await dataDirectory(t);
  const stores = await openStores(data, () => 2_000);
  await stores.log.append([Buffer.from('newer')]);
  assert.equal((await backUp(data, out)).log.end, 5);
  await stores.close();
});

test('segments that retention deletes while the copy is made are in it', async (t) => {
  const { data, out } = await dataDirectory(t);
  const made = await backUp(data, out, (part) => {
    if (part === 'audit') unlinkSync(join(data, 'log/0000000000000000.seg'));
  });
  assert.deepEqual(made.log, { first: 0, end: 4 });
});

test('a commit that was cut in the middle is left out', async (t) => {
  const { data, out } = await dataDirectory(t);
  const last = join(data, 'log', readdirSync(join(data, 'log')).sort().at(-1) as string);
  writeFileSync(last, readFileSync(last).subarray(0, -3));
  assert.deepEqual((await backUp(data, out)).log, { first: 0, end: 3 });
});

test('damage is found: file and offset are said, and no copy is left', async (t) => {
  const { data, out } = await dataDirectory(t);
  const path = join(data, 'log/0000000000000001.seg');
  const bytes = readFileSync(path);
  bytes[bytes.length - 2] = (bytes.at(-2) as number) ^ 1;
  writeFileSync(path, bytes);
  await assert.rejects(
    backUp(data, out),
    /cannot be read back: .*0000000000000001\.seg is damaged at byte \d+/,
  );
  assert.ok(!existsSync(out) && !existsSync(`${out}.partial`));
});

test('a checkpoint that the log no longer reaches is no backup', async (t) => {
  const { data, out } = await dataDirectory(t, 1);
  await assert.rejects(backUp(data, out), /the engine stands at record 2, the log holds 0 to 1/);
  assert.ok(!existsSync(out));
});

test('places that cannot be are refused in words', async (t) => {
  const { data, out } = await dataDirectory(t);
  await assert.rejects(backUp(`${data}-other`, out), /is no data directory of a collector/);
  await assert.rejects(backUp(data, join(data, 'copy')), /lies inside of the data directory/);
  mkdirSync(out);
  await assert.rejects(backUp(data, out), /is there already/);
});
