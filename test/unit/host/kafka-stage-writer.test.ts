import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KafkaMessage } from '../../../collector/src/contract/kafka.ts';
import { writesOf } from '../../../collector/src/host/kafka/stage-writer.ts';

const recordOf = (partition: number, bytes: number): KafkaMessage => ({
  topic: 't',
  partition,
  value: Buffer.alloc(bytes),
});

test('records of many partitions share a write, none of a partition has more than a broker takes', () => {
  const records = Array.from({ length: 300 }, (_, i) => recordOf(i % 3, 10_000));
  const writes = writesOf(records);
  assert.deepEqual(writes.flat(), records, 'nothing is lost or put before something else');
  assert.equal(writes.length, 2);
  for (const write of writes)
    for (const partition of [0, 1, 2]) {
      const bytes = write
        .filter((record) => record.partition === partition)
        .reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      assert.ok(bytes <= 512 * 1024, `${bytes} bytes of partition ${partition}`);
    }
});

test('a record larger than the bound goes alone; nothing makes no write', () => {
  assert.deepEqual(
    writesOf([recordOf(0, 10), recordOf(0, 2_000_000), recordOf(0, 10)]).map(({ length }) => length),
    [1, 1, 1],
  );
  assert.deepEqual(writesOf([]), []);
});
