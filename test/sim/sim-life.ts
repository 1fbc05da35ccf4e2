/**
 * Simulated lives of one collector: killed and cut off at random, then left in peace and held against an undisturbed run.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryDisk } from '../unit/log/memory-disk.ts';
import { SimNetwork } from './sim-network.ts';
import { clockTrouble, diskTrouble, lastMoments } from './sim-troubles.ts';
import { Okta, OtlpEndpoint, Registrar, Zonestream } from './sim-peers.ts';
import { SimWorld } from './sim-world.ts';
import { closeQuietly, collectorOn, partsOf } from './sim-collector.ts';
import { verdictOn, type Peers, type SimResult } from './sim-verdict.ts';

const startMs = Date.UTC(2026, 2, 1);
const minuteMs = 60_000;

/** What may happen besides. `clock`: the wall clock is set wrong; `hard`: processes also die in the middle of a write or on a full disk. */
export interface SimOptions {
  readonly trace?: ((line: string) => void) | undefined;
  readonly clock?: boolean;
  readonly hard?: boolean;
}

/** Lives one seed: `lives` processes of up to `minutes` of virtual time each, then calm, then the verdict. */
export async function simulate(
  seed: number,
  lives = 4,
  minutes = 12,
  { trace, clock = false, hard = false }: SimOptions = {},
): Promise<SimResult> {
  const world = new SimWorld(seed, startMs, trace);
  const root = mkdtempSync(join(tmpdir(), 'zonewarden-sim-'));
  world.root = root;
  const network = new SimNetwork(world);
  const peers: Peers = {
    network,
    registrar: new Registrar(world, network),
    okta: new Okta(world, network),
    zonestream: new Zonestream(world, network),
    otlp: new OtlpEndpoint(world, network),
  };
  const counts = { deaths: 0, powerCuts: 0, fullDisks: 0, clockJumps: 0 };
  let disk = new MemoryDisk(world.random);
  let directory = join(root, 'life-0');
  const restore = network.install();
  try {
    void peers.registrar.run();
    void peers.okta.run();
    void peers.zonestream.run();
    for (let life = 0; life < lives; life++) {
      const parts = partsOf(world);
      const { stores, collector } = await collectorOn(world, disk, directory, parts);
      void diskTrouble(world, disk, counts, hard ? network : undefined);
      if (clock) void clockTrouble(world, counts);
      const failures: unknown[] = [];
      void parts.start();
      collector.run(new AbortController().signal).catch((error: unknown) => failures.push(error));
      await world.run(world.nowMs + minuteMs + world.below(minutes * minuteMs));
      const { isPowerCut, grown } = hard
        ? await lastMoments(world, disk, counts)
        : { isPowerCut: world.below(3) === 0, grown: false };
      if (failures.length > 0) throw failures[0];
      world.kill();
      network.dropDead();
      counts.deaths++;
      if (isPowerCut) counts.powerCuts++;
      world.tell(isPowerCut ? 'power cut' : 'killed');
      disk = isPowerCut ? disk.afterPowerCut(grown) : disk.afterKill();
      const next = join(root, `life-${life + 1}`);
      cpSync(directory, next, { recursive: true });
      closeQuietly(stores);
      directory = next;
    }
    return await verdictOn(world, disk, directory, root, peers, seed, counts);
  } finally {
    restore();
    rmSync(root, { recursive: true, force: true });
  }
}
