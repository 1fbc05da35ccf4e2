/** TSIG over the messages of one long answer (RFC 8945 section 5.3.1), signed by hand with the digest of that section. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { openTsigSession } from '../../../collector/src/1-source/dns-xfr/tsig-session.ts';
import { readDnsMessage } from '../../../collector/src/leaf/dns-message.ts';
import { writeQuery } from '../../../collector/src/leaf/dns-query-writer.ts';
import { signatureVariables, withSignature } from '../../../collector/src/leaf/dns-tsig.ts';

const startMs = Date.UTC(2026, 10, 21);
const algorithms = ['hmac-sha1', 'hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const;

function requestOf(): Uint8Array {
  const request = writeQuery({ id: 7, name: 'pay.example', type: 'AXFR', recursionDesired: false });
  assert.ok(request !== undefined);
  return request;
}

/** The request with the QR flag: what it says does not matter here. */
function plainAnswer(): Uint8Array {
  const answer = requestOf();
  answer[2] = answer[2]! | 0x80;
  return answer;
}

const lengthAndMac = (mac: Uint8Array): Uint8Array =>
  Uint8Array.from([mac.length >> 8, mac.length & 255, ...mac]);

for (const algorithm of algorithms)
  test(`${algorithm}: an answer that takes longer than the tolerance is measured message by message`, () => {
    const key = {
      name: 'k.example',
      algorithm,
      secret: Buffer.from('not a secret at all, only for this test'),
    };
    let nowMs = startMs;
    const session = openTsigSession(requestOf(), key, startMs, () => nowMs);
    const request = readDnsMessage(session.request);
    assert.ok(request.ok);
    let previous: Uint8Array = request.value.tsig!.mac;
    const between: Uint8Array[] = [];
    const signed = (atMs: number, timersOnly: boolean): Uint8Array => {
      const fields = {
        keyName: key.name,
        algorithm,
        timeSigned: Math.floor(atMs / 1000),
        fudge: 300,
        error: 0,
        otherData: new Uint8Array(0),
      };
      const hmac = createHmac(algorithm.slice(5), key.secret).update(lengthAndMac(previous));
      for (const unsigned of between.splice(0)) hmac.update(unsigned);
      previous = hmac.update(plainAnswer()).update(signatureVariables(fields, timersOnly)).digest();
      return withSignature(plainAnswer(), fields, previous);
    };
    const check = (bytes: Uint8Array) => {
      const message = readDnsMessage(bytes);
      assert.ok(message.ok);
      return session.check(bytes, message.value);
    };
    assert.deepEqual(check(signed(startMs, false)), { ok: true, value: undefined });
    nowMs = startMs + 900_000;
    between.push(plainAnswer());
    assert.deepEqual(check(plainAnswer()), { ok: true, value: undefined });
    assert.equal(session.finish().ok, false, 'the last message must be signed');
    assert.deepEqual(check(signed(nowMs, true)), { ok: true, value: undefined });
    assert.deepEqual(session.finish(), { ok: true, value: undefined });
    const old = check(signed(startMs, true));
    assert.ok(!old.ok);
    assert.match(old.failure.message, /time tolerance/u);
  });
