/**
 * A copy of a data directory while a collector uses it. Positions are copied first, what they point into afterwards, so
 * the copy is a state that the power going out could have left: a checkpoint with a log that reaches at least as far. The
 * start after it reads on from there. Files of segments are held open from the beginning, since retention may delete them meanwhile.
 */
import { copyFile, mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { nodeDisk } from '../log/disk.ts';
import { openCheckpointStore } from '../log/checkpoint-store.ts';
import { openLog } from '../log/segmented-log.ts';
import { UnusableInput } from './unusable-input.ts';

/** What a backup holds. */
export interface Backup {
  readonly directory: string;
  readonly files: number;
  readonly bytes: number;
  /** Next record the engine reads after a start from it; undefined: it had saved nothing yet and reads the log from its beginning. */
  readonly position: number | undefined;
  /** Records in the log: the first one and the one after the last. */
  readonly log: { readonly first: number; readonly end: number };
}

/** Told after each part: its name and its bytes. */
export type BackupProgress = (part: string, bytes: number) => void;

/** Logs in the order of copying: the second is what the first was made from, and must reach further. */
const logs = ['signals', 'log'] as const;

/**
 * Copies the data directory `from` to `to`, reads the copied logs back, and gives the copy its name when all of it is
 * durable. Throws UnusableInput: nothing to copy, a place that is taken, damage, a full disk; nothing is left behind then.
 */
export async function backUp(from: string, to: string, progress: BackupProgress = () => {}): Promise<Backup> {
  await checkPlaces(from, to);
  const partial = `${to}.partial`;
  await rm(partial, { recursive: true, force: true });
  const held = await Promise.all(logs.map((name) => Segments.hold(join(from, name))));
  try {
    await mkdir(partial, { recursive: true, mode: 0o700 });
    for (const name of await databasesOf(from)) {
      copyDatabase(join(from, name), join(partial, name));
      progress(name, await synced(join(partial, name)));
    }
    await copyAudit(join(from, 'audit'), join(partial, 'audit'), progress);
    for (const [index, name] of logs.entries()) {
      const bytes = await (held[index] as Segments).copyTo(join(partial, name));
      progress(name, bytes);
    }
    const found = await readBack(partial);
    await syncTree(partial);
    await rename(partial, to);
    await nodeDisk().syncDirectory(dirname(resolve(to)));
    return { directory: to, ...found, ...(await sizeOf(to)) };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw asProblem(error, from);
  } finally {
    await Promise.all(held.map((segments) => segments.close()));
  }
}

async function checkPlaces(from: string, to: string): Promise<void> {
  const known = await stat(join(from, 'log')).catch(() => undefined);
  if (known?.isDirectory() !== true)
    throw new UnusableInput([
      `${from}: is no data directory of a collector; name the one of "data" in its configuration`,
    ]);
  if ((await stat(to).catch(() => undefined)) !== undefined)
    throw new UnusableInput([`${to}: is there already; a backup goes into a directory of its own`]);
  const inside = relative(resolve(from), resolve(to));
  if (inside === '' || !inside.startsWith('..'))
    throw new UnusableInput([`${to}: lies inside of the data directory; a backup belongs on another disk`]);
}

function asProblem(error: unknown, from: string): Error {
  if (error instanceof UnusableInput) return error;
  const { message, path } = error as NodeJS.ErrnoException;
  return new UnusableInput([`${path ?? from}: cannot be backed up: ${message}`]);
}

async function databasesOf(from: string): Promise<string[]> {
  return (await readdir(from)).filter((name) => name.endsWith('.sqlite')).sort();
}

/** One read transaction, so that it is the state of one moment; a writer goes on beside it (sqlite.org/lang_vacuum.html). */
function copyDatabase(from: string, to: string): void {
  const database = new DatabaseSync(from, { readOnly: true, timeout: 10_000 });
  try {
    database.prepare('VACUUM INTO ?').run(to);
  } catch (error) {
    throw new UnusableInput([`${from}: cannot be backed up: ${(error as Error).message}`]);
  } finally {
    database.close();
  }
}

/** Signed tree heads before the entries they count: the copy's entries reach at least as far. */
async function copyAudit(from: string, to: string, progress: BackupProgress): Promise<void> {
  const names = await readdir(from).catch(() => []);
  if (names.length === 0) return;
  await mkdir(to, { mode: 0o750 });
  const entries = 'entries.ndjson';
  let bytes = 0;
  for (const name of [
    ...names.filter((each) => each !== entries).sort(),
    ...names.filter((each) => each === entries),
  ]) {
    await copyFile(join(from, name), join(to, name));
    bytes += await synced(join(to, name));
  }
  progress('audit', bytes);
}

/** The files of a log, open. */
class Segments {
  readonly #directory: string;
  readonly #files = new Map<string, FileHandle>();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async hold(directory: string): Promise<Segments> {
    const segments = new Segments(directory);
    await segments.#openNew();
    return segments;
  }

  async #openNew(): Promise<void> {
    const names = (await readdir(this.#directory).catch(() => [])).filter((name) => name.endsWith('.seg'));
    for (const name of names.sort()) {
      if (this.#files.has(name)) continue;
      // Retention was quicker; then every reader was past it.
      const file = await open(join(this.#directory, name), 'r').catch(() => undefined);
      if (file !== undefined) this.#files.set(name, file);
    }
  }

  /** Copies what is there now, oldest first; the newest may be cut in the middle of a commit. */
  async copyTo(directory: string): Promise<number> {
    await this.#openNew();
    await mkdir(directory, { mode: 0o700 });
    let bytes = 0;
    for (const name of [...this.#files.keys()].sort()) {
      const target = await open(join(directory, name), 'wx', 0o600);
      try {
        bytes += await copyAll(this.#files.get(name) as FileHandle, target);
        await target.datasync();
      } finally {
        await target.close();
      }
    }
    return bytes;
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
  }
}

async function copyAll(from: FileHandle, to: FileHandle): Promise<number> {
  const chunk = Buffer.allocUnsafeSlow(4 * 1024 * 1024);
  for (let at = 0; ;) {
    const { bytesRead } = await from.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) return at;
    for (let done = 0; done < bytesRead;) {
      const { bytesWritten } = await to.write(chunk, done, bytesRead - done, at + done);
      done += bytesWritten;
    }
    at += bytesRead;
  }
}

/** Opens the copied logs, every block checked and a half-written tail cut, and the checkpoint, which must lie within. */
async function readBack(directory: string): Promise<Pick<Backup, 'position' | 'log'>> {
  let log = { first: 0, end: 0 };
  for (const name of logs) {
    const opened = await openLog({
      directory: join(directory, name),
      disk: nodeDisk(),
      nowMs: () => Date.now(),
      verify: 'all',
    });
    if (!opened.ok) throw new UnusableInput([`the copy cannot be read back: ${opened.failure.message}`]);
    log = { first: opened.value.firstSequence, end: opened.value.nextSequence };
    await opened.value.close();
  }
  const path = join(directory, 'checkpoints.sqlite');
  if ((await stat(path).catch(() => undefined)) === undefined) return { position: undefined, log };
  const store = openCheckpointStore(path, () => Date.now());
  if (!store.ok) throw new UnusableInput([`the copy cannot be read back: ${store.failure.message}`]);
  const position = store.value.head('engine')?.position;
  store.value.close();
  if (position !== undefined && (position < log.first || position > log.end))
    throw new UnusableInput([
      `the copy cannot be used: the engine stands at record ${position}, the log holds ${log.first} to ${log.end}`,
    ]);
  return { position, log };
}

async function synced(path: string): Promise<number> {
  const file = await open(path, 'r+');
  try {
    await file.datasync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else await synced(path);
  }
  await nodeDisk().syncDirectory(directory);
}

async function sizeOf(directory: string): Promise<{ files: number; bytes: number }> {
  let files = 0;
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files++;
    bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return { files, bytes };
}
