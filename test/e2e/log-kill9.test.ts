/** Fifty times `kill -9` while a child process appends under load: no acknowledged record may be missing. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { nodeDisk } from '../../collector/src/log/disk.ts';
import { openLog } from '../../collector/src/log/segmented-log.ts';

const kills = 50;
const child = new URL('./log-appender.ts', import.meta.url).pathname;

/** Runs the appender until it has said at least `lines` acknowledgements, kills it, returns the highest one heard. */
function runAndKill(directory: string, lines: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, [child, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    let highest = -1;
    let heard = 0;
    let dying = false;
    let rest = '';
    process_.stdout.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        highest = Math.max(highest, Number(part));
        heard++;
      }
      // Not right after an acknowledgement: anywhere between write, sync, answer and the next segment.
      if (heard >= lines && !dying) {
        dying = true;
        setTimeout(() => process_.kill('SIGKILL'), Math.random() * 10);
      }
    });
    process_.on('error', reject);
    process_.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(highest);
      else reject(new Error(`appender ended by itself with code ${code}`));
    });
  });
}

test('kill -9 loses no acknowledged record', { timeout: 120_000 }, async (t) => {
  const at = mkdtempSync(`${tmpdir()}/zonewarden-kill-`);
  t.after(() => rmSync(at, { recursive: true, force: true }));
  const directory = `${at}/log`;
  let torn = 0;
  let verified = 0;
  for (let round = 0; round < kills; round++) {
    const acked = await runAndKill(directory, 1 + ((round * 53) % 120));
    const opened = await openLog({ directory, disk: nodeDisk(), nowMs: Date.now, verify: 'all' });
    assert.ok(opened.ok, opened.ok ? '' : opened.failure.message);
    const log = opened.value;
    torn += log.torn.length;
    assert.ok(
      log.nextSequence > acked,
      `round ${round}: ${acked} was acknowledged, log ends at ${log.nextSequence}`,
    );
    for await (const batch of log.batches(verified))
      for (const [index, record] of batch.records.entries()) {
        const sequence = batch.firstSequence + index;
        assert.equal(record.readUInt32LE(0), sequence, `round ${round}`);
        assert.ok(record.subarray(4).every((byte) => byte === (sequence & 255)));
      }
    verified = log.nextSequence;
    await log.close();
  }
  t.diagnostic(`${kills} kills, ${verified} records, ${torn} torn tails cut`);
});
