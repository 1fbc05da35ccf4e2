/** What an OTLP sender is told of records that were not taken (opentelemetry.io/docs/specs/otlp, "Partial Success"). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs/light.js';
import { readOtlpLogs } from '../../../collector/src/1-source/otlp/otlp-logs.ts';

/** A request with `count` log records that have no body, in protobuf. */
function withoutBodies(count: number): Uint8Array {
  const writer = (): protobuf.Writer => protobuf.Writer.create();
  const scoped = writer();
  for (let i = 0; i < count; i++) scoped.uint32(0x12).bytes(writer().uint32(0x10).int32(9).finish());
  const group = writer().uint32(0x12).bytes(scoped.finish()).finish();
  return writer().uint32(0x0a).bytes(group).finish();
}

for (const count of [1, 127, 128, 300, 20_000])
  test(`protobuf: ${count} refused records are counted exactly`, () => {
    const request = readOtlpLogs(withoutBodies(count), 'application/x-protobuf', false);
    assert.ok(request.ok);
    assert.equal(request.value.refused.length, count);
    const outer = protobuf.Reader.create(request.value.answer.body as Uint8Array);
    assert.equal(outer.uint32(), 0x0a);
    const inner = protobuf.Reader.create(outer.bytes());
    assert.equal(inner.uint32(), 0x08);
    assert.equal(Number(inner.int64()), count);
    assert.equal(inner.uint32(), 0x12);
    assert.equal(inner.string(), 'a log record has no body');
  });
