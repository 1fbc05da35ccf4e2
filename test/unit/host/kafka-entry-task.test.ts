/** The task that turns entries of a Kafka partition into messages: its clock, its inventory, what it tells the next stage. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KafkaMessage, KafkaRecord } from '../../../collector/src/contract/kafka.ts';
import { succeeded } from '../../../collector/src/contract/outcome.ts';
import type { InventoryView } from '../../../collector/src/contract/step.ts';
import { EntryTask, tickType } from '../../../collector/src/host/kafka/entry-task.ts';
import type { StageLayout } from '../../../collector/src/host/kafka/stage-topics.ts';
import { encodeLogEntry, type LogEntry } from '../../../collector/src/log/entry-codec.ts';

const t0 = Date.UTC(2026, 4, 1);
const minute = 60_000;
const source = {
  tenant: 'acme',
  id: 'probe',
  feed: 'delegation-probe',
  kind: 'delegation_probe',
  intervalMs: minute,
} as const;

const layout: StageLayout = {
  prefix: 'zw',
  partitions: 2,
  writers: ['0', '1'],
  operators: [
    {
      name: 'principal',
      keysOf: () => [],
      step: () => ({ messages: [], timers: [], findings: [], cases: [] }),
      due: () => ({ messages: [], timers: [], findings: [], cases: [] }),
    },
  ],
};

/** Task whose stages note under which inventory each record was read. */
function made(versions: string[] = []): EntryTask {
  const silent = () => undefined;
  return new EntryTask(
    layout,
    {
      sha256: (text) => text.slice(0, 40).padEnd(64, '0'),
      inventoryAt: (control) => Promise.resolve({ version: `v${control}` } as InventoryView),
      observer: { record: silent, rejected: silent, heartbeat: silent, gap: silent },
      stages: {
        normalise: (_record, _ingestMs, inventory) => {
          versions.push(inventory.version);
          return succeeded({ events: [], duplicates: 0, unrelated: [] });
        },
        enrich: () => [],
        inventoryOf: () => ({ version: '' }) as InventoryView,
        useRules: silent,
      },
    },
    0,
  );
}

function record(offset: number, entry: LogEntry, appendedMs = t0 + 60 * minute): KafkaRecord {
  const bytes = encodeLogEntry(entry);
  const value = bytes instanceof Uint8Array ? Buffer.from(bytes) : Buffer.concat(bytes);
  return { offset, timestampMs: appendedMs, key: null, value, headers: [] };
}

function tick(atMs: number, control: number): LogEntry {
  return { kind: 'control', atMs, type: tickType, body: { control } };
}

function raw(atMs: number): LogEntry {
  const bytes = Buffer.from('{}');
  return {
    kind: 'raw',
    record: {
      tenant: 'acme',
      source: 'okta',
      receivedAtMs: atMs,
      contentType: 'application/json',
      verified: true,
      bytes,
    },
  };
}

function packets(task: EntryTask): Record<string, unknown>[] {
  const outputs: KafkaMessage[] = [];
  task.settle(outputs);
  return outputs
    .filter(({ partition }) => partition === 1)
    .map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>);
}

test('promises the clock less the lateness to every partition, and the control entries that needs', async () => {
  const task = made();
  await task.take(record(0, tick(t0, 3)));
  assert.deepEqual(packets(task), [{ from: '0', watermarkMs: t0 - 10 * minute, control: 3 }]);
  await task.take(record(1, tick(t0 - minute, 3)));
  assert.deepEqual(packets(task), [], 'time does not go back');
});

test('a collector whose clock runs ahead pushes nothing beyond the time of the broker', async () => {
  const task = made();
  await task.take(record(0, tick(t0 + 120 * minute, 0), t0));
  assert.deepEqual(packets(task), [{ from: '0', watermarkMs: t0 - 10 * minute, control: 0 }]);
});

test('an edit of the inventory takes effect behind the tick that names it, also after a take-over', async () => {
  const versions: string[] = [];
  const task = made(versions);
  await task.take(record(0, raw(t0)));
  await task.take(record(1, tick(t0 + 1, 2)));
  await task.take(record(2, raw(t0 + 2)));
  task.offset = 3;
  packets(task);
  const successor = made(versions);
  successor.restore(task.checkpoint('rules'));
  assert.equal(successor.offset, 3);
  await successor.take(record(3, raw(t0 + 3)));
  assert.deepEqual(versions, ['v0', 'v2', 'v2']);
});

test('what became of a source goes to everybody, once, before the promise', async () => {
  const task = made();
  await task.take(record(0, { kind: 'heartbeat', atMs: t0, source }));
  await task.take(record(1, { kind: 'heartbeat', atMs: t0 + minute, source }));
  const [note, promise, ...rest] = packets(task);
  assert.deepEqual(note, {
    from: '0',
    note: {
      tenant: 'acme',
      kind: 'delegation_probe',
      source: 'probe',
      atMs: t0,
      alive: true,
      intervalMs: minute,
    },
  });
  assert.equal(promise?.['watermarkMs'], t0 - 9 * minute);
  assert.deepEqual(rest, []);
});

test('bytes that are no entry are refused and the next one is read', async () => {
  const task = made();
  const bad = await task.take({
    offset: 0,
    timestampMs: t0,
    key: null,
    value: Buffer.from('?'),
    headers: [],
  });
  assert.equal(bad.ok, false);
  assert.equal((await task.take(record(1, tick(t0, 0)))).ok, true);
});
