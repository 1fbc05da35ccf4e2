/** A stream for what is told in words: whatever others put into a message, it stays text. */
import { Writable } from 'node:stream';
import { printableLines } from '../leaf/printable.ts';

/** Passes text on to `stream` with characters that act or hide written out; line feeds stay. */
export function safeStream(stream: Pick<NodeJS.WritableStream, 'write'>): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      stream.write(printableLines(chunk.toString()));
      done();
    },
  });
}
