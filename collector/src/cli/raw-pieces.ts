/** Large line files of raw records in pieces that end where a line ends, so that a year of them needs little memory. */
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { UnusableInput } from '../app/unusable-input.ts';

/** Part of a file that can be framed by itself under this name, or why nothing more of it can be read. */
export type RawPiece = { readonly name: string; readonly bytes: Uint8Array } | { readonly problem: string };

const pieceBytes = 4 * 1024 * 1024;
/** A line that is longer than this is cut; it is far more than a record may have. */
const lineBytesMax = 64 * 1024 * 1024;

/**
 * Pieces of a file, in order. One piece, the file as it is, when it is small, or when it is not one record a line. Throws
 * UnusableInput when the file cannot be read.
 */
export async function* rawPieces(path: string): AsyncGenerator<RawPiece> {
  try {
    const { size, start } = await beginning(path);
    const name = path.replace(/\.gz$/iu, '');
    const isZipped = start[0] === 0x1f && start[1] === 0x8b;
    const isLines = /\.(?:ndjson|jsonl|log)$/iu.test(name);
    if (isLines && size > pieceBytes) yield* linePieces(path, name, isZipped);
    else yield { name: path, bytes: await readFile(path) };
  } catch (error) {
    throw new UnusableInput([`${path}: cannot be read: ${(error as Error).message}`]);
  }
}

async function beginning(path: string): Promise<{ size: number; start: Uint8Array }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return { size, start: buffer.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}

/** Neither UTF-16 nor written for reading, with a bracket alone on the first line: those are whole texts. */
function isPlainLines(start: Uint8Array): boolean {
  const text = Buffer.from(start.subarray(0, 80)).toString('latin1');
  return (
    !/^(?:\xff\xfe|\xfe\xff)/u.test(text) && !/^(?:\xef\xbb\xbf)?\s*(?:\{|\[|\[\{)[ \t\r]*\n/u.test(text)
  );
}

async function* linePieces(path: string, name: string, isZipped: boolean): AsyncGenerator<RawPiece> {
  const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
  const inflated = isZipped ? file.pipe(createGunzip()) : file;
  if (inflated !== file) file.on('error', (error) => inflated.destroy(error));
  let held: Uint8Array[] = [];
  let bytes = 0;
  let isFirst = true;
  try {
    for await (const chunk of inflated as AsyncIterable<Uint8Array>) {
      if (isFirst && !isPlainLines(chunk)) {
        yield { name: path, bytes: await readFile(path) };
        return;
      }
      isFirst = false;
      held.push(chunk);
      bytes += chunk.length;
      if (bytes < pieceBytes) continue;
      const end = chunk.lastIndexOf(0x0a);
      if (end < 0 && bytes < lineBytesMax) continue;
      const cut = end < 0 ? chunk.length : end + 1;
      yield { name, bytes: Buffer.concat([...held.slice(0, -1), chunk.subarray(0, cut)]) };
      held = [chunk.subarray(cut)];
      bytes = chunk.length - cut;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_') !== true) throw error;
    yield { name, bytes: Buffer.concat(held) };
    yield { problem: `gzip content is damaged (${message})` };
    return;
  } finally {
    file.destroy();
  }
  if (bytes > 0) yield { name, bytes: Buffer.concat(held) };
}
