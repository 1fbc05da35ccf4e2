/**
 * The audit log on disk: one entry a line, each holding the hash of the one before, made durable before anything is
 * answered; and signed tree heads beside it, which show a cut or rewritten log to whoever kept one of them.
 */
import { hash } from 'node:crypto';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { formatInstant } from '../leaf/time.ts';
import {
  appendAudit,
  auditLeaf,
  type AuditCheckpoint,
  type AuditEntry,
  type AuditFact,
} from '../7-case/audit-chain.ts';
import { toHex, type Sha256 } from '../7-case/merkle-tree.ts';
import { auditEntriesOf, auditEntryOf, GrowingTree } from './audit-reading.ts';
import { openSigningKey, type SigningKey } from './signing-key.ts';

/** A signed tree head. The signature is over the canonical JSON of the other members. */
export interface SignedCheckpoint extends AuditCheckpoint {
  readonly at: string;
  readonly key_id: string;
  readonly signature: string;
}

/** Bytes a checkpoint's signature is over. */
export function checkpointBytes(checkpoint: Omit<SignedCheckpoint, 'signature'>): Uint8Array {
  const { size, root, at, key_id } = checkpoint;
  return Buffer.from(canonicalJson({ format: 'zonewarden-audit-checkpoint/1', size, root, at, key_id }));
}

/** SHA-256 as the pure rooms want it. */
export const sha256Bytes: Sha256 = (bytes) => hash('sha256', bytes, 'buffer');

interface Waiting {
  readonly fact: Omit<AuditFact, 'at'>;
  readonly resolve: (entry: AuditEntry) => void;
  readonly reject: (error: Error) => void;
}

/** What differs between a real log and one of a test. */
export interface AuditOptions {
  readonly directory: string;
  readonly nowMs: () => number;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

/** Which entries to list; absent members do not filter. `before`: only entries with a lower number. */
export interface AuditFilter {
  readonly before?: number;
  readonly limit: number;
  readonly wants: (entry: AuditEntry) => boolean;
}

/** The log, open for writing. */
export class AuditLog {
  readonly key: SigningKey;
  readonly #options: AuditOptions;
  readonly #entries: FileHandle;
  readonly #checkpoints: FileHandle;
  readonly #tree = new GrowingTree(sha256Bytes);
  /** Where each entry begins in the file. */
  readonly #offsets: number[] = [];
  #end = 0;
  #last: AuditEntry | undefined;
  #queue: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #signedSize = 0;

  private constructor(options: AuditOptions, key: SigningKey, entries: FileHandle, checkpoints: FileHandle) {
    this.#options = options;
    this.key = key;
    this.#entries = entries;
    this.#checkpoints = checkpoints;
  }

  /** Opens or creates the log; a line that was being written when the machine stopped is cut off, it was never answered. */
  static async open(options: AuditOptions): Promise<AuditLog> {
    const key = openSigningKey(options.directory);
    const entries = await open(join(options.directory, 'entries.ndjson'), 'a+', 0o640);
    const checkpoints = await open(join(options.directory, 'checkpoints.ndjson'), 'a+', 0o640);
    const log = new AuditLog(options, key, entries, checkpoints);
    await log.#recover();
    return log;
  }

  /** Entries there are. */
  get size(): number {
    return this.#offsets.length;
  }

