/** Recorded files to raw records: one event per line, request, document or message, as docs/sources says per feed. */
import { gunzipSync } from 'node:zlib';
import { limits } from '../../contract/limits.ts';
import type { ErrorCode } from '../../contract/error-codes.ts';
import type { Failure } from '../../contract/outcome.ts';
import type { SourceName } from '../../contract/source-name.ts';
import { readDnsMessage } from '../../leaf/dns-message.ts';
import { continuesAnswer, dnsStreamMediaType, joinDnsStream, splitDnsStream } from '../../leaf/dns-stream.ts';
import { framesOfFile } from '../frame-streams.ts';
import { splitJsonList, splitJsonValues } from '../json-list.ts';
import { asUtf8 } from './wide-text.ts';

/** One record of a file, or why there is none at this place. `index` counts records from 0. */
export type FileRecord =
  | { readonly index: number; readonly bytes: Uint8Array; readonly contentType: string }
  | { readonly index: number; readonly failure: Failure };

/** Line files are bounded by line; this bounds what one compressed file may blow up to. */
const inflatedLinesBytesMax = 512 * 1024 * 1024;

const wholeTypes: ReadonlyMap<string, string> = new Map([
  ['http', 'message/http'],
  ['xml', 'application/xml'],
  ['bin', 'application/dns-message'],
  ['txt', 'text/plain'],
  ['eml', 'message/rfc822'],
  ['zip', 'application/zip'],
]);

const lineTypes: ReadonlyMap<string, string> = new Map([
  ['ndjson', 'application/json'],
  ['jsonl', 'application/json'],
  ['log', 'text/plain'],
]);

const binaryTypes: ReadonlySet<string> = new Set(['fstrm', 'bin', 'zip', 'eml']);

/**
 * Splits a file by the extension of its name, `.gz` (or gzip bytes under any name) undone first. A line or frame that is
 * too large or damaged is a failure of its own; its neighbours are still given. Never throws.
 */
export function* frameFile(source: SourceName, fileName: string, bytes: Uint8Array): Generator<FileRecord> {
  let extension = extensionOf(fileName);
  if (extension === 'gz') extension = extensionOf(fileName.slice(0, -'.gz'.length));
  let content = bytes;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const inflated = inflate(
      bytes,
      lineTypes.has(extension) ? inflatedLinesBytesMax : limits.fileRecordBytesMax,
    );
    if (!(inflated instanceof Uint8Array)) {
      yield { index: 0, failure: inflated };
      return;
    }
    content = inflated;
  }
  const lineType = lineTypes.get(extension);
  if (!binaryTypes.has(extension)) content = asUtf8(content);
  if (lineType === 'application/json' && isPrettyPrinted(content))
    yield* elementsOf(splitJsonValues(content), source);
  else if (lineType !== undefined) yield* lines(content, lineType);
  else if (extension === 'fstrm') yield* frames(content);
  else if (extension === 'json') yield* jsonRecords(source, content);
  else if (extension === 'bin' && source === 'dns-xfr') yield* dnsMessages(content);
  else {
    const type = wholeTypes.get(extension);
    if (type !== undefined) yield wholeRecord(0, content, type);
    else yield { index: 0, failure: unknownExtension(fileName) };
  }
}

function fault(code: ErrorCode, message: string, path = ''): Failure {
  return { code, path, message };
}

function extensionOf(fileName: string): string {
  return fileName.slice(fileName.lastIndexOf('.') + 1).toLowerCase();
}

function unknownExtension(fileName: string): Failure {
  const known = [...lineTypes.keys(), 'json', 'fstrm', ...wholeTypes.keys()]
    .map((each) => `.${each}`)
    .join(' ');
  const message = `"${fileName}" has no known extension; expected one of ${known}, each also with .gz`;
  return fault('unsupported_format', message);
}

function inflate(bytes: Uint8Array, maxBytes: number): Uint8Array | Failure {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      return fault('too_large', `gzip content inflates to more than ${maxBytes} bytes`);
    return fault(
      'bad_wire_format',
      `gzip content is damaged (${typeof code === 'string' ? code : 'unknown'})`,
    );
  }
}

function wholeRecord(index: number, bytes: Uint8Array, contentType: string): FileRecord {
  const max = limits.fileRecordBytesMax;
  if (bytes.length <= max) return { index, bytes, contentType };
  return {
    index,
    failure: fault('too_large', `record has ${bytes.length} bytes; at most ${max} are accepted`),
  };
}

