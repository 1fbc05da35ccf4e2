/**
 * `node [--import ./mutate.ts] test/sim/sim-hour.ts [minutes] [seed]`: an hour of a whole collector on a calm virtual network, in
 * seconds: heap after collection, waiting timers, open connections, the slowest turn and what is behind, once a virtual minute;
 * judged like a soak. A JSON line of verdicts; exit 1 when one did not hold.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { judgeSoak, type SoakSample } from '../soak/verdict.ts';
import { MemoryDisk } from '../unit/log/memory-disk.ts';
import { collectorOn, partsOf } from './sim-collector.ts';
import { SimNetwork } from './sim-network.ts';
import { Okta, OtlpEndpoint, Registrar, Zonestream } from './sim-peers.ts';
import { SimWorld } from './sim-world.ts';

const minutes = Number(process.argv[2] ?? 60);
const seed = Number(process.argv[3] ?? 1);
const minuteMs = 60_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const world = new SimWorld(seed, Date.UTC(2026, 2, 1));
const network = new SimNetwork(world);
network.calm();
const registrar = new Registrar(world, network);
const okta = new Okta(world, network);
const zonestream = new Zonestream(world, network);
const otlp = new OtlpEndpoint(world, network);
okta.isCalm = otlp.isCalm = true;
network.install();
const directory = mkdtempSync(join(tmpdir(), 'zonewarden-hour-'));
const parts = partsOf(world);
const { collector, stores } = await collectorOn(world, new MemoryDisk(world.random), directory, parts);
const samples: SoakSample[] = [];

function undelivered(): number {
  let missing = 0;
  for (const { finding_id: id, revision } of collector.host.book.findings.values())
    if (!otlp.received.has(`${id}.${revision}`)) missing++;
  return missing;
}

function sample(atMs: number): void {
  collectGarbage();
  const { heapUsed } = process.memoryUsage();
  samples.push({
    atMs,
    heapBytes: heapUsed,
    residentBytes: heapUsed,
    handles: world.waitingCount,
    descriptors: network.openConnections,
    loopDelayP99Ms: world.takeSlowestTurnMs(),
    idleDelayP99Ms: 0,
    engineBacklog: stores.log.nextSequence - collector.host.position,
    sinkBacklog: undelivered(),
  });
}

void parts.start();
collector.run(new AbortController().signal).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
for (const peer of [registrar, okta, zonestream]) void peer.run();
for (let minute = 1; minute <= minutes; minute++) {
  await world.run(world.nowMs + minuteMs);
  sample(minute * minuteMs);
}
registrar.isOver = okta.isOver = zonestream.isOver = true;
await world.run(world.nowMs + 3 * minuteMs);
sample((minutes + 3) * minuteMs);
const records = registrar.acknowledged.size + okta.events.length + zonestream.said.length;
const verdicts = judgeSoak(samples, records, [
  { name: 'deliveries refused on a calm network', expected: 0, found: registrar.refused },
]);
process.stdout.write(`${JSON.stringify({ minutes, seed, records, verdicts })}\n`);
rmSync(directory, { recursive: true, force: true });
process.exit(verdicts.every(({ held }) => held) ? 0 : 1);
