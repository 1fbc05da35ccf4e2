/**
 * Mails, gzip and zip archives to the reports inside them: the framing step of the `dmarc` feed.
 *
 * A mail becomes the reports attached to it, whatever content type the sender gave them (RFC 8460 section 5.3 and
 * RFC 7489 section 7.2.1.1 name several); every step is bounded, so that a bomb costs a failure and not the process.
 */
import { gunzipSync, inflateRawSync } from 'node:zlib';
import PostalMime from 'postal-mime';
import { limits } from '../../contract/limits.ts';
import { failed, succeeded, type Failure, type Outcome } from '../../contract/outcome.ts';
import type { FileRecord } from './frame-file.ts';
import { splitJsonList } from '../json-list.ts';
import { failureReport, failureReportType } from './failure-report-mail.ts';
import { mailboxRefusal, mailRefusal } from './mail-bounds.ts';
import { asUtf8 } from './wide-text.ts';

/** One report, unpacked. `contentType` is `text/xml`, `application/json` or `message/feedback-report`; `name` the innermost file name, '' when it has none. */
export interface UnpackedReport {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly name: string;
}

const bytesMax = limits.fileRecordBytesMax;
const entriesMax = 64;
const levelsMax = 4;
const noReport = 'neither report, gzip, zip nor mail';
const nothingAttached = 'no report is attached';

/**
 * Reports inside a file or upload, in the order they stand. A mail without a report, and every damaged or oversized
 * layer, is a failure of this file alone; beside reports that can be read it is added to `damaged`.
 */
export async function unpackReports(
  bytes: Uint8Array,
  name: string,
  damaged: Failure[] = [],
): Promise<Outcome<readonly UnpackedReport[]>> {
  return unpackLevel(bytes, { name, level: 0, damaged });
}

/** Where unpacking stands. `damaged` collects layers that were a report or an archive of one and could not be read. */
interface Place {
  readonly name: string;
  readonly level: number;
  readonly damaged: Failure[];
}

async function unpackLevel(bytes: Uint8Array, place: Place): Promise<Outcome<readonly UnpackedReport[]>> {
  const { name, level } = place;
  if (bytes.length > bytesMax) return failed('too_large', `a report file may have ${bytesMax} bytes`, name);
  if (level > levelsMax) return failed('too_deep', `archives nest deeper than ${levelsMax}`, name);
  switch (formOf(bytes)) {
    case 'gzip': {
      const inner = inflated(() => gunzip(bytes), name);
      return inner.ok
        ? unpackLevel(inner.value, { ...place, name: withoutSuffix(name), level: level + 1 })
        : inner;
    }
    case 'zip': {
      const entries = zipEntries(bytes, name);
      return entries.ok ? unpackAll(entries.value, place) : entries;
    }
    case 'json':
      return succeeded([{ bytes, contentType: 'application/json', name }]);
    case 'xml':
      return succeeded(
        feedbacksOf(asUtf8(bytes)).map((each) => ({ bytes: each, contentType: 'text/xml', name })),
      );
    case 'list':
      return unpackAll(
        (splitJsonList(bytes) ?? []).map((each) => ({ name: '', bytes: each })),
        place,
      );
    case 'mail': {
      const mails = mailsOf(bytes);
      const refusal = mailboxRefusal(mails.length);
      if (refusal !== undefined) return failed('too_many_keys', refusal, name);
      return mails.length === 1 ? unpackMail(bytes, place) : unpackAll(mails, place);
    }
    default:
      return failed('unsupported_format', noReport, name);
  }
}

type Form = 'gzip' | 'zip' | 'json' | 'list' | 'xml' | 'mail' | 'other';

/** Form by content: senders' content types and file names are often wrong. */
function formOf(bytes: Uint8Array): Form {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04) return 'zip';
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  if (bytes[at] === 0x7b) return 'json';
  if (bytes[at] === 0x5b && splitJsonList(bytes) !== undefined) return 'list';
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

