import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeSoak, type SoakSample, type SoakVerdict } from '../soak/verdict.ts';
import { virtualSoak } from '../soak/virtual-soak.ts';

test('an hour of steady load on a clock of its own: memory, handles, turns of the loop and backlogs stay', async (t) => {
  const { records, received, verdicts } = await virtualSoak({ minutes: 60, rate: 3 });
  for (const { name, value, limit, unit } of verdicts)
    t.diagnostic(`${name}: ${value} ${unit}, at most ${limit}`);
  assert.ok(records > 25_000 && received > 100, `${records} records, ${received} signals`);
  // One short run has noise of two or three MiB an hour; half a kilobyte kept of every record would add fourteen.
  const isBroken = ({ name, value, limit, held }: SoakVerdict): boolean =>
    /^(heap|resident) growth$/.test(name) ? value > 1.5 * limit : !held;
  assert.deepEqual(verdicts.filter(isBroken), []);
});

test('what grows, what takes the loop and what is left over are each told, and nothing else is', () => {
  const minuteMs = 60_000;
  const steady: SoakSample = {
    atMs: 0,
    heapBytes: 100e6,
    residentBytes: 200e6,
    handles: 10,
    descriptors: 20,
    loopDelayP99Ms: 12,
    idleDelayP99Ms: 10,
    engineBacklog: 0,
    sinkBacklog: 0,
  };
  const broken = (at: (minute: number) => Partial<SoakSample>, expected = 0): string[] => {
    const samples = Array.from({ length: 60 }, (_, i) => ({ ...steady, atMs: i * minuteMs, ...at(i) }));
    const counts = [{ name: 'signals', expected, found: 0 }];
    return judgeSoak(samples, 10_000, counts).flatMap(({ name, held }) => (held ? [] : [name]));
  };
  assert.deepEqual(
    broken((i) => ({ heapBytes: 100e6 + (i % 7) * 5e6 })),
    [],
    'noise is no growth',
  );
  assert.deepEqual(
    broken((i) => ({ heapBytes: 100e6 + (i < 12 ? i * 5e6 : 60e6) })),
    [],
    'the beginning is not judged',
  );
  assert.deepEqual(
    broken((i) => ({ heapBytes: 100e6 + i * 0.3e6 })),
    ['heap growth'],
  );
  assert.deepEqual(
    broken((i) => ({ residentBytes: 200e6 + i * 1e6 })),
    ['resident growth'],
  );
  assert.deepEqual(
    broken((i) => ({ handles: 10 + (i >> 2) })),
    ['handle growth'],
  );
  assert.deepEqual(
    broken((i) => ({ descriptors: 20 + (i >> 2) })),
    ['descriptor growth'],
  );
  assert.deepEqual(
    broken(() => ({ loopDelayP99Ms: 120 })),
    ['event-loop delay p99 above an idle process'],
  );
  assert.deepEqual(
    broken((i) => ({ engineBacklog: i < 59 ? 500 : 0 })),
    ['engine backlog, median'],
  );
  assert.deepEqual(
    broken((i) => ({ sinkBacklog: i < 59 ? 0 : 1 })),
    ['sink backlog at the end'],
  );
  assert.deepEqual(
    broken(() => ({}), 1),
    ['signals: 0 of 1, difference'],
  );
});
