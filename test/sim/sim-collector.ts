/**
 * One simulated life: a whole collector with HTTP intake, a poller, a WebSocket feed and an OTLP sink on a virtual network
 * and a virtual disk, killed and cut off at random, then left in peace and held against an undisturbed run.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedHost } from '../../collector/src/host/embedded-host.ts';
import { createCollector, type Collector } from '../../collector/src/app/collector.ts';
import { readRuleFiles, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import { openStores, type Stores } from '../../collector/src/app/stores.ts';
import { createOutgoingPolicy } from '../../collector/src/1-source/address-policy.ts';
import { createOktaSource } from '../../collector/src/1-source/okta/okta-source.ts';
import { createOutgoingClient } from '../../collector/src/1-source/outgoing-http.ts';
import { createIngestRouter } from '../../collector/src/1-source/webhook/ingest-handler.ts';
import { createWebhookSource } from '../../collector/src/1-source/webhook/webhook-source.ts';
import { createZonestreamSource } from '../../collector/src/1-source/zonestream/zonestream-source.ts';
import { createOtlpLogSink } from '../../collector/src/8-sink/otlp-log/otlp-log-sink.ts';
import { startServer } from '../../collector/src/api/server.ts';
import type { SinkRun, SourceIdentity, SourceRun } from '../../collector/src/contract/component.ts';
import { canonicalJson } from '../../collector/src/leaf/canonical-json.ts';
import { createSecret } from '../../collector/src/leaf/secret.ts';
import { decodeLogEntry } from '../../collector/src/log/entry-codec.ts';
import { openLog } from '../../collector/src/log/segmented-log.ts';
import { startTracing } from '../../collector/src/self/tracing.ts';
import { MemoryDisk } from '../unit/log/memory-disk.ts';
import { watchedFleet } from '../fleet/watched-fleet.ts';
import { SimNetwork } from './sim-network.ts';
import { clockTrouble, diskTrouble, lastMoments } from './sim-troubles.ts';
import { deliverySecret, Okta, OtlpEndpoint, ports, Registrar, Zonestream } from './sim-peers.ts';
import { SimWorld } from './sim-world.ts';

const startMs = Date.UTC(2026, 2, 1);
const hourMs = 3_600_000;
const minuteMs = 60_000;

/** What a seed led to; `problems` is empty when every promise held. */
export interface SimResult {
  readonly seed: number;
  readonly deaths: number;
  readonly powerCuts: number;
  /** Times the disk was full for a while. */
  readonly fullDisks: number;
  /** Times the wall clock of the collector was set. */
  readonly clockJumps: number;
  readonly connections: number;
  /** Deliveries answered 2xx, and those that were not. */
  readonly acknowledged: number;
  readonly refused: number;
  readonly polled: number;
  /** Messages of the feed, and those it said while nobody could hear. */
  readonly said: number;
  readonly missed: number;
  readonly findings: number;
  /** Digest of everything that happened, in order: the same seed tells the same story. */
  readonly story: string;
  readonly problems: readonly string[];
}

const inventory = watchedFleet([0, 1, 2, 3].map((i) => `d${i}.example`));

let rules: Awaited<ReturnType<typeof readRuleFiles>> | undefined;

/** The outside of one simulation. */
interface Peers {
  readonly network: SimNetwork;
  readonly registrar: Registrar;
  readonly okta: Okta;
  readonly zonestream: Zonestream;
  readonly otlp: OtlpEndpoint;
}

function identityOf(id: string, kind: SourceIdentity['kind'], intervalMs: number): SourceIdentity {
  return { tenant: 'acme', id, feed: id, kind, intervalMs };
}

const policy = createOutgoingPolicy({ allowNetworks: ['127.0.0.0/8'], allowPlainHttp: ['127.0.0.1'] });

