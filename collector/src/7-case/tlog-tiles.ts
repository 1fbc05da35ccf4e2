/**
 * A Merkle tree as static files (c2sp.org/tlog-tiles): anybody can serve them and any log client can check them. Tiles hold
 * 256 hashes, entry bundles 256 entries; the last of each may be partial. Pure.
 */
import { leafHash, treeRoot, type Sha256 } from './merkle-tree.ts';

const width = 256;
const entryBytesMax = 65_535;

/** Path of tile number `index`: groups of three digits, all but the last with an x (1234067 is x001/x234/067). */
export function tileNumber(index: number): string {
  const last = String(index % 1000).padStart(3, '0');
  let rest = Math.floor(index / 1000);
  let path = last;
  while (rest > 0) {
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
    rest = Math.floor(rest / 1000);
  }
  return path;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function bundled(entry: Uint8Array): Uint8Array {
  return joined([Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry]);
}

function addTiles(files: Map<string, Uint8Array>, folder: string, parts: readonly Uint8Array[]): void {
  for (let from = 0; from < parts.length; from += width) {
    const some = parts.slice(from, from + width);
    const partial = some.length < width ? `.p/${some.length}` : '';
    files.set(`tile/${folder}/${tileNumber(from / width)}${partial}`, joined(some));
  }
}

/** Files by path for entries in order; undefined when an entry is too long for a bundle (65,535 octets). */
export function tileFiles(
  entries: readonly Uint8Array[],
  sha256: Sha256,
): { readonly files: ReadonlyMap<string, Uint8Array>; readonly root: Uint8Array } | undefined {
  if (entries.some(({ length }) => length > entryBytesMax)) return undefined;
  const files = new Map<string, Uint8Array>();
  addTiles(files, 'entries', entries.map(bundled));
  const leaves = entries.map((entry) => leafHash(entry, sha256));
  let level = leaves;
  for (let height = 0; level.length > 0; height++) {
    addTiles(files, String(height), level);
    const next: Uint8Array[] = [];
    for (let from = 0; from + width <= level.length; from += width)
      next.push(treeRoot(level.slice(from, from + width), sha256));
    level = next;
  }
  return { files, root: treeRoot(leaves, sha256) };
}

/** Text of a checkpoint (c2sp.org/tlog-checkpoint) that a signed note covers: origin, size, root in base64. */
export function checkpointText(origin: string, size: number, rootBase64: string): string {
  return `${origin}\n${size}\n${rootBase64}\n`;
}
