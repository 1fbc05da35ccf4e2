/** One seed decides everything: clock, order of waiting tasks, disk delays, faults. */
import type { Surroundings } from '../../collector/src/contract/component.ts';
import type { Disk, DiskFile } from '../../collector/src/log/disk.ts';
import { seeded, type MemoryDisk } from '../unit/log/memory-disk.ts';

interface Waiting {
  readonly atMs: number;
  readonly order: number;
  readonly generation: number;
  readonly wake: () => void;
}

const turnsUntilIdle = 6;

/** Virtual time for a whole collector. Tasks of an abandoned generation never wake again. */
export class SimWorld {
  readonly random: () => number;
  #nowMs: number;
  #waiting: Waiting[] = [];
  #generation = 0;

  constructor(seed: number, startMs: number) {
    this.random = seeded(seed);
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Integer in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  /** Everything that waits now belongs to a dead process. */
  abandon(): void {
    this.#generation++;
    this.#waiting = [];
  }

  /** Resolves after virtual `ms`; rejects when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const entry: Waiting = {
        atMs: this.#nowMs + Math.max(0, ms),
        order: this.random(),
        generation: this.#generation,
        wake: resolve,
      };
      this.#waiting.push(entry);
      signal?.addEventListener('abort', () => {
        this.#waiting = this.#waiting.filter((one) => one !== entry);
        reject(signal.reason as Error);
      });
    });
  }

  /** Runs until virtual `untilMs`, or until `done` says so. */
  async run(untilMs: number, done?: () => boolean): Promise<void> {
    let realTurns = done === undefined ? 0 : 5_000;
    for (;;) {
      for (let turn = 0; turn < turnsUntilIdle; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (done?.() === true) return;
      let next: Waiting | undefined;
      for (const one of this.#waiting)
        if (next === undefined || one.atMs < next.atMs || (one.atMs === next.atMs && one.order < next.order))
          next = one;
      if (next === undefined && realTurns-- > 0) {
        // Opening a directory is real I/O of the test itself; virtual time stands still for it.
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      if (next === undefined || next.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return;
      }
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      if (next.generation === this.#generation) next.wake();
    }
  }

  /** Surroundings of the collector of this generation. */
  surroundings(): Surroundings {
    return {
      nowMs: () => this.#nowMs,
      random: this.random,
      sleep: (ms, signal) => this.sleep(ms, signal),
      log: () => undefined,
    };
  }

  /**
   * A disk whose every change takes some virtual time. Logs keep their place over lives, whatever directory the rest of
   * a life is in.
   */
  slow(disk: MemoryDisk): Disk {
    const pause = (): Promise<void> => this.sleep(this.below(6));
    const file = (inner: DiskFile): DiskFile => ({
      write: async (bytes, offset) => {
        await pause();
        await inner.write(bytes, offset);
      },
      read: (into, offset) => inner.read(into, offset),
      datasync: async () => {
        await pause();
        await inner.datasync();
      },
      truncate: (length) => inner.truncate(length),
      size: () => inner.size(),
      close: () => inner.close(),
    });
    const placed = (path: string): string => path.replace(/^.*\/(log|signals)(?=\/|$)/, '/$1');
    return {
      open: async (path, mode) => file(await disk.open(placed(path), mode)),
      rename: (from, to) => disk.rename(placed(from), placed(to)),
      unlink: (path) => disk.unlink(placed(path)),
      readdir: (directory) => disk.readdir(placed(directory)),
      makeDirectory: () => disk.makeDirectory(),
      syncDirectory: () => disk.syncDirectory(),
      freeBytes: () => disk.freeBytes(),
    };
  }
}
