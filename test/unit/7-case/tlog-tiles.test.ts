import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { leafHash, treeRoot } from '../../../collector/src/7-case/merkle-tree.ts';
import { checkpointText, tileFiles, tileNumber } from '../../../collector/src/7-case/tlog-tiles.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const entry = (n: number): Uint8Array => new TextEncoder().encode(`entry ${n}`);
const entries = (count: number): Uint8Array[] => Array.from({ length: count }, (_, n) => entry(n));

void test('tile numbers as in the specification', () => {
  assert.equal(tileNumber(1_234_067), 'x001/x234/067');
  assert.equal(tileNumber(0), '000');
  assert.equal(tileNumber(999), '999');
  assert.equal(tileNumber(1000), 'x001/000');
});

// c2sp.org/tlog-tiles, example of a tree of 70,000 entries.
void test('a tree of 70,000 entries has the tiles the specification lists', () => {
  const made = tileFiles(entries(70_000), sha256);
  const paths = [...(made?.files.keys() ?? [])];
  const of = (folder: string): string[] => paths.filter((path) => path.startsWith(`tile/${folder}/`));
  assert.equal(of('0').length, 274);
  assert.equal(of('0').at(0), 'tile/0/000');
  assert.equal(of('0').at(-1), 'tile/0/273.p/112');
  assert.deepEqual(of('1'), ['tile/1/000', 'tile/1/001.p/17']);
  assert.deepEqual(of('2'), ['tile/2/000.p/1']);
  assert.equal(of('entries').at(-1), 'tile/entries/273.p/112');
});

void test('hashes of a tile are the leaf hashes, bundles hold the entries, and the root is that of the tree', () => {
  const made = tileFiles(entries(300), sha256);
  assert.ok(made !== undefined);
  const first = made.files.get('tile/0/000') ?? new Uint8Array();
  assert.equal(first.length, 256 * 32);
  assert.deepEqual(Buffer.from(first.subarray(32, 64)), Buffer.from(leafHash(entry(1), sha256)));
  const above = made.files.get('tile/1/000.p/1') ?? new Uint8Array();
  const leaves = entries(300).map((each) => leafHash(each, sha256));
  assert.deepEqual(Buffer.from(above), Buffer.from(treeRoot(leaves.slice(0, 256), sha256)));
  const bundle = made.files.get('tile/entries/001.p/44') ?? new Uint8Array();
  assert.deepEqual(Buffer.from(bundle.subarray(0, 11)), Buffer.from('\0\x09entry 256', 'latin1'));
  assert.deepEqual(Buffer.from(made.root), Buffer.from(treeRoot(leaves, sha256)));
});

void test('an entry that fits in no bundle is refused, an empty log has no tiles', () => {
  assert.equal(tileFiles([new Uint8Array(65_536)], sha256), undefined);
  assert.equal(tileFiles([], sha256)?.files.size, 0);
});

void test('a checkpoint names origin, size and root', () => {
  assert.equal(checkpointText('zonewarden.example', 3, 'AAAA'), 'zonewarden.example\n3\nAAAA\n');
});
