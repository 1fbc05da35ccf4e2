/** Byte and text mutations for fuzzing: flips, cuts, splices, repeats, and the tokens parsers stumble over. */

const tokens = [
  '__proto__',
  'constructor',
  '\u0000',
  '\ud800',
  '"',
  '\\',
  '{',
  '[',
  '<!DOCTYPE x [<!ENTITY a "&#38;a;">]>',
  '1e400',
  '-0',
  '99999999999999999999',
  '2099-12-31T23:59:60Z',
  '%00',
  '\u202e',
  'xn--',
  '.'.repeat(300),
  'a'.repeat(70),
].map((text) => Buffer.from(text));

/** One to four random changes of `seed`; `other` is spliced in sometimes. */
export function mutated(seed: Uint8Array, other: Uint8Array, random: () => number): Buffer {
  const below = (bound: number): number => Math.floor(random() * bound);
  let bytes: Buffer = Buffer.from(seed);
  for (let i = 1 + below(4); i > 0; i--) {
    const at = below(bytes.length + 1);
    const to = Math.min(bytes.length, at + below(40));
    const join = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);
    switch (below(7)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << below(8));
        break;
      case 1:
        bytes = bytes.subarray(0, at);
        break;
      case 2:
        bytes = join(bytes.subarray(0, at), bytes.subarray(to));
        break;
      case 3:
        bytes = join(bytes.subarray(0, at), tokens[below(tokens.length)] as Buffer, bytes.subarray(at));
        break;
      case 4:
        bytes = join(bytes.subarray(0, at), other.subarray(0, below(200)), bytes.subarray(to));
        break;
      case 5:
        bytes = join(bytes.subarray(0, to), bytes.subarray(at));
        break;
      default:
        if (at < bytes.length) bytes[at] = below(256);
    }
    bytes = Buffer.from(bytes);
  }
  return bytes;
}