/** Sources, sinks and listener of the simulated collector, in the life that runs now. */
export function partsOf(world: SimWorld): {
  sources: SourceRun[];
  sinks: SinkRun[];
  start: () => Promise<unknown>;
} {
  const around = world.surroundings();
  const hook = createWebhookSource(
    {
      identity: identityOf('dnsimple', 'registrar_audit', 60_000),
      feed: 'dnsimple',
      scheme: 'hmac',
      schemeSettings: { secret: createSecret(deliverySecret), header: 'x-signature' },
      bodyBytesMax: 1_048_576,
      acceptCompressed: false,
      ratePerSecond: 100,
    },
    around,
  );
  const client = createOutgoingClient(policy, { nowMs: around.nowMs, userAgent: 'zonewarden-sim' });
  const okta = createOktaSource(
    {
      identity: identityOf('okta', 'identity_log', 30_000),
      baseUrl: `http://127.0.0.1:${ports.okta}`,
      apiToken: createSecret('simulated-token'),
    },
    client,
    around,
  );
  const zonestream = createZonestreamSource(
    {
      identity: identityOf('zonestream', 'zone_feed', 60_000),
      url: `ws://127.0.0.1:${ports.zonestream}`,
      topics: ['newly_registered_domain'],
      headers: {},
      messageBytesMax: 65_536,
      pingIntervalMs: 20_000,
      pongTimeoutMs: 10_000,
      idleTimeoutMs: 0,
    },
    policy,
    around,
  );
  const otlp = createOtlpLogSink({
    id: 'otlp',
    accepts: ['finding', 'case'],
    resource: { 'service.name': 'zonewarden' },
    endpoint: `http://127.0.0.1:${ports.otlp}`,
    timeoutMs: 10_000,
    compression: 'none',
    batchMax: 10,
    nowMs: around.nowMs,
  });
  const ingest = createIngestRouter([hook]);
  const start = (): Promise<unknown> =>
    startServer({
      host: '127.0.0.1',
      port: ports.collector,
      routes: [
        {
          method: 'ANY',
          path: '/ingest/*',
          machine: true,
          bodyBytesMax: (path) => ingest.bodyBytesMax(path),
          handler: (request) => ingest.handle(request),
        },
      ],
      nowMs: around.nowMs,
      log: around.log,
    });
  return { sources: [hook, okta, zonestream], sinks: [otlp], start };
}

