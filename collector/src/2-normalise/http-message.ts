/** A recorded HTTP/1.1 request (RFC 9112): request line, header fields, blank line, body. */
import { failed, succeeded } from '../contract/outcome.ts';
import type { Outcome } from '../contract/outcome.ts';

/** Parts of a request. Field names are lower case; of repeated fields the last one is kept. */
export interface HttpMessage {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

const headBytesMax = 64 * 1024;
const asciiDecoder = new TextDecoder('latin1');

/**
 * True when bytes begin with a request line. A webhook body is JSON and starts with `{`, so nothing is taken for the other.
 */
export function startsWithRequestLine(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return first >= 0x41 && first <= 0x5a;
}

/** Splits a request. Lines may end in CRLF or in LF alone. Fails when no blank line ends the head. */
export function parseHttpMessage(bytes: Uint8Array): Outcome<HttpMessage> {
  const bodyStart = endOfHead(bytes);
  if (bodyStart < 0)
    return failed('bad_wire_format', 'HTTP request has no blank line after its header fields');
  const lines = asciiDecoder.decode(bytes.subarray(0, bodyStart)).split('\n');
  const headers = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return succeeded({ headers, body: bytes.subarray(bodyStart) });
}

function endOfHead(bytes: Uint8Array): number {
  const max = Math.min(bytes.length, headBytesMax);
  for (let i = 0; i < max; i++) {
    if (bytes[i] !== 0x0a) continue;
    if (bytes[i + 1] === 0x0a) return i + 2;
    if (bytes[i + 1] === 0x0d && bytes[i + 2] === 0x0a) return i + 3;
  }
  return -1;
}
