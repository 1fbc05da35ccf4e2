/**
 * Durable append beside a bare write+fdatasync loop of the same bytes, and beside SQLite (WAL, synchronous=FULL). Wall time, and CPU time of
 * all threads, which the neighbours of the disk do not change.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { nodeDisk } from '../../collector/src/log/disk.ts';
import { openLog } from '../../collector/src/log/segmented-log.ts';
import { cpuMs, interleaved, withoutGoal, type Figure } from './figure.ts';

const recordBytes = 328;
const commitsOfRound = 40;

interface Candidate {
  commit(records: readonly Buffer[]): Promise<unknown>;
  close(): Promise<void>;
}

async function bare(directory: string): Promise<Candidate> {
  const file = await open(join(directory, 'bare'), 'w');
  let at = 0;
  return {
    async commit(records) {
      const bytes = Buffer.concat(records);
      await file.write(bytes, 0, bytes.length, at);
      await file.datasync();
      at += bytes.length;
    },
    close: () => file.close(),
  };
}

function sqlite(directory: string): Candidate {
  const database = new DatabaseSync(join(directory, 'sqlite'));
  database.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE log (id INTEGER PRIMARY KEY, body BLOB)',
  );
  const insert = database.prepare('INSERT INTO log (body) VALUES (?)');
  return {
    commit(records) {
      database.exec('BEGIN');
      for (const record of records) insert.run(record);
      database.exec('COMMIT');
      return Promise.resolve();
    },
    close: () => Promise.resolve(database.close()),
  };
}

async function segmented(directory: string): Promise<Candidate> {
  const opened = await openLog({
    directory: join(directory, 'log'),
    disk: nodeDisk(),
    nowMs: () => Date.now(),
  });
  if (!opened.ok) throw new Error(opened.failure.message);
  return { commit: (records) => opened.value.append(records), close: () => opened.value.close() };
}

/** Microseconds of a record. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

async function roundOf(candidate: Candidate, records: readonly Buffer[]): Promise<Cost> {
  const count = commitsOfRound * records.length;
  const startedCpu = cpuMs();
  const started = performance.now();
  for (let i = 0; i < commitsOfRound; i++) await candidate.commit(records);
  const wall = (1000 * (performance.now() - started)) / count;
  return { wall, cpu: (1000 * (cpuMs() - startedCpu)) / count };
}

/** Microseconds per record at 64 and 1,024 records a commit. */
export async function* logFigures(rounds: number): AsyncGenerator<Figure> {
  const directory = await mkdtemp(join(tmpdir(), 'zonewarden-bench-'));
  const candidates = [await segmented(directory), await bare(directory), sqlite(directory)] as const;
  for (const size of [64, 1024]) {
    const records = Array.from({ length: size }, (_, i) => Buffer.alloc(recordBytes, i));
    const costs: [Cost[], Cost[], Cost[]] = [[], [], []];
    for (let round = 0; round <= rounds; round++)
      for (const [index, candidate] of candidates.entries()) {
        const cost = await roundOf(candidate, records);
        if (round > 0) costs[index]?.push(cost);
      }
    const [ours, floor, sql] = costs.map((each) => each.map(({ wall }) => wall)) as [
      number[],
      number[],
      number[],
    ];
    const [oursCpu, floorCpu] = costs.map((each) => each.map(({ cpu }) => cpu)) as [number[], number[]];
    const note = `${recordBytes} bytes a record, ${size} a commit`;
    yield interleaved(`log.append.${size}`, 'us/record', ours, floor, 0.8, `${note}; floor: write+fdatasync`);
    yield withoutGoal(
      interleaved(
        `log.append.${size}.cpu`,
        'cpu us/record',
        oursCpu,
        floorCpu,
        0,
        `${note}; floor: write+fdatasync`,
      ),
    );
    const goal = size === 64 ? 1.3 : 2;
    yield interleaved(
      `log.append.${size}.sqlite`,
      'us/record',
      ours,
      sql,
      goal,
      `${note}; floor: SQLite WAL FULL`,
    );
  }
  for (const candidate of candidates) await candidate.close();
  await rm(directory, { recursive: true });
}