  async #recover(): Promise<void> {
    const { log } = this.#options;
    for await (const { entry, offset, end } of auditEntriesOf(this.#entries, 0)) {
      if (entry === undefined) {
        log(
          'error',
          `audit log: the line at byte ${offset} cannot be read; "zonewarden evidence verify" tells more`,
        );
        continue;
      }
      if (entry.previous !== (this.#last?.hash ?? '0'.repeat(64)))
        log(
          'error',
          `audit log: entry ${entry.seq} does not follow the one before it; run "zonewarden evidence verify"`,
        );
      this.#take(entry, offset, end);
    }
    const { size } = await this.#entries.stat();
    if (size > this.#end && this.#end >= 0) {
      const tail = Buffer.alloc(1);
      await this.#entries.read(tail, 0, 1, size - 1);
      if (tail[0] === 0x0a) this.#end = size;
      else {
        log('warn', 'audit log: an entry that was never acknowledged was cut from its end');
        await this.#entries.truncate(this.#end);
      }
    }
  }

  #take(entry: AuditEntry, offset: number, end: number): void {
    this.#offsets.push(offset);
    this.#tree.add(auditLeaf(entry, sha256Bytes));
    this.#last = entry;
    this.#end = end;
  }

  /** Adds a fact; resolves when it is durable, rejects when the disk refuses it: then the act must not happen. */
  append(fact: Omit<AuditFact, 'at'>): Promise<AuditEntry> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ fact, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, 500);
      const at = formatInstant(this.#options.nowMs());
      let last = this.#last;
      const made = batch.map(({ fact }) => (last = appendAudit(last, { at, ...fact }, sha256Bytes)));
      const lines = made.map((entry) => Buffer.from(`${canonicalJson(entry)}\n`));
      try {
        await this.#entries.appendFile(Buffer.concat(lines));
        await this.#entries.datasync();
      } catch (error) {
        await this.#entries.truncate(this.#end).catch(() => undefined);
        for (const { reject } of batch) reject(error as Error);
        continue;
      }
      for (const [index, entry] of made.entries()) {
        const bytes = lines[index]?.length ?? 0;
        this.#take(entry, this.#end, this.#end + bytes);
        batch[index]?.resolve(entry);
      }
    }
    this.#writing = undefined;
  }

  /** Entries, newest first. */
  async list(filter: AuditFilter): Promise<AuditEntry[]> {
    const found: AuditEntry[] = [];
    let to = Math.min(filter.before ?? this.size, this.size);
    while (to > 0 && found.length < filter.limit) {
      const from = Math.max(0, to - 500);
      const part = await this.#slice(from, to);
      for (const entry of part.reverse())
        if (found.length < filter.limit && filter.wants(entry)) found.push(entry);
      to = from;
    }
    return found;
  }

  /** How many entries are wanted. Reads the whole log. */
  async count(wants: (entry: AuditEntry) => boolean): Promise<number> {
    let count = 0;
    for (let from = 0; from < this.size; from += 2000)
      for (const entry of await this.#slice(from, Math.min(from + 2000, this.size)))
        if (wants(entry)) count++;
    return count;
  }

  async #slice(from: number, to: number): Promise<AuditEntry[]> {
    const start = this.#offsets[from] ?? 0;
    const bytes = Buffer.alloc((this.#offsets[to] ?? this.#end) - start);
    await this.#entries.read(bytes, 0, bytes.length, start);
    const lines = bytes.toString('utf8').split('\n');
    return lines.flatMap((line) => auditEntryOf(line) ?? []);
  }

  /** Signs the tree head when entries were added since the last one; the newest checkpoint, undefined without entries. */
  async checkpoint(): Promise<SignedCheckpoint | undefined> {
    if (this.size === 0 || this.size === this.#signedSize) return undefined;
    const size = this.size;
    const root = toHex(this.#tree.root());
    const at = formatInstant(this.#options.nowMs());
    const unsigned = { size, root, at, key_id: this.key.keyId };
    const signed = { ...unsigned, signature: this.key.sign(checkpointBytes(unsigned)) };
    await this.#checkpoints.appendFile(`${canonicalJson(signed)}\n`);
    await this.#checkpoints.datasync();
    this.#signedSize = size;
    return signed;
  }

  /** The files as they lie on the disk now: what was touched behind our back is in them. */
  async texts(): Promise<{ readonly entries: string; readonly checkpoints: string }> {
    await this.#writing;
    const read = (name: string): Promise<string> => readFile(join(this.#options.directory, name), 'utf8');
    const checkpoints = await read('checkpoints.ndjson');
    return { entries: await read('entries.ndjson'), checkpoints };
  }

  /** Signs a last checkpoint and closes the files. */
  async close(): Promise<void> {
    await this.#writing;
    await this.checkpoint();
    await this.#entries.close();
    await this.#checkpoints.close();
  }
}
