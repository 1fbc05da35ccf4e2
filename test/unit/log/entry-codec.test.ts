import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogEntry } from '../../../collector/src/log/entry-codec.ts';
import { decodeLogEntry, encodeLogEntry, isCursorEntry } from '../../../collector/src/log/entry-codec.ts';

const source = {
  tenant: 'acme',
  id: 'okta-1',
  feed: 'okta',
  kind: 'identity_log',
  intervalMs: 60_000,
} as const;

function bytesOf(entry: LogEntry): Buffer {
  const encoded = encodeLogEntry(entry);
  return encoded instanceof Uint8Array ? Buffer.from(encoded) : Buffer.concat([...encoded]);
}

function throughBytes(entry: LogEntry): LogEntry {
  const decoded = decodeLogEntry(bytesOf(entry));
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.failure.message);
  return decoded.value;
}

test('every kind of entry comes back as it was', () => {
  const entries: LogEntry[] = [
    { kind: 'heartbeat', atMs: 1_700_000_000_123, source },
    { kind: 'gap', atMs: 5, source, fromMs: 1, toMs: 4, reason: 'socket closed: 1006' },
    { kind: 'cursor', atMs: 5, source: 'okta-1', position: 'after=2026-01-01T00:00:00Z&id="ü"' },
    { kind: 'control', atMs: 5, type: 'inventory.changed', body: { version: '7', list: [1, null, 'x'] } },
    { kind: 'control', atMs: 5, type: 'tick', body: null },
  ];
  for (const entry of entries) assert.deepEqual(throughBytes(entry), entry);
});

test('a raw record comes back byte for byte, whatever its fields hold', () => {
  const record = fc.record({
    tenant: fc.string({ minLength: 1, unit: 'grapheme' }),
    source: fc.constantFrom('okta' as const, 'webhook' as const),
    instance: fc.option(fc.string(), { nil: undefined }),
    receivedAtMs: fc.integer({ min: 0, max: 8.64e15 }),
    contentType: fc.string(),
    verified: fc.boolean(),
    bytes: fc.uint8Array(),
    meta: fc.option(fc.dictionary(fc.string(), fc.string()), { nil: undefined }),
  });
  fc.assert(
    fc.property(record, (raw) => {
      const back = throughBytes({ kind: 'raw', record: raw });
      assert.ok(back.kind === 'raw');
      assert.deepEqual(
        { ...back.record, bytes: [...back.record.bytes] },
        JSON.parse(JSON.stringify({ ...raw, bytes: [...raw.bytes] })),
      );
    }),
    {
      examples: [
        [
          {
            tenant: 'a',
            source: 'okta',
            instance: 'b\u0000c',
            receivedAtMs: 0,
            contentType: 'd',
            verified: true,
            bytes: new Uint8Array(),
            meta: { ['__proto__']: 'x' },
          },
        ],
      ],
    },
  );
});

test('names that only differ in where a NUL stands are not confused', () => {
  const base = {
    tenant: 't',
    source: 'okta',
    receivedAtMs: 0,
    verified: true,
    bytes: new Uint8Array(),
  } as const;
  const first = { ...base, instance: 'i\u0000c', contentType: 'x' };
  const second = { ...base, instance: 'i', contentType: 'c\u0000x' };
  throughBytes({ kind: 'raw', record: first });
  const back = throughBytes({ kind: 'raw', record: second });
  assert.ok(back.kind === 'raw' && back.record.instance === 'i');
});

test('the bytes of a raw record are not copied by encoding or decoding', () => {
  const bytes = Buffer.from('payload');
  const record = {
    tenant: 't',
    source: 'okta',
    receivedAtMs: 0,
    contentType: 'x',
    verified: false,
    bytes,
  } as const;
  const encoded = encodeLogEntry({ kind: 'raw', record });
  assert.ok(!(encoded instanceof Uint8Array) && encoded[1] === bytes);
  const whole = bytesOf({ kind: 'raw', record });
  const back = decodeLogEntry(whole);
  assert.ok(back.ok && back.value.kind === 'raw' && back.value.record.bytes.buffer === whole.buffer);
});

test('only cursor entries are taken for cursor entries', () => {
  assert.equal(isCursorEntry(bytesOf({ kind: 'cursor', atMs: 0, source: 's', position: 'p' })), true);
  assert.equal(isCursorEntry(bytesOf({ kind: 'heartbeat', atMs: 0, source })), false);
  assert.equal(isCursorEntry(new Uint8Array()), false);
});

test('cut and changed entries are refused with a sentence and never throw', () => {
  const whole = bytesOf({ kind: 'gap', atMs: 5, source, fromMs: 1, toMs: 4, reason: 'x' });
  for (let length = 0; length < whole.length; length++) {
    const result = decodeLogEntry(whole.subarray(0, length));
    assert.ok(!result.ok && result.failure.code === 'bad_wire_format', `length ${length}`);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      decodeLogEntry(Buffer.from(bytes));
    }),
  );
  const newer = Buffer.from(whole);
  newer[0] = 2;
  const result = decodeLogEntry(newer);
  assert.ok(!result.ok && /newer/.test(result.failure.message));
});

test('what was written or read before does not show: any mixture of feeds gives the bytes and records of each alone', () => {
  const feed = fc.record({
    tenant: fc.constantFrom('acme', 'acmf'),
    source: fc.constantFrom('okta' as const, 'ct' as const),
    instance: fc.constantFrom(undefined, '', 'a', 'b'),
    receivedAtMs: fc.integer({ min: 0, max: 3 }),
    contentType: fc.constantFrom('a/b', 'a/c'),
    verified: fc.boolean(),
    bytes: fc.uint8Array({ maxLength: 3 }),
    meta: fc.constantFrom(undefined, { topic: 'x' }, { topic: 'y' }, { topic: 'z'.repeat(80) }),
  });
  const stranger: LogEntry = {
    kind: 'raw',
    record: {
      tenant: 'stranger',
      source: 'rdap',
      receivedAtMs: 1,
      contentType: 'x',
      verified: true,
      bytes: new Uint8Array(),
    },
  };
  fc.assert(
    fc.property(fc.array(feed, { minLength: 2, maxLength: 6 }), (records) => {
      const entries = records.map((record): LogEntry => ({ kind: 'raw', record }));
      const alone = entries.map((entry) => {
        bytesOf(stranger);
        return bytesOf(entry);
      });
      assert.deepEqual(entries.map(bytesOf), alone);
      const readAlone = alone.map((bytes) => {
        decodeLogEntry(bytesOf(stranger));
        return decodeLogEntry(bytes);
      });
      assert.deepEqual(alone.map(decodeLogEntry), readAlone);
      for (const [at, read] of readAlone.entries()) {
        assert.ok(read.ok && read.value.kind === 'raw');
        assert.equal(read.value.record.receivedAtMs, records[at]?.receivedAtMs);
        assert.deepEqual([...read.value.record.bytes], [...(records[at]?.bytes ?? [])]);
      }
    }),
    { numRuns: 500, seed: 5 },
  );
});
