/**
 * What is on disk after a start: the chain of segments is checked from their headers, the last segment block by block.
 * A torn tail (the commit that was under way when power or process went) is cut off and reported; damage anywhere else
 * stops with file and offset and is never skipped, because skipping would lose accepted records in silence.
 */
import type { SegmentHeader } from './block.ts';
import {
  blockHeaderBytes,
  blockMagicBytes,
  decodeBlockHeader,
  decodeSegmentHeader,
  isBlockIntact,
  segmentHeaderBytes,
} from './block.ts';
import type { BadBlock } from './block-scanner.ts';
import { BlockScanner, isFound } from './block-scanner.ts';
import type { Disk, DiskFile } from './disk.ts';
import { LogError } from './log-error.ts';

/** A segment file. `bytes` is its durable length, `endSequence` the sequence after its last record. */
export interface Segment {
  readonly path: string;
  readonly firstSequence: number;
  readonly salt: string;
  readonly createdAtMs: number;
  bytes: number;
  endSequence: number;
  /** Time of the newest commit in it, epoch milliseconds; creation time while it has none. */
  lastCommitAtMs: number;
}

/** A cut tail: `bytes` from `offset` on were no complete commit, for this `reason`. */
export interface TornTail {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  readonly reason: string;
}

/** Result of looking at a log directory; segments oldest first. */
export interface Recovery {
  readonly segments: Segment[];
  readonly nextSequence: number;
  readonly torn: readonly TornTail[];
}

const namePattern = /^(\d{16})\.seg$/;
const scanChunkBytes = 1024 * 1024;

/** File name of the segment that starts with this record. */
export function segmentName(firstSequence: number): string {
  return `${String(firstSequence).padStart(16, '0')}.seg`;
}

function damaged(path: string, offset: number, reason: string): LogError {
  return new LogError(
    'log_damaged',
    `${path} is damaged at byte ${offset}: ${reason}. Restore this file from a copy, or start from a checkpoint behind it`,
    `${path}:${offset}`,
  );
}

/** True when an intact later block of this segment follows `bad`: then it is damage and no torn tail. */
async function hasLaterBlock(file: DiskFile, salt: string, bad: BadBlock, size: number): Promise<boolean> {
  const rest = Buffer.allocUnsafeSlow(size - bad.offset);
  const bytes = rest.subarray(0, await file.read(rest, bad.offset));
  for (let at = bytes.indexOf(blockMagicBytes, 1); at >= 0; at = bytes.indexOf(blockMagicBytes, at + 1)) {
    if (bytes.length - at < blockHeaderBytes) break;
    const header = decodeBlockHeader(bytes, at, salt);
    if (typeof header === 'string' || header.firstSequence <= bad.expected) continue;
    if (at + blockHeaderBytes + header.payloadBytes > bytes.length) continue;
    if (isBlockIntact(bytes, at, header)) return true;
  }
  return false;
}

async function scanToEnd(file: DiskFile, segment: Segment, size: number): Promise<BadBlock | undefined> {
  const range = { offset: segmentHeaderBytes, sequence: segment.firstSequence, end: size };
  const scanner = new BlockScanner(file, segment.salt, range, scanChunkBytes);
  for (;;) {
    const step = await scanner.next();
    if (step === undefined) return undefined;
    if (!isFound(step)) return step;
    segment.bytes = scanner.offset;
    segment.endSequence = scanner.sequence;
    segment.lastCommitAtMs = step.header.committedAtMs;
  }
}

interface OpenedSegment {
  readonly path: string;
  readonly named: number;
  readonly size: number;
  readonly header: SegmentHeader | string;
}

async function look(disk: Disk, path: string, named: number): Promise<OpenedSegment> {
  const file = await disk.open(path, 'read');
  try {
    const bytes = Buffer.alloc(segmentHeaderBytes);
    const got = await file.read(bytes, 0);
    return { path, named, size: await file.size(), header: decodeSegmentHeader(bytes.subarray(0, got)) };
  } finally {
    await file.close();
  }
}

