/** A disk that is full for a while under the deciding half of a collector: it waits, and what it did not write is not lost. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCollector } from '../../../collector/src/app/collector.ts';
import { openStores } from '../../../collector/src/app/stores.ts';
import { encodeLogEntry } from '../../../collector/src/log/entry-codec.ts';
import { isDiskFull, whenThereIsSpace } from '../../../collector/src/log/space.ts';
import { startTracing } from '../../../collector/src/self/tracing.ts';

const full = (): never => {
  throw Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 });
};

test('full is told from broken', () => {
  assert.ok(isDiskFull({ code: 'disk_full' }));
  assert.ok(isDiskFull({ code: 'ENOSPC' }));
  assert.ok(isDiskFull({ code: 'ERR_SQLITE_ERROR', errcode: 13 }));
  assert.ok(!isDiskFull({ code: 'ERR_SQLITE_ERROR', errcode: 10 }));
  assert.ok(!isDiskFull({ code: 'disk_fault' }));
  assert.ok(!isDiskFull(new Error('x')));
});

test('work waits for space and fails at once for anything else', async () => {
  let attempts = 0;
  const result = await whenThereIsSpace(
    () => (++attempts < 4 ? full() : attempts),
    () => Promise.resolve(),
  );
  assert.equal(result, 4);
  const broken = whenThereIsSpace(
    () => Promise.reject(new Error('EIO')),
    () => assert.fail('no waiting'),
  );
  await assert.rejects(broken, /EIO/);
});

test('signals, quarantine and checkpoint refused for want of space are written when there is some', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-full-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const stores = await openStores(directory, () => 1_000);
  let waited = 0;
  let isFull = true;
  const around = {
    nowMs: () => 1_000,
    random: () => 0.5,
    sleep: async (_ms: number, signal: AbortSignal) => {
      signal.throwIfAborted();
      if (++waited === 3) isFull = false;
    },
    log: () => undefined,
  };
  const collector = await createCollector({
    stores,
    documents: {
      inventory: { version: 1, tenants: [{ id: 't' }], teams: [], domains: [] },
      intents: [],
      rules: [],
    },
    paths: { rules: [] },
    sources: [],
    sinks: [],
    retention: {},
    around,
    tracing: startTracing({}, {}),
    version: 'test',
  });
  const poison = {
    tenant: 't',
    source: 'okta',
    receivedAtMs: 1_000,
    contentType: 'application/json',
    verified: true,
    bytes: Buffer.from('{'),
  } as const;
  await stores.log.append([encodeLogEntry({ kind: 'raw', record: poison })]);
  const add = stores.quarantine.add.bind(stores.quarantine);
  t.mock.method(stores.quarantine, 'add', (letters: Parameters<typeof add>[0]) =>
    isFull ? full() : add(letters),
  );
  await collector.host.catchUp();
  assert.equal(waited, 3);
  const [count] = stores.quarantine.counts();
  assert.equal(count?.count, 1, 'the letter is there, once');
  const begin = stores.checkpoints.begin.bind(stores.checkpoints);
  const beginning = t.mock.method(stores.checkpoints, 'begin', () => full());
  assert.throws(() => collector.host.checkpoint());
  beginning.mock.mockImplementation((name, hurry) => ({ ...begin(name, hurry), commit: () => full() }));
  assert.throws(() => collector.host.checkpoint());
  beginning.mock.mockImplementation(begin);
  collector.host.checkpoint();
  assert.equal(stores.checkpoints.head('engine')?.position, stores.log.nextSequence);
  await stores.close();
});
