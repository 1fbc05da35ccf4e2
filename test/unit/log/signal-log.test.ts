import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { openCursorStore } from '../../../collector/src/log/cursor-store.ts';
import { nodeDisk } from '../../../collector/src/log/disk.ts';
import { openLog } from '../../../collector/src/log/segmented-log.ts';
import { SignalLog, decodeSignal } from '../../../collector/src/log/signal-log.ts';

test('signals on a real disk are read by position, and each reader has its own place', async (t) => {
  const at = mkdtempSync(`${tmpdir()}/zonewarden-test-`);
  t.after(() => rmSync(at, { recursive: true, force: true }));
  const open = async () => {
    const log = await openLog({ directory: `${at}/deep/signals`, disk: nodeDisk(), nowMs: () => 1 });
    const cursors = openCursorStore(`${at}/cursors`);
    assert.ok(log.ok && cursors.ok);
    return { log: log.value, cursors: cursors.value, signals: new SignalLog(log.value, cursors.value) };
  };
  let one = await open();
  const signal = (key: string) => ({ kind: 'finding', key, timeMs: 3, body: { a: ['ü'] } }) as const;
  await one.signals.append([signal('1'), signal('2')]);
  await one.signals.append([signal('3')]);
  one.signals.advance('otlp', 2);
  await one.log.close();
  one.cursors.close();
  one = await open();
  assert.equal(one.signals.position('otlp'), 2);
  assert.equal(one.signals.position('webhook'), 0);
  assert.deepEqual(await one.signals.read(2, 1_000), {
    signals: [{ signal: signal('3'), next: 3 }],
    next: 3,
    lost: 0,
  });
  await one.log.append([Buffer.from('junk')]);
  assert.equal((await one.signals.read(3, 1_000)).lost, 1);
  assert.ok((await nodeDisk().freeBytes(at)) > 0);
  await one.log.close();
  one.cursors.close();
});

test('a signal of another version is refused', () => {
  const result = decodeSignal(Buffer.from([9, 123, 125]));
  assert.ok(!result.ok && result.failure.code === 'bad_wire_format');
});
