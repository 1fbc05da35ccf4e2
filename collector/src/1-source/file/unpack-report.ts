/**
 * Mails, gzip and zip archives to the reports inside them: the framing step of the `dmarc` feed.
 *
 * A mail becomes the reports attached to it, whatever content type the sender gave them (RFC 8460 section 5.3 and
 * RFC 7489 section 7.2.1.1 name several); every step is bounded, so that a bomb costs a failure and not the process.
 */
import { gunzipSync, inflateRawSync } from 'node:zlib';
import PostalMime from 'postal-mime';
import { limits } from '../../contract/limits.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import type { FileRecord } from './frame-file.ts';
import { asUtf8 } from './wide-text.ts';

/** One report, unpacked. `contentType` is `text/xml` or `application/json`; `name` the innermost file name, '' when it has none. */
export interface UnpackedReport {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly name: string;
}

const bytesMax = limits.fileRecordBytesMax;
const entriesMax = 64;
const levelsMax = 4;

/**
 * Reports inside a file or upload, in the order they stand. A mail without a report, and every damaged or oversized
 * layer, is a failure of this file alone.
 */
export async function unpackReports(
  bytes: Uint8Array,
  name: string,
): Promise<Outcome<readonly UnpackedReport[]>> {
  return unpackLevel(bytes, name, 0);
}

async function unpackLevel(
  bytes: Uint8Array,
  name: string,
  level: number,
): Promise<Outcome<readonly UnpackedReport[]>> {
  if (bytes.length > bytesMax) return failed('too_large', `a report file may have ${bytesMax} bytes`, name);
  if (level > levelsMax) return failed('too_deep', `archives nest deeper than ${levelsMax}`, name);
  switch (formOf(bytes)) {
    case 'gzip': {
      const inner = inflated(() => gunzipSync(bytes, { maxOutputLength: bytesMax }), name);
      return inner.ok ? unpackLevel(inner.value, withoutSuffix(name), level + 1) : inner;
    }
    case 'zip': {
      const entries = zipEntries(bytes, name);
      return entries.ok ? unpackAll(entries.value, name, level) : entries;
    }
    case 'json':
      return succeeded([{ bytes, contentType: 'application/json', name }]);
    case 'xml':
      return succeeded([{ bytes: asUtf8(bytes), contentType: 'text/xml', name }]);
    case 'mail':
      return unpackMail(bytes, name, level);
    default:
      return failed('unsupported_format', 'neither report, gzip, zip nor mail', name);
  }
}

type Form = 'gzip' | 'zip' | 'json' | 'xml' | 'mail' | 'other';

/** Form by content: senders' content types and file names are often wrong. */
function formOf(bytes: Uint8Array): Form {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04) return 'zip';
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  if (bytes[at] === 0x7b) return 'json';
  if (bytes[at] === 0x3c) return 'xml';
  // XML in UTF-16, which the standard of XML allows.
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  if ((mark === 0xfffe && bytes[2] === 0x3c) || (mark === 0xfeff && bytes[3] === 0x3c)) return 'xml';
  return isMailHead(bytes) ? 'mail' : 'other';
}

/** A mail starts with a header field (RFC 5322 section 2.2) or with the `From ` line of a mailbox file. */
function isMailHead(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 256)).toString('latin1');
  if (head.startsWith('From ')) return true;
  const colon = head.indexOf(':');
  if (colon < 1) return false;
  for (let at = 0; at < colon; at++) {
    const code = head.charCodeAt(at);
    if (code <= 0x20 || code > 0x7e) return false;
  }
  return true;
}

function withoutSuffix(name: string): string {
  return name.endsWith('.gz') ? name.slice(0, -3) : name;
}

function inflated(inflate: () => Uint8Array, name: string): Outcome<Uint8Array> {
  try {
    return succeeded(inflate());
  } catch (error) {
    const isTooLarge = error instanceof RangeError;
    return isTooLarge
      ? failed('too_large', `unpacks to more than ${bytesMax} bytes`, name)
      : failed('unsupported_format', 'the archive is damaged or cut', name);
  }
}

