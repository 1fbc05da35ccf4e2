/** Inputs made to hurt: nesting, repetition, expansion, names that reach into prototypes. Built here, never stored. */
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';

const mebibyte = 1_048_576;

function nested(open: string, inner: string, close: string, depth: number): string {
  return open.repeat(depth) + inner + close.repeat(depth);
}

function laughs(): string {
  const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join(
    '',
  );
  return `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">${entities}]><feedback>&l9;</feedback>`;
}

function yamlLaughs(): string {
  const levels = Array.from(
    { length: 12 },
    (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(',')}]`,
  );
  return ['l0: &l0 [ha]', ...levels].join('\n');
}

/** DER sequences inside each other, with lengths that fit. */
function deepDer(depth: number): Buffer {
  const headers: Buffer[] = [];
  for (let length = 0, i = 0; i < depth; i++) {
    const header = length < 128 ? Buffer.of(0x30, length) : Buffer.of(0x30, 0x84, ...be32(length));
    headers.push(header);
    length += header.length;
  }
  return Buffer.concat(headers.reverse());
}

function be32(value: number): number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** A DNS message whose one name points at itself. */
function pointerLoop(): Buffer {
  return Buffer.from(
    '0000818000010001000000 00c00c00010001c00c00010001000000010004c0a80101'.replace(' ', ''),
    'hex',
  );
}

/** Gzip inside gzip, all small. */
function nestedGzip(levels: number): Buffer {
  let bytes = Buffer.from('{"a":1}');
  for (let i = 0; i < levels; i++) bytes = gzipSync(bytes);
  return bytes;
}

/** A zip whose only entry grows a thousandfold, its directory lying about the size. */
function zipBomb(): Buffer {
  const data = deflateRawSync(Buffer.alloc(64 * mebibyte));
  const local = Buffer.alloc(31);
  local.write('PK\u0003\u0004', 0, 'latin1');
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(data.length, 18);
  local.writeUInt32LE(10, 22);
  local.writeUInt16LE(1, 26);
  local.write('a', 30);
  const central = Buffer.alloc(47);
  central.write('PK\u0001\u0002', 0, 'latin1');
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(10, 24);
  central.writeUInt16LE(1, 28);
  central.write('a', 46);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(47, 12);
  end.writeUInt32LE(31 + data.length, 16);
  return Buffer.concat([local, data, central, end]);
}

const depth = 100_000;

const makers: readonly (readonly [name: string, make: () => Buffer])[] = [
  ['nothing', () => Buffer.alloc(0)],
  ['lists in lists', () => Buffer.from(nested('[', '', ']', depth))],
  ['lists that never close', () => Buffer.from('['.repeat(depth))],
  ['objects in objects', () => Buffer.from(nested('{"a":', '1', '}', depth))],
  ['lists in an object', () => Buffer.from(`{"data":${nested('[', '1', ']', 5_000)}}`)],
  ['elements in elements', () => Buffer.from(nested('<a>', 'x', '</a>', depth))],
  ['XML entities', () => Buffer.from(laughs())],
  [
    'an XML entity of a file',
    () => Buffer.from('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><feedback>&e;</feedback>'),
  ],
  ['YAML aliases', () => Buffer.from(yamlLaughs())],
  ['YAML flow nesting', () => Buffer.from(nested('[', '', ']', 20_000))],
  [
    'YAML block nesting',
    () => Buffer.from(Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')),
  ],
  [
    'a million keys',
    () => Buffer.from(`{${Array.from({ length: 1_000_000 }, (_, i) => `"k${i}":1`).join()}}`),
  ],
  [
    'prototype names',
    () =>
      Buffer.from(
        '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"data":{"__proto__":{"polluted":1}}}',
      ),
  ],
  [
    'numbers out of range',
    () => Buffer.from('{"a":1e400,"b":-1e400,"c":123456789012345678901234567890,"d":-0}'),
  ],
  ['a long digit string', () => Buffer.from(`{"a":${'9'.repeat(mebibyte)}}`)],
  ['one long string', () => Buffer.from(`{"a":"${'a'.repeat(16 * mebibyte)}"}`)],
  ['sixteen MiB of a', () => Buffer.alloc(16 * mebibyte, 'a')],
  ['sixteen MiB of zero', () => Buffer.alloc(16 * mebibyte)],
  ['sixteen MiB of blanks', () => Buffer.alloc(16 * mebibyte, ' ')],
  ['line feeds', () => Buffer.alloc(mebibyte, '\n')],
  ['backslashes and quotes', () => Buffer.from(`"${'\\"'.repeat(mebibyte)}`)],
  ['lone surrogates', () => Buffer.from('{"a":"\\ud800","b":"\\udfff\\ud800"}')],
  ['UTF-16', () => Buffer.from('\ufeff{"a":1}', 'utf16le')],
  ['not UTF-8', () => Buffer.from('7b2261223a22c3282b80ff227d', 'hex')],
  ['byte order mark', () => Buffer.from('\ufeff{"a":1}')],
  ['deep DER', () => deepDer(depth)],
  [
    'a huge OID',
    () => Buffer.concat([Buffer.of(0x30, 0x84, 0, 1, 0, 4, 0x06, 0x83, 1, 0, 0), Buffer.alloc(65_536, 0xff)]),
  ],
  ['a DNS name that points at itself', pointerLoop],
  ['DNS counts without records', () => Buffer.from('0000ffffffffffffffffffff', 'hex')],
  [
    'labels without end',
    () => Buffer.concat([Buffer.from('000081800001000000000000', 'hex'), Buffer.alloc(60_000, 1)]),
  ],
  ['gzip of zeros', () => gzipSync(Buffer.alloc(64 * mebibyte))],
  ['gzip in gzip', () => nestedGzip(40)],
  ['gzip of gzip of zeros', () => gzipSync(gzipSync(Buffer.alloc(128 * mebibyte)))],
  ['gzip with a bad tail', () => Buffer.concat([gzipSync('{"a":1}'), Buffer.alloc(100, 7)])],
  ['deflate of zeros', () => deflateSync(Buffer.alloc(64 * mebibyte))],
  ['zip of zeros', zipBomb],
  [
    'MIME parts in parts',
    () =>
      Buffer.from(
        Array.from(
          { length: 3_000 },
          (_, i) => `Content-Type: multipart/mixed; boundary="b${i}"\r\n\r\n--b${i}\r\n`,
        ).join(''),
      ),
  ],
  [
    'MIME parts beside each other',
    () =>
      Buffer.from(
        `From: a@b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(500_000)}`,
      ),
  ],
  ['mails of a mailbox', () => Buffer.from('From x\n\n'.repeat(500_000))],
  ['different YAML keys', () => Buffer.from(Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join('\n'))],
  [
    'YAML anchors and their aliases',
    () =>
      Buffer.from(
        ['&', '*']
          .flatMap((mark) =>
            Array.from({ length: 20_000 }, (_, i) => `- ${mark}a${i}${mark === '&' ? ' x' : ''}`),
          )
          .join('\n'),
      ),
  ],
  ['a YAML flow list', () => Buffer.from(`[${'a,'.repeat(500_000)}a]`)],
  ['mail headers', () => Buffer.from(`From: a@b\r\n${'X-A: b\r\n'.repeat(100_000)}\r\n`)],
  ['commas', () => Buffer.alloc(mebibyte, ',')],
  [
    'parentheses',
    () =>
      Buffer.from(
        `title: x\nlogsource: {product: x}\ndetection:\n  a: {b: c}\n  condition: ${nested('(', 'a', ')', 20_000)}\n`,
      ),
  ],
  [
    'a Sigma condition of nots',
    () =>
      Buffer.from(
        `title: x\nlogsource: {product: x}\ndetection:\n  a: {b: c}\n  condition: ${'not '.repeat(20_000)}a\n`,
      ),
  ],
  [
    'a slow pattern',
    () =>
      Buffer.from(
        `title: x\nlogsource: {product: x}\ndetection:\n  a: {b|re: "${'(a*)*'.repeat(500)}$"}\n  condition: a\n`,
      ),
  ],
  [
    'a counted pattern',
    () =>
      Buffer.from(
        'title: x\nlogsource: {product: x}\ndetection:\n  a: {b|re: "((a{1,1000}){1,1000}){1,1000}"}\n  condition: a\n',
      ),
  ],
];

let made: readonly (readonly [name: string, bytes: Buffer])[] | undefined;

/** Name and bytes of each; made once, since some are large. */
export function bombs(): readonly (readonly [name: string, bytes: Buffer])[] {
  return (made ??= makers.map(([name, make]) => [name, make()] as const));
}
