/** Normalisation (parse, map, complete, schema) beside bare JSON.parse of the same bytes, per source and over the mix. */
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { frameFile } from '../../collector/src/1-source/file/frame-file.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import type { SourceName } from '../../collector/src/contract/source-name.ts';
import type { Normaliser } from '../../collector/src/contract/normaliser.ts';
import { normaliserFor } from '../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import { benchRecords } from './bench-records.ts';
import { benchFlags, cpuMs, interleaved, withoutGoal, type Figure } from './figure.ts';
import { parseAll } from './pipeline.ts';

const context = { sha256: (data: string | Uint8Array) => hash('sha256', data, 'hex') };
const bytesOfRound = 18_000_000;
/**
 * Rounds before the first that counts, for so long: the compiler works on the side and its time is counted, a quarter of all in the
 * first second and nearly none in a collector that has run for a minute. Fifteen feeds in one process keep it busy longer than one.
 */
const warmUpMs = { all: 15_000, alone: 4_000 } as const;

interface Load {
  readonly normaliser: Normaliser;
  readonly records: readonly RawRecord[];
}

/** The record when it is JSON; of a recorded request the body, which is what the intake hands on. */
function jsonOf(record: RawRecord): RawRecord | undefined {
  const bytes = Buffer.from(record.bytes);
  const from = record.contentType === 'message/http' ? Math.max(0, bytes.indexOf('{')) : 0;
  const json = { ...record, contentType: 'application/json', bytes: Buffer.from(bytes.subarray(from)) };
  try {
    return typeof JSON.parse(json.bytes.toString()) === 'object' ? json : undefined;
  } catch {
    return undefined;
  }
}

function loadOf(normaliser: Normaliser, records: readonly RawRecord[]): Load {
  const accepted = records
    .map(jsonOf)
    .filter((each) => each !== undefined)
    .filter((each) => normaliseRecord(each, normaliser, each.receivedAtMs, context).ok);
  return { normaliser, records: accepted };
}

/** Every recorded payload that is JSON, beside the repository when they are there, else made ones. */
async function loads(): Promise<Load[]> {
  const samples = new URL('../../../shared/samples/', import.meta.url);
  const found: Load[] = [];
  const sources: string[] = await readdir(samples).catch(() => []);
  for (const source of sources.sort()) {
    const normaliser = normaliserFor(source as SourceName);
    if (normaliser === undefined) continue;
    const folder = new URL(`${source}/`, samples);
    const files = (await readdir(folder)).filter((name) => /\.(?:ndjson|json|http)$/u.test(name));
    const records: RawRecord[] = [];
    for (const name of files)
      for (const framed of frameFile(source as SourceName, name, await readFile(new URL(name, folder))))
        if ('bytes' in framed) records.push(rawRecord(source as SourceName, framed));
    const load = loadOf(normaliser, records);
    if (load.records.length > 0) found.push(load);
  }
  if (found.length > 0) return found;
  return (['okta', 'dnsimple', 'zonestream'] as const).map((kind) =>
    loadOf(normaliserFor(kind) as Normaliser, benchRecords(kind, 500, Date.UTC(2026, 0, 1), 10_000)),
  );
}

