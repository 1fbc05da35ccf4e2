import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openCheckpointStore } from '../../../collector/src/log/checkpoint-store.ts';
import { openCursorStore } from '../../../collector/src/log/cursor-store.ts';
import { lockDataDirectory } from '../../../collector/src/log/data-lock.ts';
import type { DeadLetter } from '../../../collector/src/log/quarantine.ts';
import { openQuarantine } from '../../../collector/src/log/quarantine.ts';
import { sqliteRefusal } from '../../../collector/src/log/sqlite.ts';
import type { Outcome } from '../../../collector/src/contract/outcome.ts';

function directory(t: TestContext): string {
  const path = mkdtempSync(`${tmpdir()}/zonewarden-test-`);
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function value<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.failure.message);
  return outcome.value;
}

test('SQLite libraries with the WAL-reset bug are refused', () => {
  for (const good of ['3.52.0', '3.53.4', '4.0.0']) assert.equal(sqliteRefusal(good), undefined);
  for (const bad of ['3.51.9', '3.9.0', '2.99.0', '', undefined])
    assert.match(sqliteRefusal(bad) ?? '', /3\.52\.0/);
});

test('who can wait until no change is being written holds nobody up; who cannot ends it', async (t) => {
  const store = value(openCheckpointStore(`${directory(t)}/checkpoint.sqlite`, () => 99));
  await store.whenClosed();
  const told: string[] = [];
  const writer = store.begin('engine', () => {
    told.push('hurried');
    writer.commit(7, null);
  });
  const patient = store.whenClosed().then(() => told.push('closed'));
  writer.put([['a', '1']]);
  await Promise.resolve();
  assert.deepEqual(told, []);
  store.save('other', { position: 1, meta: null, upserts: [] });
  await patient;
  assert.deepEqual(told, ['hurried', 'closed']);
  const abandoned = store.begin('engine', () => undefined);
  const waiting = store.whenClosed();
  abandoned.abandon();
  await waiting;
  assert.equal(store.head('engine')?.position, 7);
  store.close();
});

test('a large change is durable with its commit and carried into the file afterwards', (t) => {
  const path = `${directory(t)}/checkpoint.sqlite`;
  const store = value(openCheckpointStore(path, () => 99));
  const text = 'x'.repeat(1024 * 1024);
  const megabytes = 9;
  const writer = store.begin('engine', () => undefined);
  writer.put(Array.from({ length: megabytes }, (_, i) => [`row ${i}`, text]));
  writer.commit(7, null);
  assert.ok(store.isLaden);
  assert.ok(statSync(path).size < 1024 * 1024, 'the file itself is left for later');
  // Another reader, as after a crash.
  const witness = new DatabaseSync(path, { readOnly: true });
  assert.equal(witness.prepare('SELECT count(*) AS rows FROM state').get()?.['rows'], megabytes);
  witness.close();
  store.carry();
  assert.ok(!store.isLaden);
  assert.ok(statSync(path).size > megabytes * 1024 * 1024);
  store.save('engine', { position: 8, meta: null, upserts: [['small', '1']] });
  assert.ok(!store.isLaden, 'little is not worth a turn');
  store.close();
  assert.equal(value(openCheckpointStore(path, () => 99)).head('engine')?.position, 8);
});

test('a checkpoint holds position, meta data and rows, changed together', (t) => {
  const path = `${directory(t)}/checkpoint.sqlite`;
  let store = value(openCheckpointStore(path, () => 99));
  assert.equal(store.head('engine'), undefined);
  store.save('engine', {
    position: 10,
    meta: { wm: 5 },
    upserts: [
      ['a', '1'],
      ['b', '2'],
      ['ß', '3'],
    ],
  });
  store.save('other', { position: 3, meta: null, upserts: [['a', 'x']] });
  store.save('engine', {
    position: 20,
    meta: { wm: 6 },
    upserts: [['b', '22']],
    deletes: ['a', 'never there'],
  });
  store.close();
  store = value(openCheckpointStore(path, () => 99));
  assert.deepEqual(store.head('engine'), { position: 20, meta: { wm: 6 }, savedAtMs: 99 });
  assert.deepEqual(
    [...store.rows('engine')],
    [
      ['b', '22'],
      ['ß', '3'],
    ],
  );
  assert.deepEqual(store.positions(), [
    { name: 'engine', position: 20 },
    { name: 'other', position: 3 },
  ]);
  store.save('engine', { position: 21, meta: null, upserts: [['z', '9']], whole: true });
  assert.deepEqual([...store.rows('engine')], [['z', '9']]);
  store.delete('engine');
  assert.equal(store.head('engine'), undefined);
  assert.deepEqual([...store.rows('other')], [['a', 'x']]);
  store.close();
});

test('a save that fails in the middle changes nothing', (t) => {
  const store = value(openCheckpointStore(`${directory(t)}/c`, () => 0));
  store.save('engine', { position: 1, meta: null, upserts: [['a', '1']] });
  const upserts = function* (): Generator<readonly [string, string]> {
    yield ['a', '2'];
    throw new Error('stop');
  };
  assert.throws(() => store.save('engine', { position: 2, meta: null, upserts: upserts() }), /stop/);
  assert.equal(store.head('engine')?.position, 1);
  assert.deepEqual([...store.rows('engine')], [['a', '1']]);
  store.close();
});

