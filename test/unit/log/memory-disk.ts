/**
 * A disk in memory that forgets like a real one: what was not synced is, after a power cut, there in part, in random
 * 512-byte sectors, possibly garbled; names that were not synced with their directory may come or go.
 */
import type { Disk, DiskFile } from '../../../collector/src/log/disk.ts';

/** Thrown by every call after the simulated end of the process. */
export class Crashed extends Error {}

/** What to do at a numbered call: fail with a system code before or after half of its effect, or crash there. */
export interface Fault {
  readonly call: number;
  readonly how: 'crash' | 'EIO' | 'ENOSPC';
  /** Only for these operations; absent: any. */
  readonly only?: readonly string[];
}

interface Inode {
  current: Buffer;
  /** What is certainly on the platter. */
  durable: Buffer;
}

const sectorBytes = 512;

function withWrite(before: Buffer, bytes: Uint8Array, offset: number): Buffer {
  const out = Buffer.alloc(Math.max(before.length, offset + bytes.length));
  before.copy(out);
  out.set(bytes, offset);
  return out;
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${what}`), { code });
}

/** See the module comment. `random` is uniform in [0, 1). */
export class MemoryDisk implements Disk {
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #dead = false;
  readonly #random: () => number;
  fault: Fault | undefined;
  /** Calls that can fail so far. */
  calls = 0;
  /** Names of the operations, in order. */
  readonly trace: string[] = [];
  /** Bytes all files together may have; writes beyond fail with ENOSPC after filling up. */
  capacity = Infinity;

  constructor(random: () => number = () => 0.5) {
    this.#random = random;
  }

  #step(what: string): 'half' | undefined {
    if (this.#dead) throw new Crashed(what);
    this.calls++;
    this.trace.push(what);
    const fault = this.fault;
    if (fault === undefined || this.calls !== fault.call) return undefined;
    if (fault.only && !fault.only.includes(what)) {
      this.fault = { ...fault, call: fault.call + 1 };
      return undefined;
    }
    if (what === 'write') return 'half';
    this.#fail(what);
  }

  #fail(what: string): never {
    if (this.fault?.how === 'crash') {
      this.#dead = true;
      throw new Crashed(what);
    }
    throw systemError(this.fault?.how ?? 'EIO', what);
  }

  get used(): number {
    let sum = 0;
    for (const inode of this.#names.values()) sum += inode.current.length;
    return sum;
  }

  /** What was written behind the synced end of files and a power cut may take; empty when there is nothing. */
  get unsynced(): Buffer {
    const tails: Buffer[] = [];
    for (const { current, durable } of this.#names.values())
      if (!current.equals(durable)) tails.push(current.subarray(durable.length));
    return Buffer.concat(tails);
  }

  #fileOf(inode: Inode): DiskFile {
    return {
      write: async (bytes, offset) => {
        const half = this.#step('write');
        const room = this.capacity - this.used + inode.current.length - offset;
        if (half || room < bytes.length) {
          const part = half ? Math.floor(bytes.length * this.#random()) : Math.max(0, room);
          if (part > 0) inode.current = withWrite(inode.current, bytes.subarray(0, part), offset);
          if (half) this.#fail('write');
          throw systemError('ENOSPC', 'write');
        }
        inode.current = withWrite(inode.current, bytes, offset);
      },
      read: async (into, offset) => {
        if (this.#dead) throw new Crashed('read');
        return inode.current.copy(into, 0, offset);
      },
      datasync: async () => {
        this.#step('datasync');
        inode.durable = Buffer.from(inode.current);
      },
      truncate: async (length) => {
        this.#step('truncate');
        inode.current = Buffer.from(inode.current.subarray(0, length));
      },
      size: async () => inode.current.length,
      close: async () => undefined,
    };
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile> {
    if (mode === 'create') this.#step('create');
    else if (this.#dead) throw new Crashed('open');
    const found = this.#names.get(path);
    if (mode === 'create') {
      if (found) throw systemError('EEXIST', path);
      const inode = { current: Buffer.alloc(0), durable: Buffer.alloc(0) };
      this.#names.set(path, inode);
      return this.#fileOf(inode);
    }
    if (!found) throw systemError('ENOENT', path);
    return this.#fileOf(found);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step('rename');
    const inode = this.#names.get(from);
    if (!inode) throw systemError('ENOENT', from);
    this.#names.delete(from);
    this.#names.set(to, inode);
  }

  async unlink(path: string): Promise<void> {
    this.#step('unlink');
    if (!this.#names.delete(path)) throw systemError('ENOENT', path);
  }

  async readdir(directory: string): Promise<string[]> {
    if (this.#dead) throw new Crashed('readdir');
    const start = `${directory}/`;
    return [...this.#names.keys()]
      .filter((name) => name.startsWith(start))
      .map((name) => name.slice(start.length));
  }

  async makeDirectory(): Promise<void> {
    if (this.#dead) throw new Crashed('makeDirectory');
  }

  async syncDirectory(): Promise<void> {
    this.#step('syncDirectory');
    this.#durableNames = new Map(this.#names);
  }

  async freeBytes(): Promise<number> {
    return Math.max(0, this.capacity - this.used);
  }

  /** Present bytes of a file, for changing or comparing. */
  bytes(path: string): Buffer {
    const inode = this.#names.get(path);
    if (!inode) throw systemError('ENOENT', path);
    return inode.current;
  }

  /** Replaces the bytes of a file, durably. */
  replace(path: string, bytes: Buffer): void {
    this.#names.set(path, { current: Buffer.from(bytes), durable: Buffer.from(bytes) });
  }

  /** The disk a restarted process finds after `kill -9`: everything written is there. */
  afterKill(): MemoryDisk {
    return this.#copy(this.#names, (inode) => inode.current);
  }

  /** The disk after a power cut: synced bytes and a random part of the rest. `grown`: files kept their new lengths, sectors may still be missing. */
  afterPowerCut(grown = false): MemoryDisk {
    const names = new Map<string, Inode>();
    for (const name of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      const now = this.#names.get(name);
      const then = this.#durableNames.get(name);
      const inode = now === then || this.#random() < 0.5 ? now : then;
      if (inode) names.set(name, inode);
    }
    return this.#copy(names, (inode) => this.#torn(inode, grown));
  }

  #torn(inode: Inode, grown: boolean): Buffer {
    const { current, durable } = inode;
    if (current.equals(durable)) return current;
    const length =
      durable.length +
      Math.round(
        (current.length - durable.length) *
          (grown ? 1 : [0, 1, this.#random()][Math.floor(this.#random() * 3)]!),
      );
    const out = Buffer.alloc(length);
    durable.copy(out);
    for (let at = 0; at < length; at += sectorBytes) {
      const end = Math.min(at + sectorBytes, length);
      const was = durable.subarray(at, end);
      const is = current.subarray(at, end);
      if (is.equals(was) || this.#random() < 0.4) continue;
      is.copy(out, at);
      // A sector under the head when the power went: new in front, garbage behind, old synced bytes rewritten alike.
      const firstNew = Math.max(at, Math.min(durable.length, end));
      if (this.#random() < 0.2 && firstNew < end)
        for (let i = firstNew + Math.floor((end - firstNew) * this.#random()); i < end; i++)
          out[i] = Math.floor(this.#random() * 256);
    }
    return out;
  }

  #copy(names: Map<string, Inode>, bytesOf: (inode: Inode) => Buffer): MemoryDisk {
    const disk = new MemoryDisk(this.#random);
    for (const [name, inode] of names) disk.replace(name, bytesOf(inode));
    disk.#durableNames = new Map(disk.#names);
    return disk;
  }
}

/** Repeatable numbers in [0, 1) (mulberry32, public domain algorithm by T. Ettinger). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
