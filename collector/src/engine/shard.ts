/** Logical shards: fixed at creation, owned whole by partitions and workers. */
import { limits } from '../contract/limits.ts';

/** Shard 0..127 of a key: 32-bit FNV-1a over its UTF-16 code units, modulo the shard count. */
export function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    hash ^= key.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % limits.shards;
}
