import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DnsRecord } from '../../../collector/src/leaf/dns-message.ts';
import { netChanges } from '../../../collector/src/leaf/record-change.ts';
import { compareSerials } from '../../../collector/src/leaf/serial-number.ts';
import { transferReader, type TransferReceiver } from '../../../collector/src/leaf/zone-transfer.ts';

function record(name: string, type: string, data: string, ttl = 300): DnsRecord {
  return { name, type, class: 'IN', ttl, data };
}
const soa = (serial: number, zone = 'z'): DnsRecord => record(zone, 'SOA', `ns h ${serial} 1 2 3 4`);
const a = (n: number): DnsRecord => record(`h${n}.z`, 'A', `192.0.2.${n}`);

function collector(): { to: TransferReceiver; log: string[] } {
  const log: string[] = [];
  return {
    log,
    to: {
      record: (each) => log.push(`= ${each.name} ${each.type}`),
      step: (from, to) => log.push(`step ${from} ${to}`),
      remove: (each) => log.push(`- ${each.name}`),
      add: (each) => log.push(`+ ${each.name}`),
    },
  };
}

test('serial arithmetic wraps and leaves the half-way case open (RFC 1982)', () => {
  assert.equal(compareSerials(1, 0), 1);
  assert.equal(compareSerials(0, 0xffff_ffff), 1);
  assert.equal(compareSerials(0xffff_ffff, 0), -1);
  assert.equal(compareSerials(0x8000_0000, 0), undefined);
  assert.equal(compareSerials(44, 44), 0);
});

test('an answer may be cut into messages at any record, for both forms', () => {
  const incremental = [soa(7), soa(5), a(1), soa(6), a(2), soa(6), soa(7), a(3), soa(7)];
  const full = [soa(7), a(1), a(2), soa(7)];
  for (const [records, expected] of [
    [incremental, ['- h1.z', 'step 5 6', '+ h2.z', 'step 6 7', '+ h3.z']],
    [full, ['= z SOA', '= h1.z A', '= h2.z A']],
  ] as const)
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: records.length, maxLength: records.length }),
        (cuts) => {
          const { to, log } = collector();
          const reader = transferReader({ zone: 'z', asked: 'IXFR', haveSerial: 5, transport: 'tcp' }, to);
          let message: DnsRecord[] = [];
          let last: string = '';
          for (const [index, each] of records.entries()) {
            message.push(each);
            if (!cuts[index] && index < records.length - 1) continue;
            const progress = reader.push(message);
            assert.ok(progress.ok, JSON.stringify(progress));
            last = progress.value;
            message = [];
          }
          assert.equal(last, 'complete');
          assert.deepEqual(log, expected);
        },
      ),
    );
});

test('a lone SOA: current, use TCP, or more to come', () => {
  const progress = (serial: number, have: number, transport: 'udp' | 'tcp'): string => {
    const reader = transferReader({ zone: 'z', asked: 'IXFR', haveSerial: have, transport }, collector().to);
    const outcome = reader.push([soa(serial)]);
    assert.ok(outcome.ok);
    return outcome.value;
  };
  assert.equal(progress(5, 5, 'udp'), 'current');
  assert.equal(progress(4, 5, 'tcp'), 'current');
  assert.equal(progress(6, 5, 'udp'), 'use_tcp');
  assert.equal(progress(6, 5, 'tcp'), 'more');
});

test('answers that would corrupt the copy are refused', () => {
  const refused: readonly (readonly [DnsRecord[], RegExp])[] = [
    [[a(1)], /not the SOA/],
    [[soa(7, 'other')], /not the SOA/],
    [[soa(7), soa(7)], /empty/],
    [[soa(7), soa(4), a(1), soa(7), soa(7)], /we have 5/],
    [[soa(7), soa(5), soa(6), a(1), soa(7)], /ended at 6/],
    [[soa(7), a(1), soa(8)], /differs/],
    [[soa(7), a(1), soa(7), a(2)], /follow/],
  ];
  for (const [records, reason] of refused) {
    const reader = transferReader(
      { zone: 'z', asked: 'IXFR', haveSerial: 5, transport: 'tcp' },
      collector().to,
    );
    const outcome = reader.push(records);
    assert.ok(!outcome.ok);
    assert.match(outcome.failure.message, reason);
  }
});

test('net changes: back as it was is nothing, other TTL is retimed, replaced is one change', () => {
  const net = netChanges();
  net.remove(a(1));
  net.add(a(1));
  net.add(a(2));
  net.remove(a(2));
  net.remove(record('t.z', 'A', '192.0.2.9', 300));
  net.add(record('t.z', 'A', '192.0.2.9', 60));
  net.remove(record('r.z', 'A', '192.0.2.7'));
  net.add(record('r.z', 'A', '192.0.2.8'));
  assert.deepEqual(net.changes(), [
    {
      name: 'r.z',
      type: 'A',
      old: ['192.0.2.7'],
      new: ['192.0.2.8'],
      ttlOld: 300,
      ttlNew: 300,
      whole: false,
    },
    { name: 't.z', type: 'A', old: ['192.0.2.9'], new: ['192.0.2.9'], ttlOld: 300, ttlNew: 60, whole: false },
  ]);
});
