/** Beliefs of probes on disk: one JSON document per shard of domains, replaced as a whole, written when something changed. */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Beliefs } from './probe-document.ts';

/** Loads once, then serves from memory. `flush` writes what changed since the last one. */
export interface BeliefStore {
  load(): Promise<void>;
  of(zone: string): Beliefs;
  touched(zone: string): void;
  flush(): Promise<void>;
}

const shardCount = 64;

function shardOf(zone: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < zone.length; i++) hash = Math.imul(hash ^ zone.charCodeAt(i), 0x01000193) >>> 0;
  return hash % shardCount;
}

/** A store in `directory`; one that cannot be read begins empty, and first readings are then reported again. */
export function fileBeliefStore(directory: string): BeliefStore {
  const shards = Array.from({ length: shardCount }, () => new Map<string, Beliefs>());
  const dirty = new Set<number>();
  return {
    async load() {
      for (let shard = 0; shard < shardCount; shard++) {
        try {
          const text = await readFile(join(directory, `beliefs-${shard}.json`), 'utf8');
          shards[shard] = new Map(Object.entries(JSON.parse(text) as Record<string, Beliefs>));
        } catch {
          shards[shard] = new Map();
        }
      }
    },
    of(zone) {
      const shard = shards[shardOf(zone)]!;
      let found = shard.get(zone);
      if (found === undefined) shard.set(zone, (found = {}));
      return found;
    },
    touched(zone) {
      dirty.add(shardOf(zone));
    },
    async flush() {
      if (dirty.size === 0) return;
      await mkdir(directory, { recursive: true });
      for (const shard of dirty) {
        dirty.delete(shard);
        const path = join(directory, `beliefs-${shard}.json`);
        const file = await open(`${path}.new`, 'w');
        try {
          await file.writeFile(JSON.stringify(Object.fromEntries(shards[shard]!)));
          await file.datasync();
        } finally {
          await file.close();
        }
        await rename(`${path}.new`, path);
      }
    },
  };
}
