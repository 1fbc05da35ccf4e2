/**
 * Texts by key, as bytes in flat tables: no object a row, so that hundreds of thousands of rows cost their characters and
 * about forty bytes each, and the collector of garbage nothing. What the texts often say is kept shorter.
 */
import { PhraseBook } from './phrase-book.ts';

/** Largest table of bytes; a row that is larger has one of its own. */
const chunkMax = 256 * 1024;
const chunkMin = 4 * 1024;
/** Before each row: its number, units of its key with book and width above them, units of its text. */
const headBytes = 12;
const wideBit = 0x80000000;
/** Number of the phrase book of a text; 0: written out. */
const bookShift = 24;
const bookMask = 0x7f;
const keyUnitsMask = 0x00ffffff;
/** A book is learned from so many texts, when so many rows and then eight times as many are held. */
const sampleTexts = 128;
const booksMax = 6;
/** Shorter texts have little to say twice. */
const shortenedFrom = 64;
const dead = 0xffffffff;
const firstSlots = 64;

/** Bytes of rows in the order they were put; neighbours are linked. */
class Chunk {
  bytes: Buffer<ArrayBuffer>;
  view: DataView;
  used = 0;
  live = 0;
  before: Chunk | undefined;
  after: Chunk | undefined;

  constructor(size: number) {
    const buffer = new ArrayBuffer(size);
    this.bytes = Buffer.from(buffer);
    this.view = new DataView(buffer);
  }

  replace(buffer: ArrayBuffer): void {
    const bytes = Buffer.from(buffer);
    this.bytes = bytes;
    this.view = new DataView(buffer);
    this.used = bytes.length;
    this.live = bytes.length;
  }

  /** Bytes of the row at `at`, head included. */
  lengthAt(at: number): number {
    const units = this.keyUnits(at) + this.view.getUint32(at + 8);
    return headBytes + (this.isWide(at) ? 2 * units : units);
  }

  isWide(at: number): boolean {
    return (this.view.getUint32(at + 4) & wideBit) !== 0;
  }

  keyUnits(at: number): number {
    return this.view.getUint32(at + 4) & keyUnitsMask;
  }

  bookAt(at: number): number {
    return (this.view.getUint32(at + 4) >>> bookShift) & bookMask;
  }
}

/** FNV-1a over code units. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function writeUnits(chunk: Chunk, at: number, text: string, wide: boolean): number {
  if (wide) {
    for (let i = 0; i < text.length; i++) chunk.view.setUint16(at + 2 * i, text.charCodeAt(i));
    return at + 2 * text.length;
  }
  return at + chunk.bytes.write(text, at, 'latin1');
}

function readUnits(chunk: Chunk, at: number, units: number, wide: boolean): string {
  if (!wide) return chunk.bytes.toString('latin1', at, at + units);
  let text = '';
  for (let i = 0; i < units; i++) text += String.fromCharCode(chunk.view.getUint16(at + 2 * i));
  return text;
}

function keyAt(chunk: Chunk, at: number): string {
  return readUnits(chunk, at + headBytes, chunk.keyUnits(at), chunk.isWide(at));
}

/** A map from text to text that keeps the order in which texts were put; putting one again puts it last. */
export class PackedTexts {
  /** Number of a row plus one, by hash; 0: free. */
  #slots = new Uint32Array(firstSlots);
  #hashes = new Uint32Array(firstSlots);
  #offsets = new Uint32Array(firstSlots);
  readonly #chunks: (Chunk | undefined)[] = [];
  readonly #freeRows: number[] = [];
  #first: Chunk | undefined;
  #last: Chunk | undefined;
  #size = 0;
  #bytes = 0;
  /** Books texts were written with, the newest last. */
  readonly #books: PhraseBook[] = [];
  #sample: string[] = [];
  #learnAt = 2 * sampleTexts;

  /** Rows held. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of all tables. */
  get bytes(): number {
    return this.#bytes + 4 * (this.#slots.length + this.#hashes.length + this.#offsets.length);
  }

  has(key: string): boolean {
    return this.#rowOf(key, hashOf(key)) >= 0;
  }

