import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkFactsOf, networkView } from '../../../collector/src/3-enrich/network.ts';

type Value = string | number | { [key: string]: Value };

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
function database(firstOctet: number, record: Value): Buffer {
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

test('country and AS from two files; what no file has is unknown', () => {
  const view = networkView([
    { name: 'country.mmdb', bytes: database(203, { country: { iso_code: 'NL' } }) },
    {
      name: 'asn.mmdb',
      bytes: database(203, {
        autonomous_system_number: 64_500,
        autonomous_system_organization: 'Example Net',
      }),
    },
  ]);
  assert.ok(view.ok, JSON.stringify(view));
  const facts = view.value.facts('203.0.113.7');
  assert.equal(facts?.['country'], 'NL');
  assert.equal(facts?.['asn'], 64_500);
  assert.equal(facts?.['as_org'], 'Example Net');
  assert.equal(facts?.['source'], 'country.mmdb');
  assert.equal(view.value.facts('198.51.100.1'), undefined);
  assert.equal(view.value.facts('2001:db8::1'), undefined);
  assert.equal(view.value.facts('AWS Internal'), undefined);
});

test('a file that is not MMDB is refused by name', () => {
  const view = networkView([{ name: 'x.mmdb', bytes: Buffer.from('hello') }]);
  assert.equal(view.ok ? '' : view.failure.path, 'x.mmdb');
});

test('the three vendors in our words', () => {
  assert.deepEqual(networkFactsOf({ country: 'NL', asn: 'AS64500', as_name: 'Example Net' }), {
    country: 'NL',
    asn: 64_500,
    as_org: 'Example Net',
  });
  assert.deepEqual(networkFactsOf({ country: 'Netherlands', country_code: 'NL', lat: '52.4', lng: '4.9' }), {
    country: 'NL',
    lat: 52.4,
    lon: 4.9,
  });
  assert.deepEqual(
    networkFactsOf({
      country: { iso_code: 'NL' },
      location: { latitude: 52, longitude: 5, accuracy_radius: 20 },
    }),
    { country: 'NL', lat: 52, lon: 5, radius_km: 20 },
  );
});
