/** Reading an audit log from a file, line by line, and the tree over what was read so far. */
import type { FileHandle } from 'node:fs/promises';
import type { Sha256 } from '../7-case/merkle-tree.ts';
import type { AuditEntry } from '../7-case/audit-chain.ts';

/** A line with its place; `entry` undefined: it is no audit entry. */
export interface AuditLine {
  readonly entry: AuditEntry | undefined;
  readonly offset: number;
  /** First byte behind the line. */
  readonly end: number;
}

const chunkBytes = 256 * 1024;

/** Whole lines of the file from a byte on; a last line without line end is left out. */
export async function* auditEntriesOf(file: FileHandle, from: number): AsyncGenerator<AuditLine> {
  let offset = from;
  let at = from;
  let pending: Buffer = Buffer.alloc(0);
  for (;;) {
    const chunk = Buffer.alloc(chunkBytes);
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    pending = Buffer.concat([pending, chunk.subarray(0, bytesRead)]);
    for (let end = pending.indexOf(0x0a); end >= 0; end = pending.indexOf(0x0a)) {
      const line = pending.subarray(0, end).toString('utf8');
      pending = pending.subarray(end + 1);
      yield { entry: auditEntryOf(line), offset, end: offset + end + 1 };
      offset += end + 1;
    }
  }
}

/** Far above what the API takes in one request; a longer line was never written by it. */
const entryCharsMax = 1024 * 1024;

/** Reads one line; undefined when it has not the form of an entry. Says nothing about hashes. */
export function auditEntryOf(line: string): AuditEntry | undefined {
  if (line.length > entryCharsMax) return undefined;
  try {
    const read = JSON.parse(line) as Partial<AuditEntry> | null;
    const { seq, previous, fact, hash } = read ?? {};
    if (!Number.isSafeInteger(seq) || typeof previous !== 'string' || typeof hash !== 'string')
      return undefined;
    return typeof fact === 'object' && fact !== null ? (read as AuditEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** RFC 6962 tree that grows at its end and keeps only the hashes of its full subtrees: memory in log(size). */
export class GrowingTree {
  readonly #sha256: Sha256;
  readonly #peaks: { size: number; hash: Uint8Array }[] = [];

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** Adds a leaf hash. */
  add(leaf: Uint8Array): void {
    let peak = { size: 1, hash: leaf };
    for (let last = this.#peaks.at(-1); last?.size === peak.size; last = this.#peaks.at(-1)) {
      this.#peaks.pop();
      peak = { size: peak.size * 2, hash: this.#node(last.hash, peak.hash) };
    }
    this.#peaks.push(peak);
  }

  /** Root over all leaves so far. */
  root(): Uint8Array {
    let root: Uint8Array | undefined;
    for (const { hash } of this.#peaks.toReversed())
      root = root === undefined ? hash : this.#node(hash, root);
    return root ?? this.#sha256(new Uint8Array(0));
  }

  #node(left: Uint8Array, right: Uint8Array): Uint8Array {
    return this.#sha256(Buffer.concat([Uint8Array.of(1), left, right]));
  }
}
