/**
 * What the collector's log holds, as bytes. Little-endian: u8 version, u8 kind, f64 time (epoch ms), u16 prefix length,
 * prefix (JSON array of the fields that repeat from record to record), u32 meta length, meta (JSON), body bytes.
 * The prefix is encoded and parsed once per distinct value, so a raw record costs little more than its copy.
 */
import type { SourceIdentity } from '../contract/component.ts';
import type { Outcome } from '../contract/outcome.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import type { SourceName } from '../contract/source-name.ts';
import type { LogRecord } from './block.ts';

/** One entry. Times are epoch milliseconds; `control` bodies are plain JSON (inventory, intents, directives, ticks). */
export type LogEntry =
  | { readonly kind: 'raw'; readonly record: RawRecord }
  | { readonly kind: 'heartbeat'; readonly atMs: number; readonly source: SourceIdentity }
  | {
      readonly kind: 'gap';
      readonly atMs: number;
      readonly source: SourceIdentity;
      readonly fromMs: number;
      readonly toMs: number;
      readonly reason: string;
    }
  | { readonly kind: 'cursor'; readonly atMs: number; readonly source: string; readonly position: string }
  | { readonly kind: 'control'; readonly atMs: number; readonly type: string; readonly body: unknown };

const version = 1;
const kinds = ['raw', 'heartbeat', 'gap', 'cursor', 'control'] as const;
const timeOffset = 2;
const prefixLengthOffset = 10;
const fixedBytes = 12;
const cacheMax = 4096;

const encodedPrefixes = new Map<string, Buffer>();
const decodedPrefixes = new Map<string, readonly unknown[]>();

function remember<K, V>(cache: Map<K, V>, key: K, value: V): V {
  if (cache.size >= cacheMax) cache.clear();
  cache.set(key, value);
  return value;
}

function prefixOf(fields: readonly unknown[]): Buffer {
  const key = JSON.stringify(fields);
  return encodedPrefixes.get(key) ?? remember(encodedPrefixes, key, Buffer.from(key));
}

function rawPrefix(record: RawRecord): Buffer {
  const { tenant, source, instance, contentType, verified } = record;
  const key = `${tenant.length}.${instance?.length ?? -1} ${tenant}\u0000${source}\u0000${instance}\u0000${contentType}\u0000${verified}`;
  const known = encodedPrefixes.get(key);
  if (known) return known;
  return remember(
    encodedPrefixes,
    key,
    Buffer.from(JSON.stringify([tenant, source, instance ?? null, contentType, verified])),
  );
}

/** Head of the newest raw record without its time, and what it says: the next record is mostly of the same feed. */
interface KnownHead {
  readonly record: RawRecord;
  readonly meta: string;
  readonly bytes: Buffer;
}

let newestHead: KnownHead | undefined;

function rawHead(record: RawRecord): Buffer {
  const meta = record.meta === undefined ? '' : JSON.stringify(record.meta);
  const known = newestHead;
  if (known === undefined || known.meta !== meta || !isOfSameFeed(known.record, record)) {
    const bytes = head('raw', record.receivedAtMs, rawPrefix(record), meta);
    // Only the fields are kept, not the bytes of the record.
    newestHead = { record: { ...record, bytes: none }, meta, bytes: Buffer.from(bytes) };
    return bytes;
  }
  const out = Buffer.allocUnsafe(known.bytes.length);
  out.set(known.bytes);
  out.writeDoubleLE(record.receivedAtMs, timeOffset);
  return out;
}

const none = new Uint8Array(0);

function isOfSameFeed(a: RawRecord, b: RawRecord): boolean {
  return (
    a.tenant === b.tenant &&
    a.source === b.source &&
    a.instance === b.instance &&
    a.contentType === b.contentType &&
    a.verified === b.verified
  );
}

function head(kind: LogEntry['kind'], timeMs: number, prefix: Buffer, meta: string): Buffer {
  if (prefix.length > 0xffff) throw new RangeError(`fields of a ${kind} entry take ${prefix.length} bytes`);
  const metaBytes = meta === '' ? 0 : Buffer.byteLength(meta);
  const out = Buffer.allocUnsafe(fixedBytes + prefix.length + 4 + metaBytes);
  out[0] = version;
  out[1] = kinds.indexOf(kind);
  out.writeDoubleLE(timeMs, timeOffset);
  out.writeUInt16LE(prefix.length, prefixLengthOffset);
  out.set(prefix, fixedBytes);
  out.writeUInt32LE(metaBytes, fixedBytes + prefix.length);
  if (metaBytes > 0) out.write(meta, fixedBytes + prefix.length + 4, 'utf8');
  return out;
}

function identityFields({ tenant, id, feed, kind, intervalMs }: SourceIdentity): readonly unknown[] {
  return [tenant, id, feed, kind, intervalMs];
}

/** Bytes of an entry; a raw record's own bytes are not copied. Throws `RangeError` when names exceed 64 KiB. */
export function encodeLogEntry(entry: LogEntry): LogRecord {
  switch (entry.kind) {
    case 'raw': {
      const { record } = entry;
      return [rawHead(record), record.bytes];
    }
    case 'heartbeat':
      return head('heartbeat', entry.atMs, prefixOf(identityFields(entry.source)), '');
    case 'gap': {
      const meta = JSON.stringify([entry.fromMs, entry.toMs, entry.reason]);
      return head('gap', entry.atMs, prefixOf(identityFields(entry.source)), meta);
    }
    case 'cursor':
      return head('cursor', entry.atMs, prefixOf([entry.source]), JSON.stringify(entry.position));
    case 'control':
      return head('control', entry.atMs, prefixOf([entry.type]), JSON.stringify(entry.body ?? null));
  }
}

