/**
 * Messages of the zone transfer feed written octet by octet: dynamic updates (RFC 2136 sections 2.4 and 2.5), incremental
 * transfers (RFC 1995 section 4), NOTIFY (RFC 1996), with what else may ride in the additional section.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsXfr } from '../../../collector/src/2-normalise/dns-xfr.ts';
import { assertHolds, normaliseBytes } from './normalise-check.ts';

const zone = [7, ...Buffer.from('example'), 3, ...Buffer.from('com'), 0];
const apex = [0xc0, 12];
const www = [3, ...Buffer.from('www'), ...apex];
const [inClass, none, any] = [1, 254, 255];

function record(type: number, cls: number, ttl: number, data: number[] = [], name = www): number[] {
  return [...name, 0, type, 0, cls, 0, 0, 0, ttl, 0, data.length, ...data];
}

function message(flags: number[], qtype: number, sections: readonly number[][][]): Uint8Array {
  const counts = [0, 1, 2].flatMap((at) => [0, sections[at]?.length ?? 0]);
  return Uint8Array.from([0, 9, ...flags, 0, 1, ...counts, ...zone, 0, qtype, 0, 1, ...sections.flat(2)]);
}

const update = (prerequisites: number[][], updates: number[][], additional: number[][] = []): Uint8Array =>
  message([0x28, 0], 6, [prerequisites, updates, additional]);

function soa(serial: number): number[] {
  return record(6, inClass, 60, [0, 0, 0, 0, 0, serial, ...[1, 1, 1, 1].flatMap((n) => [0, 0, 0, n])], apex);
}

const ixfr = (records: number[][], rcode = 0): Uint8Array => message([0x84, rcode], 251, [records]);
const address = (last: number): number[] => [192, 0, 2, last];
const text = (letter: string): number[] => record(16, inClass, 60, [1, ...Buffer.from(letter)]);

/** One version to the next: the address of www that goes and the one that comes. */
function step(from: number, gone: number, to: number, come: number): number[][] {
  return [soa(from), record(1, inClass, 60, address(gone)), soa(to), record(1, inClass, 60, address(come))];
}

const received = { event_type: 'dns.zone.update_received', outcome: 'attempt' };
const deleted = { event_type: 'dns.record.deleted', outcome: 'attempt', new_value: null };
const edns = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];

const cases: readonly (readonly [string, Uint8Array, readonly Record<string, unknown>[]])[] = [
  ['UPDATE of prerequisites alone changes nothing', update([record(255, none, 0)], []), [received]],
  [
    'UPDATE deletes a record set: what it held is not said',
    update([], [record(1, any, 0)]),
    [received, { ...deleted, record_name: 'www.example.com', record_type: 'A', old_known: false }],
  ],
  [
    'UPDATE deletes every set of a name',
    update([], [record(255, any, 0)]),
    [received, { ...deleted, record_name: 'www.example.com', record_type: 'ANY', old_known: false }],
  ],
  [
    'UPDATE deletes every set of the apex',
    update([], [record(255, any, 0, [], apex)]),
    [received, { ...deleted, record_name: 'example.com', record_type: 'ANY', old_known: false }],
  ],
  [
    'UPDATE deletes one record of a set',
    update([], [record(1, none, 0, address(1))]),
    [received, { ...deleted, record_type: 'A', old_value: ['192.0.2.1'] }],
  ],
  [
    'UPDATE replaces a set, EDNS in the additional section',
    update([], [record(1, any, 0), record(1, inClass, 60, address(9))], [edns]),
    [received, { event_type: 'dns.record.updated', outcome: 'attempt', new_value: ['192.0.2.9'] }],
  ],
  [
    'UPDATE that was refused',
    message([0xa8, 5], 6, []),
    [{ event_type: 'dns.zone.update_received', outcome: 'failure' }],
  ],
  ['NOTIFY', message([0x24, 0], 6, []), [{ event_type: 'dns.zone.notify_received', domain: 'example.com' }]],
  ['the answer to a NOTIFY tells nothing new', message([0xa4, 0], 6, []), []],
  ['IXFR of a single SOA: the copy is current', ixfr([soa(5)]), []],
  [
    'IXFR over two versions',
    ixfr([soa(7), ...step(5, 1, 6, 2), soa(6), text('a'), soa(7), text('b'), soa(7)]),
    [
      { event_type: 'dns.zone.transferred_out', outcome: 'success' },
      { event_type: 'dns.record.updated', old_value: ['192.0.2.1'], new_value: ['192.0.2.2'] },
      { event_type: 'dns.record.updated', old_value: ['"a"'], new_value: ['"b"'] },
    ],
  ],
  ['IXFR refused', ixfr([], 5), [{ event_type: 'dns.zone.transferred_out', outcome: 'failure' }]],
];

for (const [about, bytes, expected] of cases)
  test(about, () => {
    const outcome = normaliseBytes(dnsXfr, bytes, undefined, 'application/dns-message');
    assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.failure.code} ${outcome.failure.message}`);
    assert.equal(outcome.value.length, expected.length, outcome.value.map((e) => e.event_type).join(' '));
    for (const [at, each] of expected.entries()) assertHolds(outcome.value[at], each, `${about} #${at}`);
  });

test('an UPDATE cut at any octet is a dead letter', () => {
  const whole = update([], [record(1, inClass, 60, address(9))]);
  for (let length = 1; length < whole.length; length++) {
    const outcome = normaliseBytes(dnsXfr, whole.subarray(0, length), undefined, 'application/dns-message');
    assert.ok(!outcome.ok, `read at ${length} octets`);
    assert.equal(outcome.failure.code, 'bad_wire_format');
  }
});
