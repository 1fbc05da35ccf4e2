/** A change of one record set, between zone copies or inside an incremental transfer. Pure data, used by source and normaliser. */

/**
 * One record set before and after. `null` means the set did not exist. `ttlOld`/`ttlNew` in seconds, absent with the set.
 * `whole` is false when only the moved records are known and others may stay in the set.
 */
export interface RecordChange {
  readonly name: string;
  readonly type: string;
  readonly old: readonly string[] | null;
  readonly new: readonly string[] | null;
  readonly ttlOld?: number;
  readonly ttlNew?: number;
  readonly whole: boolean;
}

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly data: string;
  ttlOld?: number;
  ttlNew?: number;
}

/** Removals and additions netted over all steps of one transfer. */
export interface NetChanges {
  remove(record: { name: string; type: string; ttl: number; data: string }): void;
  add(record: { name: string; type: string; ttl: number; data: string }): void;
  /** Per record set, in order of name and type. A record that left and came back as it was stands on both sides of its set's change. */
  changes(): RecordChange[];
}

function setChange(entries: readonly Entry[]): RecordChange | undefined {
  const gone = entries.filter((entry) => entry.ttlOld !== undefined && entry.ttlNew === undefined);
  const come = entries.filter((entry) => entry.ttlNew !== undefined && entry.ttlOld === undefined);
  const retimed = entries.filter(
    (entry) => entry.ttlOld !== undefined && entry.ttlNew !== undefined && entry.ttlOld !== entry.ttlNew,
  );
  if (gone.length + come.length + retimed.length === 0) return undefined;
  // Left and came back as they were: they are no change, and they prove what else the set holds.
  const stayed = entries.filter((entry) => entry.ttlOld !== undefined && entry.ttlOld === entry.ttlNew);
  const before = [...gone, ...retimed, ...stayed];
  const after = [...come, ...retimed, ...stayed];
  const { name, type } = entries[0]!;
  return {
    name,
    type,
    old: before.length > 0 ? before.map((entry) => entry.data).sort() : null,
    new: after.length > 0 ? after.map((entry) => entry.data).sort() : null,
    ...(before.length > 0 ? { ttlOld: before[0]!.ttlOld! } : {}),
    ...(after.length > 0 ? { ttlNew: after[0]!.ttlNew! } : {}),
    whole: false,
  };
}

/** An empty collection of removals and additions. */
export function netChanges(): NetChanges {
  const sets = new Map<string, Map<string, Entry>>();
  function entry(record: { name: string; type: string; data: string }): Entry {
    const setKey = `${record.name}\t${record.type}`;
    let set = sets.get(setKey);
    if (set === undefined) sets.set(setKey, (set = new Map<string, Entry>()));
    let found = set.get(record.data);
    if (found === undefined)
      set.set(record.data, (found = { name: record.name, type: record.type, data: record.data }));
    return found;
  }
  return {
    remove(record) {
      const found = entry(record);
      // Added by an earlier step of this transfer: it was never in the old zone.
      if (found.ttlNew !== undefined) delete found.ttlNew;
      else found.ttlOld ??= record.ttl;
    },
    add(record) {
      entry(record).ttlNew = record.ttl;
    },
    changes() {
      const out: RecordChange[] = [];
      for (const key of [...sets.keys()].sort()) {
        const change = setChange([...sets.get(key)!.values()]);
        if (change !== undefined) out.push(change);
      }
      return out;
    },
  };
}
