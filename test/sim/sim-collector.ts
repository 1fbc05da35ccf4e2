/** One simulated life: a collector with a sender and a flaky sink, killed and cut off at random, then left in peace. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedHost } from '../../collector/src/host/embedded-host.ts';
import { createCollector, type Collector } from '../../collector/src/app/collector.ts';
import { readRuleFiles, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import { openStores, type Stores } from '../../collector/src/app/stores.ts';
import type { Intake, Signal, SinkRun, SourceRun } from '../../collector/src/contract/component.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import type { Inventory } from '../../collector/src/contract/inventory.ts';
import { succeeded } from '../../collector/src/contract/outcome.ts';
import { canonicalJson } from '../../collector/src/leaf/canonical-json.ts';
import { startTracing } from '../../collector/src/self/tracing.ts';
import { MemoryDisk } from '../unit/log/memory-disk.ts';
import { SimWorld } from './sim-world.ts';

const startMs = Date.UTC(2026, 2, 1);
const hourMs = 3_600_000;
const minuteMs = 60_000;

/** What a seed led to; `problems` is empty when every promise held. */
export interface SimResult {
  readonly seed: number;
  readonly deaths: number;
  readonly powerCuts: number;
  readonly acknowledged: number;
  readonly findings: number;
  readonly problems: readonly string[];
}

const inventory: Inventory = {
  version: 1,
  tenants: [{ id: 'acme' }],
  teams: [{ id: 'ops', tenant: 'acme' }],
  registrar_accounts: [{ id: 'dnsimple/1010', tenant: 'acme', event_feed: 'webhook' }],
  domains: [0, 1, 2, 3].map((i) => ({
    domain: `d${i}.example`,
    tenant: 'acme',
    tier: i % 3,
    team: 'ops',
    registrar_account: 'dnsimple/1010',
    expect: { transfer_lock: true },
    critical_hosts: ['www'],
    approved: {
      nameservers: ['ns1.a.example'],
      records: [{ name: `www.d${i}.example`, type: 'A', values: ['192.0.2.1'] }],
    },
  })),
};

const names = [
  'zone_record.update',
  'domain.transfer_lock_disable',
  'zone_record.delete',
  'domain.transfer_lock_enable',
];

function recordAt(world: SimWorld, n: number): RawRecord {
  const domain = `d${world.below(4)}.example`;
  const name = names[world.below(names.length)] as string;
  const at = new Date(world.nowMs - world.below(world.below(20) === 0 ? 1_500_000 : 20_000)).toISOString();
  const data = name.startsWith('zone_record')
    ? {
        zone_record: {
          id: n,
          ttl: 60,
          name: 'www',
          type: 'A',
          content: `203.0.113.${n % 200}`,
          zone_id: domain,
          updated_at: at,
        },
      }
    : { domain: { id: n, name: domain, state: 'registered', account_id: 1010, updated_at: at } };
  const body = {
    data,
    name,
    actor: { id: '1010', entity: 'account', pretty: 'x@acme.example' },
    account: { id: 1010, display: 'x', identifier: 'x' },
    api_version: 'v2',
    request_identifier: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  };
  const text = world.below(40) === 0 ? JSON.stringify(body).slice(0, -9) : JSON.stringify(body);
  return {
    tenant: 'acme',
    source: 'dnsimple',
    receivedAtMs: world.nowMs,
    contentType: 'application/json',
    verified: true,
    bytes: Buffer.from(text),
  };
}

/** Sends records at random, each again until it is acknowledged, sometimes twice. */
class Sender {
  readonly acknowledged = new Set<string>();
  readonly #world: SimWorld;
  #next = 0;
  #unsent: RawRecord[] = [];

  constructor(world: SimWorld) {
    this.#world = world;
  }

