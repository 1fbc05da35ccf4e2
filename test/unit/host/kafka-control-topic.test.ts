/** The control topic read over topics in memory: entries nobody can use, brokers that are away, versions that are asked for again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KafkaClient } from '../../../collector/src/contract/kafka.ts';
import { succeeded } from '../../../collector/src/contract/outcome.ts';
import type { InventoryView } from '../../../collector/src/contract/step.ts';
import { createInventoryIndex } from '../../../collector/src/3-enrich/inventory-index.ts';
import { Versions } from '../../../collector/src/engine/surroundings.ts';
import { ControlTopic } from '../../../collector/src/host/kafka/control-topic.ts';
import { MemoryKafka } from '../../kafka/memory-kafka.ts';
import { quietSurroundings } from '../../kafka/quiet-surroundings.ts';

const dayMs = 86_400_000;
const never = new AbortController().signal;

test('an entry of the control topic that cannot be used is named and passed over; an unreadable topic is waited for', async () => {
  const lines: string[] = [];
  const kafka = new MemoryKafka();
  const tables = { inventory: new Versions<InventoryView>(createInventoryIndex({ version: 1 })) };
  const control = new ControlTopic({
    client: kafka,
    topic: 'w.control',
    inventory: tables.inventory,
    inventoryOf: (document) => createInventoryIndex(document as { version: 1 }),
    useRules: () => undefined,
    around: quietSurroundings(0, lines),
  });
  const body = { version: 1, tenants: [{ id: 'acme' }] };
  await kafka.produce([
    { topic: 'w.control', partition: 0, value: '{"type":' },
    { topic: 'w.control', partition: 0, value: JSON.stringify({ type: 'weather', atMs: 1, body: {} }) },
    { topic: 'w.control', partition: 0, value: JSON.stringify({ type: 'inventory', atMs: 5, body }) },
  ]);
  let refusals = 3;
  kafka.unreadable = () => refusals-- > 0;
  await control.catchUp(new AbortController().signal);
  assert.equal(control.number, 3);
  assert.ok(control.isNewest('inventory', body));
  assert.equal(lines.filter((line) => /^error w\.control: entry [12] cannot be used/.test(line)).length, 2);
  assert.ok(
    lines.some((line) => line.startsWith('warn Kafka:')),
    'it says that it waits',
  );

  // Nobody seals past what it could not read: whoever asks for a fourth entry waits until stopped.
  const stop = new AbortController();
  let waited = true;
  const waiting = control.upTo(4, stop.signal).then(() => (waited = false));
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(waited);
  stop.abort();
  await waiting;
  assert.equal(control.number, 3);
});

/** Three inventories, of tenants t0, t1 and t2, at the days 0, 10 and 20. */
async function threeInventories(
  client: KafkaClient,
  lines: string[] = [],
): Promise<{ control: ControlTopic; tenantAt: (day: number) => string }> {
  const inventory = new Versions<InventoryView>(createInventoryIndex({ version: 1 }));
  const control = new ControlTopic({
    client,
    topic: 'w.control',
    inventory,
    inventoryOf: (document) => createInventoryIndex(document as { version: 1 }),
    useRules: () => undefined,
    around: quietSurroundings(0, lines),
  });
  for (const [i, day] of [0, 10, 20].entries()) {
    const body = {
      version: 1,
      tenants: [{ id: `t${i}` }],
      domains: [{ domain: 'a.example', tenant: `t${i}` }],
    };
    await control.append({ type: 'inventory', atMs: day * dayMs, body });
  }
  await control.catchUp(never);
  const tenantAt = (day: number): string =>
    ['t0', 't1', 't2']
      .filter((tenant) => inventory.at(day * dayMs).domain(tenant, 'a.example') !== undefined)
      .join();
  return { control, tenantAt };
}

test('versions of the inventory that were forgotten are read again when somebody is that far back', async () => {
  const kafka = new MemoryKafka();
  const { control, tenantAt } = await threeInventories(kafka);
  assert.deepEqual([5, 15, 25].map(tenantAt), ['t0', 't1', 't2']);
  control.forget(25 * dayMs);
  assert.deepEqual([5, 15, 25].map(tenantAt), ['t2', 't2', 't2']);

  let refusals = 2;
  kafka.unreadable = () => refusals-- > 0;
  await control.holding(12 * dayMs, never);
  assert.deepEqual([15, 25].map(tenantAt), ['t1', 't2']);
  assert.equal(tenantAt(5), 't1', 'nobody asked for what was before');
  await control.holding(-Infinity, never);
  assert.deepEqual([5, 15, 25].map(tenantAt), ['t0', 't1', 't2']);
  assert.ok(control.inventoryAt(1).domain('t0', 'a.example'));
  assert.ok(control.inventoryAt(2).domain('t1', 'a.example'));

  // What came meanwhile is not lost, and forgetting goes on.
  const body = { version: 1, tenants: [{ id: 't0' }], domains: [{ domain: 'a.example', tenant: 't0' }] };
  await control.append({ type: 'inventory', atMs: 30 * dayMs, body });
  await control.catchUp(never);
  assert.deepEqual([5, 25, 35].map(tenantAt), ['t0', 't2', 't0']);
  control.forget(25 * dayMs);
  assert.deepEqual([5, 25, 35].map(tenantAt), ['t2', 't2', 't0']);
});

test('a version of the inventory that the topic does not hold any more is said, and the next one stands for it', async () => {
  const kafka = new MemoryKafka();
  const lines: string[] = [];
  let isGone = false;
  const read = kafka.read.bind(kafka);
  kafka.read = async (positions) => {
    if (!isGone) return read(positions);
    const gone = { firstOffset: 3, endOffset: 3, records: [], problem: 'out_of_range' as const };
    return Promise.resolve(succeeded(positions.map((place) => ({ ...place, ...gone, next: place.offset }))));
  };
  const { control, tenantAt } = await threeInventories(kafka, lines);
  control.forget(25 * dayMs);
  isGone = true;
  await control.holding(12 * dayMs, never);
  assert.deepEqual([15, 25].map(tenantAt), ['t2', 't2']);
  assert.deepEqual(lines, [
    'error w.control: entry 2 is gone, and what it held for is judged by the inventory after it',
  ]);
});
