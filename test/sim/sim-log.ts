/** The log of a simulated collector, read as a whole. */
import type { Stores } from '../../collector/src/app/stores.ts';
import { decodeLogEntry } from '../../collector/src/log/entry-codec.ts';
import { openLog } from '../../collector/src/log/segmented-log.ts';
import { MemoryDisk } from '../unit/log/memory-disk.ts';
import type { SimWorld } from './sim-world.ts';

const hourMs = 3_600_000;

/** What a log holds, without its order. */
export interface Contents {
  readonly bodies: Set<string>;
  readonly gaps: { readonly fromMs: number; readonly toMs: number }[];
  /** What is wrong with entries that cannot be read: an intact log has none. */
  readonly unreadable: string[];
}

/** Reads the whole log of `stores` in virtual time. */
export async function contentsOf(world: SimWorld, stores: Stores): Promise<Contents> {
  const contents: Contents = { bodies: new Set(), gaps: [], unreadable: [] };
  let done = false;
  const reading = (async () => {
    for await (const batch of stores.log.batches(stores.log.firstSequence))
      for (const record of batch.records) {
        const entry = decodeLogEntry(record);
        if (!entry.ok) contents.unreadable.push(`${entry.failure.code} ${entry.failure.message}`);
        else if (entry.value.kind === 'raw')
          contents.bodies.add(Buffer.from(entry.value.record.bytes).toString());
        else if (entry.value.kind === 'gap') contents.gaps.push(entry.value);
      }
    done = true;
  })();
  await world.run(world.nowMs + hourMs, () => done);
  await reading;
  return contents;
}

/** A disk whose log holds every raw record of `stores` once, at its first place. */
export async function withoutRepetitions(world: SimWorld, stores: Stores): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const opened = await openLog({ directory: '/log', disk, nowMs: () => world.nowMs });
  if (!opened.ok) throw new Error(opened.failure.message);
  const known = new Set<string>();
  let done = false;
  const copying = (async () => {
    for await (const batch of stores.log.batches(stores.log.firstSequence)) {
      const kept = batch.records.filter((record) => {
        const entry = decodeLogEntry(record);
        if (!entry.ok || entry.value.kind !== 'raw') return true;
        const text = Buffer.from(entry.value.record.bytes).toString('latin1');
        return known.size < known.add(text).size;
      });
      if (kept.length > 0) await opened.value.append(kept);
    }
    await opened.value.close();
    done = true;
  })();
  await world.run(world.nowMs + hourMs, () => done);
  await copying;
  return disk;
}
