/** Cuts a growing byte stream into lines, with bounded memory whatever comes. */

/** One line without its end, or the size of one that was too long and is dropped. `endOffset` counts bytes of the stream up to and including the line end. */
export type Line =
  | { readonly bytes: Uint8Array; readonly endOffset: number }
  | { readonly tooLongBytes: number; readonly endOffset: number };

/** Splitter of one stream. */
export interface LineSplitter {
  /** Appends a chunk and returns the lines that are whole now. Blank lines are left out. */
  push(chunk: Uint8Array): Line[];
  /** The last line when the stream is over without a line end; undefined when nothing is pending. */
  end(): Line | undefined;
}

const pieceBytes = 64 * 1024;

/** Lines of a whole body, cut as they are asked for: who stops has not paid for the rest. */
export function* linesIn(bytes: Uint8Array, bytesMax: number): Generator<Line> {
  const splitter = createLineSplitter(bytesMax);
  for (let from = 0; from < bytes.length; from += pieceBytes)
    yield* splitter.push(bytes.subarray(from, from + pieceBytes));
  const last = splitter.end();
  if (last !== undefined) yield last;
}

/** Lines end in LF or CRLF and have at most `bytesMax` bytes. `offset` is where the stream begins. */
export function createLineSplitter(bytesMax: number, offset = 0): LineSplitter {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let position = offset;

  const close = (lineEnd: number): Line | undefined => {
    const joined = pendingBytes > bytesMax ? undefined : Buffer.concat(pending);
    const tooLongBytes = pendingBytes;
    pending = [];
    pendingBytes = 0;
    if (joined === undefined) return { tooLongBytes, endOffset: lineEnd };
    const bytes = joined.at(-1) === 0x0d ? joined.subarray(0, -1) : joined;
    return isBlank(bytes) ? undefined : { bytes, endOffset: lineEnd };
  };

  const keep = (part: Uint8Array): void => {
    pendingBytes += part.length;
    // Beyond the bound only the length is of interest.
    if (pendingBytes > bytesMax) pending = [];
    else if (part.length > 0) pending.push(Uint8Array.from(part));
  };

  return {
    push(chunk) {
      const lines: Line[] = [];
      for (let from = 0; from < chunk.length;) {
        const newline = chunk.indexOf(0x0a, from);
        if (newline < 0) {
          keep(chunk.subarray(from));
          position += chunk.length - from;
          break;
        }
        keep(chunk.subarray(from, newline));
        position += newline + 1 - from;
        const line = close(position);
        if (line !== undefined) lines.push(line);
        from = newline + 1;
      }
      return lines;
    },
    end: () => (pendingBytes === 0 ? undefined : close(position)),
  };
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09);
}
