/** Syslog messages (RFC 5424) and their framing on a byte stream (RFC 6587). What is not RFC 5424 keeps its whole text as message. */
import { limits } from '../../contract/limits.ts';
import { parseInstant } from '../../leaf/time.ts';

/** A message. Absent fields were the NILVALUE, or the message is of another form. */
export interface SyslogMessage {
  readonly facility?: number;
  readonly severity?: number;
  readonly timestamp?: string;
  readonly hostname?: string;
  readonly app_name?: string;
  readonly procid?: string;
  readonly msgid?: string;
  /** Element id to its parameters. */
  readonly structured_data?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly message: string;
}

const header = /^<(\d{1,3})>(?:1 (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) )?/;
const elementsMax = 64;

/** Reads one message. Never fails: the worst is a message of text alone. */
export function readSyslog(text: string): SyslogMessage {
  const found = header.exec(text);
  const priority = Number(found?.[1]);
  if (found === null || priority > 191) return { message: text };
  const rest = text.slice(found[0].length);
  const codes = { facility: priority >> 3, severity: priority & 7 };
  const [, , timestamp, hostname, app, procid, msgid] = found;
  if (timestamp === undefined) return { ...codes, message: rest };
  const data = structuredData(rest);
  if (data === undefined) return { ...codes, message: rest };
  const message = rest.slice(data.end).replace(/^ \uFEFF?/, '');
  return {
    ...codes,
    ...(parseInstant(timestamp) === undefined ? {} : { timestamp }),
    ...named('hostname', hostname),
    ...named('app_name', app),
    ...named('procid', procid),
    ...named('msgid', msgid),
    ...(data.elements === undefined ? {} : { structured_data: data.elements }),
    message,
  };
}

function named(name: string, value: string | undefined): Record<string, string> {
  return value === undefined || value === '-' ? {} : { [name]: value };
}

interface Structured {
  readonly elements: SyslogMessage['structured_data'] | undefined;
  readonly end: number;
}

/** STRUCTURED-DATA at the start of `text` (RFC 5424 section 6.3); undefined when it is malformed. */
function structuredData(text: string): Structured | undefined {
  if (text.startsWith('-'))
    return text.length === 1 || text[1] === ' ' ? { elements: undefined, end: 1 } : undefined;
  const elements: Record<string, Record<string, string>> = Object.create(null) as Record<
    string,
    Record<string, string>
  >;
  let at = 0;
  const name = /[^\s="\]]{1,32}/y;
  const parameter = / ([^\s="\]]{1,32})="((?:[^"\\\]]|\\.)*)"/sy;
  for (let count = 0; text[at] === '[' && count < elementsMax; count++) {
    name.lastIndex = at + 1;
    const id = name.exec(text)?.[0];
    if (id === undefined) return undefined;
    at = name.lastIndex;
    const values: Record<string, string> = Object.create(null) as Record<string, string>;
    for (;;) {
      parameter.lastIndex = at;
      const found = parameter.exec(text);
      if (found === null) break;
      values[found[1] ?? ''] = (found[2] ?? '').replace(/\\(["\\\]])/g, '$1');
      at = parameter.lastIndex;
    }
    if (text[at] !== ']') return undefined;
    at += 1;
    elements[id] = values;
  }
  const isEnd = at > 0 && (at === text.length || text[at] === ' ');
  return isEnd ? { elements, end: at } : undefined;
}

/** One frame of a stream, or the size of one that was too long and is dropped. */
export type SyslogFrame = { readonly bytes: Uint8Array } | { readonly tooLongBytes: number };

/** Cuts a stream into frames: octet counting when a frame starts with a digit, else up to a line feed (RFC 6587 section 3.4). */
export interface SyslogSplitter {
  push(chunk: Uint8Array): SyslogFrame[];
  /** What is left when the stream ends without a line feed. */
  end(): SyslogFrame | undefined;
}

/** Builds the splitter of one connection; memory is bounded by one message. */
export function createSyslogSplitter(): SyslogSplitter {
  const bytesMax = limits.recordBytesMax;
  let kept: Uint8Array = new Uint8Array();
  /** Pieces that cannot complete the frame before them yet: joined once, so that small pieces cost no more than large ones. */
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  /** Bytes the frame needs; 0: a line feed. */
  let needed = 0;
  /** Bytes of a message that is too long and still to be passed over; -1: up to the next line feed. */
  let skip = 0;
  let skipped = 0;
  const join = (): void => {
    kept = Buffer.concat([kept, ...waiting]);
    waiting = [];
    waitingBytes = 0;
  };
  const step = (): SyslogFrame | 'again' | undefined => {
    if (skip === -1) {
      const end = kept.indexOf(0x0a);
      skipped += end < 0 ? kept.length : end;
      kept = end < 0 ? new Uint8Array() : kept.subarray(end + 1);
      if (end < 0) return undefined;
      skip = 0;
      return { tooLongBytes: skipped };
    }
    if (skip > 0) {
      const passed = Math.min(skip, kept.length);
      kept = kept.subarray(passed);
      skip -= passed;
      return skip > 0 ? undefined : { tooLongBytes: skipped };
    }
    if (kept.length === 0) return undefined;
    const counted = countOf(kept);
    if (counted === 'more') return undefined;
    if (counted !== undefined) {
      const { start, length } = counted;
      if (length > bytesMax) {
        kept = kept.subarray(start);
        skip = length;
        skipped = length;
        return 'again';
      }
      if (kept.length < start + length) {
        needed = start + length;
        return undefined;
      }
      const bytes = kept.subarray(start, start + length);
      kept = kept.subarray(start + length);
      return { bytes };
    }
    const end = kept.indexOf(0x0a);
    if (end > bytesMax || (end < 0 && kept.length > bytesMax)) {
      skip = -1;
      skipped = 0;
      return 'again';
    }
    if (end < 0) return undefined;
    const bytes = kept.subarray(0, kept[end - 1] === 0x0d ? end - 1 : end);
    kept = kept.subarray(end + 1);
    return bytes.length === 0 ? 'again' : { bytes };
  };
  return {
    push(chunk) {
      waiting.push(Uint8Array.from(chunk));
      waitingBytes += chunk.length;
      const bytes = kept.length + waitingBytes;
      const isMore =
        needed > 0 ? bytes < needed : kept.length >= 9 && bytes <= bytesMax && !chunk.includes(0x0a);
      if (skip === 0 && isMore) return [];
      join();
      needed = 0;
      const frames: SyslogFrame[] = [];
      for (let found = step(); found !== undefined; found = step()) if (found !== 'again') frames.push(found);
      return frames;
    },
    end() {
      join();
      if (skip !== 0) return { tooLongBytes: skipped + kept.length };
      return kept.length === 0 || countOf(kept) !== undefined ? undefined : { bytes: kept };
    },
  };
}

/** MSG-LEN at the start of a frame; undefined when the frame is not counted. */
function countOf(bytes: Uint8Array): { start: number; length: number } | 'more' | undefined {
  let at = 0;
  let length = 0;
  while (at < bytes.length && at < 9) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    length = length * 10 + digit;
    at += 1;
  }
  if (at === 0) return undefined;
  if (at === bytes.length && at < 9) return 'more';
  return bytes[at] === 0x20 && length > 0 ? { start: at + 1, length } : undefined;
}