  get(key: string): string | undefined {
    const row = this.#rowOf(key, hashOf(key));
    const chunk = this.#chunks[row];
    return row < 0 || chunk === undefined ? undefined : this.#textAt(chunk, this.#offsets[row] as number);
  }

  #textAt(chunk: Chunk, at: number): string {
    const wide = chunk.isWide(at);
    const keyUnits = chunk.keyUnits(at);
    const start = at + headBytes + (wide ? 2 * keyUnits : keyUnits);
    const text = readUnits(chunk, start, chunk.view.getUint32(at + 8), wide);
    const book = this.#books[chunk.bookAt(at) - 1];
    return book === undefined ? text : book.restore(text);
  }

  /** Puts a text last. A key has at most sixteen million characters. */
  set(key: string, said: string): void {
    if (key.length > keyUnitsMask) throw new RangeError(`a key of ${key.length} characters`);
    this.delete(key);
    const hash = hashOf(key);
    const row = this.#freeRows.pop() ?? this.#chunks.length;
    if (row >= this.#hashes.length) this.#growRows();
    const wide = !isAscii(key) || !isAscii(said);
    const isShort = !wide && said.length >= shortenedFrom && this.#learn(said);
    const text = isShort ? (this.#books.at(-1) as PhraseBook).shorten(said) : said;
    const length = headBytes + (wide ? 2 : 1) * (key.length + text.length);
    const chunk = this.#chunkFor(length);
    const at = chunk.used;
    chunk.view.setUint32(at, row);
    const above = wide ? wideBit : isShort ? this.#books.length << bookShift : 0;
    chunk.view.setUint32(at + 4, (key.length | above) >>> 0);
    chunk.view.setUint32(at + 8, text.length);
    writeUnits(chunk, writeUnits(chunk, at + headBytes, key, wide), text, wide);
    chunk.used += length;
    chunk.live += length;
    this.#chunks[row] = chunk;
    this.#offsets[row] = at;
    this.#hashes[row] = hash;
    this.#size += 1;
    if (this.#size * 2 > this.#slots.length) this.#growSlots();
    else this.#occupy(hash, row);
  }

  delete(key: string): boolean {
    const hash = hashOf(key);
    const row = this.#rowOf(key, hash);
    const chunk = this.#chunks[row];
    if (row < 0 || chunk === undefined) return false;
    this.#vacate(hash, row);
    const at = this.#offsets[row] as number;
    chunk.live -= chunk.lengthAt(at);
    chunk.view.setUint32(at, dead);
    this.#chunks[row] = undefined;
    this.#freeRows.push(row);
    this.#size -= 1;
    if (chunk.live === 0) this.#unlink(chunk);
    else if (chunk !== this.#last && chunk.live * 2 < chunk.bytes.length) this.#compact(chunk);
    return true;
  }

  /** Keys in the order their texts were put. Nothing may be put or deleted before the last was taken or the walk was left. */
  *keys(): Generator<string> {
    for (const [chunk, at] of this.#rows()) yield keyAt(chunk, at);
  }

  /** Keys and texts in the same order, under the same rule. */
  *entries(): Generator<[key: string, text: string]> {
    for (const [chunk, at] of this.#rows()) yield [keyAt(chunk, at), this.#textAt(chunk, at)];
  }

  *#rows(): Generator<[chunk: Chunk, at: number]> {
    for (let chunk = this.#first; chunk !== undefined; chunk = chunk.after)
      for (let at = 0; at < chunk.used; at += chunk.lengthAt(at))
        if (chunk.view.getUint32(at) !== dead) yield [chunk, at];
  }

  clear(): void {
    this.#slots = new Uint32Array(firstSlots);
    this.#hashes = new Uint32Array(firstSlots);
    this.#offsets = new Uint32Array(firstSlots);
    this.#chunks.length = 0;
    this.#freeRows.length = 0;
    this.#first = undefined;
    this.#last = undefined;
    this.#size = 0;
    this.#bytes = 0;
    this.#books.length = 0;
    this.#sample = [];
    this.#learnAt = 2 * sampleTexts;
  }

  /** True when there is a book to write with; the sample of the next one is taken just before it is due. */
  #learn(text: string): boolean {
    if (this.#size >= this.#learnAt - sampleTexts && this.#books.length < booksMax) {
      this.#sample.push(text);
      if (this.#sample.length >= sampleTexts) {
        this.#books.push(new PhraseBook(this.#sample));
        this.#sample = [];
        this.#learnAt *= 8;
      }
    }
    return this.#books.length > 0;
  }

  #rowOf(key: string, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] as number) - 1;
      if (row < 0 || (this.#hashes[row] === hash && this.#isKeyOf(row, key))) return row;
    }
  }

  #isKeyOf(row: number, key: string): boolean {
    const chunk = this.#chunks[row];
    if (chunk === undefined) return false;
    const at = this.#offsets[row] as number;
    if (chunk.keyUnits(at) !== key.length) return false;
    const start = at + headBytes;
    if (chunk.isWide(at)) {
      for (let i = 0; i < key.length; i++)
        if (chunk.view.getUint16(start + 2 * i) !== key.charCodeAt(i)) return false;
      return true;
    }
    const { bytes } = chunk;
    for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key.charCodeAt(i)) return false;
    return true;
  }

  #occupy(hash: number, row: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = row + 1;
  }

  /** Frees the slot of a row and moves up those behind it that would not be found any more. */
  #vacate(hash: number, row: number): void {
    const mask = this.#slots.length - 1;
    let hole = hash & mask;
    while (this.#slots[hole] !== row + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (this.#hashes[(this.#slots[slot] as number) - 1] as number) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      this.#slots[hole] = this.#slots[slot] as number;
      hole = slot;
    }
    this.#slots[hole] = 0;
  }

  #growSlots(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    this.#chunks.forEach((chunk, row) => {
      if (chunk !== undefined) this.#occupy(this.#hashes[row] as number, row);
    });
  }

  #growRows(): void {
    const length = Math.ceil(this.#hashes.length * 1.5);
    const [hashes, offsets] = [new Uint32Array(length), new Uint32Array(length)];
    hashes.set(this.#hashes);
    offsets.set(this.#offsets);
    this.#hashes = hashes;
    this.#offsets = offsets;
  }

  #chunkFor(length: number): Chunk {
    const last = this.#last;
    if (last !== undefined && last.used + length <= last.bytes.length) return last;
    const size = Math.max(length, Math.min(chunkMax, Math.max(chunkMin, this.#bytes)));
    const chunk = new Chunk(size);
    this.#bytes += size;
    chunk.before = last;
    if (last === undefined) this.#first = chunk;
    else last.after = chunk;
    this.#last = chunk;
    if (last !== undefined && last.live * 2 < last.bytes.length) this.#compact(last);
    return chunk;
  }

  #unlink(chunk: Chunk): void {
    this.#bytes -= chunk.bytes.length;
    if (chunk.before === undefined) this.#first = chunk.after;
    else chunk.before.after = chunk.after;
    if (chunk.after === undefined) this.#last = chunk.before;
    else chunk.after.before = chunk.before;
  }

  /** Leaves out the dead; takes the chunk before along when both together are small. */
  #compact(chunk: Chunk): void {
    const { before } = chunk;
    const joined = before !== undefined && before.live + chunk.live <= chunkMax / 2 ? before : undefined;
    const bytes = new Uint8Array(chunk.live + (joined?.live ?? 0));
    let to = joined === undefined ? 0 : this.#copyLive(joined, bytes, 0, chunk);
    to = this.#copyLive(chunk, bytes, to, chunk);
    if (joined !== undefined) this.#unlink(joined);
    this.#bytes += bytes.length - chunk.bytes.length;
    chunk.replace(bytes.buffer);
  }

  #copyLive(from: Chunk, bytes: Uint8Array, start: number, owner: Chunk): number {
    let to = start;
    for (let at = 0; at < from.used;) {
      const length = from.lengthAt(at);
      const row = from.view.getUint32(at);
      if (row !== dead) {
        bytes.set(from.bytes.subarray(at, at + length), to);
        this.#chunks[row] = owner;
        this.#offsets[row] = to;
        to += length;
      }
      at += length;
    }
    return to;
  }
}
