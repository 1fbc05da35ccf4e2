import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readDnsMessage } from '../../../collector/src/leaf/dns-message.ts';
import { nameToWire, takeName } from '../../../collector/src/leaf/dns-name.ts';
import { writeQuery } from '../../../collector/src/leaf/dns-query-writer.ts';
import { rdataText } from '../../../collector/src/leaf/dns-rdata.ts';
import { wireCursor } from '../../../collector/src/leaf/wire-cursor.ts';

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}

function refusal(bytes: Uint8Array): string {
  const outcome = readDnsMessage(bytes);
  assert.ok(!outcome.ok, 'must be refused');
  assert.equal(outcome.failure.code, 'bad_wire_format');
  return outcome.failure.message;
}

function presented(type: number, rdata: Uint8Array): string {
  const { text, problem } = rdataText(rdata, type, 0, rdata.length);
  assert.equal(problem, undefined);
  return text;
}

/** Header of a response with the given counts, then the question `a.` A IN. */
const header = (answers: string): string => `1234 8180 0001 ${answers} 0000 0000 01 61 00 0001 0001`;

test('RDATA comes out in presentation form (examples of the RFCs)', () => {
  assert.equal(presented(28, hex('20010db8000000000000000000000001')), '2001:db8::1');
  assert.equal(presented(28, hex('20010db8000100000000000200030004')), '2001:db8:1::2:3:4');
  assert.equal(presented(16, hex('03 61 22 62 01 5c')), '"a\\"b\\\\"');
  // RFC 9460 appendix D.2, figures 3, 4, 5, 7, 8, 9.
  assert.equal(presented(64, hex('0000 03666f6f 076578616d706c65 03636f6d 00')), '0 foo.example.com');
  assert.equal(presented(64, hex('0001 00')), '1 .');
  assert.equal(
    presented(64, hex('0010 03666f6f076578616d706c6503636f6d00 0003 0002 0035')),
    '16 foo.example.com port=53',
  );
  assert.equal(
    presented(64, hex('0001 03666f6f076578616d706c6503636f6d00 029b 0005 68656c6c6f')),
    '1 foo.example.com key667=hello',
  );
  assert.equal(
    presented(
      64,
      hex(
        '0001 03666f6f076578616d706c6503636f6d00 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001',
      ),
    ),
    '1 foo.example.com ipv6hint=2001:db8::1,2001:db8::53:1',
  );
  assert.equal(
    presented(
      64,
      hex(
        '0010 03666f6f076578616d706c65036f726700 0000 0004 0001 0004 0001 0009 02 6832 05 68332d3139 0004 0004 c0000201',
      ),
    ),
    '16 foo.example.org mandatory=alpn,ipv4hint alpn=h2,h3-19 ipv4hint=192.0.2.1',
  );
  // RFC 4034 section 4.3 (NSEC) and RFC 5155 style parameters.
  assert.equal(
    presented(
      47,
      hex(
        '04686f7374076578616d706c6503636f6d00 0006 400100000003 041b 000000000000000000000000000000000000000000000000000020',
      ),
    ),
    'host.example.com A MX RRSIG NSEC TYPE1234',
  );
  assert.equal(presented(51, hex('01 00 000c 04 aabbccdd')), '1 0 12 AABBCCDD');
  assert.equal(presented(65_280, hex('abcd')), '\\# 2 ABCD');
});

test('damaged RDATA is refused with the type', () => {
  for (const [type, bytes] of [
    [1, 'c00002'],
    [1, 'c000020101'],
    [15, '000a'],
    [16, '0561'],
    [43, '0001'],
    [47, '00 00 00'],
    [257, '00 05 6973'],
    [64, '0001 00 0003 0001 35'],
    [64, '0001 00 0003 0002 0035 0001 0003 02 6832'],
  ] as const) {
    const rdata = hex(bytes);
    assert.notEqual(rdataText(rdata, type, 0, rdata.length).problem, undefined, `${type} ${bytes}`);
  }
});

test('whole messages: unknown type, truncated RDATA, octets behind, impossible counts', () => {
  const good = readDnsMessage(hex(`${header('0001')} c00c ff00 0001 0000003c 0002 abcd`));
  assert.ok(good.ok);
  assert.deepEqual(good.value.answers, [
    { name: 'a', type: 'TYPE65280', class: 'IN', ttl: 60, data: '\\# 2 ABCD' },
  ]);
  assert.match(refusal(hex(`${header('0001')} c00c 0001 0001 0000003c 0004 c00002`)), /cut short/);
  assert.match(refusal(hex(`${header('0000')} 00`)), /follow the last record/);
  assert.match(refusal(hex(header('ffff'))), /cannot fit/);
  assert.match(refusal(hex('1234')), /header/);
});

