/** Normalisation (parse, map, complete, schema) beside bare JSON.parse of the same bytes, per source and over the mix. */
import { readdir, readFile } from 'node:fs/promises';
import { hash } from 'node:crypto';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import type { SourceName } from '../../collector/src/contract/source-name.ts';
import type { Normaliser } from '../../collector/src/contract/normaliser.ts';
import { normaliserFor } from '../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import { benchRecords } from './bench-records.ts';
import { cpuMs, interleaved, type Figure } from './figure.ts';
import { parseAll } from './pipeline.ts';

const context = { sha256: (data: string | Uint8Array) => hash('sha256', data, 'hex') };
/** Enough that what the compiler does on the side is small beside the work, as in a collector that has run for a minute. */
const bytesOfRound = 18_000_000;
const warmUpRounds = 3;

interface Load {
  readonly normaliser: Normaliser;
  readonly records: readonly RawRecord[];
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** Recorded payloads (one JSON record a line) beside the repository when they are there, else made ones. */
async function loads(): Promise<Load[]> {
  const samples = new URL('../../../shared/samples/', import.meta.url);
  const found: Load[] = [];
  const sources: string[] = await readdir(samples).catch(() => []);
  for (const source of sources.sort()) {
    const normaliser = normaliserFor(source as SourceName);
    if (normaliser === undefined) continue;
    const folder = new URL(`${source}/`, samples);
    const files = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'));
    const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
    const records = texts
      .flatMap((text) => text.split('\n'))
      .filter(isJson)
      .map((line): RawRecord => rawRecord(source as SourceName, line))
      .filter((each) => normaliseRecord(each, normaliser, each.receivedAtMs, context).ok);
    if (records.length > 0) found.push({ normaliser, records });
  }
  if (found.length > 0) return found;
  return (['okta', 'dnsimple', 'zonestream'] as const).map((kind) => ({
    normaliser: normaliserFor(kind) as Normaliser,
    records: benchRecords(kind, 500, Date.UTC(2026, 0, 1), 10_000),
  }));
}

function rawRecord(source: SourceName, line: string): RawRecord {
  const receivedAtMs = Date.UTC(2026, 0, 1);
  const bytes = Buffer.from(line);
  return { tenant: 'acme', source, receivedAtMs, contentType: 'application/json', verified: true, bytes };
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

/** One figure per source, one over all bytes, and what of it is mandatory. */
export async function* normaliseFigures(rounds: number): AsyncGenerator<Figure> {
  const found = await loads();
  const all = found.map((load) => filled(load, bytesOfRound / found.length));
  const values = all.map((): number[] => []);
  const floors = all.map((): number[] => []);
  const mandatory = all.map((): number[] => []);
  for (let round = 0; round < rounds + warmUpRounds; round++)
    for (const [index, load] of all.entries()) {
      const floor = parseAll(load.records);
      const least = mandatoryAll(load);
      const value = normaliseAll(load);
      if (round < warmUpRounds) continue;
      floors[index]?.push((1000 * floor) / load.records.length);
      mandatory[index]?.push((1000 * least) / load.records.length);
      values[index]?.push((1000 * value) / load.records.length);
    }
  const sums = (of: readonly (readonly number[])[]): number[] =>
    Array.from({ length: rounds }, (_, round) =>
      all.reduce((sum, { records }, i) => sum + (of[i]?.[round] ?? 0) * records.length, 0),
    ).map((sum) => sum / all.reduce((count, { records }) => count + records.length, 0));
  for (const [index, { normaliser, records }] of all.entries()) {
    const bytes = records.reduce((sum, each) => sum + each.bytes.length, 0) / records.length;
    const figure = interleaved(
      `normalise.${normaliser.source}`,
      'cpu us/record',
      values[index] ?? [],
      floors[index] ?? [],
      0,
      `${Math.round(bytes)} bytes a record; floor: JSON.parse`,
    );
    const { goal: _goal, held: _held, ...rest } = figure;
    yield rest;
  }
  const note = `${all.length} sources, as many bytes of each; floor: JSON.parse`;
  yield interleaved('normalise.mixed', 'cpu us/record', sums(values), sums(floors), 0.35, note);
  const least = 'parse, digest of the bytes, digest of an id: the ratio that mapping at no cost would have';
  const {
    goal: _goal,
    held: _held,
    ...rest
  } = interleaved('normalise.mandatory', 'cpu us/record', sums(mandatory), sums(floors), 0, least);
  yield rest;
}
