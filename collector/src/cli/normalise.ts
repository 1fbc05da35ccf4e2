/** `zonewarden normalise`: recorded raw records to canonical events, NDJSON on stdout. Opens no network connection. */
import { createHash, hash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { frameFile } from '../1-source/file/frame-file.ts';
import type { FileRecord } from '../1-source/file/frame-file.ts';
import { frameReportFile } from '../1-source/file/unpack-report.ts';
import { normaliserFor } from '../2-normalise/index.ts';
import { normaliseRecord } from '../2-normalise/normalise-record.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Failure, Outcome } from '../contract/outcome.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { exitCodes } from './command-io.ts';
import type { CommandIo } from './command-io.ts';
import { isSourceName, sourceNames } from '../contract/source-name.ts';
import type { SourceName } from '../contract/source-name.ts';
import { parseInstant } from '../leaf/time.ts';

/** How records of a file are read. */
export interface ReadOptions {
  readonly source: SourceName;
  readonly normaliser: Normaliser;
  readonly tenant: string;
  readonly receivedAtMs: number;
}

interface Options extends ReadOptions {
  readonly files: readonly string[];
}

const context: NormaliseContext = {
  sha256: (data) =>
    typeof data === 'string' ? hash('sha256', data) : createHash('sha256').update(data).digest('hex'),
};

/** Runs the command with the arguments after its name; resolves to the exit status. Problems go to stderr, one line each. */
export async function normalise(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = optionsOf(argv);
  if (!options.ok) {
    io.stderr.write(`${options.failure.path}: ${options.failure.message}\n`);
    return exitCodes.unusable;
  }
  const writer = lineWriter(io.stdout);
  let status: number = exitCodes.held;
  for (const file of options.value.files) {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(file);
    } catch (error) {
      io.stderr.write(`${file}: cannot be read: ${reasonOf(error)}\n`);
      status = exitCodes.unusable;
      continue;
    }
    if (await normaliseFile(file, bytes, options.value, writer)) continue;
    if (status === exitCodes.held) status = exitCodes.fellShort;
  }
  await writer.flush();
  return status;
}

function optionsOf(argv: readonly string[]): Outcome<Options> {
  const definitions = {
    source: { type: 'string' },
    tenant: { type: 'string' },
    'received-at': { type: 'string' },
  } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options: definitions, allowPositionals: true });
  } catch (error) {
    return failed('bad_configuration', reasonOf(error), 'arguments');
  }
  const { source, tenant = 'default', 'received-at': receivedAt } = parsed.values;
  if (source === undefined)
    return failed('bad_configuration', 'is required; see "zonewarden normalise --help"', '--source');
  if (!isSourceName(source))
    return failed(
      'bad_configuration',
      `"${source}" is no feed; expected one of ${sourceNames.join(' ')}`,
      '--source',
    );
  const normaliser = normaliserFor(source);
  if (normaliser === undefined)
    return failed('bad_configuration', `this version has no normaliser for "${source}"`, '--source');
  if (tenant === '' || tenant.length > 512)
    return failed('bad_configuration', 'must have 1 to 512 characters', '--tenant');
  const instant = receivedAt === undefined ? { ms: Date.now() } : parseInstant(receivedAt);
  if (instant === undefined)
    return failed('bad_configuration', `"${receivedAt}" is not an RFC 3339 time`, '--received-at');
  if (parsed.positionals.length === 0) return failed('bad_configuration', 'at least one is required', 'FILE');
  return succeeded({ source, normaliser, tenant, receivedAtMs: instant.ms, files: parsed.positionals });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ENOENT') return 'no such file';
  if ('code' in error && error.code === 'EISDIR') return 'is a directory';
  if ('code' in error && error.code === 'EACCES') return 'permission denied';
  return error.message.split('\n')[0] ?? '';
}

/** Writes the lines of one file; false when there was a dead letter. */
async function normaliseFile(
  file: string,
  bytes: Uint8Array,
  options: Options,
  writer: LineWriter,
): Promise<boolean> {
  let isClean = true;
  for (const { index, events } of await recordsOf(file, bytes, options)) {
    if (events.ok) for (const event of events.value) await writer.write({ file, index, event });
    else {
      isClean = false;
      await writer.write({ file, index, dead_letter: deadLetter(events.failure) });
    }
  }
  return isClean;
}

/** One record of a file, counted from 0, with its events or why it could not be read. */
export interface ReadRecord {
  readonly index: number;
  readonly events: Outcome<readonly CanonicalEvent[]>;
}

/** Records of a file of a feed, one after the other. */
export async function recordsOf(
  file: string,
  bytes: Uint8Array,
  options: ReadOptions,
): Promise<Iterable<ReadRecord>> {
  const records =
    options.source === 'dmarc' ? await frameReportFile(file, bytes) : frameFile(options.source, file, bytes);
  return readEach(records, options);
}

function* readEach(records: Iterable<FileRecord>, options: ReadOptions): Generator<ReadRecord> {
  for (const framed of records) yield { index: framed.index, events: eventsOf(framed, options) };
}

function eventsOf(framed: FileRecord, options: ReadOptions): Outcome<readonly CanonicalEvent[]> {
  if ('failure' in framed) return { ok: false, failure: framed.failure };
  const record = {
    tenant: options.tenant,
    source: options.source,
    receivedAtMs: options.receivedAtMs,
    contentType: framed.contentType,
    verified: true,
    bytes: framed.bytes,
  };
  const completed = normaliseRecord(record, options.normaliser, options.receivedAtMs, context);
  return completed.ok ? succeeded(completed.value.events) : completed;
}

function deadLetter(failure: Failure): Failure {
  return { code: failure.code, path: failure.path, message: failure.message };
}

interface LineWriter {
  write(line: unknown): Promise<void>;
  flush(): Promise<void>;
}

const chunkCharactersMax = 64 * 1024;

/** Joins lines into chunks and waits whenever the reader is slower. */
function lineWriter(stream: NodeJS.WritableStream): LineWriter {
  let pending = '';
  const flush = async (): Promise<void> => {
    const chunk = pending;
    pending = '';
    if (chunk !== '' && !stream.write(chunk)) await once(stream, 'drain');
  };
  return {
    async write(line) {
      pending += `${JSON.stringify(line)}\n`;
      if (pending.length >= chunkCharactersMax) await flush();
    },
    flush,
  };
}
