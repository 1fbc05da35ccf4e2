/**
 * One dnstap frame: the protobuf message of https://github.com/dnstap/dnstap.pb (dnstap.proto, proto2), decoded by hand
 * because every query of a resolver passes here. Unknown fields are skipped; octets stay views into the frame.
 */
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';

/** What a frame says. Times in milliseconds since 1970 (fractions keep nanoseconds approximately); absent means not said. */
export interface DnstapFrame {
  identity: Uint8Array | undefined;
  version: Uint8Array | undefined;
  /** dnstap message type 1..14; 0 when absent. */
  type: number;
  /** 1 UDP, 2 TCP, 3 DOT, 4 DOH, 5 and 6 DNSCrypt, 7 DOQ; 0 when absent. */
  socketProtocol: number;
  queryAddress: Uint8Array | undefined;
  responseAddress: Uint8Array | undefined;
  queryPort: number;
  responsePort: number;
  queryTimeMs: number | undefined;
  responseTimeMs: number | undefined;
  queryMessage: Uint8Array | undefined;
  responseMessage: Uint8Array | undefined;
  /** Wire name of the zone asked about. */
  queryZone: Uint8Array | undefined;
}

/** Names of the message types, index = type. */
export const dnstapTypeNames = [
  'UNKNOWN',
  'AUTH_QUERY',
  'AUTH_RESPONSE',
  'RESOLVER_QUERY',
  'RESOLVER_RESPONSE',
  'CLIENT_QUERY',
  'CLIENT_RESPONSE',
  'FORWARDER_QUERY',
  'FORWARDER_RESPONSE',
  'STUB_QUERY',
  'STUB_RESPONSE',
  'TOOL_QUERY',
  'TOOL_RESPONSE',
  'UPDATE_QUERY',
  'UPDATE_RESPONSE',
] as const;

interface Position {
  readonly bytes: Uint8Array;
  at: number;
  end: number;
  bad: boolean;
}

/** Varint as a number; exact to 2^53, which seconds, ports and enums never reach. */
function varint(position: Position): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (position.at >= position.end) break;
    const octet = position.bytes[position.at++]!;
    value += (octet & 0x7f) * scale;
    if (octet < 0x80) return value;
    scale *= 128;
  }
  position.bad = true;
  return 0;
}

function fixed32(position: Position): number {
  const { bytes, at } = position;
  if (at + 4 > position.end) {
    position.bad = true;
    return 0;
  }
  position.at = at + 4;
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function octets(position: Position): Uint8Array {
  const length = varint(position);
  const from = position.at;
  if (position.bad || length > position.end - from) {
    position.bad = true;
    return position.bytes.subarray(0, 0);
  }
  position.at = from + length;
  return position.bytes.subarray(from, position.at);
}

function skip(position: Position, wireType: number): void {
  if (wireType === 0) varint(position);
  else if (wireType === 2) octets(position);
  else if (wireType === 5) fixed32(position);
  else if (wireType === 1 && position.at + 8 <= position.end) position.at += 8;
  else position.bad = true;
}

/** Wire type each known field of Message has; a field with another wire type makes the frame unreadable. */
const messageWireTypes: readonly number[] = [-1, 0, 0, 0, 2, 2, 0, 0, 0, 5, 2, 2, 0, 5, 2];

function readMessage(position: Position, frame: DnstapFrame): void {
  let querySeconds = -1;
  let queryNanos = 0;
  let responseSeconds = -1;
  let responseNanos = 0;
  while (position.at < position.end && !position.bad) {
    const tag = varint(position);
    const field = Math.floor(tag / 8);
    const wireType = tag % 8;
    const expected = messageWireTypes[field];
    if (expected === undefined || expected === -1) {
      if (field === 0) position.bad = true;
      else skip(position, wireType);
      continue;
    }
    if (wireType !== expected) {
      position.bad = true;
      break;
    }
    switch (field) {
      case 1:
        frame.type = varint(position);
        break;
      case 3:
        frame.socketProtocol = varint(position);
        break;
      case 4:
        frame.queryAddress = octets(position);
        break;
      case 5:
        frame.responseAddress = octets(position);
        break;
      case 6:
        frame.queryPort = varint(position);
        break;
      case 7:
        frame.responsePort = varint(position);
        break;
      case 8:
        querySeconds = varint(position);
        break;
      case 9:
        queryNanos = fixed32(position);
        break;
      case 10:
        frame.queryMessage = octets(position);
        break;
      case 11:
        frame.queryZone = octets(position);
        break;
      case 12:
        responseSeconds = varint(position);
        break;
      case 13:
        responseNanos = fixed32(position);
        break;
      case 14:
        frame.responseMessage = octets(position);
        break;
      default:
        skip(position, wireType);
    }
  }
  if (querySeconds >= 0) frame.queryTimeMs = querySeconds * 1000 + queryNanos / 1e6;
  if (responseSeconds >= 0) frame.responseTimeMs = responseSeconds * 1000 + responseNanos / 1e6;
}

/** An empty frame, for reuse with `decodeDnstapInto`. */
export function emptyDnstapFrame(): DnstapFrame {
  return {
    identity: undefined,
    version: undefined,
    type: 0,
    socketProtocol: 0,
    queryAddress: undefined,
    responseAddress: undefined,
    queryPort: 0,
    responsePort: 0,
    queryTimeMs: undefined,
    responseTimeMs: undefined,
    queryMessage: undefined,
    responseMessage: undefined,
    queryZone: undefined,
  };
}

/** Decodes into a frame object that is reused between calls. False: not a dnstap message, `frame` is then worthless. */
export function decodeDnstapInto(bytes: Uint8Array, frame: DnstapFrame): boolean {
  frame.identity = undefined;
  frame.version = undefined;
  frame.type = 0;
  frame.socketProtocol = 0;
  frame.queryAddress = undefined;
  frame.responseAddress = undefined;
  frame.queryPort = 0;
  frame.responsePort = 0;
  frame.queryTimeMs = undefined;
  frame.responseTimeMs = undefined;
  frame.queryMessage = undefined;
  frame.responseMessage = undefined;
  frame.queryZone = undefined;
  const position: Position = { bytes, at: 0, end: bytes.length, bad: false };
  while (position.at < bytes.length && !position.bad) {
    const tag = varint(position);
    if (tag === 10) frame.identity = octets(position);
    else if (tag === 18) frame.version = octets(position);
    else if (tag === 114) {
      const length = varint(position);
      const end = position.at + length;
      if (position.bad || end > bytes.length) return false;
      position.end = end;
      readMessage(position, frame);
      position.at = end;
      position.end = bytes.length;
    } else if (tag < 8) position.bad = true;
    else skip(position, tag % 8);
  }
  return !position.bad && frame.type !== 0;
}

/** Decodes one frame, or says that it is not one. */
export function decodeDnstap(bytes: Uint8Array): Outcome<DnstapFrame> {
  const frame = emptyDnstapFrame();
  if (bytes.length === 0 || !decodeDnstapInto(bytes, frame))
    return failed('bad_wire_format', 'dnstap frame is not a protobuf message of type dnstap.Dnstap');
  return succeeded(frame);
}
