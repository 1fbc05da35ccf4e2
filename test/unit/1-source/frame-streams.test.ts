import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  dnstapContentType,
  frameReader,
  framesOfFile,
  writeControl,
  writeData,
  type Frame,
} from '../../../collector/src/1-source/frame-streams.ts';
import { decodeDnstap } from '../../../collector/src/leaf/dnstap-frame.ts';

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

test('control frames are written as the specification lays them out', () => {
  assert.equal(
    Buffer.from(writeControl('start', [dnstapContentType])).toString('hex'),
    '00000000000000220000000200000001000000' + '16' + Buffer.from(dnstapContentType).toString('hex'),
  );
  assert.equal(Buffer.from(writeControl('finish')).toString('hex'), '000000000000000400000005');
});

test('a stream cut into any chunks gives the same frames', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 10 }),
      fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 40 }),
      (payloads, sizes) => {
        const stream = joined([
          writeControl('ready', [dnstapContentType, 'other']),
          writeControl('start', [dnstapContentType]),
          ...payloads.map(writeData),
          writeControl('stop'),
        ]);
        const reader = frameReader();
        const seen: Frame[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length]!;
          const outcome = reader.push(stream.slice(at, at + size), (frame) =>
            seen.push(frame.kind === 'data' ? { kind: 'data', bytes: frame.bytes.slice() } : frame),
          );
          assert.ok(outcome.ok);
          at += size;
        }
        assert.deepEqual(
          seen.map((frame) => (frame.kind === 'data' ? [...frame.bytes] : frame.type)),
          ['ready', 'start', ...payloads.map((payload) => [...payload]), 'stop'],
        );
        assert.equal(reader.pendingBytes, 0);
      },
    ),
  );
});

test('bad framing ends the stream with a reason and keeps the frames before it', () => {
  const start = writeControl('start', [dnstapContentType]);
  const one = writeData(Uint8Array.of(1, 2, 3));
  const huge = Uint8Array.of(0x7f, 0xff, 0xff, 0xff);
  const result = framesOfFile(joined([start, one, huge]));
  assert.equal(result.frames.length, 1);
  assert.equal(result.failure?.ok, false);
  const cut = framesOfFile(joined([start, one, one.slice(0, 5)]));
  assert.equal(cut.frames.length, 1);
  assert.equal(cut.failure?.ok, false);
  const foreign = framesOfFile(joined([writeControl('start', ['protobuf:other']), one]));
  assert.deepEqual(foreign.frames, []);
  for (const control of ['0000000000000201', '000000000000000400000009', '00000000000000030000'])
    assert.equal(framesOfFile(Buffer.from(control, 'hex')).failure?.ok, false, control);
});

test('fuzz: any octets are a value for both readers', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      framesOfFile(bytes);
      decodeDnstap(bytes);
    }),
    { numRuns: 3000 },
  );
});

test('a field with the wrong wire type is refused, an unknown field is skipped', () => {
  const message = (hex: string): Uint8Array => {
    const inner = Buffer.from(hex, 'hex');
    return Uint8Array.of(0x72, inner.length, ...inner);
  };
  assert.ok(!decodeDnstap(message('0a00')).ok);
  assert.ok(!decodeDnstap(message('0805' + '4a04deadbeef')).ok);
  const known = decodeDnstap(message('0805' + '8a7d03010203' + '30b5ea02'));
  assert.ok(known.ok);
  assert.equal(known.value.type, 5);
  assert.equal(known.value.queryPort, 46_389);
});
