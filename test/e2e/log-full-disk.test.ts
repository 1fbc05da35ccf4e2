/** A real file system that fills up: the log refuses, loses nothing, and resumes by itself when there is space. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { nodeDisk } from '../../collector/src/log/disk.ts';
import { createIntake } from '../../collector/src/log/log-intake.ts';
import { openLog } from '../../collector/src/log/segmented-log.ts';
import { SourceCursors } from '../../collector/src/log/source-cursors.ts';

const rounds = 20;

test('a full file system refuses records and takes them again when there is space', async (t) => {
  const at = mkdtempSync(`${tmpdir()}/zonewarden-full-`);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'zonewarden-test', at], {
    encoding: 'utf8',
  });
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', [at]);
    rmSync(at, { recursive: true, force: true });
  });
  if (mounted.status !== 0) {
    t.skip('needs the right to mount a tmpfs');
    return;
  }
  const directory = `${at}/log`;
  const opened = await openLog({ directory, disk: nodeDisk(), nowMs: () => 0, segmentBytes: 100_000 });
  assert.ok(opened.ok);
  const log = opened.value;
  const around = { nowMs: () => 0, log: () => undefined };
  const cursors = new SourceCursors();
  const intake = createIntake(log, cursors, around);
  let accepted = 0;
  let refused = 0;
  const record = (n: number) =>
    ({
      tenant: 't',
      source: 'webhook',
      receivedAtMs: n,
      contentType: 'x',
      verified: true,
      bytes: Buffer.alloc(100 + ((n * 7919) % 9_000), n & 255),
    }) as const;
  for (let round = 0; round < rounds; round++) {
    const ballast = `${at}/ballast`;
    const free = await nodeDisk().freeBytes(at);
    // Leaves a different number of bytes each time, so that other calls and offsets meet the end.
    writeFileSync(
      ballast,
      Buffer.alloc(Math.max(0, Math.floor((free - 8_192 * (1 + (round % 4))) / 4_096) * 4_096)),
    );
    let isFull = false;
    while (!isFull) {
      try {
        await intake.accept([record(accepted)], { source: 's', position: String(accepted) });
        accepted++;
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'disk_full');
        isFull = true;
        refused++;
      }
    }
    assert.equal(log.state, 'full');
    assert.equal(cursors.get('s'), accepted === 0 ? undefined : String(accepted - 1));
    rmSync(ballast);
    await intake.accept([record(accepted)], { source: 's', position: String(accepted) });
    accepted++;
    assert.equal(log.state, 'open');
  }
  await log.close();
  const again = await openLog({ directory, disk: nodeDisk(), nowMs: () => 0, verify: 'all' });
  assert.ok(again.ok, again.ok ? '' : again.failure.message);
  assert.deepEqual(again.value.torn, []);
  assert.equal(again.value.nextSequence, 2 * accepted);
  await again.value.close();
  t.diagnostic(`${accepted} records accepted, the disk was full ${refused} times`);
});