function checkLink(before: OpenedSegment | undefined, now: OpenedSegment, header: SegmentHeader): void {
  if (header.firstSequence !== now.named)
    throw damaged(
      now.path,
      8,
      `it says it starts at record ${header.firstSequence}, its name says ${now.named}`,
    );
  if (before === undefined) return;
  const link = header.previous;
  const old = before.header;
  if (typeof old === 'string') throw damaged(before.path, 0, old);
  if (link === undefined || link.firstSequence !== before.named)
    throw damaged(
      now.path,
      32,
      `the segment before it should be ${link ? segmentName(link.firstSequence) : 'none'}, found ${segmentName(before.named)}`,
    );
  if (link.salt !== old.salt)
    throw damaged(before.path, 16, 'it is another copy than the one the next segment was written after');
  if (before.size < link.bytes)
    throw damaged(before.path, before.size, `it ends here, but had ${link.bytes} bytes when it was closed`);
}

async function cutTail(disk: Disk, segment: Segment, size: number): Promise<TornTail | undefined> {
  const file = await disk.open(segment.path, 'write');
  try {
    const bad = await scanToEnd(file, segment, size);
    if (bad === undefined) return undefined;
    if (await hasLaterBlock(file, segment.salt, bad, size))
      throw damaged(segment.path, bad.offset, `${bad.reason}, and intact blocks follow`);
    await file.truncate(bad.offset);
    await file.datasync();
    return { path: segment.path, offset: bad.offset, bytes: size - bad.offset, reason: bad.reason };
  } finally {
    await file.close();
  }
}

async function verifyWhole(disk: Disk, segment: Segment): Promise<void> {
  const file = await disk.open(segment.path, 'read');
  try {
    const end = segment.endSequence;
    const bad = await scanToEnd(file, segment, segment.bytes);
    if (bad) throw damaged(segment.path, bad.offset, bad.reason);
    if (segment.endSequence !== end)
      throw damaged(segment.path, segment.bytes, `it ends before record ${segment.endSequence}, not ${end}`);
  } finally {
    await file.close();
  }
}

/**
 * Looks at all segments of `directory` and repairs the tail. `verify` `tail` reads headers and the last segment (a
 * gigabyte of log opens in well under a second); `all` checks every block. Throws `LogError` `log_damaged`, or what the
 * disk threw.
 */
export async function recoverSegments(
  disk: Disk,
  directory: string,
  verify: 'tail' | 'all',
): Promise<Recovery> {
  const starts = (await disk.readdir(directory))
    .map((name) => namePattern.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  const opened: OpenedSegment[] = [];
  for (const start of starts) opened.push(await look(disk, `${directory}/${segmentName(start)}`, start));
  const torn: TornTail[] = [];
  let nextSequence = 0;
  const newest = opened.at(-1);
  // Blocks are written only after the header was synced: a file that is no longer than a header never held a record.
  if (newest !== undefined && typeof newest.header === 'string' && newest.size <= segmentHeaderBytes) {
    await disk.unlink(newest.path);
    await disk.syncDirectory(directory);
    torn.push({ path: newest.path, offset: 0, bytes: newest.size, reason: newest.header });
    nextSequence = newest.named;
    opened.pop();
  }
  const segments: Segment[] = [];
  for (const [index, now] of opened.entries()) {
    if (typeof now.header === 'string') throw damaged(now.path, 0, now.header);
    checkLink(opened[index - 1], now, now.header);
    const last = segments.at(-1);
    if (last) {
      last.bytes = now.header.previous?.bytes ?? last.bytes;
      last.endSequence = now.named;
      last.lastCommitAtMs = now.header.createdAtMs;
    }
    segments.push({
      path: now.path,
      firstSequence: now.named,
      salt: now.header.salt,
      createdAtMs: now.header.createdAtMs,
      bytes: segmentHeaderBytes,
      endSequence: now.named,
      lastCommitAtMs: now.header.createdAtMs,
    });
  }
  if (verify === 'all') for (const segment of segments.slice(0, -1)) await verifyWhole(disk, segment);
  const tail = segments.at(-1);
  if (tail) {
    const cut = await cutTail(disk, tail, opened.at(-1)?.size ?? 0);
    if (cut) torn.push(cut);
    nextSequence = Math.max(nextSequence, tail.endSequence);
    if (torn.length > 0 && tail.endSequence < nextSequence)
      throw damaged(
        tail.path,
        tail.bytes,
        `it ends before record ${tail.endSequence}, the next file began at ${nextSequence}`,
      );
  }
  return { segments, nextSequence, torn };
}
