/** What a simulated collector is held to in the end: its promises to the outside, and undisturbed runs over the same log. */
import { join } from 'node:path';
import type { Collector } from '../../collector/src/app/collector.ts';
import type { EmbeddedHost } from '../../collector/src/host/embedded-host.ts';
import type { MemoryDisk } from '../unit/log/memory-disk.ts';
import type { SimNetwork } from './sim-network.ts';
import type { Okta, OtlpEndpoint, Registrar, Zonestream } from './sim-peers.ts';
import type { SimWorld } from './sim-world.ts';
import { closeQuietly, collectorOn, partsOf } from './sim-collector.ts';
import { findingDifferences, openFindings, stateDifferences } from './sim-differences.ts';
import { contentsOf, withoutRepetitions, type Contents } from './sim-log.ts';

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

/** The outside of one simulation. */
export interface Peers {
  readonly network: SimNetwork;
  readonly registrar: Registrar;
  readonly okta: Okta;
  readonly zonestream: Zonestream;
  readonly otlp: OtlpEndpoint;
}

/** Time a message may be on its way. */
const slackMs = 2_500;

/** The record: what was acknowledged, polled or heard is in it, and nothing that nobody said. */
function recordProblems(logged: Contents, { registrar, okta, zonestream }: Peers): string[] {
  const problems = logged.unreadable.map((why) => `the log holds an entry that cannot be read: ${why}`);
  for (const body of registrar.acknowledged)
    if (!logged.bodies.has(body)) problems.push('an acknowledged delivery is not in the log');
  for (const [at, event] of okta.events.entries())
    if (!logged.bodies.has(event)) problems.push(`event ${at} of the polled log is not in ours`);
  const saidTexts = new Set(zonestream.said.map(({ text }) => text));
  const polled = new Set(okta.events);
  for (const body of logged.bodies)
    if (!registrar.everSent.has(body) && !polled.has(body) && !saidTexts.has(body))
      problems.push(`the log holds what nobody said: ${JSON.stringify(body.slice(0, 60))}`);
  return problems;
}

/** What the feed said and the log does not hold. Before the log first speaks of the feed, nothing was promised about it. */
function missedOf({ said }: Zonestream, { bodies, gaps }: Contents): Zonestream['said'] {
  const firstHeardMs = said.find(({ text }) => bodies.has(text))?.atMs ?? Infinity;
  const firstMs = Math.min(...gaps.map(({ fromMs }) => fromMs), firstHeardMs);
  return said.filter(({ text, atMs }) => atMs >= firstMs && !bodies.has(text));
}

/** Moments that were missed without being written down as blind time. */
function blindTimeProblems(missed: Zonestream['said'], { gaps }: Contents): string[] {
  return missed
    .filter(
      ({ atMs }) => !gaps.some(({ fromMs, toMs }) => fromMs - slackMs <= atMs && atMs <= toMs + slackMs),
    )
    .map(
      ({ atMs }) => `what the feed said at ${new Date(atMs).toISOString()} is neither heard nor blind time`,
    );
}

/** Findings that an undisturbed run has or has not, unlike what the sink was told. */
function sinkProblems(otlp: OtlpEndpoint, oracle: Collector<EmbeddedHost>): string[] {
  const open = new Set(openFindings(oracle));
  const problems = [...otlp.findings]
    .filter(([id, { state }]) => (state !== 'retracted') !== open.has(id))
    .slice(0, 3)
    .map(
      ([id, { state, revision }]) =>
        `the sink believes ${id} is ${state} (revision ${revision}), an undisturbed run does not`,
    );
  if (otlp.findings.size < open.size) problems.push('the sink does not know every finding');
  return problems;
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

/**
 * Leaves a last life over `disk` and `directory` in peace for 25 minutes and holds it against what the `peers` know and against
 * undisturbed runs, whose data go below `root`.
 */
export async function verdictOn(
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
  problems.push(...recordProblems(logged, peers));
  const missed = missedOf(zonestream, logged);
  // Blind time is written in the collector's own clock: with a wrong one the world's does not find it.
  if (counts.clockJumps === 0) problems.push(...blindTimeProblems(missed, logged));
  for (const finding of survivor.collector.host.book.findings.values())
    if (!otlp.received.has(`${finding.finding_id}.${finding.revision}`))
      problems.push(`finding ${finding.finding_id} revision ${finding.revision} never reached the sink`);
  const oracle = await oracleOver(world, disk, join(root, 'oracle'));
  problems.push(...stateDifferences(survivor.collector, oracle, 'an undisturbed run'));
  problems.push(...findingDifferences(survivor.collector, oracle, 'an undisturbed run'));
  problems.push(...sinkProblems(otlp, oracle));
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
