/** What endpoints quote of our secrets is cut out, however they write it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { secretHider } from '../../../collector/src/leaf/hidden-secrets.ts';

const secret = 'Tr0ub4dor&3+"x"/=ä-9f8e7d';
const hide = secretHider([secret]);

test('a secret is hidden in every way of writing it, and what stands around it stays', () => {
  const octets = Buffer.from(secret);
  for (const written of [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    octets.toString('hex'),
    octets.toString('hex').toUpperCase(),
    octets.toString('base64'),
    octets.toString('base64url'),
    Buffer.from(`user:${secret}`).toString('base64'),
    Buffer.from(`ab${secret}cd`).toString('base64'),
    secret.slice(3, 14),
    secret + secret,
  ]) {
    const out = hide(`401 token ${written} is not valid`);
    assert.match(out, /^401 token .*\*\*\*.* is not valid$/, written);
    for (let at = 0; at + 8 <= written.length; at++)
      // Digits of Base64 that hold letters of ours beside those of others may stay: a letter at each end.
      if (at > 8 && at + 16 < written.length) assert.ok(!out.includes(written.slice(at, at + 8)), out);
  }
});

test('several secrets beside each other, short ones as a whole, and none', () => {
  const several = secretHider(['first-secret-1', 'second-secret-2', 'four', 'abc']);
  assert.equal(several('first-secret-1 second-secret-2'), '*** ***');
  assert.equal(several('first-secret-1second-secret-2'), '***');
  assert.equal(several('four fourteen abc'), '*** ***teen abc');
  assert.equal(secretHider([])('anything'), 'anything');
  assert.equal(several(''), '');
});

test('of a key in PEM form its lines are secret, not the words around them', () => {
  const key =
    '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n';
  const hidePem = secretHider([key]);
  assert.equal(hidePem('bad -----BEGIN PRIVATE KEY----- found'), 'bad -----BEGIN PRIVATE KEY----- found');
  assert.equal(hidePem('line MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg'), 'line ***');
});

test('whatever the text, no eight letters of a secret are left, and nothing else is lost', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme-ascii' }),
      fc.string({ maxLength: 60 }),
      fc.string({ maxLength: 60 }),
      fc.nat(),
      (one, before, after, cut) => {
        const piece = one.slice(cut % (one.length - 7));
        const out = secretHider([one])(before + piece + after);
        for (let at = 0; at + 8 <= one.length; at++) assert.ok(!out.includes(one.slice(at, at + 8)));
        assert.ok(out.includes('***'));
      },
    ),
  );
  fc.assert(fc.property(fc.string(), (text) => secretHider(['\u{10ffff}'.repeat(9)])(text) === text));
});
