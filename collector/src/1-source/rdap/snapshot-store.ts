/** Last RDAP answer per domain on disk, so that a restart compares with what was seen last. */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from './json-parts.ts';

/** One answer. `epoch` counts the changes written before it; `status` is the HTTP status. Times in epoch milliseconds. */
export interface RdapStored {
  readonly atMs: number;
  readonly epoch: number;
  readonly status: number;
  /** Last readable answer about the registration; '' when there never was one. */
  readonly body: string;
}

/** Keeps one answer per domain. */
export interface SnapshotStore {
  /** Undefined: none, or it cannot be read; the next answer then counts as the first. */
  load(domain: string): Promise<RdapStored | undefined>;
  save(domain: string, stored: RdapStored): Promise<void>;
}

function shardOf(domain: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < domain.length; i++) hash = Math.imul(hash ^ domain.charCodeAt(i), 0x01000193) >>> 0;
  return (hash & 255).toString(16).padStart(2, '0');
}

/** A file per domain below `directory`, in 256 folders, each replaced as a whole. */
export function fileSnapshotStore(directory: string): SnapshotStore {
  const place = (domain: string): string =>
    join(directory, shardOf(domain), `${encodeURIComponent(domain)}.json`);
  return {
    async load(domain) {
      try {
        const found: unknown = JSON.parse(await readFile(place(domain), 'utf8'));
        if (!isRecord(found)) return undefined;
        const { atMs, epoch, status, body } = found;
        if (typeof atMs !== 'number' || typeof epoch !== 'number' || typeof status !== 'number')
          return undefined;
        return typeof body === 'string' ? { atMs, epoch, status, body } : undefined;
      } catch {
        return undefined;
      }
    },
    async save(domain, stored) {
      await mkdir(join(directory, shardOf(domain)), { recursive: true });
      const path = place(domain);
      const file = await open(`${path}.new`, 'w');
      try {
        await file.writeFile(JSON.stringify(stored));
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
    },
  };
}
