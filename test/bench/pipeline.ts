/**
 * Event to decision: raw bytes into the durable log (at most 256 records a commit), through normalise, enrich, ledger,
 * features, three rules and cases, beside bare JSON.parse of the same bytes in the same process, rounds interleaved.
 * CPU time of all threads, garbage collection included. Both lanes run: what arrives, and what the watermark seals.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCollector, type Collector } from '../../collector/src/app/collector.ts';
import { readRuleFiles, shippedRulesPath } from '../../collector/src/app/rule-files.ts';
import { openStores, type Stores } from '../../collector/src/app/stores.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { encodeLogEntry } from '../../collector/src/log/entry-codec.ts';
import { startTracing } from '../../collector/src/self/tracing.ts';
import { benchInventory, benchKinds, benchRecords, type BenchKind } from './bench-records.ts';
import { median, type Figure } from './figure.ts';

const domains = 10_000;
/** Records of a round: enough of the small ones that a round lasts as long as one of the large. */
const recordsOfRound: Readonly<Record<BenchKind, number>> = {
  okta: 4_000,
  dnsimple: 4_000,
  zonestream: 40_000,
};
/** Rounds before the first that counts: the compiler is done, and as many messages wait as later. */
const warmUpRounds = 2;
const commitRecords = 256;
const goals: Readonly<Record<BenchKind, number>> = { okta: 0.43, dnsimple: 0.35, zonestream: 0.21 };

async function collectorIn(
  directory: string,
  threeRules: boolean,
): Promise<{ collector: Collector; stores: Stores }> {
  const stores = await openStores(directory, () => Date.now());
  const all = await readRuleFiles([shippedRulesPath()]);
  const rules = threeRules ? all.filter(({ path }) => /(^|\/)(r01|r05|c01)-/.test(path)) : all;
  const around = {
    nowMs: () => Date.now(),
    random: () => 0.5,
    sleep: () => Promise.resolve(),
    log: () => undefined,
  };
  const collector = await createCollector({
    stores,
    documents: { inventory: benchInventory(domains), intents: [], rules },
    paths: { rules: [] },
    sources: [],
    sinks: [],
    retention: {},
    around,
    tracing: startTracing({}, {}),
    version: 'bench',
  });
  return { collector, stores };
}

/** CPU milliseconds of the whole process, all threads: on a shared machine fairer than wall time, and never kinder. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function parseAll(records: readonly RawRecord[]): number {
  const started = cpuMs();
  let kept: unknown;
  for (const { bytes } of records) kept = JSON.parse((bytes as Buffer).toString('utf8'));
  if (kept === undefined) throw new Error('nothing was parsed');
  return cpuMs() - started;
}

async function decideAll(
  records: readonly RawRecord[],
  { collector, stores }: Awaited<ReturnType<typeof collectorIn>>,
) {
  const started = cpuMs();
  const commits: Promise<unknown>[] = [];
  for (let i = 0; i < records.length; i += commitRecords)
    commits.push(
      stores.log.append(
        records.slice(i, i + commitRecords).map((record) => encodeLogEntry({ kind: 'raw', record })),
      ),
    );
  // The host reads what is durable while later commits are still being written.
  for (const commit of commits) {
    await commit;
    await collector.host.catchUp();
  }
  return cpuMs() - started;
}

/** Figures of one kind: microseconds per record, with the parse floor of the same rounds. */
export async function pipelineFigure(kind: BenchKind, rounds: number, threeRules = true): Promise<Figure> {
  const directory = await mkdtemp(join(tmpdir(), 'zonewarden-bench-'));
  const made = await collectorIn(directory, threeRules);
  const perRound = recordsOfRound[kind];
  const floors: number[] = [];
  const values: number[] = [];
  let bytes = 0;
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    const part = benchRecords(kind, perRound, Date.UTC(2026, 0, 1), domains, round * perRound);
    bytes = part.reduce((sum, { bytes: { length } }) => sum + length, 0) / perRound;
    const floor = parseAll(part);
    const value = await decideAll(part, made);
    if (round < warmUpRounds) continue;
    floors.push(floor);
    values.push(value);
  }
  const accepted = made.collector.figures.messages;
  await made.stores.close();
  await rm(directory, { recursive: true });
  if (kind !== 'zonestream' && accepted < perRound * rounds)
    throw new Error(`${kind}: only ${accepted} messages arrived`);
  const ratios = values.map((value, i) => (floors[i] as number) / value);
  return {
    name: `pipeline.${kind}${threeRules ? '' : '.all-rules'}`,
    value: (1000 * median(values)) / perRound,
    unit: 'cpu us/record',
    floor: (1000 * median(floors)) / perRound,
    ratio: median(ratios),
    goal: goals[kind],
    held: median(ratios) >= goals[kind],
    note: `${Math.round(bytes)} bytes a record, ${domains} domains`,
  };
}

/** Figures of all kinds. */
export async function* pipelineFigures(rounds: number): AsyncGenerator<Figure> {
  for (const kind of benchKinds) yield await pipelineFigure(kind, rounds);
}
