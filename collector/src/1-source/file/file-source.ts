/**
 * Files on disk as a source: line files (`.ndjson`, `.jsonl`, `.log`) are followed while they grow, also over rotation
 * and truncation; every other kind, and gzip of any, is read as a whole once it has stopped changing.
 */
import { glob, open, readFile, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Intake, SourceIdentity, SourceRun, Surroundings } from '../../contract/component.ts';
import { limits } from '../../contract/limits.ts';
import { failed, succeeded, type Failure } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import type { SourceName } from '../../contract/source-name.ts';
import { createLineSplitter, type Line, type LineSplitter } from '../line-splitter.ts';
import { acceptWhenPossible } from '../patient-intake.ts';
import { frameFile } from './frame-file.ts';
import { frameReportFile } from './unpack-report.ts';
import { readPositions, writePositions, type TailPosition } from './tail-position.ts';

/** Settings of a file source. */
export interface FileSettings {
  readonly identity: SourceIdentity;
  readonly feed: SourceName;
  readonly instance?: string;
  /** Paths or glob patterns. */
  readonly paths: readonly string[];
  /** Where to begin with a file never seen before. */
  readonly from: 'start' | 'end';
  /** False: read what is there, then end. */
  readonly follow: boolean;
  readonly pollIntervalMs: number;
  /** Told about every record that cannot be taken; it is logged as lost as well. */
  readonly onRejected?: (file: string, failure: Failure) => void;
}

interface Tail {
  readonly handle: FileHandle;
  readonly inode: number;
  readonly splitter: LineSplitter;
  readOffset: number;
}

const chunkBytes = 256 * 1024;
const batchMax = 512;
const wholeFileBytesMax = 512 * 1024 * 1024;

/** Builds the source. */
export function createFileSource(settings: FileSettings, surroundings: Surroundings): SourceRun {
  return {
    identity: settings.identity,
    async probe() {
      const paths = await matching(settings.paths);
      for (const path of paths) {
        const found = await stat(path).catch((error: unknown) => error as NodeJS.ErrnoException);
        if (found instanceof Error)
          return failed('endpoint_unreachable', `${path} cannot be read (${found.code})`);
      }
      return paths.length === 0 && !settings.follow
        ? failed('endpoint_unreachable', `no file matches ${settings.paths.join(', ')}`)
        : succeeded(`${paths.length} files`);
    },
    async run(intake, signal) {
      const reader = createReader(settings, surroundings, intake, signal);
      try {
        do {
          for (const path of await matching(settings.paths)) {
            if (signal.aborted) return;
            await reader.visit(path);
          }
          intake.heartbeat(settings.identity);
          if (settings.follow) await surroundings.sleep(settings.pollIntervalMs, signal).catch(() => {});
        } while (settings.follow && !signal.aborted);
      } finally {
        await reader.close();
      }
    },
  };
}

