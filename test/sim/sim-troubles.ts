/** What disks, clocks and ends of processes do to a simulated collector. */
import type { MemoryDisk } from '../unit/log/memory-disk.ts';
import type { SimWorld } from './sim-world.ts';

const minuteMs = 60_000;

/** Fills the disk now and then, for some minutes. Ends with the life it began in. */
export async function diskTrouble(
  world: SimWorld,
  disk: MemoryDisk,
  counts: { fullDisks: number },
): Promise<void> {
  const { life } = world;
  for (;;) {
    await world.sleep(world.below(1_200_000), undefined, life);
    disk.capacity = disk.used + world.below(3_000);
    counts.fullDisks++;
    world.tell('disk full');
    await world.sleep(world.below(180_000), undefined, life);
    disk.capacity = Infinity;
  }
}

/**
 * How a process comes to its end: at any moment; in the middle of a write, for a power cut to tear; or while its disk has been full
 * for a while, with what it could not write still in its hands.
 */
export async function lastMoments(
  world: SimWorld,
  disk: MemoryDisk,
  counts: { fullDisks: number },
): Promise<boolean> {
  const how = world.below(4);
  const cut = world.below(3) === 0;
  if (how === 1) {
    await world.run(world.nowMs + minuteMs, () => disk.hasUnsynced);
    return true;
  }
  if (how === 2) {
    disk.capacity = disk.used + world.below(400);
    counts.fullDisks++;
    world.tell('disk full until the end');
    await world.run(world.nowMs + 20_000 + world.below(2 * minuteMs));
  }
  return cut;
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
