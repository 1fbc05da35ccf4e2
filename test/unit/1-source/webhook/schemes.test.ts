import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Delivery } from '../../../../collector/src/1-source/webhook/delivery.ts';
import { createDeliveryMemory } from '../../../../collector/src/1-source/webhook/delivery-memory.ts';
import {
  hmacMatches,
  sameSecret,
  signatureBytes,
} from '../../../../collector/src/1-source/webhook/digest.ts';
import { createRateBucket } from '../../../../collector/src/1-source/webhook/rate-bucket.ts';
import { schemes } from '../../../../collector/src/1-source/webhook/schemes.ts';
import { createSecret } from '../../../../collector/src/leaf/secret.ts';

function delivery(headers: Record<string, string>, body = '', receivedAtMs = 0, method = 'POST'): Delivery {
  return { method, headers, body: Buffer.from(body), receivedAtMs };
}

// Test vector of the Standard Webhooks reference libraries.
const standardBody = '{"test": 2432232314}';
const standardHeaders = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const standardAtMs = 1_614_265_330_000;
const standardSecret = createSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');

test('Standard Webhooks: the published vector, several signatures, a rotated secret', () => {
  const verify = schemes['standard-webhooks']({ secret: standardSecret });
  const good = verify(delivery(standardHeaders, standardBody, standardAtMs));
  assert.deepEqual(good, { kind: 'verified', deliveryId: 'msg_p5jXN8AQM9LWM0D4loKWxJek' });
  const several = `v1,AAAA v2,zzz ${standardHeaders['webhook-signature']}`;
  assert.equal(
    verify(delivery({ ...standardHeaders, 'webhook-signature': several }, standardBody, standardAtMs)).kind,
    'verified',
  );
  const rotated = schemes['standard-webhooks']({
    secret: createSecret('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
    previousSecret: standardSecret,
  });
  assert.equal(rotated(delivery(standardHeaders, standardBody, standardAtMs)).kind, 'verified');
});

test('Standard Webhooks: five minutes each way, to the millisecond', () => {
  const verify = schemes['standard-webhooks']({ secret: standardSecret });
  for (const [offsetMs, kind] of [
    [300_000, 'verified'],
    [-300_000, 'verified'],
    [300_001, 'refused'],
    [-300_001, 'refused'],
  ] as const) {
    const verdict = verify(delivery(standardHeaders, standardBody, standardAtMs + offsetMs));
    assert.equal(verdict.kind, kind, String(offsetMs));
    if (verdict.kind === 'refused') assert.equal(verdict.failure.code, 'stale_delivery');
  }
});

test('Standard Webhooks: anything changed or missing is refused', () => {
  const verify = schemes['standard-webhooks']({ secret: standardSecret });
  const refuses = (headers: Record<string, string | undefined>, body = standardBody): void => {
    const given = Object.fromEntries(
      Object.entries(headers).filter(([, value]) => value !== undefined),
    ) as Record<string, string>;
    assert.equal(verify(delivery(given, body, standardAtMs)).kind, 'refused', JSON.stringify(headers));
  };
  refuses(standardHeaders, `${standardBody} `);
  refuses({ ...standardHeaders, 'webhook-id': 'msg_other' });
  refuses({ ...standardHeaders, 'webhook-timestamp': '1614265331' });
  refuses({ ...standardHeaders, 'webhook-timestamp': '1614265330.0' });
  refuses({ ...standardHeaders, 'webhook-signature': 'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' });
  refuses({ ...standardHeaders, 'webhook-signature': 'v1,' });
  for (const name of Object.keys(standardHeaders)) refuses({ ...standardHeaders, [name]: undefined });
});

test('GitHub: the vector of its documentation', () => {
  const verify = schemes.github({ secret: createSecret("It's a Secret to Everybody") });
  const header = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  const headers = {
    'x-hub-signature-256': header,
    'x-github-delivery': '72d3162e',
    'x-github-event': 'push',
  };
  assert.deepEqual(verify(delivery(headers, 'Hello, World!')), {
    kind: 'verified',
    deliveryId: '72d3162e',
    event: 'push',
  });
  for (const wrong of [
    header.slice(0, -1),
    `${header}00`,
    header.replace('757', '758'),
    header.slice(7),
    '',
    'sha256=',
  ])
    assert.equal(verify(delivery({ 'x-hub-signature-256': wrong }, 'Hello, World!')).kind, 'refused', wrong);
  assert.equal(verify(delivery(headers, 'Hello, World?')).kind, 'refused');
  assert.equal(verify(delivery({ 'x-hub-signature': 'sha1=00' }, 'Hello, World!')).kind, 'refused');
});

test('Okta: one-time challenge, shared secret', () => {
  const verify = schemes.okta({ secret: createSecret('s3cret'), previousSecret: createSecret('old') });
  assert.deepEqual(verify(delivery({ 'x-okta-verification-challenge': 'abc123' }, '', 0, 'GET')), {
    kind: 'challenge',
    body: { verification: 'abc123' },
  });
  assert.equal(verify(delivery({}, '', 0, 'GET')).kind, 'refused');
  assert.equal(
    verify(delivery({ 'x-okta-verification-challenge': 'a\u0007b' }, '', 0, 'GET')).kind,
    'refused',
  );
  assert.equal(verify(delivery({ authorization: 's3cret' })).kind, 'verified');
  assert.equal(verify(delivery({ authorization: 'old' })).kind, 'verified');
  for (const wrong of ['s3cre', 's3crett', '', 'S3CRET', 'Bearer s3cret'])
    assert.equal(verify(delivery({ authorization: wrong })).kind, 'refused', wrong);
  assert.equal(verify(delivery({})).kind, 'refused');
});

test('generic HMAC: header, prefix, algorithm, encoding, timestamp', () => {
  const body = '{"a":1}';
  const signature = createHmac('sha512', 'key').update(`1700000000.${body}`).digest('base64');
  const verify = schemes.hmac({
    secret: createSecret('key'),
    header: 'Signature',
    algorithm: 'sha512',
    encoding: 'base64',
    prefix: 't=',
    timestampHeader: 'X-Time',
    idHeader: 'X-Id',
  });
  const headers = { signature: `t=${signature}`, 'x-time': '1700000000', 'x-id': 'd1' };
  assert.deepEqual(verify(delivery(headers, body, 1_700_000_000_000)), {
    kind: 'verified',
    deliveryId: 'd1',
  });
  for (const offsetMs of [301_000, -301_000])
    assert.equal(verify(delivery(headers, body, 1_700_000_000_000 + offsetMs)).kind, 'refused');
  assert.equal(verify(delivery({ ...headers, signature }, body, 1_700_000_000_000)).kind, 'refused');
  assert.equal(verify(delivery({ ...headers, 'x-time': '' }, body, 1_700_000_000_000)).kind, 'refused');
  assert.equal(verify(delivery(headers, `${body}\n`, 1_700_000_000_000)).kind, 'refused');
});

test('without a secret in force nothing is ever verified', () => {
  for (const name of ['standard-webhooks', 'github', 'okta', 'hmac'] as const) {
    const verdict = schemes[name]({})(
      delivery(
        { ...standardHeaders, authorization: '', 'x-signature': '00', 'x-hub-signature-256': 'sha256=00' },
        '',
        standardAtMs,
      ),
    );
    assert.equal(verdict.kind, 'refused', name);
  }
  assert.deepEqual(schemes.none({})(delivery({})), { kind: 'hint' });
});

test('property: no forged delivery is verified, and no header makes a verifier throw', () => {
  const names = [
    'webhook-id',
    'webhook-timestamp',
    'webhook-signature',
    'x-hub-signature-256',
    'authorization',
    'x-signature',
    '__proto__',
  ];
  const verifiers = (['standard-webhooks', 'github', 'okta', 'hmac'] as const).map((name) =>
    schemes[name]({ secret: createSecret('a-secret-nobody-guesses-0123456789') }),
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...names), fc.string({ maxLength: 100 })),
      fc.string(),
      fc.nat(),
      (headers, body, at) => {
        for (const verify of verifiers) assert.equal(verify(delivery(headers, body, at)).kind, 'refused');
      },
    ),
  );
});

