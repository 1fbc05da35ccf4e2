import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DnsRecord } from '../../../collector/src/leaf/dns-message.ts';
import {
  openZoneUpdate,
  zoneDifference,
  type ZoneCopy,
} from '../../../collector/src/1-source/dns-xfr/zone-copy.ts';
import { fileZoneStore } from '../../../collector/src/1-source/dns-xfr/zone-store.ts';

function record(name: string, type: string, data: string, ttl = 300): DnsRecord {
  return { name, type, class: 'IN', ttl, data };
}

function loaded(records: readonly DnsRecord[]): ZoneCopy {
  const update = openZoneUpdate('z', undefined, 1000);
  for (const each of records) update.receiver.record(each);
  const committed = update.commit(1);
  assert.ok(committed.ok);
  return committed.value.copy;
}

test('an incremental update out of step with our copy fails and leaves the copy as it was', () => {
  const copy = loaded([record('a.z', 'A', '192.0.2.1'), record('b.z', 'A', '192.0.2.2')]);
  const before = new Map(copy.sets);
  const update = openZoneUpdate('z', copy, 1000);
  update.receiver.remove(record('a.z', 'A', '192.0.2.1'));
  update.receiver.add(record('a.z', 'A', '192.0.2.9'));
  update.receiver.remove(record('gone.z', 'A', '192.0.2.3'));
  const committed = update.commit(2);
  assert.match(committed.ok ? '' : committed.failure.message, /our copy does not have it/);
  assert.deepEqual(new Map(copy.sets), before);
  assert.equal(copy.serial, 1);
});

test('signatures and NSEC chains are not part of the copy', () => {
  const copy = loaded([
    record('a.z', 'A', '192.0.2.1'),
    record('a.z', 'RRSIG', 'x'),
    record('a.z', 'NSEC', 'b.z A'),
  ]);
  assert.deepEqual([...copy.sets.keys()], ['a.z\tA']);
});

test('incremental and full give the same changes and the same copy', () => {
  const names = fc.constantFrom('a.z', 'b.z', 'c.z');
  const datum = fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3');
  const zone = fc.uniqueArray(fc.tuple(names, datum), {
    selector: ([name, data]) => `${name} ${data}`,
    maxLength: 9,
  });
  fc.assert(
    fc.property(zone, zone, (before, after) => {
      const old = loaded(before.map(([name, data]) => record(name, 'A', data)));
      const fresh = loaded(after.map(([name, data]) => record(name, 'A', data)));
      const expected = [...zoneDifference(old, fresh)].sort((x, y) => (x.name < y.name ? -1 : 1));
      const has = (list: typeof before, [name, data]: readonly [string, string]): boolean =>
        list.some(([n, d]) => n === name && d === data);
      const update = openZoneUpdate('z', old, 1000);
      update.receiver.step(1, 2);
      for (const each of before) if (!has(after, each)) update.receiver.remove(record(each[0], 'A', each[1]));
      for (const each of after) if (!has(before, each)) update.receiver.add(record(each[0], 'A', each[1]));
      const committed = update.commit(1);
      assert.ok(committed.ok);
      assert.deepEqual(
        [...committed.value.changes].sort((x, y) => (x.name < y.name ? -1 : 1)),
        expected,
      );
      assert.deepEqual(new Map(committed.value.copy.sets), new Map(fresh.sets));
    }),
  );
});

test('a copy comes back from disk as it was saved; a damaged file is no copy', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-store-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const store = fileZoneStore(directory);
  const copy = loaded([
    record('a.z', 'TXT', '"tab \\009 and \\\\ inside"'),
    record('a.z', 'A', '192.0.2.1'),
    record('a.z', 'A', '192.0.2.2'),
  ]);
  copy.seenAtMs = 1234;
  await store.save(copy);
  assert.deepEqual(await store.load('z'), copy);
  assert.equal(await store.load('other'), undefined);
  for (const name of readdirSync(directory))
    writeFileSync(join(directory, name), 'zonewarden-zone-copy 1\t1\t0\na.z\tA\t300\t192.0.2.1\n');
  assert.equal(await store.load('z'), undefined);
});