async function matching(patterns: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    if (!/[*?[{]/.test(pattern)) found.add(pattern);
    else for await (const path of glob(pattern)) found.add(path);
  }
  return [...found].sort();
}

function createReader(
  settings: FileSettings,
  surroundings: Surroundings,
  intake: Intake,
  signal: AbortSignal,
) {
  const { identity } = settings;
  const stored = readPositions(intake.cursor(identity.id));
  const tails = new Map<string, Tail>();
  const sizes = new Map<string, number>();

  const reject = (file: string, failure: Failure): void => {
    surroundings.log('error', 'record of a file could not be taken', {
      source: identity.id,
      file,
      ...failure,
    });
    settings.onRejected?.(file, failure);
  };

  const record = (file: string, bytes: Uint8Array, contentType: string): RawRecord => ({
    tenant: identity.tenant,
    source: settings.feed,
    ...(settings.instance === undefined ? {} : { instance: settings.instance }),
    receivedAtMs: surroundings.nowMs(),
    contentType,
    verified: true,
    bytes,
    meta: { file: basename(file) },
  });

  const accept = (records: readonly RawRecord[], path: string, position: TailPosition): Promise<boolean> => {
    stored.set(path, position);
    const cursor = { source: identity.id, position: writePositions(stored) };
    return acceptWhenPossible(intake, records, cursor, surroundings, signal);
  };

  const takeLines = async (path: string, tail: Tail, lines: readonly Line[]): Promise<boolean> => {
    const type = /\.log$/i.test(path) ? 'text/plain' : 'application/json';
    for (let from = 0; from < lines.length; from += batchMax) {
      const batch = lines.slice(from, from + batchMax);
      const records = batch.flatMap((line) => {
        if (!('tooLongBytes' in line)) return record(path, line.bytes, type);
        const message = `a line of ${line.tooLongBytes} bytes; at most ${limits.recordBytesMax} are accepted`;
        reject(path, { code: 'too_large', path: `byte ${line.endOffset}`, message });
        return [];
      });
      const offset = batch.at(-1)?.endOffset ?? 0;
      if (!(await accept(records, path, { inode: tail.inode, offset }))) return false;
    }
    return true;
  };

  /** Reads to the present end of the file. */
  const readOn = async (path: string, tail: Tail): Promise<boolean> => {
    const chunk = new Uint8Array(chunkBytes);
    while (!signal.aborted) {
      const { bytesRead } = await tail.handle.read(chunk, 0, chunkBytes, tail.readOffset);
      if (bytesRead === 0) return true;
      tail.readOffset += bytesRead;
      if (!(await takeLines(path, tail, tail.splitter.push(chunk.subarray(0, bytesRead))))) return false;
    }
    return false;
  };

  const openTail = async (path: string, offset: number): Promise<Tail> => {
    const handle = await open(path, 'r');
    const { ino } = await handle.stat();
    const tail = {
      handle,
      inode: ino,
      splitter: createLineSplitter(limits.recordBytesMax, offset),
      readOffset: offset,
    };
    return tail;
  };

  const finish = async (path: string, tail: Tail): Promise<boolean> => {
    const whole = await readOn(path, tail);
    const last = whole ? tail.splitter.end() : undefined;
    const taken = last === undefined ? whole : await takeLines(path, tail, [last]);
    await tail.handle.close();
    tails.delete(path);
    return taken;
  };

  /** What was written before a rotation that happened while nobody was reading. */
  const readPredecessor = async (path: string, position: TailPosition): Promise<boolean> => {
    const old = await siblingWithInode(path, position.inode);
    if (old === undefined) {
      const message =
        'the file was replaced while this collector was away; what came after the last read is not there';
      surroundings.log('error', message, { source: identity.id, file: path });
      return true;
    }
    return finish(path, await openTail(old, position.offset));
  };

  const firstTail = async (path: string, inode: number, size: number): Promise<Tail | undefined> => {
    const position = stored.get(path);
    if (position === undefined) return openTail(path, settings.from === 'end' ? size : 0);
    if (position.inode === inode && position.offset <= size) return openTail(path, position.offset);
    if (position.inode !== inode && !(await readPredecessor(path, position))) return undefined;
    return openTail(path, 0);
  };

  const follow = async (path: string, inode: number, size: number): Promise<void> => {
    let tail = tails.get(path);
    if (tail !== undefined && tail.inode !== inode) {
      if (!(await finish(path, tail))) return;
      tail = await openTail(path, 0);
    } else if (tail !== undefined && size < tail.readOffset) {
      surroundings.log('warn', 'file was truncated; reading from its start', {
        source: identity.id,
        file: path,
      });
      await tail.handle.close();
      tail = await openTail(path, 0);
    }
    tail ??= await firstTail(path, inode, size);
    if (tail === undefined) return;
    tails.set(path, tail);
    if (settings.follow) await readOn(path, tail);
    else await finish(path, tail);
  };

  const readWhole = async (path: string, inode: number, size: number): Promise<void> => {
    const position = stored.get(path);
    if (position?.inode === inode && position.offset === size) return;
    const settled = !settings.follow || sizes.get(path) === size;
    sizes.set(path, size);
    if (!settled) return;
    const records: RawRecord[] = [];
    if (size > wholeFileBytesMax) {
      const message = `the file has ${size} bytes; at most ${wholeFileBytesMax} are read as a whole`;
      reject(path, { code: 'too_large', path: '', message });
      stored.set(path, { inode, offset: size });
      return;
    }
    const content = await readFile(path);
    const framed =
      settings.feed === 'dmarc'
        ? await frameReportFile(path, content)
        : frameFile(settings.feed, path, content);
    for (const one of framed) {
      if ('failure' in one) reject(path, one.failure);
      else records.push(record(path, one.bytes, one.contentType));
    }
    // Accepted in one go: the position may only say "done" when every record is durable.
    await accept(records, path, { inode, offset: size });
  };

  return {
    async visit(path: string): Promise<void> {
      try {
        const { ino, size } = await stat(path);
        await (/\.(ndjson|jsonl|log)$/i.test(path) ? follow(path, ino, size) : readWhole(path, ino, size));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'EISDIR') throw error;
        if (code !== 'ENOENT')
          surroundings.log('error', 'file cannot be read', { source: identity.id, file: path, code });
      }
    },
    async close(): Promise<void> {
      for (const tail of tails.values()) await tail.handle.close();
      tails.clear();
    },
  };
}

async function siblingWithInode(path: string, inode: number): Promise<string | undefined> {
  const directory = dirname(path);
  for (const name of await readdir(directory)) {
    const candidate = join(directory, name);
    const found = await stat(candidate).catch(() => undefined);
    if (found?.ino === inode && !name.endsWith('.gz')) return candidate;
  }
  return undefined;
}
