/** Files the collector wrote itself and finds again damaged: log, checkpoint, cursor, quarantine and audit files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Bytes } from '../../collector/src/app/audit-log.ts';
import { checkAuditLog } from '../../collector/src/app/audit-verification.ts';
import { verifyEvidence } from '../../collector/src/app/evidence-file.ts';
import { appendAudit } from '../../collector/src/7-case/audit-chain.ts';
import { readPositions } from '../../collector/src/1-source/file/tail-position.ts';
import { readPlaces } from '../../collector/src/1-source/kafka/positions.ts';
import { openCheckpointStore } from '../../collector/src/log/checkpoint-store.ts';
import { openCursorStore } from '../../collector/src/log/cursor-store.ts';
import { decodeLogEntry, encodeLogEntry } from '../../collector/src/log/entry-codec.ts';
import { openQuarantine } from '../../collector/src/log/quarantine.ts';
import { openLog } from '../../collector/src/log/segmented-log.ts';
import { MemoryDisk } from '../unit/log/memory-disk.ts';
import { ifJson, texts, type Target } from './target.ts';

const entry = Buffer.concat(
  [encodeLogEntry({ kind: 'control', atMs: 1, type: 'tick', body: { a: [1, 2] } })]
    .flat()
    .map((part) => Buffer.from(part as Uint8Array)),
);

const records = ['first', 'second record', 'third'.repeat(20)];
const segment = '/log/00000000000000000000.log';

async function logOn(disk: MemoryDisk): ReturnType<typeof openLog> {
  return openLog({ directory: '/log', disk, nowMs: () => 1, verify: 'all', salt: () => '00112233445566ff' });
}

let segmentSeed = Buffer.alloc(0);
let segmentPath = segment;

/** A damaged segment opens with a true beginning of what was written, or not at all. */
async function recovered(bytes: Buffer): Promise<unknown> {
  const disk = new MemoryDisk();
  disk.replace(segmentPath, bytes);
  const opened = await logOn(disk);
  if (!opened.ok) return opened.failure.code;
  const log = opened.value;
  const found: string[] = [];
  for await (const batch of log.batches(log.firstSequence))
    for (const record of batch.records) found.push(record.toString());
  await log.close();
  return found.length;
}

async function makeSegment(): Promise<void> {
  const disk = new MemoryDisk();
  const opened = await logOn(disk);
  if (!opened.ok) throw new Error(opened.failure.message);
  for (const record of records) await opened.value.append([Buffer.from(record)]);
  await opened.value.close();
  const [name] = (await disk.readdir('/log')).filter((one) => !one.includes('lock'));
  segmentPath = `/log/${name}`;
  segmentSeed = Buffer.from(disk.bytes(segmentPath));
}

let directory = '';

function folder(): void {
  directory = mkdtempSync(join(tmpdir(), 'zonewarden-fuzz-'));
}

function storeSeed(make: (path: string) => void): Uint8Array {
  const at = mkdtempSync(join(tmpdir(), 'zonewarden-fuzz-'));
  try {
    make(join(at, 'store'));
    return readFileSync(join(at, 'store'));
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
}

/** A file SQLite may refuse; everything else must be a value. */
function onDamagedFile(bytes: Buffer, use: (path: string) => unknown): unknown {
  const path = join(directory, 'store');
  for (const ending of ['-wal', '-shm', '-journal']) rmSync(path + ending, { force: true });
  writeFileSync(path, bytes);
  try {
    return use(path);
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SQLITE_ERROR') return 'refused by SQLite';
    if ((error as Error).name === 'LogError' || error instanceof SyntaxError) return 'refused';
    throw error;
  }
}

const checkpointSeed = storeSeed((path) => {
  const opened = openCheckpointStore(path, () => 1);
  if (!opened.ok) throw new Error(opened.failure.message);
  opened.value.save('host', { position: 7, meta: { a: 1 }, upserts: [['k', '{"v":1}']], deletes: [] });
  opened.value.close();
});

const auditSeed = appendAudit(
  undefined,
  { at: '2026-01-01T00:00:00.000Z', tenant: 't', by: 'okta:a', action: 'case.viewed', object: 'c' },
  sha256Bytes,
);

const closing = async (): Promise<void> => rmSync(directory, { recursive: true, force: true });
await makeSegment();

/** All of them. */
export const diskTargets: readonly Target[] = [
  { name: 'log entry', seeds: [entry], run: (bytes) => decodeLogEntry(bytes) },
  { name: 'log segment', seeds: [segmentSeed], run: recovered },
  {
    name: 'checkpoint file',
    seeds: [checkpointSeed],
    open: async () => folder(),
    close: closing,
    run: (bytes) =>
      onDamagedFile(bytes, (path) => {
        const opened = openCheckpointStore(path, () => 1);
        if (!opened.ok) return opened.failure.code;
        try {
          return [opened.value.head('host')?.position, [...opened.value.rows('host')].length];
        } finally {
          opened.value.close();
        }
      }),
  },
  {
    name: 'cursor file',
    seeds: [
      storeSeed((path) => {
        const opened = openCursorStore(path);
        if (opened.ok) opened.value.close();
      }),
    ],
    open: async () => folder(),
    close: closing,
    run: (bytes) =>
      onDamagedFile(bytes, (path) => {
        const opened = openCursorStore(path);
        if (opened.ok) opened.value.close();
        return opened.ok;
      }),
  },
  {
    name: 'quarantine file',
    seeds: [
      storeSeed((path) => {
        const opened = openQuarantine(path, () => 1);
        if (opened.ok) opened.value.close();
      }),
    ],
    open: async () => folder(),
    close: closing,
    run: (bytes) =>
      onDamagedFile(bytes, (path) => {
        const opened = openQuarantine(path, () => 1);
        if (opened.ok) opened.value.close();
        return opened.ok;
      }),
  },
  {
    name: 'audit log',
    seeds: texts(
      `${JSON.stringify(auditSeed)}\n`,
      '{"size":1,"root":"aa","at":"2026-01-01T00:00:00Z","key_id":"k","signature":"cw=="}\n',
    ),
    run: (bytes) => {
      const text = bytes.toString('utf8');
      return checkAuditLog(text, text, undefined).problems.length;
    },
  },
  {
    name: 'evidence file',
    seeds: texts(
      '{"manifest":{"version":1,"case_id":"c","absent":[],"files":[{"name":"a","sha256":"x"}]},"signature":{"key_id":"k","public_key":"p","value":"v"},"parts":[{"name":"a","media_type":"x","base64":"AA=="}],"letter":""}',
    ),
    run: (bytes) => ifJson(bytes, (value) => verifyEvidence(value)),
  },
  {
    name: 'stored positions',
    bytesMax: 1_048_576,
    seeds: texts('[["/a",1,2]]', '{"t":{"0":"5"}}'),
    run: (bytes) => {
      const text = bytes.toString('utf8');
      return [readPositions(text).size, readPlaces(text) === undefined];
    },
  },
];
