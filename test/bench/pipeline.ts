/**
 * Event to decision: raw bytes into the durable log (at most 256 records a commit), through normalise, enrich, ledger,
 * features, three rules and cases, beside bare JSON.parse of the same bytes in the same process, rounds interleaved.
 * CPU time of all threads, garbage collection included (that of the made records is done before). Both lanes run: what arrives, and what the watermark seals.
 */
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { appendRecords, benchCollector, type BenchCollector } from './bench-collector.ts';
import { benchRecords, type BenchKind } from './bench-records.ts';
import { cpuMs, interleaved, withRevised, type Figure } from './figure.ts';
import { ordinaryRecords } from './ordinary-records.ts';

/** Domains of the inventory. */
export const loadDomains = 10_000;
const domains = loadDomains;
/** Records of a round: enough of the small ones that a round lasts as long as one of the large. */
const recordsOfRound: Readonly<Record<BenchKind, number>> = {
  okta: 4_000,
  dnsimple: 4_000,
  zonestream: 40_000,
};
/** Rounds before the first that counts: the compiler is done, and as many messages wait as later. */
export const warmUpRounds = 2;
const commitRecords = 256;
const goals: Readonly<Record<BenchKind, number>> = { okta: 0.43, dnsimple: 0.35, zonestream: 0.21 };

/** CPU milliseconds of bare JSON.parse over the records. */
export function parseAll(records: readonly RawRecord[]): number {
  const started = cpuMs();
  let kept: unknown;
  for (const { bytes } of records) kept = JSON.parse((bytes as Buffer).toString('utf8'));
  if (kept === undefined) throw new Error('nothing was parsed');
  return cpuMs() - started;
}

/**
 * The floor of a round: the cheapest of three passes. The first ones share their CPU time with what collects the garbage of making the
 * records, which for 4,000 small records is more than parsing them.
 */
export function parseFloor(records: readonly RawRecord[]): number {
  return Math.min(parseAll(records), parseAll(records), parseAll(records));
}

/** CPU milliseconds of taking records in, commit by commit, and deciding them. */
export async function decideAll(records: readonly RawRecord[], made: BenchCollector): Promise<number> {
  const started = cpuMs();
  const commits: Promise<unknown>[] = [];
  for (let i = 0; i < records.length; i += commitRecords)
    commits.push(appendRecords(made, records.slice(i, i + commitRecords)));
  // The host reads what is durable while later commits are still being written.
  for (const commit of commits) {
    await commit;
    await made.collector.host.catchUp();
  }
  return cpuMs() - started;
}

/** CPU milliseconds of a round, cut at the moment from which everything is durable. */
export interface CutCost {
  readonly append: number;
  readonly decide: number;
}

/** As `decideAll`, one after the other. */
export async function appendThenDecide(
  records: readonly RawRecord[],
  made: BenchCollector,
): Promise<CutCost> {
  const started = cpuMs();
  const commits: Promise<unknown>[] = [];
  for (let i = 0; i < records.length; i += commitRecords)
    commits.push(appendRecords(made, records.slice(i, i + commitRecords)));
  await Promise.all(commits);
  const durable = cpuMs();
  await made.collector.host.catchUp();
  return { append: durable - started, decide: cpuMs() - durable };
}

/** What a figure is measured with. */
interface Load {
  readonly kind: BenchKind;
  readonly note: string;
  /** What the ratio must not fall below again (figure.ts). */
  readonly revised: number;
  readonly records: typeof benchRecords;
}

const zipfNote = 'zipf keys, events of an ordinary day';
/** By the name behind `pipeline.`: first the loads of the method the goals were set with, then the dearest there is. */
const loads: Readonly<Record<string, Load>> = {
  'okta.zipf': { kind: 'okta', note: zipfNote, revised: 0.045, records: ordinaryRecords },
  'dnsimple.zipf': { kind: 'dnsimple', note: zipfNote, revised: 0.003, records: ordinaryRecords },
  okta: {
    kind: 'okta',
    note: 'worst case: nothing but sign-ins of 500 people',
    revised: 0.045,
    records: benchRecords,
  },
  dnsimple: {
    kind: 'dnsimple',
    note: 'worst case: each record changes another domain, the first 10,000 for the first time',
    revised: 0.0045,
    records: benchRecords,
  },
  zonestream: {
    kind: 'zonestream',
    note: 'one name of 50 is monitored',
    revised: 0.04,
    records: benchRecords,
  },
};

/** Names of the loads. */
export const pipelineLoads: readonly string[] = Object.keys(loads);

/** How many records of a load make a round. */
export function roundOf(name: string): number {
  return recordsOfRound[(loads[name] as Load).kind];
}

/** `count` records of a load from the `first`-th on. */
export function recordsOfLoad(name: string, count: number, first: number): RawRecord[] {
  const { kind, records } = loads[name] as Load;
  return records(kind, count, Date.UTC(2026, 0, 1), domains, first);
}

/** Figures of one load: microseconds per record, with the parse floor of the same rounds. */
export async function pipelineFigure(load: string, rounds: number, threeRules = true): Promise<Figure> {
  const { kind, note: what, revised } = loads[load] as Load;
  const made = await benchCollector(domains, threeRules);
  const perRound = roundOf(load);
  const floors: number[] = [];
  const values: number[] = [];
  let bytes = 0;
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    const part = recordsOfLoad(load, perRound, round * perRound);
    // What making the records left behind is neither parsing nor deciding.
    (globalThis as { gc?: () => void }).gc?.();
    bytes = part.reduce((sum, { bytes: { length } }) => sum + length, 0) / perRound;
    const floor = parseFloor(part);
    const value = await decideAll(part, made);
    if (round < warmUpRounds) continue;
    floors.push((1000 * floor) / perRound);
    values.push((1000 * value) / perRound);
  }
  const accepted = made.collector.figures.messages;
  await made.close();
  if (kind !== 'zonestream' && accepted < perRound * rounds)
    throw new Error(`${kind}: only ${accepted} messages arrived`);
  const name = `pipeline.${load}${threeRules ? '' : '.all-rules'}`;
  const note = `${what}; ${Math.round(bytes)} bytes a record, ${domains} domains; floor: JSON.parse`;
  const figure = interleaved(name, 'cpu us/record', values, floors, goals[kind], note);
  return threeRules ? withRevised(figure, revised) : figure;
}

/** Figures of all loads. */
export async function* pipelineFigures(rounds: number): AsyncGenerator<Figure> {
  for (const load of pipelineLoads) yield await pipelineFigure(load, rounds);
}
