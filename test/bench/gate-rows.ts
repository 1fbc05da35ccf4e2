/** What the gate measures, by group; each group runs in a process of its own and prints a JSON line per row. Needs --expose-gc. */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { encodeLogEntry } from '../../collector/src/log/entry-codec.ts';
import { benchCollector, benchDirectory } from './bench-collector.ts';
import { benchKinds } from './bench-records.ts';
import { interleaved, median, quantile, rounded, type Figure } from './figure.ts';
import type { GateRow } from './gate-verdict.ts';
import { idiomaticNormaliseFigure } from './idiomatic.ts';
import {
  capacityOf,
  collectorTaker,
  latencies,
  latencyDomains,
  latencyRecords,
  type RecordTaker,
} from './latency.ts';
import { logFigures } from './log.ts';
import { observedBesideMap } from './memory.ts';
import { nameFigures } from './names.ts';
import {
  appendThenDecide,
  loadDomains,
  parseFloor,
  recordsOfLoad,
  roundOf,
  warmUpRounds,
} from './pipeline.ts';

/** The row of a figure that was measured beside its floor. */
function rowOf(goalName: string, figure: Figure, goal = figure.goal ?? 0): GateRow {
  const us = figure.us ?? Number.NaN;
  const ratio = figure.ratio ?? Number.NaN;
  return {
    name: `${goalName} ${figure.name}`,
    ratio,
    noise: figure.floor_spread ?? 0,
    value: us,
    floor: rounded(us * ratio),
    unit: `us/${figure.unit.replace(/s\/.*/, '')}`,
    goal,
  };
}

interface PipelineGoals {
  readonly without: number;
  readonly durable: number;
}

const pipelineGoals: Readonly<Record<string, PipelineGoals>> = {
  'okta.zipf': { without: 0.6, durable: 0.43 },
  'dnsimple.zipf': { without: 0.48, durable: 0.35 },
  zonestream: { without: 0.32, durable: 0.21 },
};

/** G1 and G2: the same records, without and with what makes them durable. */
async function* pipelineRows(rounds: number): AsyncGenerator<GateRow> {
  for (const [load, goals] of Object.entries(pipelineGoals)) {
    const made = await benchCollector(loadDomains, true);
    const perRound = roundOf(load);
    const costs: Record<'floor' | 'decide' | 'all', number[]> = { floor: [], decide: [], all: [] };
    for (let round = 0; round < warmUpRounds + rounds; round++) {
      const records = recordsOfLoad(load, perRound, round * perRound);
      (globalThis as { gc?: () => void }).gc?.();
      const floor = parseFloor(records);
      const { append, decide } = await appendThenDecide(records, made);
      if (round < warmUpRounds) continue;
      costs.floor.push((1000 * floor) / perRound);
      costs.decide.push((1000 * decide) / perRound);
      costs.all.push((1000 * (append + decide)) / perRound);
    }
    await made.close();
    const figure = (values: number[], goal: number): Figure =>
      interleaved(`pipeline.${load}`, 'cpu us/record', values, costs.floor, goal, '');
    yield rowOf('G1', figure(costs.decide, goals.without));
    yield rowOf('G2', figure(costs.all, goals.durable));
  }
}

/** G4: equal events from what one would write in an afternoon. */
async function* idiomaticRows(rounds: number): AsyncGenerator<GateRow> {
  for (const kind of benchKinds) yield rowOf('G4', await idiomaticNormaliseFigure(kind, rounds));
}

const observedNames = 1_000_000;
/** Fewer bytes a name than this are not told from what else a heap does meanwhile. */
const observedBytesLeast = 16;

/** G6: a name merely observed, beside a map of objects. */
async function* memoryRows(): AsyncGenerator<GateRow> {
  const { bytes, map } = await observedBesideMap(observedNames);
  yield {
    name: `G6 memory.observed.${observedNames}`,
    ratio: rounded(map / Math.max(observedBytesLeast, bytes)),
    noise: 0,
    value: rounded(bytes),
    floor: rounded(map),
    unit: 'bytes/name',
    goal: rounded(1 / 0.3),
  };
}

