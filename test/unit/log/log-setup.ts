/** Opening logs on a memory disk and reading all of them back. */
import assert from 'node:assert/strict';
import type { Disk } from '../../../collector/src/log/disk.ts';
import type { LogOptions, SegmentedLog } from '../../../collector/src/log/segmented-log.ts';
import { openLog } from '../../../collector/src/log/segmented-log.ts';

/** Opens the log `/log`; segments are small so that tests roll often. */
export async function opened(disk: Disk, options: Partial<LogOptions> = {}): Promise<SegmentedLog> {
  const result = await openLog({
    directory: '/log',
    disk,
    nowMs: () => 1_000,
    segmentBytes: 4096,
    salt: () => '00112233445566ff',
    ...options,
  });
  assert.ok(result.ok, result.ok ? '' : result.failure.message);
  return result.value;
}

/** All records as text, read in small batches; the log must have no holes. */
export async function allTexts(log: SegmentedLog, maxBytes = 700): Promise<string[]> {
  const out: string[] = [];
  for await (const batch of log.batches(log.firstSequence, maxBytes)) {
    assert.equal(batch.firstSequence, log.firstSequence + out.length);
    assert.equal(batch.next, batch.firstSequence + batch.records.length);
    for (const record of batch.records) out.push(record.toString());
  }
  return out;
}

/** Record number `n`: its number and some bytes of varying length. */
export function recordText(n: number): string {
  return `${n}:${'x'.repeat((n * 37) % 300)}`;
}
