/** Output streams of a command under test. */
import { Writable } from 'node:stream';

/** Streams that keep what was written. */
export function collectingIo() {
  const out: string[] = [];
  const err: string[] = [];
  const into = (list: string[]): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        list.push(chunk.toString());
        done();
      },
    });
  return { stdout: into(out), stderr: into(err), output: () => out.join(''), errors: () => err.join('') };
}