test('compression: loops, forward pointers and reserved label types are refused', () => {
  assert.match(refusal(hex('1234 0000 0001 0000 0000 0000 c00c 0001 0001')), /backwards/);
  assert.match(refusal(hex('1234 0000 0001 0000 0000 0000 01 61 c00c 0001 0001')), /backwards/);
  assert.match(refusal(hex('1234 0000 0001 0000 0000 0000 c010 0001 0001 0000')), /backwards/);
  assert.match(refusal(hex('1234 0000 0001 0000 0000 0000 41 00 0001 0001')), /reserved/);
});

test('a name of 255 octets is read, one of 256 is refused', () => {
  const label = (length: number): number[] => [length, ...Array<number>(length).fill(0x78)];
  const longest = Uint8Array.from([...label(63), ...label(63), ...label(63), ...label(61), 0]);
  const cursor = wireCursor(longest);
  assert.equal(takeName(cursor).length, 253);
  assert.equal(cursor.problem, undefined);
  assert.equal(cursor.at, 255);
  const over = wireCursor(Uint8Array.from([...label(63), ...label(63), ...label(63), ...label(62), 0]));
  takeName(over);
  assert.match(over.problem ?? '', /255/);
});

test('EDNS and TSIG oddities: repeated OPT, OPT not at the root, cut option, TSIG not last', () => {
  const opt = '00 0029 04d0 00000000 0000';
  const question = '01 61 00 0001 0001';
  assert.match(refusal(hex(`1234 0000 0001 0000 0000 0002 ${question} ${opt} ${opt}`)), /OPT/);
  assert.match(refusal(hex(`1234 0000 0001 0000 0000 0001 ${question} c00c 0029 04d0 00000000 0000`)), /OPT/);
  assert.match(
    refusal(hex(`1234 0000 0001 0000 0000 0001 ${question} 00 0029 04d0 00000000 0004 000a 0008`)),
    /EDNS/,
  );
  const tsig = '0161 00 00fa 00ff 00000000 0011 00 000000000000 012c 0000 1234 0000 0000';
  assert.match(refusal(hex(`1234 0000 0001 0000 0000 0002 ${question} ${tsig} ${opt}`)), /TSIG/);
  const extended = readDnsMessage(
    hex(`1234 8000 0001 0000 0000 0001 ${question} 00 0029 04d0 01008000 0000`),
  );
  assert.ok(extended.ok);
  assert.equal(extended.value.rcode, 'BADVERS');
  assert.equal(extended.value.edns?.dnssecOk, true);
});

test('what we write we read, for any name', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 8 }),
      fc.nat(65_535),
      (labels, id) => {
        const wire = Uint8Array.from([...labels.flatMap((label) => [label.length, ...label]), 0]);
        const text = takeName(wireCursor(wire), 'native');
        assert.deepEqual(nameToWire(text), wire);
        const query = writeQuery({
          id,
          name: text,
          type: 'MX',
          recursionDesired: true,
          udpPayloadBytes: 1232,
          dnssecOk: true,
        });
        assert.ok(query);
        const read = readDnsMessage(query);
        assert.ok(read.ok);
        assert.equal(read.value.id, id);
        assert.equal(read.value.questions[0]?.nativeName, text);
        assert.equal(read.value.edns?.udpPayloadBytes, 1232);
      },
    ),
    { numRuns: 300 },
  );
});

test('fuzz: any octets and any damage to a real message end in a value', () => {
  const base = hex(
    `${header('0003')} c00c 0006 0001 00000e10 0012 01 6e c00c 01 68 c00c 00000001 00000002 00000003 00000004 00000005`
      .replace('0012', '001c')
      .replace('0003', '0001'),
  );
  assert.ok(readDnsMessage(base).ok);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      readDnsMessage(bytes);
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(base.length),
      (edits, cut) => {
        const bytes = base.slice(0, cut === 0 ? base.length : cut);
        for (const [at, octet] of edits) if (at < bytes.length) bytes[at] = octet;
        const outcome = readDnsMessage(bytes);
        if (!outcome.ok) assert.equal(outcome.failure.code, 'bad_wire_format');
      },
    ),
    { numRuns: 5000 },
  );
});
