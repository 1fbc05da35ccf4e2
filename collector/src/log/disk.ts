/**
 * The few file operations durability rests on, as an interface: tests and the simulator can fail, tear or forget any
 * of them. Failures are thrown as Node system errors with `code` (`ENOSPC`, `EIO`, `ENOENT` …).
 */
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, statfs, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One open file. Offsets and lengths are bytes. */
export interface DiskFile {
  /** Writes all of `bytes` at `offset`. Durable only after `datasync`. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** Fills `into` from `offset`; returns how many bytes there were, fewer than asked only at the end of the file. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** `fdatasync(2)`: data and length reach the device before this resolves. */
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** A file system as the log needs it. Paths are absolute or relative to the process. */
export interface Disk {
  /** `read`: must exist; `write`: must exist, for reading and writing; `create`: must not exist, for both. */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Names in a directory, unsorted. */
  readdir(directory: string): Promise<string[]>;
  /** Creates a directory and its parents; no error when it exists. */
  makeDirectory(directory: string): Promise<void>;
  /** Makes creations, renames and removals in `directory` durable. */
  syncDirectory(directory: string): Promise<void>;
  /** Bytes an unprivileged process may still write where `directory` lives. */
  freeBytes(directory: string): Promise<number>;
}

function fileOf(handle: FileHandle): DiskFile {
  return {
    async write(bytes, offset) {
      let done = 0;
      while (done < bytes.length) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
        done += bytesWritten;
      }
    },
    async read(into, offset) {
      let done = 0;
      while (done < into.length) {
        const { bytesRead } = await handle.read(into, done, into.length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
    datasync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    size: async () => (await handle.stat()).size,
    close: () => handle.close(),
  };
}

const flags = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
} as const;

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The real file system. New files are readable by the owner only: raw records hold personal data. */
export function nodeDisk(): Disk {
  return {
    open: async (path, mode) => fileOf(await open(path, flags[mode], 0o600)),
    rename,
    unlink,
    readdir: (directory) => readdir(directory),
    async makeDirectory(directory) {
      const first = await mkdir(directory, { recursive: true, mode: 0o700 });
      // A directory that itself is lost in a power cut would take durable segments with it.
      if (first !== undefined) await syncDirectory(dirname(first));
    },
    syncDirectory,
    async freeBytes(directory) {
      const { bavail, bsize } = await statfs(directory);
      return bavail * bsize;
    },
  };
}

/** Code of a system error (`ENOSPC`), or '' when it has none. */
export function systemCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** True when the error says that the device or the quota is used up: a state that passes, unlike a fault. */
export function isOutOfSpace(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}
