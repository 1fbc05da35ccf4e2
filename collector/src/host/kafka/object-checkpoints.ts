/**
 * Checkpoints in an object store: slices, and then a head that names them with a SHA-256. What has no head was never
 * finished and is not a checkpoint.
 */
import { createHash } from 'node:crypto';
import type { CheckpointObjects } from './checkpoint-objects.ts';

/** A store of objects by name. Reads see what was written before; calls reject when the store cannot be reached. */
export interface ObjectStore {
  put(name: string, body: Uint8Array): Promise<void>;
  get(name: string): Promise<Uint8Array | undefined>;
  /** Names that begin with `start`, in no order. */
  list(start: string): Promise<string[]>;
  remove(name: string): Promise<void>;
}

interface Head {
  readonly slices: number;
  readonly sha256: string;
}

const headName = 'head';
const kept = 2;

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Checkpoints over a store: `<name>/<offset>/head` and `<name>/<offset>/<slice>`. */
export function objectCheckpoints(store: ObjectStore, sliceBytes = 8 * 1024 * 1024): CheckpointObjects {
  /** Finished checkpoints, newest first, with the names of all objects of each. */
  async function found(name: string): Promise<{ offset: number; names: string[] }[]> {
    const byOffset = new Map<number, string[]>();
    for (const object of await store.list(`${name}/`)) {
      const offset = Number(object.split('/')[1]);
      if (Number.isSafeInteger(offset)) byOffset.set(offset, [...(byOffset.get(offset) ?? []), object]);
    }
    return [...byOffset]
      .map(([offset, names]) => ({ offset, names }))
      .filter(({ offset, names }) => names.includes(`${name}/${offset}/${headName}`))
      .sort((a, b) => b.offset - a.offset);
  }

  async function read(place: string): Promise<string | undefined> {
    try {
      const head = JSON.parse(
        Buffer.from((await store.get(`${place}/${headName}`)) ?? []).toString(),
      ) as Head;
      const slices: Uint8Array[] = [];
      for (let i = 0; i < head.slices; i++)
        slices.push((await store.get(`${place}/${i}`)) ?? Buffer.alloc(0));
      const bytes = Buffer.concat(slices);
      return sha256(bytes) === head.sha256 ? bytes.toString() : undefined;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  return {
    async save(name, offset, text) {
      const bytes = Buffer.from(text);
      const place = `${name}/${offset}`;
      const slices = Math.ceil(bytes.length / sliceBytes);
      for (let i = 0; i < slices; i++)
        await store.put(`${place}/${i}`, bytes.subarray(i * sliceBytes, (i + 1) * sliceBytes));
      const head: Head = { slices, sha256: sha256(bytes) };
      await store.put(`${place}/${headName}`, Buffer.from(JSON.stringify(head)));
      for (const old of (await found(name)).slice(kept))
        // The head goes first: half a checkpoint must not look like one.
        for (const object of old.names.sort().reverse()) await store.remove(object);
    },
    async newestOffset(name) {
      return (await found(name))[0]?.offset;
    },
    async newest(name) {
      const damaged: string[] = [];
      for (const { offset } of await found(name)) {
        const text = await read(`${name}/${offset}`);
        if (text !== undefined) return { text, damaged };
        damaged.push(`${name}/${offset}`);
      }
      return { text: undefined, damaged };
    },
  };
}
