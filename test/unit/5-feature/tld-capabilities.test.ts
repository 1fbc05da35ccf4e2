/** The registry table: data file and code say the same, every value names its source and date, RDAP agrees with the shipped list. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  capabilityOf,
  notGenericTlds,
  otherGenericTlds,
  tldCapabilities,
  type TldCapability,
} from '../../../collector/src/5-feature/tld-capabilities.ts';

interface Cell {
  readonly value: boolean | null;
  readonly source?: string;
  readonly date?: string;
}

interface Row {
  readonly tld: string;
  readonly kind: 'gtld' | 'cctld';
  readonly rdap: Cell;
  readonly transfer_lock: Cell;
  readonly registry_lock: Cell;
  readonly dnssec: Cell;
  readonly published_expiry: Cell;
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../collector/data/${name}`, import.meta.url), 'utf8')) as T;
}

const data = read<{ others: Omit<Row, 'tld'>; not_generic: string[]; rows: Row[] }>('tld-capabilities.json');
const bootstrap = read<{ publication: string; services: [string[], string[]][] }>('rdap-bootstrap.json');

function asCode(row: Row): TldCapability {
  return {
    tld: row.tld,
    rdap: row.rdap.value,
    transferLock: row.transfer_lock.value,
    registryLock: row.registry_lock.value,
    dnssec: row.dnssec.value,
    publishedExpiry: row.published_expiry.value,
  };
}

test('code and data file say the same', () => {
  assert.deepEqual(data.rows.map(asCode), tldCapabilities);
  assert.deepEqual(asCode({ ...data.others, tld: '*' }), otherGenericTlds);
  assert.deepEqual(data.not_generic, notGenericTlds);
  assert.equal(new Set(data.rows.map(({ tld }) => tld)).size, data.rows.length);
});

test('every value has a source and a date; what nobody verified has neither', () => {
  for (const { tld = '*', rdap, transfer_lock, registry_lock, dnssec, published_expiry } of [
    ...data.rows,
    { ...data.others, tld: '*' },
  ])
    for (const cell of [rdap, transfer_lock, registry_lock, dnssec, published_expiry]) {
      if (cell.value === null) {
        assert.deepEqual(cell, { value: null }, tld);
        continue;
      }
      assert.ok((cell.source ?? '').length > 10, tld);
      assert.match(cell.date ?? '', /^\d{4}-\d\d-\d\d$/u, tld);
    }
});

test('the RDAP column is what the shipped bootstrap list says on its date', () => {
  const listed = new Set(bootstrap.services.flatMap(([tlds]) => tlds));
  for (const { tld, rdap } of data.rows) {
    assert.equal(rdap.value, listed.has(tld), tld);
    assert.equal(rdap.date, bootstrap.publication.slice(0, 10), tld);
  }
});

test('look-ups: below a second level, a generic one without a row, a country code without a row, names that are no TLDs', () => {
  assert.equal(capabilityOf('shop.co.uk')?.transferLock, false);
  assert.deepEqual(
    ['de', 'nl', 'ch', 'at', 'be', 'au'].map((tld) => capabilityOf(`acme.${tld}`)?.publishedExpiry),
    [false, false, false, false, false, false],
  );
  assert.equal(capabilityOf('acme.ninja'), otherGenericTlds);
  assert.equal(capabilityOf('acme.ninja')?.rdap, null, 'a contract is no proof of a server');
  for (const name of ['acme.zz', 'acme.xn--p1ai', 'acme.edu', 'acme.test', 'x.unheard-of'])
    assert.equal(capabilityOf(name), undefined, name);
});
