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

/** A file with more lines than this that are none of ours is another file: the rest is not read. */
const unreadableMax = 1_000;

/** Lines of a text that are not empty, with their numbers from 1. */
function* numberedLines(text: string): Generator<readonly [line: string, number: number]> {
  let number = 0;
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end < 0 ? text.length : end);
    number++;
    if (line !== '') yield [line, number];
    from = end < 0 ? text.length : end + 1;
  }
}

/** Entries of the text of a log; a line that is none is reported with its number. After `linesMax` of those nothing more is read. */
export function auditLines(
  text: string,
  linesMax = Infinity,
): {
  readonly entries: AuditEntry[];
  readonly unreadable: readonly number[];
} {
  const entries: AuditEntry[] = [];
  const unreadable: number[] = [];
  for (const [line, number] of numberedLines(text)) {
    if (unreadable.length >= linesMax) break;
    const entry = auditEntryOf(line);
    if (entry === undefined) unreadable.push(number);
    else entries.push(entry);
  }
  return { entries, unreadable };
}

function isCheckpoint(candidate: unknown): candidate is SignedCheckpoint {
  const read = candidate as Partial<SignedCheckpoint> | null;
  return (
    Number.isSafeInteger(read?.size) &&
    [read?.root, read?.at, read?.key_id, read?.signature].every((one) => typeof one === 'string')
  );
}

/** Checkpoints of the text of a checkpoint file, smallest first; what is none is counted, and after too many nothing more is read. */
export function checkpointLines(text: string): {
  readonly checkpoints: SignedCheckpoint[];
  readonly unreadable: number;
} {
  const checkpoints: SignedCheckpoint[] = [];
  let unreadable = 0;
  for (const [line] of numberedLines(text)) {
    if (unreadable >= unreadableMax) break;
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
  const { entries, unreadable } = auditLines(text, unreadableMax);
  const problems: string[] = unreadable.map((line) => `line ${line}: is no audit entry`);
  if (unreadable.length >= unreadableMax)
    return {
      ok: false,
      entries: entries.length,
      root: '',
      problems: [
        ...problems,
        `these ${unreadableMax} are too many: is this an audit log? The rest was not read`,
      ],
      checkpoints: 0,
      signedSize: 0,
    };
  const { checkpoints, unreadable: badCheckpoints } = checkpointLines(checkpointText);
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