function identityOf(fields: readonly unknown[]): SourceIdentity {
  const [tenant, id, feed, kind, intervalMs] = fields as [
    string,
    string,
    string,
    SourceIdentity['kind'],
    number,
  ];
  return { tenant, id, feed, kind, intervalMs };
}

function rawRecord(timeMs: number, fields: readonly unknown[], meta: unknown, bytes: Uint8Array): RawRecord {
  const [tenant, source, instance, contentType, verified] = fields as [
    string,
    SourceName,
    string | null,
    string,
    boolean,
  ];
  const record: { -readonly [K in keyof RawRecord]: RawRecord[K] } = {
    tenant,
    source,
    receivedAtMs: timeMs,
    contentType,
    verified,
    bytes,
  };
  if (instance !== null) record.instance = instance;
  if (meta !== undefined) record.meta = meta as Record<string, string>;
  return record;
}

const smallMetaBytes = 64;
const decodedMetas = new Map<string, unknown>();

/** Meta data repeats like prefixes do (a topic, a format); raw records share one frozen object of it. */
function rawMeta(bytes: Buffer, from: number, to: number): unknown {
  if (to - from > smallMetaBytes) return JSON.parse(bytes.toString('utf8', from, to));
  const key = bytes.toString('latin1', from, to);
  const known = decodedMetas.get(key);
  if (known !== undefined) return known;
  return remember(decodedMetas, key, Object.freeze(JSON.parse(bytes.toString('utf8', from, to)) as object));
}

/** Head of the raw record read last, and what it said: copied, because a view would hold the whole block. */
interface ReadHead {
  readonly bytes: Buffer;
  readonly fields: readonly unknown[];
  readonly meta: unknown;
}

let readLast: ReadHead | undefined;

/** The entry when its head is, apart from the time, the one read last; undefined otherwise. */
function repeatedFeed(bytes: Buffer): LogEntry | undefined {
  const known = readLast;
  if (known === undefined || bytes.length < known.bytes.length) return undefined;
  const { bytes: headBytes, fields, meta } = known;
  if (bytes[0] !== headBytes[0] || bytes[1] !== headBytes[1]) return undefined;
  for (let at = headBytes.length - 1; at >= prefixLengthOffset; at--)
    if (bytes[at] !== headBytes[at]) return undefined;
  const atMs = bytes.readDoubleLE(timeOffset);
  return { kind: 'raw', record: rawRecord(atMs, fields, meta, bytes.subarray(headBytes.length)) };
}

/** Reads an entry; a raw record's bytes are a view into `bytes`. Fails with `bad_wire_format` and what is wrong. */
export function decodeLogEntry(bytes: Buffer): Outcome<LogEntry> {
  if (bytes.length < fixedBytes + 4)
    return failed('bad_wire_format', `log entry has only ${bytes.length} bytes`);
  const repeated = repeatedFeed(bytes);
  if (repeated !== undefined) return succeeded(repeated);
  if (bytes[0] !== version)
    return failed(
      'bad_wire_format',
      `log entry version ${bytes[0]} is newer than this program knows (${version})`,
    );
  const kind = kinds[bytes[1] ?? -1];
  if (kind === undefined) return failed('bad_wire_format', `log entry kind ${bytes[1]} is unknown`);
  const atMs = bytes.readDoubleLE(timeOffset);
  const prefixEnd = fixedBytes + bytes.readUInt16LE(10);
  if (prefixEnd + 4 > bytes.length) return failed('bad_wire_format', 'log entry ends inside its fields');
  const metaEnd = prefixEnd + 4 + bytes.readUInt32LE(prefixEnd);
  if (metaEnd > bytes.length) return failed('bad_wire_format', 'log entry ends inside its meta data');
  try {
    const key = bytes.toString('latin1', fixedBytes, prefixEnd);
    const fields =
      decodedPrefixes.get(key) ??
      remember(decodedPrefixes, key, JSON.parse(bytes.toString('utf8', fixedBytes, prefixEnd)) as unknown[]);
    const hasMeta = metaEnd > prefixEnd + 4;
    if (kind === 'raw') {
      const told = hasMeta ? rawMeta(bytes, prefixEnd + 4, metaEnd) : undefined;
      if (metaEnd - prefixEnd - 4 <= smallMetaBytes)
        readLast = { bytes: Buffer.from(bytes.subarray(0, metaEnd)), fields, meta: told };
      return succeeded({ kind, record: rawRecord(atMs, fields, told, bytes.subarray(metaEnd)) });
    }
    const meta: unknown = hasMeta ? JSON.parse(bytes.toString('utf8', prefixEnd + 4, metaEnd)) : undefined;
    switch (kind) {
      case 'heartbeat':
        return succeeded({ kind, atMs, source: identityOf(fields) });
      case 'gap': {
        const [fromMs, toMs, reason] = meta as [number, number, string];
        return succeeded({ kind, atMs, source: identityOf(fields), fromMs, toMs, reason });
      }
      case 'cursor':
        return succeeded({ kind, atMs, source: String(fields[0]), position: String(meta) });
      case 'control':
        return succeeded({ kind, atMs, type: String(fields[0]), body: meta });
    }
  } catch (error) {
    return failed('bad_wire_format', `log entry of kind ${kind} cannot be read: ${String(error)}`);
  }
}

/** True when an entry is a source position, without decoding it: for recovering cursors at a start. */
export function isCursorEntry(bytes: Uint8Array): boolean {
  return bytes[0] === version && bytes[1] === kinds.indexOf('cursor');
}
