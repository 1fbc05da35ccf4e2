/** Data units of EPP over TLS (RFC 5734 section 4): a 32-bit total length in network order, then the XML instance. */
import type { TLSSocket } from 'node:tls';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';

/** Largest data unit taken; the largest known poll messages are some tens of KiB. */
export const frameBytesMax = 1024 * 1024;

/** One instance with its length in front. */
export function eppFrame(xml: string): Uint8Array {
  const body = Buffer.from(xml, 'utf8');
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt32BE(frame.length, 0);
  body.copy(frame, 4);
  return frame;
}

/** A conversation over an open socket; one request at a time, as the protocol has it. */
export interface EppChannel {
  /** The next data unit without its length. Fails when none comes in time, and for lengths that cannot be. */
  read(timeoutMs: number): Promise<Outcome<Uint8Array>>;
  write(xml: string): void;
  close(): void;
}

/** Wraps a connected socket. */
export function createEppChannel(socket: TLSSocket, place: string): EppChannel {
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  let ended: string | undefined;
  let wake: () => void = () => {};
  socket.on('data', (chunk: Uint8Array) => {
    chunks.push(chunk);
    bytes += chunk.length;
    // The other side only speaks when asked: more than one frame waiting is a fault.
    if (bytes > 2 * frameBytesMax) socket.destroy();
    wake();
  });
  const end = (why: string): void => {
    ended ??= why;
    wake();
  };
  socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'connection failed'));
  socket.on('close', () => end('connection closed'));
  const taken = (): Outcome<Uint8Array> | undefined => {
    if (bytes < 4) return undefined;
    const all = Buffer.concat(chunks);
    chunks = [all];
    const length = all.readUInt32BE(0);
    if (length < 5 || length > frameBytesMax)
      return failed('bad_wire_format', `${place} announces a data unit of ${length} bytes`);
    if (bytes < length) return undefined;
    chunks = [all.subarray(length)];
    bytes -= length;
    return succeeded(Uint8Array.from(all.subarray(4, length)));
  };
  return {
    write: (xml) => void socket.write(eppFrame(xml)),
    close: () => socket.destroy(),
    async read(timeoutMs) {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        wake();
      }, timeoutMs);
      try {
        for (;;) {
          const found = taken();
          if (found !== undefined) return found;
          if (isLate) return failed('endpoint_timeout', `${place} did not answer in time`);
          if (ended !== undefined) return failed('endpoint_unreachable', `${place}: ${ended}`);
          await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        clearTimeout(timer);
        wake = () => {};
      }
    },
  };
}
