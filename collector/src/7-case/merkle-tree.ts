/** Merkle trees as in RFC 6962 section 2.1 and their proofs as in RFC 9162 section 2.1. Pure: the hash comes from outside. */

/** SHA-256 of bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

function joined(prefix: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(1 + parts.reduce((sum, part) => sum + part.length, 0));
  bytes[0] = prefix;
  let at = 1;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Hash of a leaf: SHA-256(0x00 || data). */
export function leafHash(data: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(joined(0, data));
}

function nodeHash(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(joined(1, left, right));
}

/** Largest power of two below `size`; `size` is at least 2. */
function splitPoint(size: number): number {
  let point = 1;
  while (point * 2 < size) point *= 2;
  return point;
}

/** Root over leaf hashes in order; of no leaves it is SHA-256 of nothing. */
export function treeRoot(leaves: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  let level = [...leaves];
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as Uint8Array, level[i + 1]];
      next.push(right === undefined ? left : nodeHash(left, right, sha256));
    }
    level = next;
  }
  return level[0] as Uint8Array;
}

/** Audit path of leaf `index`, nearest sibling first. Empty for a single leaf; undefined when there is no such leaf. */
export function inclusionProof(
  index: number,
  leaves: readonly Uint8Array[],
  sha256: Sha256,
): Uint8Array[] | undefined {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) return undefined;
  if (leaves.length === 1) return [];
  const point = splitPoint(leaves.length);
  const [left, right] = [leaves.slice(0, point), leaves.slice(point)];
  return index < point
    ? [...(inclusionProof(index, left, sha256) ?? []), treeRoot(right, sha256)]
    : [...(inclusionProof(index - point, right, sha256) ?? []), treeRoot(left, sha256)];
}

/** What an inclusion proof is about. */
export interface Inclusion {
  readonly index: number;
  readonly size: number;
  readonly leaf: Uint8Array;
  readonly root: Uint8Array;
}

/** Checks an audit path (RFC 9162 section 2.1.3.2). */
export function provesInclusion(claim: Inclusion, proof: readonly Uint8Array[], sha256: Sha256): boolean {
  let { index, leaf } = claim;
  let last = claim.size - 1;
  if (!Number.isInteger(index) || index < 0 || index > last) return false;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (index % 2 === 1 || index === last) {
      leaf = nodeHash(sibling, leaf, sha256);
      while (index % 2 === 0 && index !== 0) {
        index = Math.floor(index / 2);
        last = Math.floor(last / 2);
      }
    } else leaf = nodeHash(leaf, sibling, sha256);
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameBytes(leaf, claim.root);
}

/** Proof that the first `oldSize` leaves are the same in the larger tree; undefined when `oldSize` is not within it. */
export function consistencyProof(
  oldSize: number,
  leaves: readonly Uint8Array[],
  sha256: Sha256,
): Uint8Array[] | undefined {
  if (!Number.isInteger(oldSize) || oldSize < 1 || oldSize > leaves.length) return undefined;
  return subProof(oldSize, leaves, true, sha256);
}

function subProof(
  oldSize: number,
  leaves: readonly Uint8Array[],
  whole: boolean,
  sha256: Sha256,
): Uint8Array[] {
  if (oldSize === leaves.length) return whole ? [] : [treeRoot(leaves, sha256)];
  const point = splitPoint(leaves.length);
  const [left, right] = [leaves.slice(0, point), leaves.slice(point)];
  return oldSize <= point
    ? [...subProof(oldSize, left, whole, sha256), treeRoot(right, sha256)]
    : [...subProof(oldSize - point, right, false, sha256), treeRoot(left, sha256)];
}

/** Two tree heads of one log, the older first. */
export interface Growth {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Checks that a log only grew (RFC 9162 section 2.1.4.2). */
export function provesConsistency(claim: Growth, proof: readonly Uint8Array[], sha256: Sha256): boolean {
  const { oldSize, oldRoot, size, root } = claim;
  if (oldSize < 1 || oldSize > size) return false;
  if (oldSize === size) return proof.length === 0 && sameBytes(oldRoot, root);
  let [low, high] = [oldSize - 1, size - 1];
  while (low % 2 === 1) {
    low = Math.floor(low / 2);
    high = Math.floor(high / 2);
  }
  // A complete left subtree is its own start: the proof leaves it out because the reader knows it as the old root.
  const path = low === 0 ? [oldRoot, ...proof] : [...proof];
  const first = path.shift();
  if (first === undefined) return false;
  let [before, after] = [first, first];
  for (const sibling of path) {
    if (high === 0) return false;
    if (low % 2 === 1 || low === high) {
      before = nodeHash(sibling, before, sha256);
      after = nodeHash(sibling, after, sha256);
      while (low % 2 === 0 && low !== 0) {
        low = Math.floor(low / 2);
        high = Math.floor(high / 2);
      }
    } else after = nodeHash(after, sibling, sha256);
    low = Math.floor(low / 2);
    high = Math.floor(high / 2);
  }
  return high === 0 && sameBytes(before, oldRoot) && sameBytes(after, root);
}

/** True when both are the same bytes. These are digests that both sides know: no secret is compared. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Lower-case hex of bytes. */
export function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Bytes of a lower- or upper-case hex text; undefined when it is not hex. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 === 1 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}
