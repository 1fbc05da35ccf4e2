/**
 * The audit log: every view and change of rules, suppressions, approvals, actions and exports, each entry holding the
 * hash of the one before, all of them leaves of an RFC 6962 tree. The chain names what was touched; checkpoints kept
 * elsewhere show what was cut off or written anew. Pure: hashing, time and storage come from outside.
 */
import { canonicalJson } from '../leaf/canonical-json.ts';
import { leafHash, sameBytes, toHex, treeRoot, fromHex, type Sha256 } from './merkle-tree.ts';

/** What happened. `at` RFC 3339 UTC; `details` plain JSON without secrets. */
export interface AuditFact {
  readonly at: string;
  readonly tenant: string;
  /** `<realm>:<id>`, or `system`. */
  readonly by: string;
  /** For example `suppression.created`, `case.viewed`, `evidence.exported`. */
  readonly action: string;
  /** Object of the action: rule, suppression, case, action or domain. */
  readonly object: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A fact in its place. `seq` counts from 0; `previous` is the hash of the entry before, 64 zeros for the first. */
export interface AuditEntry {
  readonly seq: number;
  readonly previous: string;
  readonly fact: AuditFact;
  /** SHA-256, hex, over the canonical JSON of seq, previous and fact. */
  readonly hash: string;
}

/** Tree head at some moment; kept, signed or published outside the log. */
export interface AuditCheckpoint {
  readonly size: number;
  /** Hex root over the first `size` entries. */
  readonly root: string;
}

/** `previous` of the first entry. */
export const chainStart = '0'.repeat(64);

function encoded(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}

function hashOf(entry: Omit<AuditEntry, 'hash'>, sha256: Sha256): string {
  const { seq, previous, fact } = entry;
  return toHex(sha256(encoded({ seq, previous, fact })));
}

/** The next entry after `last` (undefined: the first). */
export function appendAudit(last: AuditEntry | undefined, fact: AuditFact, sha256: Sha256): AuditEntry {
  const entry = { seq: (last?.seq ?? -1) + 1, previous: last?.hash ?? chainStart, fact };
  return { ...entry, hash: hashOf(entry, sha256) };
}

/** Merkle leaf of an entry: its canonical JSON, hash included, hashed as a leaf. */
export function auditLeaf(entry: AuditEntry, sha256: Sha256): Uint8Array {
  const { seq, previous, fact, hash } = entry;
  return leafHash(encoded({ seq, previous, fact, hash }), sha256);
}

/** Checkpoint over all entries given. */
export function auditCheckpoint(entries: readonly AuditEntry[], sha256: Sha256): AuditCheckpoint {
  const leaves = entries.map((entry) => auditLeaf(entry, sha256));
  return { size: entries.length, root: toHex(treeRoot(leaves, sha256)) };
}

/** Result of a check. `position`: first place, counted from 0, where the log is not what it was. */
export type AuditVerdict =
  | { readonly ok: true; readonly size: number; readonly root: string }
  | {
      readonly ok: false;
      readonly position: number;
      readonly problem: 'altered' | 'missing' | 'reordered' | 'inserted' | 'truncated' | 'rewritten';
      readonly message: string;
    };

type Fault = Extract<AuditVerdict, { ok: false }>;

function fault(position: number, problem: Fault['problem'], message: string): Fault {
  return { ok: false, position, problem, message: `entry ${position}: ${message}` };
}

function outOfPlace(entries: readonly AuditEntry[], at: number): Fault {
  const found = (entries[at] as AuditEntry).seq;
  if (found < at) return fault(at, 'inserted', `carries number ${found}, which stands earlier already`);
  const later = entries.findIndex((entry, i) => i > at && entry.seq === at);
  return later < 0
    ? fault(at, 'missing', `is missing; the next one present is ${found}`)
    : fault(at, 'reordered', `stands at place ${later} instead`);
}

function chainFault(entries: readonly AuditEntry[], sha256: Sha256): Fault | undefined {
  let previous = chainStart;
  for (const [at, entry] of entries.entries()) {
    if (entry.seq !== at) return outOfPlace(entries, at);
    if (hashOf(entry, sha256) !== entry.hash)
      return fault(at, 'altered', 'its content does not give its hash');
    if (entry.previous !== previous)
      return fault(
        Math.max(0, at - 1),
        'altered',
        `was replaced together with its hash; entry ${at} still names the original`,
      );
    previous = entry.hash;
  }
  return undefined;
}

/**
 * Checks order, content and chain, then every checkpoint, smallest first. Without checkpoints a cut tail and a log
 * written anew from the start cannot be seen.
 */
export function verifyAudit(
  entries: readonly AuditEntry[],
  checkpoints: readonly AuditCheckpoint[],
  sha256: Sha256,
): AuditVerdict {
  const broken = chainFault(entries, sha256);
  if (broken !== undefined) return broken;
  const leaves = entries.map((entry) => auditLeaf(entry, sha256));
  let good = 0;
  for (const checkpoint of [...checkpoints].sort((a, b) => a.size - b.size)) {
    if (checkpoint.size > entries.length)
      return fault(entries.length, 'truncated', `is missing; a checkpoint saw ${checkpoint.size} entries`);
    const root = fromHex(checkpoint.root);
    if (root === undefined || !sameBytes(root, treeRoot(leaves.slice(0, checkpoint.size), sha256)))
      return fault(
        good,
        'rewritten',
        `or one of those up to ${checkpoint.size - 1} is not the one the checkpoint of ${checkpoint.size} entries saw`,
      );
    good = checkpoint.size;
  }
  return { ok: true, size: entries.length, root: toHex(treeRoot(leaves, sha256)) };
}
