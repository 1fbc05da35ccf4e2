/** Child of log-kill9.test.ts: appends numbered records as fast as it can and prints each acknowledged sequence. */
import { nodeDisk } from '../../collector/src/log/disk.ts';
import { openLog } from '../../collector/src/log/segmented-log.ts';

const directory = process.argv[2] ?? '';
const opened = await openLog({ directory, disk: nodeDisk(), nowMs: Date.now, segmentBytes: 128 * 1024 });
if (!opened.ok) throw new Error(opened.failure.message);
const log = opened.value;
let next = log.nextSequence;
for (;;) {
  const batch = Array.from({ length: 1 + (next % 40) }, () => {
    const record = Buffer.alloc(4 + ((next * 97) % 500), next & 255);
    record.writeUInt32LE(next++, 0);
    return log.append([record]);
  });
  const last = (await Promise.all(batch)).at(-1);
  process.stdout.write(`${last}\n`);
}