/** The mails of a mailbox file (RFC 4155): each begins with a line `From ` after an empty one. A single mail is one. */
function mailsOf(bytes: Uint8Array): Entry[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text.subarray(0, 5).toString('latin1') !== 'From ') return [{ name: '', bytes }];
  const starts = [0];
  for (let at = text.indexOf('\nFrom '); at >= 0; at = text.indexOf('\nFrom ', at + 1)) {
    const isAfterBlank = text[at - 1] === 0x0a || (text[at - 1] === 0x0d && text[at - 2] === 0x0a);
    if (isAfterBlank) starts.push(at + 1);
  }
  return starts.map((from, index) => ({
    name: '',
    bytes: text.subarray(from, starts[index + 1] ?? text.length),
  }));
}

/** Several reports written one after the other, each as its own bytes; anything else stays as it is. */
function feedbacksOf(bytes: Uint8Array): Uint8Array[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = '</feedback>';
  const parts: Uint8Array[] = [];
  let from = 0;
  for (let at = text.indexOf(end); at >= 0 && parts.length < entriesMax; at = text.indexOf(end, from)) {
    const isLast = text.indexOf('<feedback', at) < 0;
    const to = isLast ? text.length : at + end.length;
    parts.push(text.subarray(from, to));
    from = to;
  }
  return parts.length > 1 ? parts : [bytes];
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

/** Unpacks gzip; mail programs append line ends to the attachment, which `gunzipSync` takes for damage. */
function gunzip(bytes: Uint8Array): Uint8Array {
  const bounds = { maxOutputLength: bytesMax };
  try {
    return gunzipSync(bytes, bounds);
  } catch (error) {
    let end = bytes.length;
    while (end > 18 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end -= 1;
    if (error instanceof RangeError || end === bytes.length) throw error;
    // A checksum may end in such an octet: each end is tried, the shortest tail first.
    for (let at = Math.min(bytes.length - 1, end + 8); at >= end; at--) {
      try {
        return gunzipSync(bytes.subarray(0, at), bounds);
      } catch {
        continue;
      }
    }
    throw error;
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

async function unpackMail(bytes: Uint8Array, place: Place): Promise<Outcome<readonly UnpackedReport[]>> {
  const { name } = place;
  const parts: Entry[] = [];
  const refusal = mailRefusal(bytes);
  if (refusal !== undefined) return failed('too_many_keys', refusal, name);
  try {
    const mail = await PostalMime.parse(bytes, {
      attachmentEncoding: 'arraybuffer',
      forceRfc822Attachments: true,
      maxNestingDepth: 16,
      maxHeadersSize: 256 * 1024,
    });
    const feedback = failureReport(mail);
    if (feedback !== undefined)
      return succeeded([{ bytes: Buffer.from(feedback), contentType: failureReportType, name }]);
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
  return unpackAll(parts, place);
}

/** Failures of what is no report at all: logos, notes, mails about something else. */
const isNoReport = (failure: Failure): boolean =>
  failure.message === noReport || failure.message === nothingAttached;

/**
 * Reports of all parts. Parts that are no report are left out; a damaged report beside good ones is collected; the first failure
 * counts when none is one.
 */
async function unpackAll(parts: readonly Entry[], place: Place): Promise<Outcome<readonly UnpackedReport[]>> {
  const reports: UnpackedReport[] = [];
  const failures: Failure[] = [];
  for (const part of parts) {
    const name = part.name === '' ? place.name : part.name;
    const inner = await unpackLevel(part.bytes, { ...place, name, level: place.level + 1 });
    if (inner.ok) reports.push(...inner.value);
    else failures.push(inner.failure);
  }
  if (reports.length === 0)
    return failures[0] === undefined
      ? failed('missing_field', nothingAttached, place.name)
      : { ok: false, failure: failures.find((each) => !isNoReport(each)) ?? failures[0] };
  place.damaged.push(...failures.filter((each) => !isNoReport(each)));
  return succeeded(reports);
}

/** Records of a report file for the `dmarc` feed, numbered from 0; a file that holds no report is one failure. */
export async function frameReportFile(fileName: string, bytes: Uint8Array): Promise<readonly FileRecord[]> {
  const base = fileName.slice(fileName.lastIndexOf('/') + 1);
  const damaged: Failure[] = [];
  const unpacked = await unpackReports(bytes, base, damaged);
  if (!unpacked.ok) return [{ index: 0, failure: unpacked.failure }];
  const { value: reports } = unpacked;
  return [
    ...reports.map((report, index) => ({ index, bytes: report.bytes, contentType: report.contentType })),
    ...damaged.map((failure, at) => ({ index: reports.length + at, failure })),
  ];
}
