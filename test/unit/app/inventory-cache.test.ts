/** A large inventory is parsed once: the cache counts for the very same bytes, and nothing that is wrong with it shows. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { inventoryFromFile } from '../../../collector/src/app/documents.ts';
import { cachedInventory } from '../../../collector/src/app/inventory-cache.ts';
import { UnusableInput } from '../../../collector/src/app/unusable-input.ts';

function place(t: TestContext): { file: string; cache: string } {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-inventory-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  // The data directory is not there yet at a first start.
  return { file: join(directory, 'inventory.yaml'), cache: join(directory, 'var', 'inventory.cache') };
}

/** More than a megabyte. Record data is brought into canonical form: the mail host in lower case. */
function yaml(domains: number, note = ''): string {
  const entries = Array.from(
    { length: domains },
    (_, i) =>
      `  - domain: name-${String(i)}.com\n    tenant: acme\n    tier: 2\n    owner: "${'x'.repeat(100)}"\n    approved:\n      records:\n        - {name: name-${String(i)}.com, type: MX, values: ["10 MX1.Mailhost.example"]}\n`,
  );
  return `version: 1\ntenants: [{id: acme, name: Acme}]\n${note}domains:\n${entries.join('')}`;
}

test('the second reading is the first one, from the cache', async (t) => {
  const { file, cache } = place(t);
  writeFileSync(file, yaml(6_000));
  const read = await inventoryFromFile(file);
  assert.deepEqual(await cachedInventory(file, cache), read);
  const written = statSync(cache);
  assert.equal(written.mode & 0o777, 0o600);
  assert.deepEqual(read.domains?.[0]?.approved?.records?.[0]?.values, ['10 mx1.mailhost.example']);
  // Only the cache can still tell it: what it says of the tenant is another word than that of the file.
  writeFileSync(cache, readFileSync(cache, 'utf8').replace('"Acme"', '"From the cache"'));
  const again = await cachedInventory(file, cache);
  assert.equal(again.tenants?.[0]?.name, 'From the cache');
  assert.deepEqual(again.domains, read.domains);
});

test('another byte in the file, or another version before, and the file is read', async (t) => {
  const { file, cache } = place(t);
  writeFileSync(file, yaml(6_000));
  await cachedInventory(file, cache);
  const first = readFileSync(cache, 'utf8');
  appendFileSync(file, '  - {domain: last.com, tenant: acme}\n');
  assert.equal((await cachedInventory(file, cache)).domains?.length, 6_001);
  assert.notEqual(readFileSync(cache, 'utf8').split('\n')[0], first.split('\n')[0]);
  const other = readFileSync(cache, 'utf8').replace(/"read_by":"[^"]*"/u, '"read_by":"0.0.1/1/x"');
  writeFileSync(cache, other.replace('"Acme"', '"Stale"'));
  assert.equal((await cachedInventory(file, cache)).tenants?.[0]?.name, 'Acme');
});

test('a cache that is cut, empty, or not one is no cache', async (t) => {
  const { file, cache } = place(t);
  writeFileSync(file, yaml(6_000));
  const read = await cachedInventory(file, cache);
  const { size } = statSync(cache);
  for (const length of [0, 10, size - 1, size - 5, Math.floor(size / 2)]) {
    await cachedInventory(file, cache);
    truncateSync(cache, length);
    assert.deepEqual(await cachedInventory(file, cache), read, String(length));
  }
  writeFileSync(cache, 'nonsense');
  assert.deepEqual(await cachedInventory(file, cache), read);
});

test('a small file has no cache; one with a fault is refused each time, with its line', async (t) => {
  const { file, cache } = place(t);
  writeFileSync(file, yaml(3));
  await cachedInventory(file, cache);
  assert.throws(() => statSync(cache));
  writeFileSync(file, yaml(6_000, 'nonsense: true\n'));
  for (let i = 0; i < 2; i++)
    await assert.rejects(cachedInventory(file, cache), (error: UnusableInput) =>
      error.problems.some((problem) => problem.includes('inventory.yaml:3')),
    );
  assert.throws(() => statSync(cache));
  await assert.rejects(cachedInventory(join(file, '..', 'absent.yaml'), cache), UnusableInput);
});

test('where nothing can be written the file is read all the same', async (t) => {
  const { file } = place(t);
  writeFileSync(file, yaml(6_000));
  const read = await cachedInventory(file, join(file, 'inventory.cache'));
  assert.equal(read.domains?.length, 6_000);
});
