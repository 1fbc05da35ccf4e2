/** A body of very many tiny records is refused before it has cost a multiple of its size. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesBody } from '../../../../collector/src/1-source/webhook/body-framing.ts';
import { readFirehoseBody } from '../../../../collector/src/1-source/webhook/firehose-body.ts';
import { limits } from '../../../../collector/src/contract/limits.ts';

const most = limits.bodyRecordsMax;

test('as many lines as a delivery may have are taken, one more is refused with what to do', async () => {
  const taken = await linesBody(Buffer.from('1\n'.repeat(most)), 'application/x-ndjson');
  assert.ok(taken.ok);
  assert.equal(taken.value.records.length, most);
  const refused = await linesBody(Buffer.from('1\n'.repeat(most + 1)), 'application/x-ndjson');
  assert.ok(!refused.ok);
  assert.equal(refused.failure.code, 'too_large');
  assert.match(refused.failure.message, /more than 100000 records; send them in several/);
});

test('blank lines are none, and a line over the border of two pieces stays whole', async () => {
  const long = `"${'x'.repeat(100_000)}"`;
  const taken = await linesBody(Buffer.from(`${'\n'.repeat(most + 1)}${long}\r\n2`), 'application/x-ndjson');
  assert.ok(taken.ok);
  assert.deepEqual(
    taken.value.records.map(({ bytes }) => Buffer.from(bytes).toString()),
    [long, '2'],
  );
});

test('Firehose: data with too many lines or values are refused alone, its neighbours are taken', () => {
  for (const flood of ['1 \n', '{}'] as const) {
    const data = [flood.repeat(most + 1), '{"a":1}'].map((text) => ({
      data: Buffer.from(text).toString('base64'),
    }));
    const body = readFirehoseBody(
      Buffer.from(JSON.stringify({ requestId: 'r', timestamp: 1, records: data })),
    );
    assert.ok(body.ok);
    assert.equal(body.value.records.length, 1);
    assert.deepEqual(
      body.value.refused.map(({ code, path }) => [code, path]),
      [['too_large', '/records/0/data']],
    );
  }
});
