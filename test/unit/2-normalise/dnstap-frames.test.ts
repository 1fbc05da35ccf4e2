/**
 * dnstap frames written by hand after dnstap.proto: every message type, address family and transport, and what a frame may
 * leave out. Expectations come from the comments of the protocol file, which say whose traffic each type is.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnstap } from '../../../collector/src/2-normalise/dnstap.ts';
import { assertHolds, normaliseBytes } from './normalise-check.ts';

function varint(value: number): number[] {
  const octets: number[] = [];
  let rest = value;
  while (rest >= 128) {
    octets.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...octets, rest];
}

const number = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
const octets = (field: number, value: Iterable<number>): number[] => {
  const bytes = [...value];
  return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
};
const fixed32 = (field: number, value: number): number[] => [
  ...varint(field * 8 + 5),
  value & 255,
  (value >>> 8) & 255,
  (value >>> 16) & 255,
  value >>> 24,
];

/** Dnstap: identity 1, message 14, type 15 (1 = MESSAGE). */
function frame(message: readonly number[][]): Uint8Array {
  return Uint8Array.from([...octets(1, Buffer.from('ns1')), ...octets(14, message.flat()), ...number(15, 1)]);
}

const name = [3, ...Buffer.from('www'), 7, ...Buffer.from('example'), 3, ...Buffer.from('com'), 0];
const question = [0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, ...name, 0, 1, 0, 1];
const addressRecord = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];
const answer = [0x12, 0x34, 0x81, 0xa0, 0, 1, 0, 1, 0, 0, 0, 0, ...name, 0, 1, 0, 1, ...addressRecord];
const client = [198, 51, 100, 7];
const server = [192, 0, 2, 53];
const queriedAt = [number(8, 1_795_000_000), fixed32(9, 250_000_000)];
const respondedAt = [number(12, 1_795_000_001), fixed32(13, 500_000_000)];
const ends = [octets(4, client), octets(5, server), number(6, 5353), number(7, 53)];

/** Type, name, whose log it is. AUTH and UPDATE are a name server's own traffic, all others a resolver's or a client's. */
const types = [
  [1, 'AUTH_QUERY', 'authoritative_log'],
  [2, 'AUTH_RESPONSE', 'authoritative_log'],
  [3, 'RESOLVER_QUERY', 'resolver_log'],
  [4, 'RESOLVER_RESPONSE', 'resolver_log'],
  [5, 'CLIENT_QUERY', 'resolver_log'],
  [6, 'CLIENT_RESPONSE', 'resolver_log'],
  [7, 'FORWARDER_QUERY', 'resolver_log'],
  [8, 'FORWARDER_RESPONSE', 'resolver_log'],
  [9, 'STUB_QUERY', 'resolver_log'],
  [10, 'STUB_RESPONSE', 'resolver_log'],
  [11, 'TOOL_QUERY', 'resolver_log'],
  [12, 'TOOL_RESPONSE', 'resolver_log'],
] as const;

function only(bytes: Uint8Array): Record<string, unknown> {
  const outcome = normaliseBytes(dnstap, bytes);
  assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.failure.code} ${outcome.failure.message}`);
  assert.equal(outcome.value.length, 1);
  return outcome.value[0] as unknown as Record<string, unknown>;
}

for (const [type, text, kind] of types)
  test(`${text}: whose traffic it is, its own time, and an answer only in a response`, () => {
    const isResponse = text.endsWith('RESPONSE');
    const message = isResponse ? octets(14, answer) : octets(10, question);
    const event = only(
      frame([number(1, type), number(2, 1), number(3, 1), ...ends, ...queriedAt, ...respondedAt, message]),
    );
    assertHolds(
      event,
      {
        event_type: 'dnsquery.query.logged',
        domain: 'example.com',
        record_name: 'www.example.com',
        record_type: 'A',
        source_kind: kind,
        timestamp: new Date(isResponse ? 1_795_000_001_500 : 1_795_000_000_250).toISOString(),
        query: {
          question: 'www.example.com A',
          client: '198.51.100.7',
          resolver: '192.0.2.53',
          rcode: isResponse ? 'NOERROR' : null,
        },
      },
      text,
    );
    assert.ok(JSON.stringify(event).includes(`"${text}"`), 'names its message type');
    assert.equal(JSON.stringify(event).includes('192.0.2.1"'), isResponse, 'answer only in a response');
  });

const protocols = [
  [1, 'UDP'],
  [2, 'TCP'],
  [3, 'DOT'],
  [4, 'DOH'],
  [5, 'DNSCryptUDP'],
  [6, 'DNSCryptTCP'],
  [7, 'DOQ'],
] as const;
for (const [protocol, text] of protocols)
  test(`IPv6 over ${text}`, () => {
    const v6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x35];
    const event = only(
      frame([
        number(1, 6),
        number(2, 2),
        number(3, protocol),
        octets(4, v6),
        octets(5, v6),
        ...respondedAt,
        octets(14, answer),
      ]),
    );
    assertHolds(event, { query: { client: '2001:db8::35', resolver: '2001:db8::35' } }, text);
    assert.ok(JSON.stringify(event).includes(`"protocol":"${text}"`));
  });

test('a frame without addresses, protocol and times is read, at the time it was received', () => {
  const event = only(frame([number(1, 5), octets(10, question)]));
  assertHolds(
    event,
    {
      record_name: 'www.example.com',
      timestamp: new Date(Date.UTC(2026, 10, 21, 22)).toISOString(),
      query: { client: null, resolver: null },
    },
    'sparse',
  );
});

test('policy and HTTP fields newer than this reader are skipped', () => {
  const policy = octets(15, [...octets(1, Buffer.from('rpz')), ...number(3, 2)]);
  const event = only(frame([number(1, 5), policy, number(16, 2), octets(10, question)]));
  assertHolds(event, { record_name: 'www.example.com' }, 'policy');
});

test('no DNS message, a cut frame and a cut DNS message are dead letters', () => {
  const whole = frame([number(1, 6), ...respondedAt, octets(14, answer)]);
  const cases: [Uint8Array, string][] = [
    [frame([number(1, 6), ...respondedAt]), 'missing_field'],
    [whole.subarray(0, whole.length - 10), 'bad_wire_format'],
    [frame([number(1, 6), octets(14, answer.slice(0, -2))]), 'bad_wire_format'],
    [new Uint8Array(0), 'bad_wire_format'],
  ];
  for (const [bytes, code] of cases) {
    const outcome = normaliseBytes(dnstap, bytes);
    assert.ok(!outcome.ok);
    assert.equal(outcome.failure.code, code);
  }
});
