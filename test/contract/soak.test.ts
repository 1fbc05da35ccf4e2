/** The soak's judgement: steady passes, and each kind of slow harm fails. Figures worked out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growthPerMs, judgeSoak, warmUpMs, type SoakSample } from '../soak/verdict.ts';

const minuteMs = 60_000;

function run(change: (minute: number) => Partial<SoakSample>): SoakSample[] {
  return Array.from({ length: 31 }, (_, minute) => ({
    atMs: minute * minuteMs,
    heapBytes: 100_000_000,
    residentBytes: 300_000_000,
    handles: 20,
    descriptors: 50,
    loopDelayP99Ms: 20,
    idleDelayP99Ms: 5,
    engineBacklog: 0,
    sinkBacklog: 0,
    ...change(minute),
  }));
}

function broken(samples: SoakSample[], counts: Parameters<typeof judgeSoak>[2] = []): string[] {
  return judgeSoak(samples, 36_000, counts)
    .filter(({ held }) => !held)
    .map(({ name }) => name);
}

test('growth is the median of all slopes: one outlier changes nothing', () => {
  const line = Array.from({ length: 11 }, (_, i) => [i, i * 3] as const);
  assert.equal(growthPerMs(line), 3);
  assert.equal(growthPerMs(line.map(([at, value]) => [at, at === 5 ? 1e9 : value])), 3);
  assert.equal(growthPerMs([[0, 1]]), 0);
});

test('a steady run holds, whatever its beginning was like', () => {
  assert.deepEqual(broken(run(() => ({}))), []);
  const warming = run((minute) => ({ heapBytes: minute * minuteMs < warmUpMs ? 1e6 * minute : 1e8 }));
  assert.deepEqual(broken(warming), []);
});

test('memory, handles, descriptors, delay and backlog that grow are found', () => {
  // 36,000 records in half an hour are 72,000 an hour: 8 MiB + 72,000 * 256 B = 25.6 MiB an hour may remain.
  assert.deepEqual(broken(run((minute) => ({ heapBytes: 1e8 + minute * 25 * (1_048_576 / 60) }))), []);
  assert.deepEqual(broken(run((minute) => ({ heapBytes: 1e8 + minute * 26 * (1_048_576 / 60) }))), [
    'heap growth',
  ]);
  assert.deepEqual(broken(run((minute) => ({ residentBytes: 3e8 + minute * 1_048_576 }))), [
    'resident growth',
  ]);
  assert.deepEqual(broken(run((minute) => ({ handles: 20 + minute }))), ['handle growth']);
  assert.deepEqual(broken(run((minute) => ({ descriptors: 50 + minute }))), ['descriptor growth']);
  assert.deepEqual(broken(run(() => ({ loopDelayP99Ms: 106 }))), [
    'event-loop delay p99 above an idle process',
  ]);
  assert.deepEqual(broken(run(() => ({ loopDelayP99Ms: 406, idleDelayP99Ms: 400 }))), [], 'a busy machine');
  assert.deepEqual(broken(run((minute) => ({ engineBacklog: minute * 100 }))), [
    'engine backlog, median',
    'engine backlog at the end',
  ]);
  assert.deepEqual(broken(run((minute) => ({ sinkBacklog: minute === 30 ? 1 : 0 }))), [
    'sink backlog at the end',
  ]);
});

test('what went in and did not come out is found, and so is what came out twice', () => {
  const counts = [
    { name: 'a', expected: 5, found: 5 },
    { name: 'lost', expected: 5, found: 4 },
    { name: 'twice', expected: 5, found: 6 },
  ];
  assert.deepEqual(
    broken(
      run(() => ({})),
      counts,
    ),
    ['lost: 4 of 5, difference', 'twice: 6 of 5, difference'],
  );
});

test('a run too short to say anything is refused', () => {
  assert.throws(() => judgeSoak(run(() => ({})).slice(0, 12), 1, []), /run longer/);
});