test('files of another store, of a newer version and damaged files are refused with a sentence', (t) => {
  const at = directory(t);
  value(openCheckpointStore(`${at}/c`, () => 0)).close();
  const foreign = openCursorStore(`${at}/c`);
  assert.ok(!foreign.ok && /is no cursor store/.test(foreign.failure.message));
  const newer = new DatabaseSync(`${at}/c`);
  newer.exec('PRAGMA user_version = 7');
  newer.close();
  const refused = openCheckpointStore(`${at}/c`, () => 0);
  assert.ok(!refused.ok && refused.failure.code === 'bad_configuration');
  assert.match(
    refused.failure.message,
    /has layout 7, this program knows up to 1: it was written by a newer version/,
  );
  writeFileSync(`${at}/text`, 'this is no database, but long enough to be looked at as one'.repeat(50));
  const text = openCheckpointStore(`${at}/text`, () => 0);
  assert.ok(!text.ok && text.failure.code === 'log_damaged');
  const broken = value(openCheckpointStore(`${at}/d`, () => 0));
  broken.save('engine', {
    position: 1,
    meta: null,
    upserts: Array.from({ length: 5_000 }, (_, i) => [`key ${i}`, 'v'.repeat(50)] as const),
  });
  broken.close();
  const bytes = readFileSync(`${at}/d`);
  bytes.fill(0xff, 8_192, 40_960);
  writeFileSync(`${at}/d`, bytes);
  const damaged = openCheckpointStore(`${at}/d`, () => 0);
  assert.ok(!damaged.ok && damaged.failure.code === 'log_damaged', 'damaged pages');
});

test('cursors are durable and can be removed', (t) => {
  const path = `${directory(t)}/cursors`;
  let store = value(openCursorStore(path));
  assert.equal(store.get('otlp'), undefined);
  store.set('otlp', 5);
  store.set('otlp', 2 ** 40);
  store.set('a', 1);
  store.close();
  store = value(openCursorStore(path));
  assert.deepEqual(store.all(), [
    { name: 'a', position: 1 },
    { name: 'otlp', position: 2 ** 40 },
  ]);
  store.delete('a');
  assert.deepEqual(store.all().length, 1);
  store.close();
});

test('a second collector on the same directory is refused until the first ends', (t) => {
  const at = directory(t);
  const first = value(lockDataDirectory(at));
  const second = lockDataDirectory(at);
  assert.ok(!second.ok && /another process uses the data directory/.test(second.failure.message));
  first.release();
  value(lockDataDirectory(at)).release();
  const nowhere = lockDataDirectory(`${at}/missing`);
  assert.ok(!nowhere.ok && nowhere.failure.code === 'disk_fault');
});

const letter = (n: number, over: Partial<DeadLetter> = {}): DeadLetter => ({
  id: `id${n}`,
  tenant: 't',
  source: 'okta',
  receivedAtMs: n,
  code: 'not_json',
  path: '',
  message: `cut at ${n}`,
  normaliser: 'okta@1',
  contentType: 'application/json',
  bytes: Buffer.from([0, 255, n]),
  meta: { verified: true },
  ...over,
});

test('dead letters keep their bytes, page, count, and are re-driven or discarded', (t) => {
  let nowMs = 100;
  const store = value(openQuarantine(`${directory(t)}/q`, () => nowMs));
  assert.equal(
    store.add([letter(1), letter(2), letter(3, { source: 'aws', code: 'too_deep', tenant: 'u' })]),
    3,
  );
  assert.equal(store.add([letter(1)]), 0, 'the same letter again is stored once');
  const first = store.get('id1');
  assert.deepEqual([...(first?.bytes ?? [])], [0, 255, 1]);
  assert.deepEqual(first?.meta, { verified: true });
  const page = store.list({ limit: 2 });
  assert.deepEqual(
    page.map((one) => one.id),
    ['id1', 'id2'],
  );
  assert.deepEqual(
    store.list({ after: page[1]?.number ?? 0 }).map((one) => one.id),
    ['id3'],
  );
  assert.deepEqual(
    store.list({ source: 'aws', code: 'too_deep', tenant: 'u', state: 'open' }).map((one) => one.id),
    ['id3'],
  );
  assert.equal(store.mark(['id1', 'id2', 'nobody'], 'redriven'), 2);
  assert.equal(store.mark(['id3'], 'discarded'), 1);
  assert.deepEqual(store.counts(), [
    { source: 'aws', code: 'too_deep', state: 'discarded', count: 1 },
    { source: 'okta', code: 'not_json', state: 'redriven', count: 2 },
  ]);
  nowMs = 200;
  assert.equal(
    store.add([letter(1, { message: 'still cut', normaliser: 'okta@2' })]),
    1,
    'failed again after the re-drive',
  );
  assert.equal(store.get('id1')?.state, 'open');
  assert.equal(store.get('id1')?.normaliser, 'okta@2');
  assert.equal(store.add([letter(3)]), 0, 'a discarded letter stays discarded');
  assert.equal(store.purge(150), 2);
  assert.deepEqual(
    store.list().map((one) => one.id),
    ['id1'],
  );
  store.close();
});
