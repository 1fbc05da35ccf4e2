/** What disks, clocks, cables and ends of processes do to a simulated collector. */
import type { MemoryDisk } from '../unit/log/memory-disk.ts';
import type { SimNetwork } from './sim-network.ts';
import type { SimWorld } from './sim-world.ts';

const minuteMs = 60_000;

/** Fills the disk now and then, for some minutes. With `network` more often, and what is connected may fall silent meanwhile. Ends with the life it began in. */
export async function diskTrouble(
  world: SimWorld,
  disk: MemoryDisk,
  counts: { fullDisks: number },
  network?: SimNetwork,
): Promise<void> {
  const { life } = world;
  for (;;) {
    await world.sleep(world.below(network === undefined ? 20 * minuteMs : 3 * minuteMs), undefined, life);
    disk.capacity = disk.used + world.below(3_000);
    counts.fullDisks++;
    world.tell('disk full');
    const lastsMs = world.below(180_000);
    const silentAfterMs = world.below(lastsMs + 1);
    await world.sleep(silentAfterMs, undefined, life);
    if (network !== undefined && world.below(2) === 0) network.silence();
    await world.sleep(lastsMs - silentAfterMs, undefined, life);
    disk.capacity = Infinity;
  }
}

/** How a process ended. */
export interface End {
  readonly isPowerCut: boolean;
  /** The files kept their new lengths, whatever of their bytes came through. */
  readonly grown: boolean;
}

/** More than one sector, so that a part of a commit can be missing. */
const tearableBytes = 700;

/**
 * How a process comes to its end: at any moment; in the middle of a commit, for a power cut to tear; while a word is being taken back;
 * or while its disk has been full for a while, with what it could not write still in its hands.
 */
export async function lastMoments(
  world: SimWorld,
  disk: MemoryDisk,
  counts: { fullDisks: number },
): Promise<End> {
  const how = world.below(5);
  const isPowerCut = world.below(3) === 0;
  const grown = world.below(2) === 0;
  const until = (happens: () => boolean): Promise<void> => world.run(world.nowMs + 5 * minuteMs, happens);
  if (how === 1 || how === 2) {
    await until(() => disk.unsynced.length >= tearableBytes);
    return { isPowerCut: true, grown };
  }
  if (how === 3) {
    await until(() => disk.unsynced.includes('"state":"retracted"'));
    return { isPowerCut: true, grown: false };
  }
  if (how === 4) {
    disk.capacity = disk.used + world.below(400);
    counts.fullDisks++;
    world.tell('disk full until the end');
    await world.run(world.nowMs + 20_000 + world.below(2 * minuteMs));
  }
  return { isPowerCut, grown };
}

/** Steps of a wall clock set wrong and set right again: by hand, by NTP, at the turn of the hour. */
const clockSteps = [3_600_000, -3_600_000, -600_000, 1_000, -1_000, 86_400_000, 0];

/** Moves the collector's wall clock now and then. Ends with the life it began in. */
export async function clockTrouble(world: SimWorld, counts: { clockJumps: number }): Promise<void> {
  const { life } = world;
  for (;;) {
    await world.sleep(world.below(240_000), undefined, life);
    world.clockOffsetMs = clockSteps[world.below(clockSteps.length)] as number;
    counts.clockJumps++;
    world.tell(`clock off by ${world.clockOffsetMs} ms`);
  }
}