/** The least that takes the same records durably and looks at them: what came meanwhile is written and synced together, then parsed. */
async function bareTaker(directory: string): Promise<RecordTaker & { close(): Promise<void> }> {
  const file = await open(join(directory, 'bare'), 'w');
  const durable: RawRecord[] = [];
  let waiting: RawRecord[] = [];
  let writing: Promise<void> | undefined;
  let position = 0;
  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const taken = waiting;
      waiting = [];
      await file.appendFile(
        Buffer.concat(taken.flatMap((record) => encodeLogEntry({ kind: 'raw', record }))),
      );
      await file.datasync();
      durable.push(...taken);
    }
    writing = undefined;
  };
  return {
    append(records) {
      waiting.push(...records);
      writing ??= write();
      return writing;
    },
    catchUp() {
      for (const { bytes } of durable.splice(0)) {
        if (JSON.parse(Buffer.from(bytes).toString('utf8')) === null) throw new Error('nothing was parsed');
        position++;
      }
      return Promise.resolve();
    },
    get position() {
      return position;
    },
    close: () => file.close(),
  };
}

/** Records of one round of the latency rows, for two seconds at half the capacity. */
const latencyRoundMs = 2_000;
const capacityRecords = 4_000;

/** G9: at half the measured capacity, beside the bare work on the same schedule: whatever the machine takes, it takes from both. */
async function* latencyRows(rounds: number): AsyncGenerator<GateRow> {
  const made = await benchCollector(latencyDomains, true);
  const directory = await benchDirectory();
  const bare = await bareTaker(directory);
  const perSecond = (await capacityOf(made, capacityRecords)) / 2;
  const count = Math.floor((perSecond * latencyRoundMs) / 1000);
  const found: Record<'ours' | 'bare', number[][]> = { ours: [], bare: [] };
  let first = 3 * capacityRecords;
  for (let round = 0; round <= rounds; round++, first += count) {
    const records = latencyRecords(count, first);
    const floor = await latencies(bare, records, perSecond);
    const ours = await latencies(collectorTaker(made), records, perSecond);
    if (round === 0) continue;
    found.bare.push(floor);
    found.ours.push(ours);
  }
  await bare.close();
  await rm(directory, { recursive: true });
  await made.close();
  for (const [share, name] of [
    [0.5, 'p50'],
    [0.99, 'p99'],
  ] as const) {
    const floors = found.bare.map((each) => quantile(each, share));
    const value = median(found.ours.map((each) => quantile(each, share)));
    const floor = median(floors);
    yield {
      name: `G9 latency.50.${name}`,
      ratio: rounded(floor / value),
      noise: rounded((quantile(floors, 0.75) - quantile(floors, 0.25)) / floor),
      value: rounded(value),
      floor: rounded(floor),
      unit: 'ms',
      goal: 0.5,
    };
  }
}

/** G12, in CPU: what the disk of a shared machine takes by the clock says nothing about the program (log.ts measures it, too). */
async function* logRows(rounds: number): AsyncGenerator<GateRow> {
  for await (const figure of logFigures(rounds))
    if (figure.name.endsWith('.cpu')) yield rowOf('G12', figure, 0.8);
}

/** G13: time beside one tldts.parse, growth with the names, and what a planted set shows. */
async function* nameRows(rounds: number): AsyncGenerator<GateRow> {
  const recalls: number[] = [];
  for await (const figure of nameFigures(rounds)) {
    if (figure.name === 'names.10000') yield rowOf('G13', figure);
    if (figure.name.startsWith('names.recall.')) recalls.push(figure.value);
    if (figure.name !== 'names.growth') continue;
    const { value } = figure;
    yield {
      name: 'G13 names.growth',
      ratio: rounded(1 / value),
      noise: 0,
      value,
      floor: 1,
      unit: 'time, 10,000 names over 100',
      goal: rounded(1 / 1.5),
    };
  }
  const least = Math.min(...recalls);
  yield { name: 'G13 names.recall', ratio: least, noise: 0, value: least, floor: 1, unit: 'share', goal: 1 };
}

/** `tolerance`: of a row that is new. */
interface GateGroup {
  readonly goals: readonly string[];
  readonly tolerance: number;
  readonly rows: (rounds: number) => AsyncGenerator<GateRow>;
}

/** Rows by group. */
export const gateGroups: Readonly<Record<string, GateGroup>> = {
  pipeline: { goals: ['G1', 'G2'], tolerance: 0.35, rows: pipelineRows },
  idiomatic: { goals: ['G4'], tolerance: 0.35, rows: idiomaticRows },
  memory: { goals: ['G6'], tolerance: 0.2, rows: memoryRows },
  latency: { goals: ['G9'], tolerance: 0.6, rows: latencyRows },
  log: { goals: ['G12'], tolerance: 0.4, rows: logRows },
  names: { goals: ['G13'], tolerance: 0.35, rows: nameRows },
};

/** Group of a row, by the first word of its figure. */
export function groupOfRow(name: string): string {
  return /^G\d+ (\w+)/.exec(name)?.[1] ?? '';
}
