/** DNS messages out of the octets of a TCP connection, each behind its length (RFC 1035 section 4.2.2). */

/** Octets that came and were not taken yet. */
export interface MessageQueue {
  readonly octets: number;
  push(chunk: Buffer): void;
  /** The next whole message without its length; undefined while it is not whole. A view: take what you need before the next one. */
  take(): Buffer | undefined;
}

/** An empty queue. */
export function messageQueue(): MessageQueue {
  let chunks: Buffer[] = [];
  let first = 0;
  /** Octets of the first chunk that were taken. */
  let at = 0;
  let octets = 0;

  /** Moves what is needed into the first chunk, so that `length` octets lie in one piece. False: not there yet. */
  function gather(length: number): boolean {
    if (octets < length) return false;
    if (chunks[first]!.length - at >= length) return true;
    const parts: Buffer[] = [chunks[first]!.subarray(at)];
    let have = parts[0]!.length;
    while (have < length) {
      const next = chunks[++first]!;
      parts.push(next);
      have += next.length;
    }
    chunks[first] = Buffer.concat(parts);
    at = 0;
    return true;
  }

  return {
    get octets() {
      return octets;
    },
    push(chunk) {
      if (chunk.length === 0) return;
      // What was read lies before `first`; it is let go once it is the larger half.
      if (first > 64 && first * 2 > chunks.length) {
        chunks = chunks.slice(first);
        first = 0;
      }
      chunks.push(chunk);
      octets += chunk.length;
    },
    take() {
      if (!gather(2)) return undefined;
      const length = chunks[first]!.readUInt16BE(at);
      if (!gather(2 + length)) return undefined;
      const message = chunks[first]!.subarray(at + 2, at + 2 + length);
      at += 2 + length;
      octets -= 2 + length;
      if (at === chunks[first]!.length) {
        chunks[first++] = Buffer.alloc(0);
        at = 0;
        if (first === chunks.length) {
          chunks = [];
          first = 0;
        }
      }
      return message;
    },
  };
}
