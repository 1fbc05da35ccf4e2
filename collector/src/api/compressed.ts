/** Smaller forms of files for clients that take them (RFC 9110 12.5.3), made when first asked for and kept. */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** How a body is coded on its way. */
export type Coding = 'br' | 'gzip';

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

/** Smaller ones gain nothing that a packet would notice. */
const bytesMin = 1024;
/** What all kept forms may take together; beyond it files go out as they are. */
const keptBytesMax = 32 * 1024 * 1024;
const compressible = /^(text\/|application\/json|image\/svg)/;

/** The best coding the header `accept-encoding` allows; undefined: as it is. */
export function codingOf(accepted: string | undefined): Coding | undefined {
  const weights = new Map(
    (accepted ?? '').split(',').map((part) => {
      const [name = '', ...rest] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      const weight = rest.find((each) => each.startsWith('q='))?.slice(2);
      return [name, weight === undefined ? 1 : Number(weight)] as const;
    }),
  );
  const takes = (name: string): boolean => (weights.get(name) ?? weights.get('*') ?? 0) > 0;
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : undefined;
}

/** Keeps the coded forms of the files of one folder. */
export class CompressedFiles {
  readonly #kept = new Map<string, Uint8Array>();
  #bytes = 0;

  /** The coded form of a file's bytes, or undefined when it is not worth it. `tag` names the version of the file. */
  async of(
    file: string,
    tag: string,
    type: string,
    coding: Coding,
    bytes: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    if (bytes.length < bytesMin || !compressible.test(type)) return undefined;
    const key = `${coding} ${file} ${tag}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    if (this.#bytes >= keptBytesMax) return undefined;
    const coded =
      coding === 'br'
        ? await brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })
        : await deflate(bytes, { level: 6 });
    if (coded.length >= bytes.length) return undefined;
    this.#kept.set(key, coded);
    this.#bytes += coded.length;
    return coded;
  }
}