interface Entry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Entries of a zip archive by its central directory (APPNOTE 4.3.12), stored or deflated, together within the size limit. */
function zipEntries(bytes: Uint8Array, name: string): Outcome<readonly Entry[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOfDirectory(view);
  if (end < 0) return failed('unsupported_format', 'the zip archive is cut: no central directory', name);
  const count = view.getUint16(end + 10, true);
  if (count > entriesMax)
    return failed('too_many_keys', `a zip archive may have ${entriesMax} entries`, name);
  const entries: Entry[] = [];
  let at = view.getUint32(end + 16, true);
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50)
      return failed('unsupported_format', 'the central directory of the zip archive is damaged', name);
    const nameLength = view.getUint16(at + 28, true);
    const inner = Buffer.from(bytes.subarray(at + 46, at + 46 + nameLength)).toString('utf8');
    const entry = zipEntry(bytes, view, at, inner);
    if (!entry.ok) return entry;
    total += entry.value.bytes.length;
    if (total > bytesMax) return failed('too_large', `unpacks to more than ${bytesMax} bytes`, name);
    if (!inner.endsWith('/')) entries.push(entry.value);
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return succeeded(entries);
}

function zipEntry(bytes: Uint8Array, view: DataView, at: number, name: string): Outcome<Entry> {
  const method = view.getUint16(at + 10, true);
  const size = view.getUint32(at + 20, true);
  const local = view.getUint32(at + 42, true);
  if ((view.getUint16(at + 8, true) & 1) === 1)
    return failed('unsupported_format', 'the zip entry is encrypted', name);
  if (local + 30 > bytes.length || view.getUint32(local, true) !== 0x04034b50)
    return failed('unsupported_format', 'the zip entry is damaged', name);
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + size > bytes.length) return failed('unsupported_format', 'the zip entry is cut', name);
  const packed = bytes.subarray(start, start + size);
  if (method === 0) return succeeded({ name, bytes: packed });
  if (method !== 8) return failed('unsupported_format', `zip method ${method} is not supported`, name);
  const inner = inflated(() => inflateRawSync(packed, { maxOutputLength: bytesMax }), name);
  return inner.ok ? succeeded({ name, bytes: inner.value }) : inner;
}

/** Offset of the end-of-central-directory record: within the last 64 KiB; -1 when there is none. */
function endOfDirectory(view: DataView): number {
  const last = view.byteLength - 22;
  for (let at = last; at >= Math.max(0, last - 65_535); at--)
    if (view.getUint32(at, true) === 0x06054b50) return at;
  return -1;
}

async function unpackMail(
  bytes: Uint8Array,
  name: string,
  level: number,
): Promise<Outcome<readonly UnpackedReport[]>> {
  const parts: Entry[] = [];
  try {
    const mail = await PostalMime.parse(bytes, {
      attachmentEncoding: 'arraybuffer',
      forceRfc822Attachments: true,
      maxNestingDepth: 16,
      maxHeadersSize: 256 * 1024,
    });
    for (const attachment of mail.attachments) {
      const content = attachment.content;
      if (content instanceof ArrayBuffer)
        parts.push({ name: attachment.filename ?? '', bytes: new Uint8Array(content) });
    }
    // Some senders put the bare XML or JSON where the text of the mail belongs.
    const text = mail.text?.trim() ?? '';
    if (parts.length === 0 && (text.startsWith('<') || text.startsWith('{')))
      parts.push({ name: '', bytes: Buffer.from(text, 'utf8') });
  } catch {
    return failed('unsupported_format', 'the mail breaks RFC 5322 or its limits', name);
  }
  if (parts.length > entriesMax)
    return failed('too_many_keys', `a mail may have ${entriesMax} attachments`, name);
  return unpackAll(parts, name, level);
}

/** Reports of all parts. Parts that are no report (logos, notes) are left out; the first failure counts when none is one. */
async function unpackAll(
  parts: readonly Entry[],
  name: string,
  level: number,
): Promise<Outcome<readonly UnpackedReport[]>> {
  const reports: UnpackedReport[] = [];
  let first: Outcome<readonly UnpackedReport[]> | undefined;
  for (const part of parts) {
    const inner = await unpackLevel(part.bytes, part.name === '' ? name : part.name, level + 1);
    if (inner.ok) reports.push(...inner.value);
    else first ??= inner;
  }
  if (reports.length > 0) return succeeded(reports);
  return first ?? failed('missing_field', 'no report is attached', name);
}

/** Records of a report file for the `dmarc` feed, numbered from 0; a file that holds no report is one failure. */
export async function frameReportFile(fileName: string, bytes: Uint8Array): Promise<readonly FileRecord[]> {
  const base = fileName.slice(fileName.lastIndexOf('/') + 1);
  const unpacked = await unpackReports(bytes, base);
  if (!unpacked.ok) return [{ index: 0, failure: unpacked.failure }];
  return unpacked.value.map((report, index) => ({
    index,
    bytes: report.bytes,
    contentType: report.contentType,
  }));
}