/** A collector over `disk`; the rest of its data lies in `directory`. */
export async function collectorOn(
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

/** What may happen besides. `clock`: the wall clock is set wrong; `hard`: processes also die in the middle of a write or on a full disk. */
export interface SimOptions {
  readonly trace?: ((line: string) => void) | undefined;
  readonly clock?: boolean;
  readonly hard?: boolean;
}

/** Lives one seed: `lives` processes of up to `minutes` of virtual time each, then calm, then the comparison. */
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
    return await compare(world, disk, directory, root, peers, seed, counts);
  } finally {
    restore();
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

function openFindings(collector: Collector<EmbeddedHost>): string[] {
  return [...collector.host.book.findings.values()]
    .filter(({ state }) => state !== 'retracted')
    .map(({ finding_id: id }) => id)
    .sort();
}

/** Findings of one collector that another has not, at most three each way. */
function findingDifferences(
  ours: Collector<EmbeddedHost>,
  theirs: Collector<EmbeddedHost>,
  what: string,
): string[] {
  const told = (from: Collector<EmbeddedHost>, id: string): string => {
    const finding = from.host.book.findings.get(id);
    return finding === undefined
      ? 'absent'
      : `${finding.state} revision ${finding.revision} ${finding.group_key} ${finding.first_seen} to ${finding.last_seen}`;
  };
  const [a, b] = [new Set(openFindings(ours)), new Set(openFindings(theirs))];
  return [...a.symmetricDifference(b)]
    .sort()
    .slice(0, 3)
    .map((id) => {
      const rule = (ours.host.book.findings.get(id) ?? theirs.host.book.findings.get(id))?.rule_id ?? '';
      return `findings differ from ${what}: ${rule} ${id}: ${told(ours, id)} instead of ${told(theirs, id)}`;
    });
}

async function compare(
  world: SimWorld,
  disk: MemoryDisk,
  directory: string,
  root: string,
  peers: Peers,
  seed: number,
  counts: { deaths: number; powerCuts: number; fullDisks: number; clockJumps: number },
): Promise<SimResult> {
  const { network, registrar, okta, zonestream, otlp } = peers;
  network.calm();
  okta.isCalm = true;
  otlp.isCalm = true;
  registrar.isOver = okta.isOver = zonestream.isOver = true;
  const problems: string[] = [];
  const parts = partsOf(world);
  const survivor = await collectorOn(world, disk, directory, parts);
  const stop = new AbortController();
  void parts.start();
  const running = survivor.collector
    .run(stop.signal)
    .catch((error: Error) => problems.push(`survivor: ${error.message}`));
  await world.run(world.nowMs + 25 * minuteMs);
  const logged = await contentsOf(world, survivor.stores);
  for (const why of logged.unreadable) problems.push(`the log holds an entry that cannot be read: ${why}`);
  for (const body of registrar.acknowledged)
    if (!logged.bodies.has(body)) problems.push('an acknowledged delivery is not in the log');
  for (const [at, event] of okta.events.entries())
    if (!logged.bodies.has(event)) problems.push(`event ${at} of the polled log is not in ours`);
  const saidTexts = new Set(zonestream.said.map(({ text }) => text));
  const polled = new Set(okta.events);
  for (const body of logged.bodies)
    if (!registrar.everSent.has(body) && !polled.has(body) && !saidTexts.has(body))
      problems.push(`the log holds what nobody said: ${JSON.stringify(body.slice(0, 60))}`);
  // Before the log first speaks of the feed, nothing was promised about it.
  const firstMs = Math.min(...logged.gaps.map(({ fromMs }) => fromMs), firstHeardMs(zonestream, logged));
  const missed = zonestream.said.filter(({ text, atMs }) => atMs >= firstMs && !logged.bodies.has(text));
  // Blind time is written in the collector's own clock: with a wrong one the world's does not find it.
  for (const { atMs } of counts.clockJumps > 0 ? [] : missed)
    if (!logged.gaps.some(({ fromMs, toMs }) => fromMs - slackMs <= atMs && atMs <= toMs + slackMs))
      problems.push(`what the feed said at ${new Date(atMs).toISOString()} is neither heard nor blind time`);
  for (const finding of survivor.collector.host.book.findings.values())
    if (!otlp.received.has(`${finding.finding_id}.${finding.revision}`))
      problems.push(`finding ${finding.finding_id} revision ${finding.revision} never reached the sink`);
  const oracle = await oracleOver(world, disk, join(root, 'oracle'));
  for (const difference of differences(sealedState(survivor.collector), sealedState(oracle)))
    problems.push(`sealed state differs from an undisturbed run: ${difference}`);
  problems.push(...findingDifferences(survivor.collector, oracle, 'an undisturbed run'));
  const open = new Set(openFindings(oracle));
  const told = [...otlp.findings].filter(([id, { state }]) => (state !== 'retracted') !== open.has(id));
  for (const [id, { state, revision }] of told.slice(0, 3))
    problems.push(`the sink believes ${id} is ${state} (revision ${revision}), an undisturbed run does not`);
  if (otlp.findings.size < open.size) problems.push('the sink does not know every finding');
  const once = await oracleOver(world, await withoutRepetitions(world, survivor.stores), join(root, 'once'));
  problems.push(...findingDifferences(oracle, once, 'a run in which nothing was repeated'));
  closeQuietly(once.stores);
  stop.abort();
  await world.run(world.nowMs + 60_000);
  void running;
  closeQuietly(survivor.stores);
  const findings = openFindings(oracle).length;
  closeQuietly(oracle.stores);
  return {
    seed,
    ...counts,
    connections: network.connections,
    acknowledged: registrar.acknowledged.size,
    refused: registrar.refused,
    polled: okta.events.length,
    said: zonestream.said.length,
    missed: missed.length,
    findings,
    story: world.storyDigest(),
    problems: [...new Set(problems)].slice(0, 12),
  };
}

function firstHeardMs({ said }: Zonestream, { bodies }: Contents): number {
  return said.find(({ text }) => bodies.has(text))?.atMs ?? Infinity;
}

/** Time a message may be on its way. */
const slackMs = 2_500;

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

/** A disk whose log holds every raw record of `stores` once, at its first place. */
async function withoutRepetitions(world: SimWorld, stores: Stores): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const opened = await openLog({ directory: '/log', disk, nowMs: () => world.nowMs });
  if (!opened.ok) throw new Error(opened.failure.message);
  const known = new Set<string>();
  let done = false;
  const copying = (async () => {
    for await (const batch of stores.log.batches(stores.log.firstSequence)) {
      const kept = batch.records.filter((record) => {
        const entry = decodeLogEntry(record);
        if (!entry.ok || entry.value.kind !== 'raw') return true;
        const text = Buffer.from(entry.value.record.bytes).toString('latin1');
        return known.size < known.add(text).size;
      });
      if (kept.length > 0) await opened.value.append(kept);
    }
    await opened.value.close();
    done = true;
  })();
  await world.run(world.nowMs + hourMs, () => done);
  await copying;
  return disk;
}

interface Contents {
  readonly bodies: Set<string>;
  readonly gaps: { readonly fromMs: number; readonly toMs: number }[];
  /** What is wrong with entries that cannot be read: an intact log has none. */
  readonly unreadable: string[];
}

async function contentsOf(world: SimWorld, stores: Stores): Promise<Contents> {
  const contents: Contents = { bodies: new Set(), gaps: [], unreadable: [] };
  let done = false;
  const reading = (async () => {
    for await (const batch of stores.log.batches(stores.log.firstSequence))
      for (const record of batch.records) {
        const entry = decodeLogEntry(record);
        if (!entry.ok) contents.unreadable.push(`${entry.failure.code} ${entry.failure.message}`);
        else if (entry.value.kind === 'raw')
          contents.bodies.add(Buffer.from(entry.value.record.bytes).toString());
        else if (entry.value.kind === 'gap') contents.gaps.push(entry.value);
      }
    done = true;
  })();
  await world.run(world.nowMs + hourMs, () => done);
  await reading;
  return contents;
}