/** Lines end in LF or CRLF; blank lines are no records. A byte order mark before the first line is not part of it. */
function* lines(bytes: Uint8Array, contentType: string): Generator<FileRecord> {
  let index = 0;
  let lineNumber = 0;
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  for (let from = hasMark ? 3 : 0; from < bytes.length;) {
    const newline = bytes.indexOf(0x0a, from);
    const next = newline < 0 ? bytes.length : newline + 1;
    let end = newline < 0 ? bytes.length : newline;
    if (end > from && bytes[end - 1] === 0x0d) end -= 1;
    lineNumber += 1;
    if (!isBlank(bytes, from, end)) {
      if (end - from > limits.recordBytesMax) {
        const message = `line ${lineNumber} has ${end - from} bytes; at most ${limits.recordBytesMax} are accepted`;
        yield { index, failure: fault('too_large', message, `line ${lineNumber}`) };
        index += 1;
      } else {
        const line = bytes.subarray(from, end);
        const several = contentType === 'application/json' ? splitJsonList(line) : undefined;
        for (const each of several ?? [line]) {
          yield { index, bytes: each, contentType };
          index += 1;
        }
      }
    }
    from = next;
  }
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++)
    if (bytes[i] !== 0x20 && bytes[i] !== 0x09 && bytes[i] !== 0x0d) return false;
  return true;
}

/** Members that hold the records in list answers and object-store files of a feed. */
const listMembers: ReadonlyMap<SourceName, readonly string[]> = new Map<SourceName, readonly string[]>([
  ['aws-cloudtrail', ['Records', 'Events']],
  ['aws-public-querylog', ['logEvents']],
  ['aws-resolver-querylog', ['logEvents']],
  ['cloudflare-audit', ['result']],
  ['ct', ['entries']],
  ['entra', ['value', 'records']],
  ['gcp-dns', ['entries']],
  ['google-workspace', ['items']],
  ['m365-audit', ['value']],
  ['rdap', ['domainSearchResults']],
]);

/** A line file whose first line only opens a bracket was written for reading: its values run over several lines. */
function isPrettyPrinted(bytes: Uint8Array): boolean {
  const newline = bytes.indexOf(0x0a);
  const first = Buffer.from(bytes.subarray(0, newline < 0 ? 0 : Math.min(newline, 64))).toString('latin1');
  const line = first.replace(/^\xef\xbb\xbf/, '').trim();
  return line === '{' || line === '[' || line === '[{';
}

/** A JSON file is one record, unless it is a list of them or holds several one after the other. */
function* jsonRecords(source: SourceName, bytes: Uint8Array): Generator<FileRecord> {
  const values = splitJsonValues(bytes);
  if (values.length > 1 || splitJsonList(bytes, listMembers.get(source)) !== undefined)
    yield* elementsOf(values, source);
  else yield wholeRecord(0, bytes, jsonType(source));
}

function jsonType(source: SourceName): string {
  return source === 'rdap' ? 'application/rdap+json' : 'application/json';
}

/** A record per value, or per element of the values that are lists; each with its own bytes. */
function* elementsOf(values: readonly Uint8Array[], source: SourceName): Generator<FileRecord> {
  const contentType = jsonType(source);
  let index = 0;
  for (const value of values)
    for (const element of splitJsonList(value, listMembers.get(source)) ?? [value]) {
      yield wholeRecord(index, element, contentType);
      index += 1;
    }
}

function* frames(bytes: Uint8Array): Generator<FileRecord> {
  const { frames: found, failure } = framesOfFile(bytes);
  let index = 0;
  for (const frame of found) {
    yield { index, bytes: frame, contentType: 'application/dnstap' };
    index += 1;
  }
  if (failure !== undefined && !failure.ok) yield { index, failure: failure.failure };
}

/** One message, or a TCP stream of them: the messages of one answer are one record, every other message is one. */
function* dnsMessages(bytes: Uint8Array): Generator<FileRecord> {
  const contentType = 'application/dns-message';
  const stream = readDnsMessage(bytes).ok ? undefined : splitDnsStream(bytes);
  if (stream === undefined) {
    yield wholeRecord(0, bytes, contentType);
    return;
  }
  let index = 0;
  for (let from = 0; from < stream.messages.length; index++) {
    let to = from + 1;
    while (to < stream.messages.length && continuesAnswer(stream.messages[to - 1]!, stream.messages[to]!))
      to++;
    const answer = stream.messages.slice(from, to);
    yield answer.length === 1
      ? wholeRecord(index, answer[0]!, contentType)
      : wholeRecord(index, joinDnsStream(answer), dnsStreamMediaType);
    from = to;
  }
  if (stream.cut !== undefined)
    yield {
      index,
      failure: fault(
        'bad_wire_format',
        `DNS over TCP: ${stream.cut}`,
        `message ${stream.messages.length + 1}`,
      ),
    };
}
