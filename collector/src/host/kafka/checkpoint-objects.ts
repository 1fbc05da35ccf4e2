/**
 * Checkpoints as objects. Any valid one is a correct start, so the highest offset wins and a paused owner that comes back
 * can harm nobody: what it writes is older and loses.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where checkpoints are kept. */
export interface CheckpointObjects {
  /** Stores a checkpoint; durable when it resolves. Rejects when the store cannot be written. */
  save(name: string, offset: number, text: string): Promise<void>;
  /** Offset of the newest object under a name, without reading it; undefined when there is none. */
  newestOffset(name: string): Promise<number | undefined>;
  /** The valid checkpoint with the highest offset; damaged ones are passed over and named in `damaged`. */
  newest(name: string): Promise<{ readonly text: string | undefined; readonly damaged: readonly string[] }>;
}

const ending = '.checkpoint';
const kept = 2;
const digestLength = 64;

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Checkpoints as files of a directory that every worker reaches: `<name>.<offset>.checkpoint`, SHA-256 then JSON. */
export function fileCheckpoints(directory: string): CheckpointObjects {
  async function offsetsOf(name: string): Promise<{ offset: number; file: string }[]> {
    const files = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return files
      .filter((file) => file.startsWith(`${name}.`) && file.endsWith(ending))
      .map((file) => ({ offset: Number(file.slice(name.length + 1, -ending.length)), file }))
      .filter(({ offset }) => Number.isSafeInteger(offset))
      .sort((a, b) => b.offset - a.offset);
  }
  return {
    async save(name, offset, text) {
      await mkdir(directory, { recursive: true });
      const partial = join(directory, `${name}.${offset}.${process.pid}.partial`);
      const file = await open(partial, 'w');
      try {
        await file.writeFile(sha256(text) + text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(partial, join(directory, `${name}.${offset}${ending}`));
      for (const old of (await offsetsOf(name)).slice(kept))
        await rm(join(directory, old.file), { force: true });
    },
    async newestOffset(name) {
      return (await offsetsOf(name))[0]?.offset;
    },
    async newest(name) {
      const damaged: string[] = [];
      for (const { file } of await offsetsOf(name)) {
        const content = await readFile(join(directory, file), 'utf8').catch(() => '');
        const text = content.slice(digestLength);
        if (sha256(text) === content.slice(0, digestLength)) return { text, damaged };
        damaged.push(file);
      }
      return { text: undefined, damaged };
    },
  };
}
