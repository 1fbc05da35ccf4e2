/** Forensics: what the entries topic held, from an offset or a time on, as the input of a replay. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  readEntries,
  type EntriesRange,
  type ReplayedEntries,
} from '../../../collector/src/app/entries-replay.ts';
import { detectorFrom, shippedRulesPath } from '../../../collector/src/app/rule-files.ts';
import type { Detector } from '../../../collector/src/contract/step.ts';
import { tickType } from '../../../collector/src/host/kafka/entry-task.ts';
import { encodeLogEntry, type LogEntry } from '../../../collector/src/log/entry-codec.ts';
import { benchInventory, benchRecords } from '../../bench/bench-records.ts';
import { MemoryKafka } from '../../kafka/memory-kafka.ts';
import { valueOf } from '../../kafka/test-parts.ts';

const t0 = Date.UTC(2026, 4, 1);
const minute = 60_000;
const source = {
  tenant: 'acme',
  id: 'probe',
  feed: 'delegation-probe',
  kind: 'delegation_probe',
  intervalMs: minute,
} as const;
const kafka = new MemoryKafka();
let detector: Detector;

async function put(partition: number, atMs: number, entry: LogEntry | string): Promise<void> {
  const encoded = typeof entry === 'string' ? Buffer.from(entry) : encodeLogEntry(entry);
  const value = encoded instanceof Uint8Array ? encoded : Buffer.concat(encoded);
  valueOf(await kafka.produce([{ topic: 'zw.entries', partition, value, timestampMs: atMs }]));
}

function read(range: Partial<EntriesRange>): Promise<ReplayedEntries> {
  const parts = { inventory: benchInventory(10), detector };
  return readEntries(kafka, 'zw', { offsets: new Map(), ...range }, parts).then(valueOf);
}

before(async () => {
  ({ detector } = await detectorFrom([shippedRulesPath()]));
  for (const [i, record] of benchRecords('okta', 6, t0, 10).entries())
    await put(i % 2, t0 + i * minute, { kind: 'raw', record: { ...record, receivedAtMs: t0 + i * minute } });
  const intent = {
    id: 'CHG-1',
    tenant: 'acme',
    valid_from: '2026-05-01T00:00:00Z',
    valid_until: '2026-05-02T00:00:00Z',
    changes: [],
  };
  await put(0, t0 + 6 * minute, { kind: 'control', atMs: t0 + 6 * minute, type: 'intent', body: intent });
  await put(0, t0 + 7 * minute, {
    kind: 'control',
    atMs: t0 + 7 * minute,
    type: tickType,
    body: { control: 2 },
  });
  await put(0, t0 + 8 * minute, { kind: 'control', atMs: t0 + 8 * minute, type: 'directive', body: {} });
  await put(1, t0 + 9 * minute, {
    kind: 'gap',
    atMs: t0 + 9 * minute,
    source,
    fromMs: t0 + 4 * minute,
    toMs: t0 + 8 * minute,
    reason: 'retention ran out',
  });
  await put(1, t0 + 10 * minute, 'nobody of us wrote this');
});

test('from the first entry kept: every event once, approvals, blind time, and what could not be read', async () => {
  const found = await read({});
  assert.equal(found.entries, 11);
  assert.equal(new Set(found.events.map(({ event_id: id }) => id)).size, found.events.length);
  assert.equal(
    found.events.filter(({ source_kind: kind }) => kind === 'pipeline').length,
    2,
    'silent, and back',
  );
  assert.equal(found.events.length, 6 + 2);
  assert.deepEqual(
    found.intents.map(({ id }) => id),
    ['CHG-1'],
  );
  assert.equal(found.directives, 1);
  assert.deepEqual(
    found.rejected.map(({ partition, offset }) => [partition, offset]),
    [[1, 4]],
  );
});

test('from a time, up to a time: the broker’s clock, on every partition', async () => {
  const found = await read({ fromMs: t0 + 2 * minute, toMs: t0 + 5 * minute });
  assert.deepEqual(found.events.map(({ ingested_at: at }) => at).sort(), [
    '2026-05-01T00:02:00.000Z',
    '2026-05-01T00:03:00.000Z',
    '2026-05-01T00:04:00.000Z',
  ]);
});

test('from an offset: that partition alone, and one that does not exist is said', async () => {
  const found = await read({ offsets: new Map([[1, 2]]) });
  assert.equal(found.events.length, 1 + 2, 'the last record and the blind time');
  const parts = { inventory: benchInventory(10), detector };
  const wrong = await readEntries(kafka, 'zw', { offsets: new Map([[7, 0]]) }, parts);
  assert.ok(!wrong.ok);
  assert.match(wrong.failure.message, /has 2 partitions, none is 7/);
});