  source(): SourceRun {
    const world = this.#world;
    const identity = {
      tenant: 'acme',
      id: 'dnsimple',
      feed: 'dnsimple',
      kind: 'registrar_audit',
      intervalMs: 60_000,
    } as const;
    return {
      identity,
      probe: () => Promise.resolve(succeeded('')),
      run: async (intake: Intake, signal) => {
        try {
          while (!signal.aborted) {
            await world.sleep(world.below(world.below(8) === 0 ? 200_000 : 20_000), signal);
            await this.#send(intake);
          }
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      },
    };
  }

  async #send(intake: Intake): Promise<void> {
    const world = this.#world;
    for (let i = world.below(4); i >= 0; i--) this.#unsent.push(recordAt(world, this.#next++));
    const batch = this.#unsent;
    await intake.accept(batch);
    for (const { bytes } of batch) this.acknowledged.add(Buffer.from(bytes).toString());
    // A sender that lost our answer delivers again.
    this.#unsent = world.below(5) === 0 ? batch.slice(0, 1) : [];
  }
}

/** Takes signals, refuses, hangs and fails at random until the world is calm. */
class FlakySink {
  readonly received = new Map<string, Signal>();
  calm = false;
  readonly #world: SimWorld;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  run(): SinkRun {
    return {
      id: 'flaky',
      accepts: ['finding', 'case'],
      batchMax: 10,
      probe: () => Promise.resolve(succeeded('')),
      close: () => Promise.resolve(),
      write: async (batch, signal) => {
        const luck = this.calm ? 0 : this.#world.below(10);
        await this.#world.sleep(luck === 9 ? 600_000 : this.#world.below(200), signal);
        if (luck >= 7) return { status: 'retryable', code: 'endpoint_unreachable', message: 'luck' };
        for (const signalOf of batch) this.received.set(signalOf.key, signalOf);
        return { status: 'delivered' };
      },
    };
  }
}

let rules: Awaited<ReturnType<typeof readRuleFiles>> | undefined;

async function collectorOn(
  world: SimWorld,
  disk: MemoryDisk,
  directory: string,
  parts: { sources: SourceRun[]; sinks: SinkRun[] },
) {
  rules ??= await readRuleFiles([shippedRulesPath()]);
  const opening = openStores(directory, () => world.nowMs, world.slow(disk));
  let stores: Stores | undefined;
  let failure: unknown;
  opening.then(
    (opened) => (stores = opened),
    (error: unknown) => (failure = error),
  );
  await world.run(world.nowMs + hourMs, () => stores !== undefined || failure !== undefined);
  if (stores === undefined) throw failure ?? new Error('the stores did not open');
  const collector = await createCollector({
    stores,
    documents: { inventory, intents: [], rules },
    paths: { rules: [] },
    ...parts,
    retention: {},
    around: world.surroundings(),
    tracing: startTracing({}, {}),
    version: 'sim',
  });
  return { stores, collector };
}

/** Sealed state as one text per operator, key and name. */
function sealedState(collector: Collector<EmbeddedHost>): Map<string, string> {
  const state = new Map<string, string>();
  for (const { operator, state: held } of collector.host.engine.operators)
    for (const key of held.keys())
      for (const [name, value] of held.entries(key))
        state.set(`${operator.name}/${key}/${name}`, canonicalJson(value));
  return state;
}

/** Names whose value differs, at most three, with both values cut short. */
function differences(a: Map<string, string>, b: Map<string, string>): string[] {
  const names = [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name)).sort();
  return names
    .slice(0, 3)
    .map((name) => `${name}: ${firstDifference(a.get(name) ?? 'absent', b.get(name) ?? 'absent')}`);
}

function firstDifference(a: string, b: string): string {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return `…${a.slice(Math.max(0, i - 60), i + 80)}… instead of …${b.slice(Math.max(0, i - 60), i + 80)}…`;
}

