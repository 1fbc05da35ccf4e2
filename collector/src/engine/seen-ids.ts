/**
 * Which events were already accepted, over a horizon of event time. 64 bits of the base32 id are kept in flat tables,
 * one per day, so a day is forgotten at once and 10 million ids cost about 256 MB at most.
 */

const dayMs = 86_400_000;
const firstSlots = 1024;

/** Halves of the id hashed last. */
let idLow = 0;
let idHigh = 0;

/** 64-bit FNV-1a of an id as two unsigned 32-bit halves in `idLow` and `idHigh`; ids are already uniform hashes. */
function hashId(id: string): void {
  let low = 0x811c9dc5;
  let high = 0xcbf29ce4;
  for (let i = 0; i < id.length; i++) {
    const unit = id.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ (unit + i), 0x85ebca6b) ^ (high >>> 13);
  }
  idLow = low >>> 0 || 1;
  idHigh = high >>> 0;
}

interface Table {
  slots: Uint32Array;
  count: number;
}

function find(table: Table, low: number, high: number): number {
  const mask = table.slots.length / 2 - 1;
  let slot = (low ^ (high * 31)) & mask;
  for (;;) {
    const found = table.slots[slot * 2];
    if (found === 0 || (found === low && table.slots[slot * 2 + 1] === high)) return slot;
    slot = (slot + 1) & mask;
  }
}

function insert(table: Table, low: number, high: number): void {
  const slot = find(table, low, high);
  if (table.slots[slot * 2] !== 0) return;
  table.slots[slot * 2] = low;
  table.slots[slot * 2 + 1] = high;
  table.count++;
  if (table.count * 2 < table.slots.length / 2) return;
  const old = table.slots;
  table.slots = new Uint32Array(old.length * 2);
  table.count = 0;
  for (let i = 0; i < old.length; i += 2) {
    const oldLow = old[i] ?? 0;
    if (oldLow !== 0) insert(table, oldLow, old[i + 1] ?? 0);
  }
}

/** Set of event ids, by day of order time. */
export class SeenIds {
  readonly #days = new Map<number, Table>();
  readonly #dirty = new Set<number>();
  /** Ids added since the last `takeNew`, by day; undefined: nobody will ask. */
  #fresh: Map<number, number[]> | undefined;

  /** Ids remembered. */
  get size(): number {
    let size = 0;
    for (const table of this.#days.values()) size += table.count;
    return size;
  }

  /** True when the id was added and its day is still remembered. */
  has(id: string): boolean {
    hashId(id);
    return this.#hasHashed();
  }

  #hasHashed(): boolean {
    for (const table of this.#days.values())
      if (table.slots[find(table, idLow, idHigh) * 2] !== 0) return true;
    return false;
  }

  /** Remembers an id under the day of its order time unless it is known; true when it was new. */
  addNew(id: string, timeMs: number): boolean {
    hashId(id);
    if (this.#hasHashed()) return false;
    this.#addHashed(timeMs);
    return true;
  }

  /** Remembers an id under the day of its order time. */
  add(id: string, timeMs: number): void {
    hashId(id);
    this.#addHashed(timeMs);
  }

  #addHashed(timeMs: number): void {
    const day = Math.floor(timeMs / dayMs);
    let table = this.#days.get(day);
    if (table === undefined) {
      table = { slots: new Uint32Array(firstSlots), count: 0 };
      this.#days.set(day, table);
    }
    insert(table, idLow, idHigh);
    this.#dirty.add(day);
    if (this.#fresh === undefined) return;
    const fresh = this.#fresh.get(day);
    if (fresh === undefined) this.#fresh.set(day, [idLow, idHigh]);
    else fresh.push(idLow, idHigh);
  }

  /** From now on ids are also kept for `takeNew`. */
  trackNew(): void {
    this.#fresh ??= new Map();
  }

  /** Ids added since the last call, as bytes by day that `restore` adds to what is known. */
  takeNew(): { day: number; bytes: Uint8Array }[] {
    const taken = [...(this.#fresh ?? [])].map(([day, pairs]) => ({
      day,
      bytes: new Uint8Array(Uint32Array.from(pairs).buffer),
    }));
    this.#fresh?.clear();
    return taken;
  }

  /** True while ids of a day are remembered. */
  holds(day: number): boolean {
    return this.#days.has(day);
  }

  /** Forgets whole days that ended before `beforeMs`; returns the days forgotten. */
  forget(beforeMs: number): number[] {
    const gone = [...this.#days.keys()].filter((day) => (day + 1) * dayMs <= beforeMs);
    for (const day of gone) {
      this.#days.delete(day);
      this.#dirty.delete(day);
      this.#fresh?.delete(day);
    }
    return gone;
  }

  /** Tables changed since the last call, as bytes by day. */
  takeDirty(): { day: number; bytes: Uint8Array }[] {
    const changed = [...this.#dirty].flatMap((day) => {
      const table = this.#days.get(day);
      return table === undefined ? [] : [{ day, bytes: new Uint8Array(table.slots.buffer.slice(0)) }];
    });
    this.#dirty.clear();
    return changed;
  }

  /** Every table, as bytes by day. */
  all(): { day: number; bytes: Uint8Array }[] {
    return [...this.#days].map(([day, { slots }]) => ({ day, bytes: new Uint8Array(slots.buffer.slice(0)) }));
  }

  /** Puts back ids of one day: a whole table, or those added between two checkpoints. */
  restore(day: number, bytes: Uint8Array): void {
    // A Buffer may be a window on a shared pool: its `buffer` would bring in foreign bytes.
    const copy = new Uint8Array(bytes.length);
    copy.set(bytes);
    const slots = new Uint32Array(copy.buffer);
    let table = this.#days.get(day);
    if (table === undefined) {
      table = { slots: new Uint32Array(firstSlots), count: 0 };
      this.#days.set(day, table);
    }
    for (let i = 0; i < slots.length; i += 2) {
      const low = slots[i] as number;
      if (low !== 0) insert(table, low, slots[i + 1] as number);
    }
  }
}
