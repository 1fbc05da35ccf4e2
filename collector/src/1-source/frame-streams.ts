/**
 * Frame Streams, the framing of dnstap: length-prefixed data frames between control frames, in files and one-way streams
 * (START … STOP) and in the two-way handshake (READY, ACCEPT, START … STOP, FINISH).
 * https://farsightsec.github.io/fstrm/
 */
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';

/** Content type of dnstap streams. */
export const dnstapContentType = 'protobuf:dnstap.Dnstap';

/** Kinds of control frame. */
export type ControlType = 'accept' | 'start' | 'stop' | 'ready' | 'finish';

/** What the stream holds next. */
export type Frame =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'control'; readonly type: ControlType; readonly contentTypes: readonly string[] };

const controlNames: Readonly<Record<number, ControlType>> = {
  1: 'accept',
  2: 'start',
  3: 'stop',
  4: 'ready',
  5: 'finish',
};
const controlCodes: Readonly<Record<ControlType, number>> = {
  accept: 1,
  start: 2,
  stop: 3,
  ready: 4,
  finish: 5,
};
const controlOctetsMax = 512;
const contentTypeOctetsMax = 256;
const fieldContentType = 1;

/** Largest data frame by default; a DNS message has at most 64 KiB. */
export const frameOctetsMax = 1024 * 1024;

/** Takes chunks as they come and gives whole frames. The frames of one `push` are views that the next `push` may overwrite. */
export interface FrameReader {
  /** Appends a chunk and hands every frame that is whole now to `onFrame`, in order. A failure ends the stream for good. */
  push(chunk: Uint8Array, onFrame: (frame: Frame) => void): Outcome<undefined>;
  /** Octets of a frame that is not whole yet; more than 0 at the end of a file means it was cut. */
  readonly pendingBytes: number;
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function broken(message: string): Outcome<never> {
  return failed('bad_wire_format', `Frame Streams: ${message}`);
}

/** Reads a control frame without its two lengths. */
export function readControl(bytes: Uint8Array): Outcome<Frame> {
  if (bytes.length < 4) return broken('control frame without a type');
  const type = controlNames[u32(bytes, 0)];
  if (type === undefined) return broken(`control frame of unknown type ${u32(bytes, 0)}`);
  const contentTypes: string[] = [];
  for (let at = 4; at < bytes.length;) {
    if (at + 8 > bytes.length) return broken('control field is cut');
    const field = u32(bytes, at);
    const length = u32(bytes, at + 4);
    at += 8;
    if (length > contentTypeOctetsMax || at + length > bytes.length)
      return broken('control field is too long');
    if (field !== fieldContentType) return broken(`control field of unknown type ${field}`);
    contentTypes.push(new TextDecoder('latin1').decode(bytes.subarray(at, at + length)));
    at += length;
  }
  return succeeded({ kind: 'control', type, contentTypes });
}

/** A control frame with its escape and lengths, ready to send. */
export function writeControl(type: ControlType, contentTypes: readonly string[] = []): Uint8Array {
  const encoder = new TextEncoder();
  const fields = contentTypes.map((text) => encoder.encode(text));
  const length = 4 + fields.reduce((sum, field) => sum + 8 + field.length, 0);
  const out = new Uint8Array(8 + length);
  const view = new DataView(out.buffer);
  view.setUint32(4, length);
  view.setUint32(8, controlCodes[type]);
  let at = 12;
  for (const field of fields) {
    view.setUint32(at, fieldContentType);
    view.setUint32(at + 4, field.length);
    out.set(field, at + 8);
    at += 8 + field.length;
  }
  return out;
}

/** A data frame with its length, ready to send or to write to a file. */
export function writeData(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + bytes.length);
  new DataView(out.buffer).setUint32(0, bytes.length);
  out.set(bytes, 4);
  return out;
}

/** Reads one frame at `at`; `next` is -1 while it is not whole. */
function frameAt(
  bytes: Uint8Array,
  at: number,
  end: number,
  octetsMax: number,
): Outcome<{ frame: Frame | undefined; next: number }> {
  const waiting = succeeded({ frame: undefined, next: -1 });
  if (end - at < 4) return waiting;
  const length = u32(bytes, at);
  if (length > 0) {
    if (length > octetsMax)
      return broken(`data frame of ${length} octets, at most ${octetsMax} are accepted`);
    if (end - at - 4 < length) return waiting;
    const next = at + 4 + length;
    return succeeded({ frame: { kind: 'data', bytes: bytes.subarray(at + 4, next) }, next });
  }
  if (end - at < 8) return waiting;
  const controlLength = u32(bytes, at + 4);
  if (controlLength < 4 || controlLength > controlOctetsMax)
    return broken(`control frame of ${controlLength} octets, at most ${controlOctetsMax} are accepted`);
  if (end - at - 8 < controlLength) return waiting;
  const next = at + 8 + controlLength;
  const control = readControl(bytes.subarray(at + 8, next));
  return control.ok ? succeeded({ frame: control.value, next }) : control;
}

/** A reader with an empty buffer. Memory is bounded by one frame and one chunk. */
export function frameReader(octetsMax = frameOctetsMax): FrameReader {
  let pending = new Uint8Array(0);
  let failure: Outcome<never> | undefined;
  return {
    get pendingBytes() {
      return pending.length;
    },
    push(chunk, onFrame) {
      if (failure !== undefined) return failure;
      let bytes = chunk;
      if (pending.length > 0) {
        bytes = new Uint8Array(pending.length + chunk.length);
        bytes.set(pending);
        bytes.set(chunk, pending.length);
      }
      let at = 0;
      for (;;) {
        const read = frameAt(bytes, at, bytes.length, octetsMax);
        if (!read.ok) {
          failure = read;
          pending = new Uint8Array(0);
          return read;
        }
        if (read.value.next === -1) break;
        at = read.value.next;
        onFrame(read.value.frame!);
      }
      // A copy: the chunk belongs to the socket or file, and a view would keep all of it alive.
      pending = bytes.slice(at);
      return succeeded(undefined);
    },
  };
}

/** Data frames of a whole file, with the failure that ended it early, if any: bad framing, or a frame cut at the end. */
export function framesOfFile(bytes: Uint8Array): {
  readonly frames: readonly Uint8Array[];
  readonly failure?: Outcome<never>;
} {
  const frames: Uint8Array[] = [];
  const reader = frameReader();
  let foreign: string | undefined;
  const read = reader.push(bytes, (frame) => {
    if (frame.kind === 'data') frames.push(frame.bytes);
    else if (frame.type === 'start' && frame.contentTypes.some((type) => type !== dnstapContentType))
      foreign = frame.contentTypes.join(', ');
  });
  if (!read.ok) return { frames, failure: read };
  if (foreign !== undefined)
    return {
      frames: [],
      failure: failed('unsupported_format', `Frame Streams of ${foreign}, expected ${dnstapContentType}`),
    };
  if (reader.pendingBytes > 0)
    return { frames, failure: broken(`file ends inside a frame (${reader.pendingBytes} octets left)`) };
  return { frames };
}