interface Framed {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

function rawRecord(source: SourceName, { bytes, contentType }: Framed): RawRecord {
  const receivedAtMs = Date.UTC(2026, 0, 1);
  return { tenant: 'acme', source, receivedAtMs, contentType, verified: true, bytes: Buffer.from(bytes) };
}

/** As many copies of the records as fill a round; every source weighs the same number of bytes. */
function filled({ normaliser, records }: Load, bytes: number): Load {
  const sum = records.reduce((total, each) => total + each.bytes.length, 0);
  const copies = Math.max(1, Math.ceil(bytes / sum));
  return { normaliser, records: Array.from({ length: copies }, () => records).flat() };
}

function normaliseAll({ normaliser, records }: Load): number {
  const started = cpuMs();
  for (const record of records)
    if (!normaliseRecord(record, normaliser, record.receivedAtMs, context).ok) throw new Error('refused');
  return cpuMs() - started;
}

/**
 * What no program can leave out that promises the same: text, parsed record, the digest of its bytes and the digest that
 * becomes the id of an event. Mapping, completing and checking are what is left.
 */
function mandatoryAll({ records }: Load): number {
  const started = cpuMs();
  let characters = 0;
  for (const { bytes, tenant, source } of records) {
    const body = JSON.parse((bytes as Buffer).toString('utf8')) as Record<string, unknown>;
    const raw = context.sha256(bytes);
    const parts = [tenant, source, '', raw, 'intel.domain.newly_registered', Object.keys(body)[0] ?? ''];
    characters += context.sha256(JSON.stringify(parts)).length;
  }
  if (characters === 0) throw new Error('nothing was digested');
  return cpuMs() - started;
}

/** Microseconds a record of one source, round by round. */
interface Timed {
  readonly source: string;
  /** Recorded payloads, and how many bytes of JSON one has on average. */
  readonly recorded: number;
  readonly bytes: number;
  /** Records of a round: as many as fill the same number of bytes. */
  readonly count: number;
  readonly value: readonly number[];
  readonly floor: readonly number[];
  readonly mandatory: readonly number[];
}

/** Measures the loads in turn, round after round, in this process; those that end in the first `warmUp` milliseconds do not count. */
function timed(found: readonly Load[], rounds: number, warmUp: number): Timed[] {
  const measured = found.map((load) => {
    const all = filled(load, bytesOfRound / found.length);
    const bytes = load.records.reduce((sum, each) => sum + each.bytes.length, 0) / load.records.length;
    const lists = { value: [] as number[], floor: [] as number[], mandatory: [] as number[] };
    return { all, recorded: load.records.length, bytes: Math.round(bytes), ...lists };
  });
  const started = performance.now();
  for (let counted = 0; counted < rounds;) {
    const counts = performance.now() - started > warmUp;
    for (const { all, value, floor, mandatory } of measured) {
      const [parse, least, whole] = [parseAll(all.records), mandatoryAll(all), normaliseAll(all)];
      if (!counts) continue;
      floor.push((1000 * parse) / all.records.length);
      mandatory.push((1000 * least) / all.records.length);
      value.push((1000 * whole) / all.records.length);
    }
    if (counts) counted += 1;
  }
  return measured.map(({ all, ...rest }) => ({
    source: all.normaliser.source,
    count: all.records.length,
    ...rest,
  }));
}

type Lane = 'value' | 'floor' | 'mandatory';

/** Microseconds of an average record, round by round, where each source has `weight` records. */
function mixed(all: readonly Timed[], lane: Lane, weight: (one: Timed) => number): number[] {
  const records = all.reduce((sum, one) => sum + weight(one), 0);
  const rounds = Math.min(...all.map(({ value }) => value.length));
  return Array.from(
    { length: rounds },
    (_, round) => all.reduce((sum, one) => sum + (one[lane][round] ?? 0) * weight(one), 0) / records,
  );
}

const unit = 'cpu us/record';
const goal = 0.35;

/**
 * A figure per source; over the samples, each record as often as it stands there (`normalise.samples`); over as many bytes of each
 * source (`normalise.mixed`), where the shortest records are two fifths of all; and what of that is mandatory.
 */
export async function* normaliseFigures(rounds: number): AsyncGenerator<Figure> {
  const all = timed(await loads(), rounds, warmUpMs.all);
  for (const { source, bytes, value, floor } of all) {
    const note = `${bytes} bytes a record; floor: JSON.parse`;
    yield withoutGoal(interleaved(`normalise.${source}`, unit, value, floor, 0, note));
  }
  const sources = `${all.length} sources`;
  const recorded = (one: Timed): number => one.recorded;
  const sampled = `${all.reduce((sum, one) => sum + one.recorded, 0)} samples of ${sources}; floor: JSON.parse`;
  const [value, floor] = [mixed(all, 'value', recorded), mixed(all, 'floor', recorded)];
  yield interleaved('normalise.samples', unit, value, floor, goal, sampled);
  const count = (one: Timed): number => one.count;
  const floors = mixed(all, 'floor', count);
  const note = `${sources}, as many bytes of each; floor: JSON.parse`;
  yield interleaved('normalise.mixed', unit, mixed(all, 'value', count), floors, goal, note);
  const least = 'parse, digest of the bytes, digest of an id: the ratio that mapping at no cost would have';
  yield withoutGoal(
    interleaved('normalise.mandatory', unit, mixed(all, 'mandatory', count), floors, 0, least),
  );
}

/** Measures one source in this process and writes its rounds to stdout, for `normalise.alone`. */
export async function timeAlone(source: string, rounds: number): Promise<void> {
  const found = (await loads()).filter(({ normaliser }) => normaliser.source === source);
  process.stdout.write(JSON.stringify(timed(found, rounds, warmUpMs.alone)[0]));
}

/**
 * The samples again, every source in a process of its own, as in a collector that has this feed: code that reads the objects
 * of twelve vendors in one process finds each of their members dearer than code that has met one.
 */
export async function* normaliseAloneFigures(rounds: number): AsyncGenerator<Figure> {
  const all: Timed[] = [];
  for (const { normaliser } of await loads()) {
    const program = fileURLToPath(new URL('run.ts', import.meta.url));
    const { stdout, status } = spawnSync(
      process.execPath,
      [...benchFlags, program, 'normalise.alone', normaliser.source],
      { encoding: 'utf8', env: { ...process.env, ZONEWARDEN_BENCH_ROUNDS: String(rounds) } },
    );
    if (status !== 0) throw new Error(`normalise.alone ${normaliser.source} ended with status ${status}`);
    const one = JSON.parse(stdout) as Timed;
    all.push(one);
    const note = `${one.bytes} bytes a record; floor: JSON.parse`;
    yield withoutGoal(interleaved(`normalise.alone.${one.source}`, unit, one.value, one.floor, 0, note));
  }
  const recorded = (one: Timed): number => one.recorded;
  const [value, floor] = [mixed(all, 'value', recorded), mixed(all, 'floor', recorded)];
  const note = `${all.length} sources, a process for each, every sample once; floor: JSON.parse`;
  yield interleaved('normalise.alone', unit, value, floor, goal, note);
}
