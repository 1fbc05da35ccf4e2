/** One seed decides everything: clock, order of waiting tasks, disk delays, the network and its faults. */
import { createHash } from 'node:crypto';
import type { Surroundings } from '../../collector/src/contract/component.ts';
import type { Disk, DiskFile } from '../../collector/src/log/disk.ts';
import { seeded, type MemoryDisk } from '../unit/log/memory-disk.ts';

interface Waiting {
  readonly atMs: number;
  readonly order: number;
  readonly life: Life;
  readonly wake: () => void;
}

/** A process: what waits in a dead one never goes on. */
export interface Life {
  dead: boolean;
}

const turnsUntilIdle = 8;
/** What Node calls files, compression, randomness and keys that a thread of its pool works on. */
const realWork = /^(FSReq|FileHandle|Zlib|Brotli|RandomBytes|PBKDF2|Scrypt|Sign|Hash|DNS|GetAddrInfo)/i;
/** Kept from before a simulated network replaces it. */
const realTimeout = globalThis.setTimeout;
/** The world outside the collector: senders, servers, cables. It never dies. */
export const outside: Life = { dead: false };

/** Until nothing goes on by itself. Real I/O of the process takes no virtual time, else a slow machine would tell another story. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < turnsUntilIdle; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (process.getActiveResourcesInfo().some((kind) => realWork.test(kind))) turn = -1;
  }
}

/** Virtual time for a whole collector and what surrounds it. */
export class SimWorld {
  readonly random: () => number;
  #nowMs: number;
  #waiting: Waiting[] = [];
  #life: Life = { dead: false };
  #slowestTurnMs = 0;
  /** What the wall clock of the collector is ahead of the world, ms; negative: behind. */
  clockOffsetMs = 0;
  /** Where lives keep their files on the real disk. Its name is chance, hence no word of the story. */
  root = '';
  readonly #story = createHash('sha256');
  readonly #trace: ((line: string) => void) | undefined;

  /** `trace`, when given, hears every line of the story. */
  constructor(seed: number, startMs: number, trace?: (line: string) => void) {
    this.random = seeded(seed);
    this.#nowMs = startMs;
    this.#trace = trace;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** The process that lives now. */
  get life(): Life {
    return this.#life;
  }

  /** Integer in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  /** Adds a line to the story of this seed; two runs of one seed must tell the same. */
  tell(what: string): void {
    const line = `${this.#nowMs} ${this.root === '' ? what : what.replaceAll(this.root, '')}\n`;
    this.#story.update(line);
    this.#trace?.(line);
  }

  /** Digest of the story so far. */
  storyDigest(): string {
    return this.#story.copy().digest('hex').slice(0, 16);
  }

  /** The process ends here; whatever it waited for never comes. The next one begins. */
  kill(): void {
    this.#life.dead = true;
    this.#life = { dead: false };
    this.#waiting = this.#waiting.filter(({ life }) => !life.dead);
  }

  /** Calls `wake` after virtual `ms` unless `life` ended; returns what cancels it. */
  after(ms: number, life: Life, wake: () => void): () => void {
    if (life.dead) return () => {};
    const entry: Waiting = { atMs: this.#nowMs + Math.max(0, ms), order: this.random(), life, wake };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((one) => one !== entry);
    };
  }

  /** Resolves after virtual `ms`; rejects when `signal` aborts; neither in a dead life. */
  sleep(ms: number, signal?: AbortSignal, life: Life = this.#life): Promise<void> {
    return new Promise((resolve, reject) => {
      if (life.dead) return;
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const cancel = this.after(ms, life, resolve);
      signal?.addEventListener('abort', () => {
        cancel();
        if (!life.dead) reject(signal.reason as Error);
      });
    });
  }

  /** Timers and sleeps of the process that lives now. */
  get waitingCount(): number {
    return this.#waiting.filter(({ life }) => life === this.#life).length;
  }

  /** Most processor time between two moments of virtual time since the last call, ms. */
  takeSlowestTurnMs(): number {
    const slowestMs = this.#slowestTurnMs;
    this.#slowestTurnMs = 0;
    return slowestMs;
  }

  /** Runs until virtual `untilMs`, or until `done` says so. */
  async run(untilMs: number, done?: () => boolean): Promise<void> {
    let realTurns = done === undefined ? 0 : 5_000;
    for (;;) {
      const before = process.threadCpuUsage();
      await idle();
      const { user, system } = process.threadCpuUsage(before);
      this.#slowestTurnMs = Math.max(this.#slowestTurnMs, (user + system) / 1000);
      if (done?.() === true) return;
      let next: Waiting | undefined;
      for (const one of this.#waiting)
        if (next === undefined || one.atMs < next.atMs || (one.atMs === next.atMs && one.order < next.order))
          next = one;
      if (next === undefined && realTurns-- > 0) {
        // Opening a directory is real I/O of the test itself; virtual time stands still for it.
        await new Promise((resolve) => realTimeout(resolve, 1));
        continue;
      }
      if (next === undefined || next.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return;
      }
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      if (!next.life.dead) next.wake();
    }
  }

  /** Surroundings of the process that lives now. */
  surroundings(): Surroundings {
    const life = this.#life;
    return {
      nowMs: () => this.#nowMs + this.clockOffsetMs,
      random: this.random,
      sleep: (ms, signal) => this.sleep(ms, signal, life),
      log: (level, message) => {
        if (!life.dead) this.tell(`${level} ${message}`);
      },
    };
  }

  /**
   * A disk whose every change takes some virtual time. Logs keep their place over lives, whatever directory the rest of
   * a life is in.
   */
  slow(disk: MemoryDisk): Disk {
    const life = this.#life;
    const pause = (): Promise<void> => this.sleep(this.below(6), undefined, life);
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
