/** Answers of several messages (RFC 5936 section 2.2, RFC 1995 section 4), as a TCP stream in a file, as text, and only in part. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameFile } from '../../../collector/src/1-source/file/frame-file.ts';
import { dnsXfr } from '../../../collector/src/2-normalise/dns-xfr.ts';
import { dnsStreamMediaType } from '../../../collector/src/leaf/dns-stream.ts';
import { assertHolds, normaliseBytes } from './normalise-check.ts';

const zone = [7, ...Buffer.from('example'), 3, ...Buffer.from('com'), 0];

function record(type: number, ttl: number, data: number[], label = 'www'): number[] {
  const name = label === '' ? zone : [label.length, ...Buffer.from(label), ...zone];
  return [...name, 0, type, 0, 1, 0, 0, 0, ttl, 0, data.length, ...data];
}

const soa = (serial: number): number[] =>
  record(6, 60, [0, 0, 0, 0, 0, serial, ...[1, 1, 1, 1].flatMap((n) => [0, 0, 0, n])], '');
const address = (last: number, label = 'www'): number[] => record(1, 60, [192, 0, 2, last], label);

/** One message with id 9; `qtype` 0: without a question, as later messages may be. */
function message(qtype: number, records: number[][], flags = [0x84, 0]): number[] {
  const question = qtype === 0 ? [] : [...zone, 0, qtype, 0, 1];
  const counts = [0, qtype === 0 ? 0 : 1, 0, records.length, 0, 0, 0, 0];
  return [0, 9, ...flags, ...counts, ...question, ...records.flat()];
}

const stream = (...messages: number[][]): Uint8Array =>
  Uint8Array.from(messages.flatMap((each) => [each.length >> 8, each.length & 255, ...each]));

function read(bytes: Uint8Array, name = 'answer.bin') {
  return [...frameFile('dns-xfr', name, bytes)].map((framed) => {
    if (!('bytes' in framed)) return framed.failure;
    const outcome = normaliseBytes(dnsXfr, framed.bytes, undefined, framed.contentType);
    return outcome.ok ? outcome.value : outcome.failure;
  });
}

function eventsOf(found: ReturnType<typeof read>[number] | undefined) {
  assert.ok(Array.isArray(found), JSON.stringify(found));
  return found;
}

const [axfr, ixfr] = [252, 251];

test('an IXFR over three messages is one transfer with its net changes', () => {
  const [events] = read(
    stream(
      message(ixfr, [soa(7), soa(5), address(1)]),
      message(ixfr, [soa(6), address(2), soa(6), address(2)]),
      message(0, [soa(7), address(3), soa(7)]),
    ),
  );
  const [transfer, change, ...more] = eventsOf(events);
  assertHolds(
    transfer,
    {
      event_type: 'dns.zone.transferred_out',
      outcome: 'success',
      sequence: '7',
      source: { messages: 3, serial_from: 5 },
    },
    'transfer',
  );
  assertHolds(
    change,
    {
      event_type: 'dns.record.updated',
      outcome: 'success',
      old_value: ['192.0.2.1'],
      new_value: ['192.0.2.3'],
    },
    'change',
  );
  assert.deepEqual(more, []);
});

test('an AXFR over many messages, with and without questions, counts every record', () => {
  const [events] = read(
    stream(
      message(axfr, [soa(7)]),
      message(0, [address(1), address(2)]),
      message(axfr, [address(3)]),
      message(0, [soa(7)]),
    ),
  );
  assertHolds(
    eventsOf(events)[0],
    {
      event_type: 'dns.zone.transferred_out',
      outcome: 'success',
      source: { form: 'full', records: 4, messages: 4 },
    },
    'transfer',
  );
});

test('a single message behind its TCP length reads like one without', () => {
  const plain = Uint8Array.from(message(axfr, [soa(7), address(1), soa(7)]));
  const [bare] = read(plain);
  const [prefixed] = read(stream([...plain]));
  assert.deepEqual(eventsOf(prefixed), eventsOf(bare));
});

test('requests and notifications in a stream are records of their own', () => {
  const request = message(axfr, [], [0, 0]);
  const notify = message(6, [soa(8)], [0x24, 0]);
  const found = read(stream(request, message(axfr, [soa(7)]), message(axfr, [soa(7)]), notify));
  assert.deepEqual(
    found.map((each) => (Array.isArray(each) ? each.map((event) => event.event_type) : each)),
    [[], ['dns.zone.transferred_out'], ['dns.zone.notify_received']],
  );
});

