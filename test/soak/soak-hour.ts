/**
 * `node test/soak/soak-hour.ts [--minutes N] [--rate N] [--snapshots DIR]`: the load of a soak for an hour on a clock of its own, judged
 * like a soak. One JSON line of verdicts; exit 1 when one did not hold. With `--snapshots` the heap of each minute, and two snapshots.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeHeapSnapshot } from 'node:v8';
import { virtualSoak } from './virtual-soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '3' },
    snapshots: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);
const { snapshots } = values;
const { records, received, verdicts } = await virtualSoak({
  minutes,
  rate,
  ...(snapshots === undefined
    ? {}
    : {
        onMinute(minute, heapBytes) {
          process.stderr.write(`${minute} ${Math.round(heapBytes / 2 ** 20)} MiB\n`);
          if (minute === 20 || minute === Math.ceil((20 + minutes) / 2) || minute === minutes - 1)
            writeHeapSnapshot(join(snapshots, `${minute}.heapsnapshot`));
        },
      }),
});
process.stdout.write(`${JSON.stringify({ minutes, rate, records, received, verdicts })}\n`);
process.exit(verdicts.every(({ held }) => held) ? 0 : 1);
