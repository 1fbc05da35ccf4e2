/** Hashes of labels with one or two characters left out, and a table for them that mostly says "surely not" at once. */

const filterWordsMin = 1 << 14;
const filterWordsMax = 1 << 20;
/** Words of the filter per hash: few enough bits are set that three of three match by chance once in a hundred and fifty times. */
const filterWordsPerHash = 0.25;
const base = 0x01000193;

/** Prefix hashes and powers of one text: the hash of the text without one or two characters is then a few multiplications. */
export interface Hashes {
  readonly prefix: Int32Array;
  readonly power: Int32Array;
}

/** Longest text that has a place in the buffers. */
export const charsMax = 64;
const powers = new Int32Array(charsMax + 1);
powers[0] = 1;
for (let i = 1; i <= charsMax; i++) powers[i] = Math.imul(powers[i - 1]!, base);

/** Prefix hashes of a text, into a buffer of `charsMax` + 1. */
export function hashesOf(text: string, into: Int32Array): Hashes {
  into[0] = 0;
  for (let i = 0; i < text.length; i++)
    into[i + 1] = (Math.imul(into[i]!, base) + text.charCodeAt(i) + 1) | 0;
  return { prefix: into, power: powers };
}

/** Hash of characters `from`..`to` (end not included). */
export function range(hashes: Hashes, from: number, to: number): number {
  return (hashes.prefix[to]! - Math.imul(hashes.prefix[from]!, hashes.power[to - from]!)) | 0;
}

function joinHash(left: number, right: number, rightLength: number): number {
  return (Math.imul(left, powers[rightLength]!) + right) | 0;
}

/** Which deletions of two characters are worth a look: those that leave the first four characters, those that leave the last four. */
export interface LikelyEnds {
  readonly head: boolean;
  readonly tail: boolean;
}

/** All of them. */
export const everyDeletion: LikelyEnds = { head: true, tail: true };

/** Calls `visit` with the hash of the text itself and of it without one (and, with `two`, without two) characters. */
export function eachDeletion(
  text: string,
  buffer: Int32Array,
  two: LikelyEnds | undefined,
  visit: (hash: number) => void,
): void {
  const hashes = hashesOf(text, buffer);
  const n = text.length;
  visit(range(hashes, 0, n));
  for (let i = 0; i < n; i++) {
    const head = range(hashes, 0, i);
    visit(joinHash(head, range(hashes, i + 1, n), n - i - 1));
    if (two === undefined || (i >= endChars && !two.head)) continue;
    for (let j = two.tail ? i + 1 : Math.max(i + 1, n - endChars); j < n; j++)
      visit(joinHash(joinHash(head, range(hashes, i + 1, j), j - i - 1), range(hashes, j + 1, n), n - j - 1));
  }
}

const endChars = 4;
const endBits = 1 << 20;

/** What monitored labels look like at both ends once up to two characters are gone, by what is left of their length. */
export interface EndsOfDeletions {
  add(label: string): void;
  /** Ends of `label`, of which two characters are to be deleted, that some monitored label may share. No false "no". */
  of(label: string): LikelyEnds;
}

function endHash(text: string, from: number, length: number): number {
  let hash = length;
  for (let i = from; i < from + endChars; i++) hash = (Math.imul(hash, base) + text.charCodeAt(i)) | 0;
  return (Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 12) & (endBits - 1);
}

/** All ways of `text` without `count` characters. */
function without(text: string, count: number, from = 0): string[] {
  if (count === 0) return [text];
  const found: string[] = [];
  for (let i = from; i < text.length; i++)
    found.push(...without(text.slice(0, i) + text.slice(i + 1), count - 1, i));
  return found;
}

/** Knows no label yet. */
export function endsOfDeletions(): EndsOfDeletions {
  const heads = new Uint8Array(endBits / 8);
  const tails = new Uint8Array(endBits / 8);
  const set = (bits: Uint8Array, at: number): void => void (bits[at >> 3] = bits[at >> 3]! | (1 << (at & 7)));
  const has = (bits: Uint8Array, at: number): boolean => (bits[at >> 3]! & (1 << (at & 7))) !== 0;
  return {
    add(label) {
      for (let count = 0; count <= 2; count++) {
        const length = label.length - count;
        for (const head of without(label.slice(0, endChars + count), count))
          set(heads, endHash(head, 0, length));
        for (const tail of without(label.slice(-endChars - count), count))
          set(tails, endHash(tail, 0, length));
      }
    },
    of(label) {
      const length = label.length - 2;
      return {
        head: has(heads, endHash(label, 0, length)),
        tail: has(tails, endHash(label, label.length - endChars, length)),
      };
    },
  };
}

/** Three bits of one word: a name that is not there costs one look into memory. */
function maskOf(mixed: number): number {
  return (1 << (mixed & 31)) | (1 << ((mixed >>> 5) & 31)) | (1 << ((mixed >>> 10) & 31));
}

/** Items by hash, behind a bit filter that answers "surely not" without touching the rest. */
export interface HashIndex {
  /** Calls `visit` with the number of each item put under a hash, in the order they were put; it may come twice. */
  each(hash: number, visit: (item: number) => void): void;
}

const entriesOfBucket = 4;

/** Bucket of a mixed hash. */
function bucketOf(mixed: number, bits: number): number {
  return bits === 0 ? 0 : mixed >>> (32 - bits);
}

/**
 * Makes an index in flat tables, nine bytes an entry: ten thousand names have half a million entries. `fill` puts every
 * item, by number; it is called three times and must put the same every time.
 */
export function hashIndex(fill: (put: (hash: number, item: number) => void) => void): HashIndex {
  let count = 0;
  fill(() => count++);
  let bits = 0;
  while ((1 << bits) * entriesOfBucket < count) bits++;
  let words = filterWordsMin;
  while (words < count * filterWordsPerHash && words < filterWordsMax) words *= 2;
  const filter = new Int32Array(words);
  const pairs = new Int32Array(2 * count);
  // While filling, the place of the next entry of each bucket; afterwards where the bucket ends.
  const ends = countBuckets(fill, bits);
  fill((hash, item) => {
    const mixed = Math.imul(hash, 0x9e3779b1);
    const at = (mixed >>> 12) & (words - 1);
    filter[at] = filter[at]! | maskOf(Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 11);
    const place = ends[bucketOf(mixed, bits)]!++;
    pairs[2 * place] = hash;
    pairs[2 * place + 1] = item;
  });
  return {
    each(hash, visit) {
      const mixed = Math.imul(hash, 0x9e3779b1);
      const mask = maskOf(Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 11);
      // Nearly every hash ends here.
      if ((filter[(mixed >>> 12) & (words - 1)]! & mask) !== mask) return;
      const bucket = bucketOf(mixed, bits);
      const end = ends[bucket]!;
      for (let place = bucket === 0 ? 0 : ends[bucket - 1]!; place < end; place++)
        if (pairs[2 * place] === hash) visit(pairs[2 * place + 1]!);
    },
  };
}

/** Where each bucket begins. */
function countBuckets(fill: (put: (hash: number) => void) => void, bits: number): Uint32Array {
  const begins = new Uint32Array(1 << bits);
  fill((hash) => begins[bucketOf(Math.imul(hash, 0x9e3779b1), bits)]!++);
  let sum = 0;
  for (let bucket = 0; bucket < begins.length; bucket++) {
    const size = begins[bucket]!;
    begins[bucket] = sum;
    sum += size;
  }
  return begins;
}
