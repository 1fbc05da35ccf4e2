/** Checks an audit log and its signed checkpoints without the collector that wrote them. */
import { verifyAudit, auditLeaf, type AuditEntry, type AuditVerdict } from '../7-case/audit-chain.ts';
import { toHex } from '../7-case/merkle-tree.ts';
import { checkpointBytes, sha256Bytes, type SignedCheckpoint } from './audit-log.ts';
import { auditEntryOf, GrowingTree } from './audit-reading.ts';
import { signatureHolds } from './signing-key.ts';

/** What a check says: the first fault of the log in words, faults of checkpoints, and how far signatures reach. */
export interface AuditReport {
  readonly ok: boolean;
  readonly entries: number;
  readonly root: string;
  readonly problems: readonly string[];
  readonly checkpoints: number;
  /** Entries below this number are covered by a signature that holds; 0: none is. */
  readonly signedSize: number;
}

/** Entries of the text of a log; a line that is none is reported with its number from 1. */
export function auditLines(text: string): {
  readonly entries: AuditEntry[];
  readonly unreadable: readonly number[];
} {
  const entries: AuditEntry[] = [];
  const unreadable: number[] = [];
  text.split('\n').forEach((line, at) => {
    if (line === '') return;
    const entry = auditEntryOf(line);
    if (entry === undefined) unreadable.push(at + 1);
    else entries.push(entry);
  });
  return { entries, unreadable };
}

function isCheckpoint(candidate: unknown): candidate is SignedCheckpoint {
  const read = candidate as Partial<SignedCheckpoint> | null;
  return (
    Number.isSafeInteger(read?.size) &&
    [read?.root, read?.at, read?.key_id, read?.signature].every((one) => typeof one === 'string')
  );
}

/** Checkpoints of the text of a checkpoint file, smallest first; what is none is counted. */
export function checkpointLines(text: string): {
  readonly checkpoints: SignedCheckpoint[];
  readonly unreadable: number;
} {
  const checkpoints: SignedCheckpoint[] = [];
  let unreadable = 0;
  for (const line of text.split('\n').filter((one) => one !== '')) {
    try {
      const read: unknown = JSON.parse(line);
      if (isCheckpoint(read)) checkpoints.push(read);
      else unreadable++;
    } catch {
      unreadable++;
    }
  }
  return { checkpoints: checkpoints.sort((a, b) => a.size - b.size), unreadable };
}

/**
 * Checks order, content and chain of the log, then every checkpoint in one pass. `publicKeyPem` absent: signatures are
 * not checked and cover nothing.
 */
export function checkAuditLog(
  text: string,
  checkpointText: string,
  publicKeyPem: string | undefined,
): AuditReport {
  const { entries, unreadable } = auditLines(text);
  const { checkpoints, unreadable: badCheckpoints } = checkpointLines(checkpointText);
  const problems: string[] = unreadable.map((line) => `line ${line}: is no audit entry`);
  const verdict: AuditVerdict = verifyAudit(entries, [], sha256Bytes);
  if (!verdict.ok) problems.push(verdict.message);
  if (badCheckpoints > 0) problems.push(`${badCheckpoints} lines of the checkpoint file are no checkpoints`);
  const tree = new GrowingTree(sha256Bytes);
  let size = 0;
  let signedSize = 0;
  let lastGood = 0;
  for (const checkpoint of checkpoints) {
    if (checkpoint.size > entries.length) {
      problems.push(
        `entry ${entries.length}: is missing; the checkpoint of ${checkpoint.at} saw ${checkpoint.size} entries`,
      );
      break;
    }
    while (size < checkpoint.size) tree.add(auditLeaf(entries[size++] as AuditEntry, sha256Bytes));
    if (toHex(tree.root()) !== checkpoint.root) {
      problems.push(
        `entry ${lastGood}: or one of those up to ${checkpoint.size - 1} is not the one the checkpoint of ${checkpoint.at} saw`,
      );
      break;
    }
    lastGood = checkpoint.size;
    if (publicKeyPem === undefined) continue;
    if (signatureHolds(publicKeyPem, checkpointBytes(checkpoint), checkpoint.signature))
      signedSize = checkpoint.size;
    else
      problems.push(
        `checkpoint of ${checkpoint.at} (${checkpoint.size} entries): the signature does not hold`,
      );
  }
  return {
    ok: problems.length === 0,
    entries: entries.length,
    root: verdict.ok ? verdict.root : '',
    problems,
    checkpoints: checkpoints.length,
    signedSize,
  };
}