test('digests: equal only when equal, whatever the length', () => {
  const mac = createHmac('sha256', 'k').update('body').digest();
  assert.equal(hmacMatches('sha256', ['x', 'k'], ['bo', 'dy'], mac), true);
  for (let length = 0; length < mac.length; length++)
    assert.equal(hmacMatches('sha256', ['k'], ['body'], mac.subarray(0, length)), false);
  assert.equal(hmacMatches('sha256', ['k'], ['body'], Buffer.concat([mac, Buffer.alloc(1)])), false);
  assert.equal(hmacMatches('sha256', [], ['body'], mac), false);
  assert.equal(sameSecret('a', 'a'), true);
  assert.equal(sameSecret('a', 'ab'), false);
  assert.equal(signatureBytes('zz', 'hex'), undefined);
  assert.equal(signatureBytes('abc', 'hex'), undefined);
  assert.equal(signatureBytes('a'.repeat(300), 'hex'), undefined);
});

test('delivery ids are known for 72 hours and bounded in number', () => {
  const memory = createDeliveryMemory(72 * 3600_000, 3);
  memory.add('a', 0);
  assert.equal(memory.has('a', 72 * 3600_000), true);
  assert.equal(memory.has('a', 72 * 3600_000 + 1), false);
  for (const id of ['b', 'c', 'd']) memory.add(id, 1000);
  assert.equal(memory.size, 3);
  assert.equal(memory.has('a', 1000), false);
  assert.equal(memory.evicted, 1);
  memory.add('e', 1000 + 72 * 3600_000 + 1);
  assert.equal(memory.size, 1);
  assert.equal(memory.evicted, 1);
});

test('the rate bucket refills with time and never with a clock that goes back', () => {
  const take = createRateBucket(2);
  assert.deepEqual([take(1000), take(1000), take(1000)], [true, true, false]);
  assert.equal(take(1500), true);
  assert.equal(take(500), false);
  assert.equal(take(1500), false);
  assert.equal(take(2000), true);
});
