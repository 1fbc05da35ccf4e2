/** Canaries: secrets that nothing may repeat, and the search for them in every form in which they could hide. */
import { randomBytes } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

/** So many characters of a canary in a row are a find, however they are written. */
const pieceLength = 12;

/** Secrets by name, as they are planted. */
export class Canaries {
  readonly #texts = new Map<string, string>();

  /** A new one of 44 characters, among them those that URLs and JSON write differently. */
  plant(name: string): string {
    return this.add(name, randomBytes(33).toString('base64'));
  }

  /** A secret that has to have a form of its own. */
  add(name: string, text: string): string {
    this.#texts.set(name, text);
    return text;
  }

  get names(): string[] {
    return [...this.#texts.keys()];
  }

  /** Name of each canary that `bytes` hold a piece of, with what stands around it. */
  findIn(bytes: Buffer): string[] {
    const found = new Map<string, string>();
    const pieces = this.#piecesByText();
    const text = bytes.toString('latin1');
    for (let at = 0; at + pieceLength <= text.length; at++) {
      const name = pieces.get(text.slice(at, at + pieceLength));
      if (name !== undefined && !found.has(name))
        found.set(name, `${name}: …${text.slice(Math.max(0, at - 80), at + 60)}…`);
    }
    return [...found.values()];
  }

  #pieces: Map<string, string> | undefined;
  #counted = 0;

  #piecesByText(): Map<string, string> {
    if (this.#pieces !== undefined && this.#counted === this.#texts.size) return this.#pieces;
    const pieces = new Map<string, string>();
    for (const [name, whole] of this.#texts)
      for (const secret of linesOf(whole))
        for (const form of writtenForms(secret))
          for (let at = 0; at + pieceLength <= form.length; at++)
            pieces.set(form.slice(at, at + pieceLength), name);
    this.#pieces = pieces;
    this.#counted = this.#texts.size;
    return pieces;
  }
}

/** A PEM key is secret in its lines; the lines around them stand in every key. */
function linesOf(secret: string): string[] {
  return secret.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
}

function writtenForms(secret: string): string[] {
  const forms = [secret, encodeURIComponent(secret), escape(secret), JSON.stringify(secret).slice(1, -1)];
  const hex = Buffer.from(secret).toString('hex');
  forms.push(hex, hex.toUpperCase(), encodeURIComponent(secret).toLowerCase());
  forms.push(
    secret.replace(/[^\w]/g, (c) => `&#${c.charCodeAt(0)};`),
    Buffer.from(secret, 'base64').toString('latin1'),
  );
  // Where a text begins inside a group of three octets decides how Base64 writes it.
  for (const before of ['', 'x', 'xx']) {
    const coded = Buffer.from(before + secret)
      .toString('base64')
      .replace(/=+$/, '');
    forms.push(coded.slice(before === '' ? 0 : 4, -1));
    forms.push(
      Buffer.from(coded, 'base64')
        .toString('base64url')
        .slice(before === '' ? 0 : 4, -1),
    );
  }
  return forms;
}

/** The bytes, and what is packed in them. */
export function unpacked(bytes: Buffer): Buffer[] {
  const parts = [bytes];
  for (const [magic, unpack] of [
    ['1f8b08', gunzipSync],
    ['28b52ffd', zstdDecompressSync],
  ] as const) {
    const mark = Buffer.from(magic, 'hex');
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1))
      try {
        parts.push(unpack(bytes.subarray(at)));
      } catch {
        // Not the beginning of anything packed, or cut: the bytes themselves are searched.
      }
  }
  return parts;
}