/** Lives one seed: `lives` processes of up to `minutes` of virtual time each, then calm, then the comparison. */
export async function simulate(seed: number, lives = 4, minutes = 12): Promise<SimResult> {
  const world = new SimWorld(seed, startMs);
  const root = mkdtempSync(join(tmpdir(), 'zonewarden-sim-'));
  const sender = new Sender(world);
  const sink = new FlakySink(world);
  const counts = { deaths: 0, powerCuts: 0 };
  let disk = new MemoryDisk(world.random);
  let directory = join(root, 'life-0');
  try {
    for (let life = 0; life < lives; life++) {
      const { stores, collector } = await collectorOn(world, disk, directory, {
        sources: [sender.source()],
        sinks: [sink.run()],
      });
      const stop = new AbortController();
      const running = collector.run(stop.signal).catch(() => undefined);
      await world.run(world.nowMs + minuteMs + world.below(minutes * minuteMs));
      world.abandon();
      stop.abort();
      counts.deaths++;
      const cut = world.below(3) === 0;
      if (cut) counts.powerCuts++;
      disk = cut ? disk.afterPowerCut() : disk.afterKill();
      const next = join(root, `life-${life + 1}`);
      cpSync(directory, next, { recursive: true });
      void running;
      closeQuietly(stores);
      directory = next;
    }
    return await compare(world, disk, directory, root, sender, sink, seed, counts);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The dead process's SQLite handles must not keep the test process open. */
function closeQuietly(stores: Stores): void {
  for (const close of [
    () => stores.cursors.close(),
    () => stores.checkpoints.close(),
    () => stores.quarantine.close(),
  ]) {
    try {
      close();
    } catch {
      // Closed already by the dying process.
    }
  }
}

async function compare(
  world: SimWorld,
  disk: MemoryDisk,
  directory: string,
  root: string,
  sender: Sender,
  sink: FlakySink,
  seed: number,
  counts: { deaths: number; powerCuts: number },
): Promise<SimResult> {
  sink.calm = true;
  const problems: string[] = [];
  const survivor = await collectorOn(world, disk, directory, { sources: [], sinks: [sink.run()] });
  const stop = new AbortController();
  const running = survivor.collector
    .run(stop.signal)
    .catch((error: Error) => problems.push(`survivor: ${error.message}`));
  await world.run(world.nowMs + 25 * minuteMs);
  const logged = await bodiesIn(world, survivor.stores);
  for (const body of sender.acknowledged)
    if (!logged.has(body)) problems.push('an acknowledged record is not in the log');
  for (const finding of survivor.collector.host.book.findings.values())
    if (!sink.received.has(`${finding.finding_id}.${finding.revision}`))
      problems.push(`finding ${finding.finding_id} revision ${finding.revision} never reached the sink`);
  const oracle = await oracleOver(world, disk, join(root, 'oracle'));
  for (const difference of differences(sealedState(survivor.collector), sealedState(oracle)))
    problems.push(`sealed state differs from an undisturbed run: ${difference}`);
  const open = (collector: Collector<EmbeddedHost>): string[] =>
    [...collector.host.book.findings.values()]
      .filter(({ state }) => state !== 'retracted')
      .map(({ finding_id: id }) => id)
      .sort();
  if (canonicalJson(open(survivor.collector)) !== canonicalJson(open(oracle)))
    problems.push('findings differ from an undisturbed run');
  stop.abort();
  await world.run(world.nowMs + 1000);
  void running;
  closeQuietly(survivor.stores);
  const findings = open(oracle).length;
  closeQuietly(oracle.stores);
  return { seed, ...counts, acknowledged: sender.acknowledged.size, findings, problems };
}

/** An undisturbed run over the survivor's log: same bytes, no checkpoint, no interruption. */
async function oracleOver(
  world: SimWorld,
  disk: MemoryDisk,
  directory: string,
): Promise<Collector<EmbeddedHost>> {
  const { collector } = await collectorOn(world, disk.afterKill(), directory, { sources: [], sinks: [] });
  let done = false;
  const catching = collector.host.catchUp().then(() => (done = true));
  await world.run(world.nowMs + hourMs, () => done);
  await catching;
  return collector;
}

async function bodiesIn(world: SimWorld, stores: Stores): Promise<Set<string>> {
  const { decodeLogEntry } = await import('../../collector/src/log/entry-codec.ts');
  const bodies = new Set<string>();
  let done = false;
  const reading = (async () => {
    for await (const batch of stores.log.batches(stores.log.firstSequence))
      for (const record of batch.records) {
        const entry = decodeLogEntry(record);
        if (entry.ok && entry.value.kind === 'raw')
          bodies.add(Buffer.from(entry.value.record.bytes).toString());
      }
    done = true;
  })();
  await world.run(world.nowMs + hourMs, () => done);
  await reading;
  return bodies;
}
