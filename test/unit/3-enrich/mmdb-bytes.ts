/** Small MMDB files for tests, written from the format's description. */

/** A value of a record. */
export type Value = string | number | { [key: string]: Value };

/** MaxMind DB data section encoding (maxmind.github.io/MaxMind-DB): map 7, string 2, uint32 6, uint64 9. */
function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([
      bytes.length < 29 ? Buffer.of((2 << 5) | bytes.length) : Buffer.of((2 << 5) | 29, bytes.length - 29),
      bytes,
    ]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([Buffer.of((6 << 5) | 4), bytes]);
  }
  const entries = Object.entries(value);
  return Buffer.concat([
    Buffer.of((7 << 5) | entries.length),
    ...entries.flatMap(([key, each]) => [encode(key), encode(each)]),
  ]);
}

/** A database of IPv4 networks with one prefix of eight bits. */
export function mmdb(firstOctet: number, record: Value): Buffer {
  const nodes = 8;
  const tree = Buffer.alloc(nodes * 6);
  for (let bit = 0; bit < 8; bit++) {
    const next = bit === 7 ? nodes + 16 : bit + 1;
    const side = (firstOctet >> (7 - bit)) & 1;
    tree.writeUIntBE(side === 0 ? next : nodes, bit * 6, 3);
    tree.writeUIntBE(side === 1 ? next : nodes, bit * 6 + 3, 3);
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_795_219_200,
    database_type: 'Test',
    ip_version: 4,
    node_count: nodes,
    record_size: 24,
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    encode(record),
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    metadata,
  ]);
}