test('a stream that is cut names the message and keeps what came before', () => {
  const whole = stream(message(axfr, [soa(7), address(1), soa(7)]), message(6, [soa(8)], [0x24, 0]));
  const [transfer, cut] = read(whole.subarray(0, whole.length - 5));
  assert.equal(eventsOf(transfer).length, 1);
  assert.ok(cut !== undefined && 'code' in cut);
  assert.equal(cut.code, 'bad_wire_format');
  assert.match(cut.message, /message 2 announces 74 octets, 69 are there/u);
});

test('a damaged message inside an answer is named, and its neighbours are read', () => {
  const damaged = message(0, [address(1)]);
  damaged[damaged.length - 5] = 200;
  const found = read(
    stream(message(6, [soa(8)], [0x24, 0]), message(axfr, [soa(7)]), damaged, message(0, [soa(7)])),
  );
  assert.equal(eventsOf(found[0]).length, 1);
  assert.ok(found[1] !== undefined && 'code' in found[1]);
  assert.match(found[1].message, /^message 2: /u);
});

test('the first part of an IXFR alone: whole steps happened, the open one is not known to have', () => {
  const part = Uint8Array.from(
    message(ixfr, [soa(7), soa(5), address(1, 'a'), soa(6), address(2, 'a'), soa(6), address(3, 'b')]),
  );
  const [events] = read(part);
  const [transfer, done, open, ...more] = eventsOf(events);
  assertHolds(transfer, { outcome: 'unknown', source: { part: 'first', form: 'incremental' } }, 'transfer');
  assertHolds(
    done,
    {
      event_type: 'dns.record.updated',
      outcome: 'success',
      record_name: 'a.example.com',
      new_value: ['192.0.2.2'],
    },
    'done',
  );
  assertHolds(
    open,
    {
      event_type: 'dns.record.deleted',
      outcome: 'unknown',
      record_name: 'b.example.com',
      source: { part: 'first' },
    },
    'open',
  );
  assert.deepEqual(more, []);
});

test('records after the final SOA, or another zone in a later message, are refused', () => {
  for (const last of [
    [message(axfr, [soa(7)]), message(0, [address(1), soa(7)]), message(0, [address(2)])],
    [message(axfr, [soa(7)]), message(0, [address(1)]), message(0, [soa(8)])],
  ]) {
    const [found] = read(stream(...last));
    assert.ok(found !== undefined && 'code' in found, JSON.stringify(found));
    assert.equal(found.code, 'bad_wire_format');
  }
});

test('the messages of one answer as text, one after the other', () => {
  const text = [
    'id 1\nopcode QUERY\nrcode NOERROR\nflags AA\n;QUESTION\nexample. IN AXFR\n;ANSWER\n@ 3600 IN SOA foo bar 1 2 3 4 5',
    'id 1\nopcode QUERY\nrcode NOERROR\nflags AA\n;ANSWER\nns1 3600 IN A 10.0.0.1\n@ 3600 IN SOA foo bar 1 2 3 4 5\n',
  ].join('\n');
  const [events] = read(Buffer.from(text), 'axfr.txt');
  assertHolds(
    eventsOf(events)[0],
    { event_type: 'dns.zone.transferred_out', outcome: 'success', source: { records: 2, messages: 2 } },
    'transfer',
  );
});

test('an incremental answer in text stands for itself: one that ends early is refused', () => {
  const text =
    'id 1\nopcode QUERY\nrcode NOERROR\nflags AA\n;QUESTION\nexample. IN IXFR\n;ANSWER\n@ 3600 IN SOA foo bar 4 2 3 4 5\n@ 3600 IN SOA foo bar 1 2 3 4 5\nns2 3600 IN A 10.0.0.2\n';
  const [found] = read(Buffer.from(text), 'ixfr.txt');
  assert.ok(found !== undefined && 'code' in found);
  assert.match(found.message, /ends before its last SOA/u);
});

test('a stream record that was damaged on its way is a dead letter at every octet', () => {
  const whole = stream(message(axfr, [soa(7)]), message(0, [address(1), soa(7)]));
  for (let length = 1; length < whole.length; length++) {
    const outcome = normaliseBytes(dnsXfr, whole.subarray(0, length), undefined, dnsStreamMediaType);
    // The first message by itself is a stream too.
    assert.ok(outcome.ok === (length === 2 + message(axfr, [soa(7)]).length), `at ${length}`);
  }
});
