/** A certificate built here byte by byte, so that precertificate and certificate are known to belong together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCertificate, readTbs } from '../../../collector/src/2-normalise/ct/certificate.ts';
import { readCheckpoint } from '../../../collector/src/2-normalise/ct/checkpoint.ts';
import { encodeDer } from '../../../collector/src/2-normalise/ct/der.ts';
import { ct } from '../../../collector/src/2-normalise/ct/index.ts';
import { context, eventsOf, failureOf } from './normalise-check.ts';

const text = (tag: number, value: string): Uint8Array => encodeDer(tag, [Buffer.from(value)]);
const octets = (tag: number, ...bytes: number[]): Uint8Array => encodeDer(tag, [Uint8Array.from(bytes)]);
const seq = (...parts: Uint8Array[]): Uint8Array => encodeDer(0x30, parts);
const name = (cn: string): Uint8Array =>
  seq(encodeDer(0x31, [seq(octets(0x06, 0x55, 4, 3), text(0x0c, cn))]));
const extension = (oid: number[], value: Uint8Array): Uint8Array =>
  seq(octets(0x06, ...oid), encodeDer(0x04, [value]));

const altNames = extension([0x55, 0x1d, 0x11], seq(text(0x82, 'pay.example'), text(0x82, '*.pay.example')));
const policies = extension([0x55, 0x1d, 0x20], seq(seq(octets(0x06, 0x67, 0x81, 0x0c, 1, 2, 1))));
const logOid = [0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4];
const poison = extension([...logOid, 3], octets(0x05));
const scts = extension([...logOid, 2], encodeDer(0x04, [Buffer.alloc(300, 7)]));

function tbs(...extensions: Uint8Array[]): Uint8Array {
  return seq(
    encodeDer(0xa0, [octets(0x02, 2)]),
    octets(0x02, 0, 0xab, 0xcd),
    seq(octets(0x06, 0x2a)),
    name('Example CA'),
    seq(text(0x17, '491231235959Z'), text(0x18, '20500101000000Z')),
    name('pay.example'),
    seq(seq(octets(0x06, 0x2a)), octets(0x03, 0, 1, 2)),
    encodeDer(0xa3, [seq(...extensions)]),
  );
}

const plain = tbs(altNames, policies);
const certificate = seq(tbs(altNames, policies, scts), seq(octets(0x06, 0x2a)), octets(0x03, 0, 9));

test('facts are read from the bytes, and the log extensions do not change the digest', () => {
  const issued = readCertificate(certificate);
  const poisoned = readTbs(tbs(altNames, poison, policies));
  assert.ok(issued !== undefined && poisoned !== undefined);
  assert.equal(issued.serial, 'abcd');
  assert.equal(issued.issuerCn, 'Example CA');
  assert.equal(issued.validation, 'dv');
  assert.equal(issued.notBefore, '2049-12-31T23:59:59.000Z');
  assert.equal(issued.notAfter, '2050-01-01T00:00:00.000Z');
  assert.deepEqual(issued.names, ['pay.example', '*.pay.example']);
  assert.deepEqual(Buffer.from(issued.tbs), Buffer.from(plain));
  assert.deepEqual(Buffer.from(poisoned.tbs), Buffer.from(plain));
  assert.equal(poisoned.isPoisoned, true);
});

function leaf(entryType: 0 | 1, der: Uint8Array, timestampMs: number): Record<string, string> {
  const head = Buffer.alloc(12);
  head.writeBigUInt64BE(BigInt(timestampMs), 2);
  head.writeUInt16BE(entryType, 10);
  const length = Buffer.alloc(3);
  length.writeUIntBE(der.length, 0, 3);
  const keyHash = entryType === 1 ? Buffer.alloc(32, 1) : Buffer.alloc(0);
  return { leaf_input: Buffer.concat([head, keyHash, length, der, Buffer.alloc(2)]).toString('base64') };
}

test('entries of several logs are one fact; precertificate and certificate share the TBS digest', () => {
  const [pre] = eventsOf(ct, { entries: [leaf(1, plain, 1_770_960_643_000)] });
  const [again] = eventsOf(ct, leaf(1, plain, 1_770_960_650_000));
  const [issued] = eventsOf(ct, { entries: [leaf(0, certificate, 1_770_960_643_000)] });
  assert.equal(pre?.event_type, 'cert.precert_logged');
  assert.equal(again?.event_id, pre?.event_id);
  assert.equal(issued?.event_type, 'cert.issued');
  assert.equal(issued?.cert?.tbs_sha256, pre?.cert?.tbs_sha256);
  assert.equal(issued?.cert?.tbs_sha256, context.sha256(plain));
  assert.equal(issued?.cert?.fingerprint_sha256, context.sha256(certificate));
  assert.equal(issued?.domain, 'pay.example');
});

test('a leaf that ends early is a dead letter with its place', () => {
  const whole = Buffer.from(leaf(0, certificate, 1)['leaf_input'] ?? '', 'base64');
  const cut = { leaf_input: whole.subarray(0, 200).toString('base64') };
  assert.equal(failureOf(ct, { entries: [cut] }).path, '/entries/0/leaf_input');
  const [read, unread] = eventsOf(ct, { entries: [cut, leaf(1, plain, 1)] });
  assert.equal(read?.event_type, 'cert.precert_logged');
  assert.equal(unread?.event_type, 'other.activity');
  assert.equal(failureOf(ct, { entries: [{ leaf_input: '!' }] }).code, 'bad_wire_format');
});

test('damaged DER is refused or read, never thrown on', () => {
  fc.assert(
    fc.property(fc.nat(certificate.length - 1), fc.nat(255), (at, octet) => {
      const damaged = Uint8Array.from(certificate);
      damaged[at] = octet;
      readCertificate(damaged);
      readCertificate(certificate.subarray(0, at));
    }),
    { numRuns: 2000 },
  );
});

test('a checkpoint needs the signature of its own log', () => {
  const body = `log.example/1\n5\n${Buffer.alloc(32).toString('base64')}\n\n`;
  assert.equal(readCheckpoint(`${body}— log.example/1 c2lnbmF0dXJlCg==\n`).ok, true);
  assert.equal(readCheckpoint(`${body}— other.example c2lnbmF0dXJlCg==\n`).ok, false);
  assert.equal(readCheckpoint(body.replace('\n5\n', '\n05\n')).ok, false);
});
